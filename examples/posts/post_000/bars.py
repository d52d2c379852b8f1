"""Images of one bar each: what a network of this size learns in a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.posts.post_000.network import Labels

SIDE, CLASSES = 8, 4
SHARES = (0.4, 0.2, 0.2, 0.2)
"""How common the classes are: one is the best guess of who cannot see."""


@dataclass(frozen=True)
class Data:
    """Rows of pixels (N, H * W) with labels (N), and such that are held out."""

    rows: NDArray[Any]
    labels: Labels
    held_out_rows: NDArray[Any]
    held_out_labels: Labels


def bars(generator: np.random.Generator, count: int = 400, held_out: int = 200) -> Data:
    """Grey levels 0..255 of 8x8 pixels: a bright bar on dark noise, in one of four directions."""
    labels = generator.choice(CLASSES, size=count + held_out, p=SHARES)
    rows = np.stack([_bar(int(label), generator) for label in labels])
    return Data(rows[:count], labels[:count], rows[count:], labels[count:])


def _bar(label: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """0 lies in a row, 1 stands in a column, 2 falls and 3 rises along a diagonal; where, and how
    bright, is chance."""
    image = generator.integers(0, 40, size=(SIDE, SIDE))
    along = np.arange(SIDE)
    if label < 2:
        across = np.full(SIDE, generator.integers(SIDE))
    else:
        across = along + generator.integers(-1, 2)
    inside = (across >= 0) & (across < SIDE)
    along, across = along[inside], across[inside]
    if label == 1:
        along, across = across, along
    if label == 2:
        across = SIDE - 1 - across
    image[across, along] = generator.integers(200, 256, size=len(along))
    return image.astype(np.uint8).ravel()
