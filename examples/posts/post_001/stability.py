"""How large a learning rate the networks bear, beside the rates of the question."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_001.data import enlarged, full_size, mnist
from examples.posts.post_001.mended import implementation as mended
from examples.posts.post_001.nets import RATES, initialised, net
from examples.posts.post_001.training import BATCH, Images, train
from oracles.learning.curvature import largest_eigenvalue
from oracles.learning.data.dataset import Dataset
from oracles.learning.lesson import lesson
from oracles.learning.objective import Objective

TRIED = (("B", 5e-4), ("B", 1e-3), ("B", 2e-3), ("C", 5e-4), ("C", 1e-3), ("C", 2e-3))
"""The rates of the question, and twice the larger: what 1e-3 is where the error has no half."""

STEPS = 60


def limits() -> Shown:
    """On digits in the size of MNIST's."""
    return limits_on(enlarged())


def limits_with_mnist(folder: Path) -> Shown:
    """On MNIST."""
    return limits_on(mnist(folder))


def limits_on(data: Dataset) -> Shown:
    """2 / (largest eigenvalue of the Hessian) of each network before its first batch."""
    found = {name: limit(name, data) for name in RATES}
    lines = [
        f"{data.name}; half the sum of squares over {BATCH} images, at the start",
        "network   rate of the question   limit 2 / eigenvalue   limit without the half",
    ]
    for name, rate in RATES.items():
        lines.append(f"{name:9} {rate:<22g} {found[name]:<22.2g} {found[name] / 2:.2g}")
    return Shown(tuple(lines), {f"limit of {name}": number for name, number in found.items()})


def limit(name: str, data: Dataset) -> float:
    """Above it, the error of this batch grows along the direction in which it curves most."""
    used = lesson(net(name), data, steps=1, batch_size=BATCH, seed=0)
    case = initialised(used.case("float64"), np.random.default_rng(0))
    objective = Objective(case, case.steps[0])
    return 2 / largest_eigenvalue(objective, objective.flat(case.parameters()))


def rates() -> Shown:
    """The first batches of B and C at several rates."""
    data = enlarged()
    images, _ = full_size(data)
    lines = [
        f"{data.name}; error per 100 images over the first {STEPS} batches",
        "network   rate      first   largest      last",
    ]
    figures: dict[str, float | str] = {}
    for name, rate in TRIED:
        errors = beginning(name, rate, images, STEPS)
        last = float(np.mean(errors[-5:])) if len(errors) == STEPS else float("nan")
        shown = f"{last:9.1f}" if np.isfinite(last) else f"no number after {len(errors)} batches"
        largest = max(error for error in errors if np.isfinite(error))
        lines.append(f"{name:9} {rate:<7g} {errors[0]:7.0f} {largest:9.3g} {shown}")
        figures |= {f"{name} at {rate:g}, last": last, f"{name} at {rate:g}, largest": largest}
    return Shown(tuple(lines), figures)


def beginning(name: str, rate: float, images: Images, steps: int) -> list[float]:
    """Errors of the first batches, per 100 images."""
    generator = np.random.default_rng(0)
    case = initialised(net(name).draw("float32"), generator)
    errors = train(mended, case, images, steps, generator, lr=rate).errors
    return [float(error) * 100 / BATCH for error in errors]
