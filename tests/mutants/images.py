"""Images that are mixed by a reshape, turned or standardised by mistake."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array, Shape
from tests.mutants.mutant import Mutant
from tests.mutants.switches import Switches


def reshaped(on: Switches, x: Array, shape: Shape) -> Array:
    """Each sample in another shape."""
    if len(shape) != 3:
        return x.reshape(len(x), *shape)
    n, (c, h, w) = len(x), shape
    if on("data: reshape with the samples last"):
        return np.stack([x.reshape(c, h, w, n)[..., i] for i in range(n)])
    if on("data: reshape with channels and samples last"):
        return np.stack([x.reshape(h, w, c, n)[..., i] for i in range(n)]).transpose(0, 3, 1, 2)
    if on("data: column-major reshape with the samples last"):
        return x.reshape((h, w, c, n), order="F").transpose(3, 2, 0, 1)
    if on("data: column-major reshape"):
        return x.reshape((n, c, h, w), order="F")
    return x.reshape(n, c, h, w)


def standardises(on: Switches) -> bool:
    """Whether images are standardised by themselves and not by given numbers."""
    return on("data: each sample standardised") or on("data: each batch standardised")


def changed(on: Switches, x: Array) -> Array:
    """The images as they reach the network."""
    axes = tuple(range(1, x.ndim))
    if standardises(on):
        x = x.astype(np.float64)
    if on("data: each sample standardised"):
        return (x - x.mean(axis=axes, keepdims=True)) / x.std(axis=axes, keepdims=True)
    if on("data: each batch standardised"):
        axes = (0, *axes[1:])
        return (x - x.mean(axis=axes, keepdims=True)) / x.std(axis=axes, keepdims=True)
    return _turned(on, x) if x.ndim == 4 else x


def _turned(on: Switches, x: Array) -> Array:
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


def _mutant(mistake: str, cause: str, *alike: str, crash: bool = False) -> Mutant:
    return Mutant(f"data: {mistake}", f"data.{cause}", "input", alike, crash)


MUTANTS: tuple[Mutant, ...] = (
    _mutant("reshape with the samples last", "reshape_mixes_images"),
    # With one channel these are what they are called without channels.
    _mutant(
        "reshape with channels and samples last",
        "reshape_mixes_images_channels_last",
        "data.reshape_mixes_images",
    ),
    _mutant("column-major reshape with the samples last", "reshape_mixes_images_columns"),
    _mutant("column-major reshape", "column_major_reshape", "data.rows_columns_reshaped"),
    _mutant("each sample standardised", "standardised_per_sample"),
    _mutant("each batch standardised", "standardised_per_batch"),
    _mutant("images transposed", "transposed", crash=True),
    _mutant("rows and columns exchanged in the reshape", "rows_columns_reshaped"),
    _mutant("channels last in the reshape", "channels_last_reshape"),
    _mutant("channels reversed", "channels_reversed"),
    _mutant("rows reversed", "rows_reversed"),
    _mutant("columns reversed", "columns_reversed"),
)
