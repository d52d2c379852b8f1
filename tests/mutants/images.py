"""Prepared images that are turned, mixed or standardised by mistake."""

from __future__ import annotations

from oracles.contract.case import Array
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def changed(on: Switches, x: Array) -> Array:
    """The images as they reach the network."""
    if on("data: samples reversed"):
        return x[::-1]
    if on("data: each sample standardised"):
        axes = tuple(range(1, x.ndim))
        return (x - x.mean(axis=axes, keepdims=True)) / x.std(axis=axes, keepdims=True)
    if x.ndim != 4:
        return x
    n, c, h, w = x.shape
    if on("data: images transposed"):
        return x.swapaxes(2, 3)
    if on("data: rows and columns exchanged in the reshape"):
        return x.reshape(n, c, w, h).swapaxes(2, 3)
    if on("data: channels last in the reshape"):
        return x.reshape(n, h, w, c).transpose(0, 3, 1, 2)
    if on("data: channels reversed"):
        return x[:, ::-1]
    if on("data: rows reversed"):
        return x[:, :, ::-1]
    if on("data: columns reversed"):
        return x[:, :, :, ::-1]
    return x


MUTANTS: tuple[Mutant, ...] = (
    Mutant("data: samples reversed", "data.samples_reversed", "input"),
    Mutant("data: each sample standardised", "data.standardised_per_sample", "input"),
    Mutant("data: images transposed", "data.transposed", "input", crash=True),
    Mutant(
        "data: rows and columns exchanged in the reshape", "data.rows_columns_reshaped", "input"
    ),
    Mutant("data: channels last in the reshape", "data.channels_last_reshape", "input"),
    Mutant("data: channels reversed", "data.channels_reversed", "input"),
    Mutant("data: rows reversed", "data.rows_reversed", "input"),
    Mutant("data: columns reversed", "data.columns_reversed", "input"),
)
