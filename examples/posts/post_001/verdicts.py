"""Whether the settings of the question let its networks learn: the oracle is trained with them."""

from __future__ import annotations

from pathlib import Path

from examples.posts.post import Shown
from examples.posts.post_001.data import enlarged, mnist
from examples.posts.post_001.nets import net
from oracles.learning.answer import Answer
from oracles.learning.data.dataset import Dataset
from oracles.learning.learn import learn

Settings = tuple[str, float]
"""Network and rate."""

OF_THE_QUESTION: tuple[Settings, ...] = (
    ("A", 1e-3),
    ("B", 5e-4),
    ("B", 1e-3),
    ("C", 5e-4),
    ("C", 1e-3),
)


def of_c() -> Shown:
    """Network C on digits in the size of MNIST's."""
    deepest = tuple(one for one in OF_THE_QUESTION if one[0] == "C")
    return _verdicts(enlarged(), deepest, images=200, steps=60)


def of_all(folder: Path) -> Shown:
    """All of them on MNIST, for as many steps as `python -m oracles learn` has by itself."""
    return _verdicts(mnist(folder), OF_THE_QUESTION, images=2000, steps=300)


def answer(settings: Settings, data: Dataset, steps: int) -> Answer:
    """What the harness says."""
    name, rate = settings
    return learn(net(name), data=data, steps=steps, batch_size=20, lr=rate, seed=0)


def _verdicts(data: Dataset, tried: tuple[Settings, ...], *, images: int, steps: int) -> Shown:
    few = Dataset(data.name, data.x[:images], data.target[:images])
    lines = [f"{data.name}, {images} images, {steps} batches of 20", "network   rate     verdict"]
    figures: dict[str, float | str] = {}
    for name, rate in tried:
        said = answer((name, rate), few, steps)
        look = said.oracle.trained_on
        assert look is not None
        lines.append(
            f"{name:9} {rate:<8g} {said.verdict}: loss {look.loss:.1f}, best constant "
            f"{said.baseline.loss:.1f}; accuracy {look.accuracy:.3f}"
        )
        figures[f"{name} at {rate:g}"] = said.verdict
    return Shown(tuple(lines), figures)
