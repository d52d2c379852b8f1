"""The candidates for what was wrong: how each trains, and what the harness calls it."""

from __future__ import annotations

import numpy as np

import oracles
from examples.posts.post import Shown
from examples.posts.post_001.candidates import CANDIDATES, Candidate
from examples.posts.post_001.copied_test import WITH_STRIDE, sees
from examples.posts.post_001.data import enlarged, full_size, small
from examples.posts.post_001.mended import implementation as mended
from examples.posts.post_001.nets import RATES, bundled, digits_c, initialised, net
from examples.posts.post_001.plugged import Plugged
from examples.posts.post_001.training import Images, Trained, train

STEPS, LR = 300, 1e-3

_WITHOUT_CONVOLUTION = ("mended", "gradients_not_zeroed", "biases_stay")
"""What can be wrong with network A too."""


def named() -> Shown:
    """Every candidate judged on a small network, and on the test that was copied."""
    lines = [f"{'candidate':60} with_stride"]
    figures = {}
    for candidate in CANDIDATES:
        blind = not sees(bundled(WITH_STRIDE), candidate.implementation)
        figures[candidate.name] = name_of(candidate)
        lines.append(f"{candidate.what:60} {'passes' if blind else 'sees it'}")
        lines.append(f"    {figures[candidate.name]}")
    return Shown(tuple(lines), figures)


def name_of(candidate: Candidate, case: str = "posts/001_tiny") -> str:
    """What the harness calls it, and how certain it is: "certain: sgd.update.biases_frozen"."""
    judgement = oracles.judge(candidate.implementation, bundled(case), council=False)
    assert judgement.diagnosis is not None
    return "; ".join(f"{one.certainty}: {one.cause}" for one in judgement.diagnosis.causes)


def symptoms() -> Shown:
    """The mended network, and then every candidate, trained on digits in the same way."""
    learned, held_out = small()
    lines = [f"{STEPS} batches of 20 digits, learning rate {LR:g}; error per 100 images, accuracy"]
    figures: dict[str, float | str] = {}
    for name, what, plugged in _all():
        trained = symptom(plugged, learned)
        accuracy, error = trained.accuracy(held_out), trained.error(held_out)
        figures |= {f"{name}, accuracy": accuracy, f"{name}, error": error}
        end = f"{error:9.1f} {accuracy:6.3f}"
        if len(trained.errors) < STEPS:
            end = f"no number after {20 * (len(trained.errors) - 1)} images"
        lines.append(f"{what:60} {end}")
    lines.append("the dense network A on the same digits, enlarged")
    for name, what, plugged in _all():
        if name in _WITHOUT_CONVOLUTION:
            accuracy, error = dense(plugged)
            lines.append(f"{what:60} {error:9.1f} {accuracy:6.3f}")
            figures |= {f"A, {name}, accuracy": accuracy, f"A, {name}, error": error}
    return Shown(tuple(lines), figures)


def symptom(plugged: Plugged, learned: Images, steps: int = STEPS) -> Trained:
    """One training."""
    case, generator = digits_c().draw("float32"), np.random.default_rng(0)
    return train(plugged, case, learned, steps, generator, lr=LR)


def dense(plugged: Plugged) -> tuple[float, float]:
    """Accuracy and error of network A, trained for as long."""
    generator = np.random.default_rng(0)
    learned, held_out = full_size(enlarged())
    case = initialised(net("A").draw("float32"), generator)
    trained = train(plugged, case, learned, STEPS, generator, lr=RATES["A"])
    return trained.accuracy(held_out), trained.error(held_out)


def _all() -> list[tuple[str, str, Plugged]]:
    return [
        ("mended", "nothing is wrong", mended),
        *((one.name, one.what, one.implementation) for one in CANDIDATES),
    ]
