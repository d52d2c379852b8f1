"""Whether the settings of the question let its networks learn: the oracle is trained with them."""

from __future__ import annotations

from pathlib import Path

from examples.posts.post import Shown
from examples.posts.post_001.data import enlarged, mnist
from examples.posts.post_001.nets import net
from oracles.learning.answer import Answer
from oracles.learning.data.dataset import Dataset
from oracles.learning.learn import learn

RATES = (5e-4, 1e-3)
STEPS, IMAGES = 60, 200


def of_c() -> Shown:
    """Network C on digits in the size of MNIST's."""
    return _verdicts(enlarged(), ("C",))


def of_all(folder: Path) -> Shown:
    """All of them on MNIST."""
    return _verdicts(mnist(folder), ("A", "B", "C"))


def answer(name: str, rate: float, data: Dataset, steps: int = STEPS) -> Answer:
    """What `python -m oracles learn` says, on few images, none of them held out."""
    few = Dataset(data.name, data.x[:IMAGES], data.target[:IMAGES])
    return learn(net(name), data=few, steps=steps, batch_size=20, lr=rate, seed=0)


def _verdicts(data: Dataset, names: tuple[str, ...]) -> Shown:
    lines = [f"{data.name}, {IMAGES} images, {STEPS} batches of 20", "network   rate     verdict"]
    figures: dict[str, float | str] = {}
    for name in names:
        for rate in RATES:
            said = answer(name, rate, data)
            look = said.oracle.trained_on
            assert look is not None
            lines.append(
                f"{name:9} {rate:<8g} {said.verdict}: loss {look.loss:.1f}, best constant "
                f"{said.baseline.loss:.1f}; accuracy {look.accuracy:.3f}"
            )
            figures[f"{name} at {rate:g}"] = said.verdict
    return Shown(tuple(lines), figures)
