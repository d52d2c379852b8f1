"""Random layers: a table of the case format for every operation that takes an input of a shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from oracles.audit.cases.data import Data
from oracles.audit.cases.draws import Draws
from oracles.audit.cases.toml import Table

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where a layer is to stand: the shape of a sample that it gets, and how many samples there
    are."""

    data: Data
    shape: Shape
    samples: int

    @property
    def draws(self) -> Draws:
        return self.data.draws

    @property
    def image(self) -> bool:
        """Whether the samples have channels, rows and columns."""
        return len(self.shape) == 3


RandomLayer = Callable[[Place], Table]
"""The keys of a layer beside type and name."""


def convolution(place: Place) -> Table:
    """Every option, and arrays of its own now and then."""
    draws = place.draws
    channels, *sizes = place.shape
    kernel = [draws.integer(1, min(4, size)) for size in sizes]
    padding = draws.pair(0, 2)
    groups = channels if draws.chance(0.2) else 1
    out = groups * draws.one_of(1, 2) if groups > 1 else draws.one_of(1, 2, 3, 4, 8)
    table: Table = {"in_channels": channels, "out_channels": out, "kernel_size": kernel}
    named = draws.one_of("pair", "pair", "pair", "pair", "same", "valid")
    if named == "pair":
        table["padding"] = padding
    else:
        table["padding"] = named
    table["stride"] = [1, 1] if named == "same" else draws.pair(1, 3)
    room = zip(sizes, kernel, strict=True)
    if draws.chance(0.3) and all(2 * (k - 1) + 1 <= size for size, k in room):
        table["dilation"] = [2, 2]
    table["groups"] = groups
    return table | _weight_and_bias(place, (out, channels // groups, *kernel))


def linear(place: Place) -> Table:
    """With and without bias."""
    features, out = place.shape[-1], place.draws.one_of(1, 3, 5, 16)
    arrays = _weight_and_bias(place, (out, features))
    return {"in_features": features, "out_features": out, **arrays}


def max_pooling(place: Place) -> Table:
    """Windows that overlap, leave rows over, or reach into the padding."""
    table, kernel = _window(place)
    if place.draws.chance(0.2) and all(
        2 * (k - 1) + 1 <= size for k, size in zip(kernel, place.shape[1:], strict=True)
    ):
        table["dilation"] = [2, 2]
    return table


def average_pooling(place: Place) -> Table:
    """The same, with every way to count."""
    draws = place.draws
    table, _ = _window(place)
    table["count_include_pad"] = draws.one_of(True, False)
    if place.data.lattice:
        table |= {"kernel_size": [2, 2], "padding": [0, 0], "divisor_override": 4}
    elif draws.chance(0.3):
        table["divisor_override"] = draws.one_of(3, 4, 7)
    return table


def batch_norm(place: Place) -> Table:
    """Every option, also without parameters and without running statistics."""
    draws, channels = place.draws, place.shape[0]
    table: Table = {
        "num_features": channels,
        "eps": draws.one_of(1e-5, 1e-3, 1e-1),
        "momentum": draws.one_of(0.1, 0.9, "none", 1.0),
    }
    if draws.chance(0.2):
        table["affine"] = False
    elif draws.chance(0.3):
        table["weight"] = place.data.array((channels,), given=False)
        table["bias"] = place.data.array((channels,))
    if draws.chance(0.2):
        table["track_running_stats"] = False
    elif draws.chance(0.3):
        table["running_mean"] = place.data.array((channels,), given=False)
        table["running_var"] = place.data.between(0.5, 2.0)
    return table


def dropout(place: Place) -> Table:
    """Masks drawn by the case and masks that are given."""
    draws, n = place.draws, place.samples * math.prod(place.shape)
    table: Table = {"p": 0.5 if place.data.lattice else draws.one_of(0.5, 0.25, 0.1, 0.9, 0.3)}
    table["mask"] = {"seed": draws.seed()}
    if draws.chance(0.2) and n <= 500:
        kept = [draws.integer(0, 1) for _ in range(n)]
        table["mask"] = {"values": kept, "shape": [place.samples, *place.shape]}
    return table


def flatten(place: Place) -> Table:
    """All axes, or some of them."""
    if not place.image or place.draws.chance(0.5):
        return {}
    return place.draws.one_of({"start_dim": 2}, {"end_dim": 2}, {"start_dim": 2, "end_dim": 3})


def softmax(place: Place) -> Table:
    """Along any axis but the batch."""
    return {"dim": place.draws.one_of(-1, 1, len(place.shape))}


def zero_padding(place: Place) -> Table:
    """Four sizes."""
    return {"padding": [place.draws.integer(0, 2) for _ in range(4)]}


def nothing_to_choose(place: Place) -> Table:
    """A layer without options."""
    return {}


LAYERS: Mapping[str, RandomLayer] = {
    "Conv2d": convolution,
    "MaxPool2d": max_pooling,
    "AvgPool2d": average_pooling,
    "ZeroPad2d": zero_padding,
    "BatchNorm2d": batch_norm,
    "Linear": linear,
    "Flatten": flatten,
    "ReLU": nothing_to_choose,
    "Sigmoid": nothing_to_choose,
    "Tanh": nothing_to_choose,
    "Softmax": softmax,
    "Dropout": dropout,
    "Identity": nothing_to_choose,
}
"""Every operation with one input."""

OFTEN = ("Conv2d", "Linear", "BatchNorm2d")
"""Drawn three times as often as the others."""

OF_IMAGES = ("Conv2d", "MaxPool2d", "AvgPool2d", "ZeroPad2d", "BatchNorm2d")
NOT_OF_IMAGES = ("Linear",)
NOT_EXACT = ("BatchNorm2d", "Sigmoid", "Tanh", "Softmax")
"""Operations that leave the lattice."""


def fits(type_: str, place: Place) -> bool:
    """Whether such a layer may stand there."""
    if place.data.lattice and type_ in NOT_EXACT:
        return False
    if type_ == "BatchNorm2d" and place.image:
        return math.prod(place.shape[1:]) >= 4
    return place.image if type_ in OF_IMAGES else type_ not in NOT_OF_IMAGES or not place.image


def _window(place: Place) -> tuple[Table, list[int]]:
    draws = place.draws
    kernel = [draws.integer(1, min(3, size)) for size in place.shape[1:]]
    table: Table = {"kernel_size": kernel, "padding": [draws.integer(0, k // 2) for k in kernel]}
    if draws.chance(0.6):
        table["stride"] = draws.pair(1, 3)
    table["ceil_mode"] = draws.chance(0.4)
    return table, kernel


def _weight_and_bias(place: Place, shape: Shape) -> Table:
    """Left out, which makes them usual in size, or of the data of the case."""
    draws, data = place.draws, place.data
    table: Table = {"bias": draws.one_of(True, True, False)}
    if data.lattice or draws.chance(0.4):
        table["weight"] = data.array(shape)
    if table["bias"] and (data.lattice or draws.chance(0.3)):
        table["bias"] = data.array(shape[:1])
    return table
