"""Binary cross-entropy of probabilities with another logarithm."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.altered import Loss, LossRule
from oracles.diagnosis.hypotheses.losses.loss_terms import (
    rounded_to,
    weighted,
    with_slope,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _epsilon(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are those of p + 1e-7 and 1 - p + 1e-7."""
    return _added(site, prediction, 1e-7)


def _epsilon_small(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are those of p + 1e-8 and 1 - p + 1e-8."""
    return _added(site, prediction, 1e-8)


def _epsilon_tiny(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are those of p + 1e-12 and 1 - p + 1e-12."""
    return _added(site, prediction, 1e-12)


def _epsilon_large(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are those of p + 1e-5 and 1 - p + 1e-5."""
    return _added(site, prediction, 1e-5)


def _added(site: Site, prediction: Tensor, epsilon: float) -> Tensor:
    return _entropy(site, prediction + epsilon, 1 - prediction + epsilon)


def _clipped(site: Site, prediction: Tensor) -> Tensor:
    """The probabilities are clipped to 1e-7 ... 1 - 1e-7 before the logarithms, and have no
    gradient beyond."""
    p = _clip(site, prediction)
    return _entropy(site, p, 1 - p)


def _clipped_by_hand(site: Site, prediction: Tensor) -> Tensor:
    """The probabilities are clipped to 1e-7 ... 1 - 1e-7 before the logarithms, and the gradient is
    (p - t) / (p * (1 - p)) with the clipped p."""
    p = _clip(site, prediction.detach())
    values = -(site.target * p.log() + (1 - site.target) * (1 - p).log())
    return weighted(site, with_slope(values, prediction, (p - site.target) / (p * (1 - p))))


def _clip(site: Site, prediction: Tensor) -> Tensor:
    return prediction.clamp(1e-7, rounded_to(site.dtype, 1 - 1e-7))


def _unclamped(site: Site, prediction: Tensor) -> Tensor:
    """The logarithms are taken as they are: 0 times infinity is not a number."""
    return _entropy(site, prediction, 1 - prediction)


def _entropy(site: Site, p: Tensor, other: Tensor) -> Tensor:
    values = -(site.target * p.log() + (1 - site.target) * other.log())
    return weighted(site, values)


def _with_epsilon(name: str, epsilon: str, rule: LossRule) -> Hypothesis:
    return Hypothesis(
        name=name,
        title=f"{epsilon} is added inside the logarithms",
        altered=Loss(("BCELoss",), rule),
        why_unseen="As long as probabilities are far from 0 and 1 it is lost in rounding.",
        fix="loss = -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log(1 - p), -100))",
        evidence=("maxvfischer/keras-image-segmentation-loss-functions#1", "FluxML/Flux.jl#437"),
    )


HYPOTHESES = (
    _with_epsilon("bce.log.epsilon", "1e-7", _epsilon),
    _with_epsilon("bce.log.epsilon_small", "1e-8", _epsilon_small),
    _with_epsilon("bce.log.epsilon_tiny", "1e-12", _epsilon_tiny),
    _with_epsilon("bce.log.epsilon_large", "1e-5", _epsilon_large),
    Hypothesis(
        name="bce.log.clipped",
        title="probabilities are clipped to 1e-7 ... 1 - 1e-7 before the logarithms",
        altered=Loss(("BCELoss",), _clipped),
        why_unseen="Only probabilities of nearly 0 or 1 are affected: their loss stays at 16.1, "
        "and their gradient is 0.",
        fix="clamp the logarithms: np.maximum(np.log(p), -100)",
        evidence=("keras-team/keras#17634",),
        sort="convention",
        declaration='follows = ("bce.log.clipped",)',
        convention="bce.log_clamped",
    ),
    Hypothesis(
        name="bce.log.clipped_by_hand",
        title="probabilities are clipped to 1e-7 ... 1 - 1e-7, in the gradient as well",
        altered=Loss(("BCELoss",), _clipped_by_hand),
        why_unseen="Only probabilities of nearly 0 or 1 are affected: their loss stays at 16.1.",
        fix="clamp the logarithms: np.maximum(np.log(p), -100)",
        evidence=("keras-team/keras#17634",),
        sort="convention",
        declaration='follows = ("bce.log.clipped_by_hand",)',
        convention="bce.log_clamped",
    ),
    Hypothesis(
        name="bce.log.unclamped",
        title="the logarithm of 0 is taken: the loss is infinite or not a number",
        altered=Loss(("BCELoss",), _unclamped),
        why_unseen="It takes a probability of exactly 0 or 1, from a saturated sigmoid: late in a "
        "training, never at its start.",
        fix="clamp the logarithms, np.maximum(np.log(p), -100), and in the gradient p * (1 - p) at "
        "1e-12; or BCEWithLogitsLoss",
        evidence=("hunkim/ReinforcementZeroToAll#16",),
    ),
)
