"""The run of the book, on the files of MNIST."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from examples.posts.post import Shown
from examples.posts.post_003 import overflow, runs, variants
from examples.posts.post_003.asked import Asked
from examples.posts.post_003.mended import Mended
from oracles.learning.data.idx_folder import idx_folder

ALPHA, ITERATIONS = 2.0, 300


def images(folder: Path) -> tuple[runs.Images, runs.Images]:
    """The first 1000 to learn from, and the 10000 of the test."""
    data = idx_folder(folder)
    assert data.held_out_x is not None
    assert data.held_out_target is not None
    train = runs.Images(data.x[:1000] / 255, data.target[:1000])
    return train, runs.Images(data.held_out_x / 255, data.held_out_target)


def both_signs(folder: Path, iterations: int = ITERATIONS) -> Shown:
    """Minus, as printed in the book, and plus; a minute or two each."""
    kinds = {"-=, as in the book": (Asked, ALPHA), "+=": (variants.Plus, ALPHA)}
    return _compared(folder, kinds, iterations)


def others(folder: Path, iterations: int = ITERATIONS) -> Shown:
    """What each of the two signs owes to the rest; as long again, each."""
    kinds = {
        "kernels stay as drawn": (variants.Frozen, ALPHA),
        "-=, right way back": (variants.RightSlope, ALPHA),
        "all mended, 2/128": (Mended, ALPHA / runs.BATCH),
    }
    return _compared(folder, kinds, iterations)


def without_second_division(folder: Path) -> Shown:
    """Where it fails, and the 8.7 %."""
    return overflow.without_second_division(images(folder)[0], ALPHA)


def _compared(
    folder: Path, kinds: Mapping[str, tuple[type[Asked], float]], iterations: int
) -> Shown:
    train, test = images(folder)
    lines = [f"{'kernels':22s}accuracy on {len(test.labels)} test images, last training accuracy"]
    figures: dict[str, float | str] = {}
    for name, (kind, alpha) in kinds.items():
        run = runs.trained(kind, train, test, alpha, iterations)
        lines.append(f"{name:22s}{run.accuracy:.4f}  {run.curve[-1]:.3f}")
        figures[name] = run.accuracy
    return Shown(tuple(lines), figures)
