"""Cross-entropy whose exponentials or probabilities do not fit into the dtype of the case."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.hypotheses.losses.cross_entropy_terms import crossed_by_hand, loss, softmax
from oracles.diagnosis.hypotheses.losses.loss_terms import rounded_off
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site


def _overflow(site: Site, prediction: Tensor) -> Tensor:
    """The exponentials are taken of the scores as they are, which overflows in this dtype."""
    return crossed_by_hand(site, prediction, _divided(site, prediction))


def _overflow_of_logarithm(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm of the sum of the exponentials is subtracted from the scores, and the sum
    overflows in this dtype: every probability is 0, its logarithm minus infinity."""
    exponentials = rounded_off(prediction.detach().exp(), site.dtype)
    sums = rounded_off(exponentials.sum(1, keepdim=True), site.dtype)
    logarithms = prediction.detach() - sums.log()
    return crossed_by_hand(site, prediction, logarithms.exp(), logarithms)


def _max_over_batch(site: Site, prediction: Tensor) -> Tensor:
    """The largest score of the whole batch is subtracted: the exponentials of other samples
    underflow in this dtype."""
    return crossed_by_hand(site, prediction, _divided(site, prediction - prediction.max()))


def _max_from_zero(site: Site, prediction: Tensor) -> Tensor:
    """The maximum that is subtracted starts at 0: where all scores of a sample are far below it,
    their exponentials underflow in this dtype."""
    largest = prediction.amax(1, keepdim=True).clamp(min=0)
    return crossed_by_hand(site, prediction, _divided(site, prediction - largest))


def _divided(site: Site, scores: Tensor) -> Tensor:
    exponentials = rounded_off(scores.detach().exp(), site.dtype)
    sums = rounded_off(exponentials.sum(1, keepdim=True), site.dtype)
    return rounded_off(exponentials / sums, site.dtype)


def _underflow(site: Site, prediction: Tensor) -> Tensor:
    """The logarithm is taken of a softmax that underflows to 0 in this dtype, and is infinite."""
    return crossed_by_hand(site, prediction, rounded_off(softmax(prediction.detach()), site.dtype))


_SMALL = "Every formula is right, and so are all numbers as long as scores are small: "

HYPOTHESES = (
    Hypothesis(
        name="cross_entropy.softmax.overflow",
        title="the softmax overflows: the maximum is not subtracted",
        altered=loss(_overflow),
        why_unseen=_SMALL + "exp overflows above 88 in float32 and above 709 in float64.",
        fix="p = np.exp(z - z.max(axis=1, keepdims=True)); p /= p.sum(axis=1, keepdims=True)",
        evidence=(
            "deeplearning4j/deeplearning4j#6039",
            "pplonski/keras2cpp#39",
            "numenta/nupic-legacy#3819",
        ),
    ),
    Hypothesis(
        name="cross_entropy.softmax.overflow_of_logarithm",
        title="the logarithm of the sum of exponentials overflows: the maximum is not subtracted",
        altered=loss(_overflow_of_logarithm),
        why_unseen=_SMALL + "exp overflows above 88 in float32 and above 709 in float64.",
        fix="log p = z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True)), with the row's "
        "maximum m",
    ),
    Hypothesis(
        name="cross_entropy.softmax.max_over_batch",
        title="the maximum of the whole batch is subtracted in the softmax, not that of each row",
        altered=loss(_max_over_batch),
        why_unseen=_SMALL + "a row underflows to 0 / 0 only if it is 100 (float32) or 740 "
        "(float64) below the largest of the batch.",
        fix="z - z.max(axis=1, keepdims=True): the maximum of each sample",
        evidence=("manassharma07/crysx_nn#7",),
    ),
    Hypothesis(
        name="cross_entropy.softmax.max_from_zero",
        title="the maximum that the softmax subtracts is never below 0",
        altered=loss(_max_from_zero),
        why_unseen=_SMALL + "it takes a sample whose scores are all below -100 (float32).",
        fix="start the maximum with the first score, or with -inf: z.max(axis=1, keepdims=True)",
        evidence=("FluxML/NNlib.jl#43",),
    ),
    Hypothesis(
        name="cross_entropy.log.underflow",
        title="the logarithm is taken of a probability that has underflowed to 0",
        altered=loss(_underflow),
        why_unseen=_SMALL + "p is 0 where a score is 104 (float32) or 746 (float64) below the "
        "largest. The gradient p - t stays right all the same.",
        fix="log p = z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True)), with the row's "
        "maximum m: no logarithm of p",
        evidence=("mkocabas/focal-loss-keras#17", "NTMC-Community/MatchZoo-py#69"),
    ),
)
