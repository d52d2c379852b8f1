"""Layers that only hand on: Identity, ZeroPad2d, Add, Cat, with switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array
from tests.mutants.layers.places import brought_back, places
from tests.mutants.mutant import Mutant
from tests.mutants.switches import BACKWARD_ONLY, On, Switches

Backward = tuple[list[Array], dict[str, Array]]
Parameters = Mapping[str, Array]


class Identity:
    """The input."""

    @staticmethod
    def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, None]:
        return inputs[0], None

    @staticmethod
    def backward(on: Switches, cache: None, grad_output: Array, parameters: Parameters) -> Backward:
        return [grad_output], {}


class ZeroPad2d:
    """The image between zeros; the four sides are left, right, top, bottom."""

    @staticmethod
    def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Any]:
        (x,) = inputs
        sides = situation.attributes["padding"]
        left, right, top, bottom = _sides(on.forward, sides)
        around = ((0, 0), (0, 0), (top, bottom), (left, right))
        if on.forward("zero_pad2d: edge repeated"):
            return np.pad(x, around, mode="edge"), (sides, x.shape)
        return np.pad(x, around), (sides, x.shape)

    @staticmethod
    def backward(on: Switches, cache: Any, grad_output: Array, parameters: Parameters) -> Backward:
        sides, shape = cache
        height, width = shape[2:]
        left, right, top, bottom = _sides(on.backward, sides)
        if on("zero_pad2d: grad_input not cropped"):
            return [grad_output[:, :, :height, :width]], {}
        if on("zero_pad2d: grad_input cut as [p:-p]"):
            return [grad_output[:, :, top:-bottom, left:-right]], {}
        if on.backward("zero_pad2d: edge repeated"):
            around = ((0, 0), (0, 0), (top, bottom), (left, right))
            taken = np.pad(places(shape), around, mode="edge")
            return [brought_back(grad_output, taken, shape)], {}
        return [grad_output[:, :, top : top + height, left : left + width]], {}


def _sides(on: On, sides: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    left, right, top, bottom = sides
    if on("zero_pad2d: sides read as top left bottom right"):
        top, left, bottom, right = sides
    if on("zero_pad2d: sides read as top bottom left right"):
        top, bottom, left, right = sides
    if on("zero_pad2d: sides mirrored"):
        return right, left, bottom, top
    return left, right, top, bottom


class Add:
    """The sum of the inputs."""

    @staticmethod
    def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, int]:
        total = inputs[0]
        if on.forward("add: first input only"):
            return total, len(inputs)
        for x in inputs[1:]:
            total = total + x
        if on.forward("add: last input only"):
            return inputs[-1], len(inputs)
        if on.forward("add: first input twice"):
            total = total + inputs[0]
        if on.forward("add: last input twice"):
            total = total + inputs[-1]
        if on.forward("add: averaged"):
            total = total / len(inputs)
        return total, len(inputs)

    @staticmethod
    def backward(on: Switches, cache: int, grad_output: Array, parameters: Parameters) -> Backward:
        grads = [grad_output] * cache
        if on.backward("add: first input only"):
            grads = [grad_output] + [np.zeros_like(grad_output)] * (cache - 1)
        if on.backward("add: last input only"):
            grads = [np.zeros_like(grad_output)] * (cache - 1) + [grad_output]
        if on.backward("add: first input twice"):
            grads = [grad_output * 2, *grads[1:]]
        if on.backward("add: last input twice"):
            grads = [*grads[:-1], grad_output * 2]
        if on.backward("add: averaged"):
            grads = [grad / cache for grad in grads]
        return grads, {}


class Cat:
    """The inputs one after the other."""

    @staticmethod
    def forward(on: Switches, situation: Any, inputs: list[Array]) -> tuple[Array, Any]:
        axis = situation.attributes["dim"]
        cache = axis, [x.shape[axis] for x in inputs]
        if on.forward("cat: order reversed"):
            return np.concatenate(inputs[::-1], axis=axis), cache
        return np.concatenate(inputs, axis=axis), cache

    @staticmethod
    def backward(on: Switches, cache: Any, grad_output: Array, parameters: Parameters) -> Backward:
        axis, sizes = cache
        if on.backward("cat: order reversed"):
            return _parts(grad_output, sizes[::-1], axis)[::-1], {}
        grads = _parts(grad_output, sizes, axis)
        if on("cat: grad_input in reversed order"):
            grads = grads[::-1]
        if on("cat: grad_input of the first only"):
            grads = [grads[0], *(np.zeros_like(grad) for grad in grads[1:])]
        return grads, {}


def _parts(grad_output: Array, sizes: list[int], axis: int) -> list[Array]:
    return np.split(grad_output, np.cumsum(sizes)[:-1], axis=axis)


def _mutant(
    switch: str, cause: str, type_: str, kind: str = "forward", crash: bool = False
) -> Mutant:
    return Mutant(switch, cause, f"{kind}.{{{type_}}}", crash=crash)


_PAD, _ADD, _CAT = "ZeroPad2d", "Add", "Cat"
_BACK = "backward"
_SUMS = {
    "first input only": "add.inputs.first_only",
    "last input only": "add.inputs.last_only",
    "first input twice": "add.inputs.first_twice",
    "last input twice": "add.inputs.last_twice",
    "averaged": "add.inputs.averaged",
}

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "zero_pad2d: sides read as top left bottom right",
        "zero_pad2d.sides.order_tlbr",
        _PAD,
        crash=True,
    ),
    _mutant(
        "zero_pad2d: sides read as top bottom left right",
        "zero_pad2d.sides.order_tblr",
        _PAD,
        crash=True,
    ),
    _mutant("zero_pad2d: sides mirrored", "zero_pad2d.sides.mirrored", _PAD),
    _mutant("zero_pad2d: edge repeated", "zero_pad2d.value.edge", _PAD),
    _mutant("zero_pad2d: grad_input not cropped", "zero_pad2d.grad_input.not_cropped", _PAD, _BACK),
    Mutant(
        f"zero_pad2d: sides mirrored{BACKWARD_ONLY}",
        "zero_pad2d.sides.mirrored",
        "backward.{ZeroPad2d}",
        variant="backward only",
    ),
    _mutant(
        "zero_pad2d: grad_input cut as [p:-p]",
        "zero_pad2d.grad_input.negative_zero",
        _PAD,
        _BACK,
        crash=True,
    ),
    *(_mutant(f"add: {mistake}", cause, _ADD) for mistake, cause in _SUMS.items()),
    *(
        Mutant(f"add: {mistake}{BACKWARD_ONLY}", cause, "backward.{Add}", variant="backward only")
        for mistake, cause in _SUMS.items()
    ),
    _mutant("cat: order reversed", "cat.order.reversed", _CAT),
    _mutant("cat: grad_input in reversed order", "cat.grad_input.swapped", _CAT, _BACK, crash=True),
    Mutant(
        f"cat: order reversed{BACKWARD_ONLY}",
        "cat.order.reversed",
        "backward.{Cat}",
        variant="backward only",
    ),
    _mutant("cat: grad_input of the first only", "cat.grad_input.first_only", _CAT, _BACK),
)
