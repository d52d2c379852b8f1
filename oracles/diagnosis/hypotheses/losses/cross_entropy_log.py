"""Cross-entropy with another logarithm."""

from __future__ import annotations

import math

from torch import Tensor

from oracles.diagnosis.altered import LossRule
from oracles.diagnosis.hypotheses.losses.cross_entropy_terms import crossed, loss, softmax
from oracles.diagnosis.hypotheses.losses.loss_terms import evaluated, rounded_to
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _epsilon(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is taken of p + 1e-7."""
    return _added(site, prediction, 1e-7)


def _epsilon_small(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is taken of p + 1e-8."""
    return _added(site, prediction, 1e-8)


def _epsilon_tiny(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is taken of p + 1e-12."""
    return _added(site, prediction, 1e-12)


def _epsilon_large(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is taken of p + 1e-5."""
    return _added(site, prediction, 1e-5)


def _added(site: Site, prediction: Tensor, epsilon: float) -> Tensor:
    return crossed(site, prediction, (softmax(prediction) + epsilon).log())


def _clipped(site: Site, prediction: Tensor) -> Tensor:
    """The probabilities are clipped to 1e-7 ... 1 - 1e-7 before the logarithm."""
    upper = rounded_to(site.dtype, 1 - 1e-7)
    return crossed(site, prediction, softmax(prediction).clamp(1e-7, upper).log())


def _base10(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is the decimal one."""
    return evaluated(site, prediction) / math.log(10)


def _base2(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is that to base 2."""
    return evaluated(site, prediction) / math.log(2)


def _with_epsilon(name: str, epsilon: str, rule: LossRule) -> Hypothesis:
    return Hypothesis(
        name=name,
        title=f"{epsilon} is added to the probability before the logarithm",
        altered=loss(rule),
        why_unseen=(
            "It is invisible as long as the probability of the label is far above it, as at the "
            "start of a training. A loss beyond the logarithm of it cannot occur."
        ),
        fix="log p = z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True)), with the row's "
        "maximum m, needs no epsilon",
        evidence=("mkocabas/focal-loss-keras#24", "yhenon/pytorch-retinanet#3"),
    )


HYPOTHESES = (
    _with_epsilon("cross_entropy.log.epsilon", "1e-7", _epsilon),
    _with_epsilon("cross_entropy.log.epsilon_small", "1e-8", _epsilon_small),
    _with_epsilon("cross_entropy.log.epsilon_tiny", "1e-12", _epsilon_tiny),
    _with_epsilon("cross_entropy.log.epsilon_large", "1e-5", _epsilon_large),
    Hypothesis(
        name="cross_entropy.log.clipped",
        title="probabilities are clipped to 1e-7 ... 1 - 1e-7 before the logarithm",
        altered=loss(_clipped),
        why_unseen="Scores that differ by less than 16 are not affected. Beyond that the loss "
        "stays at 16.1, and the gradient of a hopelessly wrong sample is 0.",
        fix="log p = z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True)), with the row's "
        "maximum m, needs no clipping",
        evidence=("keras-team/keras#17634",),
    ),
    Hypothesis(
        name="cross_entropy.log.base10",
        title="the logarithm is the decimal one",
        altered=loss(_base10),
        why_unseen="The loss falls as it should: it only is 2.3 times too small.",
        fix="np.log, not np.log10",
    ),
    Hypothesis(
        name="cross_entropy.log.base2",
        title="the logarithm is that to base 2",
        altered=loss(_base2),
        why_unseen="The loss falls as it should: it only is 1.44 times too large.",
        fix="np.log, not np.log2",
    ),
)
