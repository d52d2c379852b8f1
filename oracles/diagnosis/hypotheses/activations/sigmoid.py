"""Sigmoids that are another curve, or have another derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypotheses.dropout.dropped import dropped
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _hard(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is three straight lines: 0.2 * x + 0.5, between 0 and 1."""
    return (0.2 * inputs[0] + 0.5).clamp(0, 1)


def _hard_sixth(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is three straight lines: x / 6 + 0.5, between 0 and 1."""
    return (inputs[0] / 6 + 0.5).clamp(0, 1)


def _tanh(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A hyperbolic tangent is in the place of a sigmoid."""
    return inputs[0].tanh()


def _twice(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is applied twice, one behind the other."""
    return inputs[0].sigmoid().sigmoid()


def _doubled(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is twice as steep: sigma(2 * x), which is (tanh(x) + 1) / 2."""
    return (2 * inputs[0]).sigmoid()


def _mirrored(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid falls in place of rising: 1 / (1 + exp(x))."""
    return (-inputs[0]).sigmoid()


def _overflow(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is computed as exp(x) / (1 + exp(x)), which is inf / inf for large numbers."""
    exponential = inputs[0].to(site.dtype).exp()
    return (exponential / (1 + exponential)).double()


def _omitted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient passes a sigmoid as if it were not there: grad_input = grad_output."""
    return {"input": grad_output}


def _of_input(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a sigmoid is taken as x * (1 - x), with the input in the place of the
    output."""
    x = run.inputs[0]
    return {"input": grad_output * x * (1 - x)}


def _of_output(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a sigmoid is taken at its output: s(y) * (1 - s(y)), s being the sigmoid
    and y what it has already made."""
    again = run.result.sigmoid()
    return {"input": grad_output * again * (1 - again)}


def _factor_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a sigmoid is taken as 1 - y, without the factor y."""
    return {"input": grad_output * (1 - run.result)}


def _only_a(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a sigmoid is taken as y, without the factor 1 - y."""
    return {"input": grad_output * run.result}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a sigmoid has the other sign."""
    return {"input": -grad_output * run.result * (1 - run.result)}


def _of_dropped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a sigmoid is y * (1 - y) of what the dropout behind it has made of its
    output, which is scaled by 1 / (1 - p)."""
    y = dropped(site, run.result)
    return {"input": grad_output * y * (1 - y)}


def _upstream_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A sigmoid hands back its derivative alone, not multiplied by grad_output."""
    return {"input": run.result * (1 - run.result)}


_FORWARD_FIX = "y = 1 / (1 + np.exp(-x))"
_BACKWARD_FIX = "grad_input = grad_output * y * (1 - y), y being the output of the layer"
_CONSISTENT = (
    "Forward and backward pass belong together, so that a gradient check passes, and the network "
    "learns as well."
)
_CHECKED = "The output is right and the loss falls; a gradient check finds it."

HYPOTHESES = (
    Hypothesis(
        name="sigmoid.hard",
        title="the sigmoid is a hard one, clip(0.2 * x + 0.5, 0, 1)",
        altered=Forward("Sigmoid", _hard),
        why_unseen=_CONSISTENT + " The curves agree at 0 and far away, and differ by 0.08 at most.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.hard_sixth",
        title="the sigmoid is a hard one, clip(x / 6 + 0.5, 0, 1)",
        altered=Forward("Sigmoid", _hard_sixth),
        why_unseen=_CONSISTENT + " The curves agree at 0 and far away, and differ by 0.07 at most.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.tanh",
        title="a hyperbolic tangent is in the place of the sigmoid",
        altered=Forward("Sigmoid", _tanh),
        why_unseen=_CONSISTENT,
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.twice",
        title="the sigmoid is applied twice",
        altered=Forward("Sigmoid", _twice),
        why_unseen=_CONSISTENT + " Only the range is telling: 0.5 to 0.73.",
        fix="apply it in one place: in the layer or behind it, not in both",
        evidence=("torch/torch7#232",),
    ),
    Hypothesis(
        name="sigmoid.doubled_slope",
        title="the sigmoid is twice as steep as it should be",
        altered=Forward("Sigmoid", _doubled),
        why_unseen=_CONSISTENT + " It is 0.5 at 0, and 0 and 1 far away, as it should be.",
        fix="y = (np.tanh(x / 2) + 1) / 2, or " + _FORWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.mirrored",
        title="the sigmoid has exp(x) where exp(-x) belongs, and falls",
        altered=Forward("Sigmoid", _mirrored),
        why_unseen=_CONSISTENT + " The layers around it learn weights of the other sign.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.overflow",
        title="the sigmoid is exp(x) / (1 + exp(x)), NaN where exp(x) is infinite",
        altered=Forward("Sigmoid", _overflow),
        why_unseen="It is exact up to x = 88 in float32 and 709 in float64. Inputs grow that large "
        "only once a network has trained for a while, or diverges.",
        fix="e = np.exp(-np.abs(x)); y = np.where(x >= 0, 1, e) / (1 + e)",
    ),
    Hypothesis(
        name="sigmoid.grad_input.omitted",
        title="the derivative of the sigmoid is missing",
        altered=Backward("Sigmoid", _omitted),
        why_unseen="It is a factor of 4 around 0, which a smaller learning rate makes up for. "
        "Behind binary cross-entropy p - t needs no such factor, elsewhere it does.",
        fix=_BACKWARD_FIX,
        evidence=("Bot-Academy/NeuralNetworkFromScratch#3",),
    ),
    Hypothesis(
        name="sigmoid.grad_input.of_input",
        title="the derivative of the sigmoid is x * (1 - x), of its input",
        altered=Backward("Sigmoid", _of_input),
        why_unseen=_CHECKED + " The function y * (1 - y) is right, it is called with x.",
        fix=_BACKWARD_FIX,
        evidence=("tsoding/nn.h#18", "rasmusbergpalm/DeepLearnToolbox#165"),
    ),
    Hypothesis(
        name="sigmoid.grad_input.of_output",
        title="the derivative of the sigmoid is taken at its output, not at its input",
        altered=Backward("Sigmoid", _of_output),
        why_unseen=_CHECKED + " The factor lies between 0.2 and 0.25, close to what it is at 0.",
        fix=_BACKWARD_FIX + "; s(x) * (1 - s(x)) is for the input of the layer",
        evidence=("benoitfragit/libBrain#78", "liashchynskyi/skynet#1"),
    ),
    Hypothesis(
        name="sigmoid.grad_input.factor_missing",
        title="the derivative of the sigmoid is 1 - y, without the factor y",
        altered=Backward("Sigmoid", _factor_missing),
        why_unseen=_CHECKED + " Around 0 it is a factor of 2.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.grad_input.only_a",
        title="the derivative of the sigmoid is y, without the factor 1 - y",
        altered=Backward("Sigmoid", _only_a),
        why_unseen=_CHECKED + " Around 0 it is a factor of 2.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.grad_input.sign",
        title="the gradient of the sigmoid has the other sign",
        altered=Backward("Sigmoid", _sign),
        why_unseen="Layers behind the sigmoid learn as they should, so that the loss falls all the "
        "same.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="sigmoid.grad_input.of_dropped_output",
        title="the derivative of the sigmoid is computed from what dropout has made of its output",
        altered=Backward("Sigmoid", _of_dropped),
        why_unseen="Without dropout, as in a gradient check, all is right. With p = 0.5 an output "
        "of 0.6 counts as 1.2, and its gradient changes sign.",
        fix=_BACKWARD_FIX + ", before dropout",
    ),
    Hypothesis(
        name="sigmoid.grad_input.upstream_missing",
        title="the sigmoid hands back its derivative, not multiplied by grad_output",
        altered=Backward("Sigmoid", _upstream_missing),
        why_unseen="A test of the layer alone with a grad_output of ones gives the right numbers.",
        fix=_BACKWARD_FIX,
    ),
)
