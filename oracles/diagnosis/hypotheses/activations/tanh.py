"""Hyperbolic tangents that are another curve, or have another derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypotheses.dropout.dropped import dropped
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _sigmoid(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A sigmoid is in the place of a hyperbolic tangent."""
    return inputs[0].sigmoid()


def _scaled(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A hyperbolic tangent is LeCun's scaled one, 1.7159 * tanh(2 / 3 * x)."""
    return 1.7159 * (inputs[0] * 2 / 3).tanh()


def _twice(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A hyperbolic tangent is applied twice, one behind the other."""
    return inputs[0].tanh().tanh()


def _half_slope(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A hyperbolic tangent is half as steep: tanh(x / 2), which is 2 * sigma(x) - 1."""
    return (inputs[0] / 2).tanh()


def _hard(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A hyperbolic tangent is three straight lines: x, between -1 and 1."""
    return inputs[0].clamp(-1, 1)


def _overflow(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A hyperbolic tangent is (exp(x) - exp(-x)) / (exp(x) + exp(-x)), which is inf / inf for
    large numbers."""
    x = inputs[0].to(site.dtype)
    up, down = x.exp(), (-x).exp()
    return ((up - down) / (up + down)).double()


def _omitted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient passes a hyperbolic tangent unchanged: grad_input = grad_output."""
    return {"input": grad_output}


def _of_input(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a hyperbolic tangent is taken as 1 - x ** 2, with the input in the place
    of the output."""
    return {"input": grad_output * (1 - run.inputs[0] ** 2)}


def _of_output(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a hyperbolic tangent is taken at its output: 1 - tanh(y) ** 2, y being
    what it has already made."""
    return {"input": grad_output * (1 - run.result.tanh() ** 2)}


def _not_squared(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a hyperbolic tangent is taken as 1 - y, without the square."""
    return {"input": grad_output * (1 - run.result)}


def _of_dropped(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a hyperbolic tangent is 1 - y ** 2 of what the dropout behind it has made
    of its output, which is scaled by 1 / (1 - p)."""
    return {"input": grad_output * (1 - dropped(site, run.result) ** 2)}


def _sign(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a hyperbolic tangent has the other sign."""
    return {"input": -grad_output * (1 - run.result**2)}


def _upstream_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A hyperbolic tangent hands back its derivative alone, not multiplied by grad_output."""
    return {"input": 1 - run.result**2}


_FORWARD_FIX = "y = np.tanh(x)"
_BACKWARD_FIX = "grad_input = grad_output * (1 - y ** 2), y being the output of the layer"
_CONSISTENT = (
    "Forward and backward pass belong together, so that a gradient check passes, and the network "
    "learns as well."
)
_SMALL = "The output is right, and where inputs are small every derivative is close to 1."

HYPOTHESES = (
    Hypothesis(
        name="tanh.sigmoid",
        title="a sigmoid is in the place of the hyperbolic tangent",
        altered=Forward("Tanh", _sigmoid),
        why_unseen=_CONSISTENT,
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="tanh.scaled",
        title="the hyperbolic tangent is LeCun's, 1.7159 * tanh(2 * x / 3)",
        altered=Forward("Tanh", _scaled),
        why_unseen=_CONSISTENT + " Only its range is telling: -1.72 to 1.72.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="tanh.twice",
        title="the hyperbolic tangent is applied twice",
        altered=Forward("Tanh", _twice),
        why_unseen=_CONSISTENT + " Only the range is telling: no number is above 0.77.",
        fix="apply it in one place: in the layer or behind it, not in both",
    ),
    Hypothesis(
        name="tanh.half_slope",
        title="the hyperbolic tangent is half as steep as it should be",
        altered=Forward("Tanh", _half_slope),
        why_unseen=_CONSISTENT + " It is 0 at 0, and -1 and 1 far away, as it should be.",
        fix=_FORWARD_FIX + ", or 2 / (1 + np.exp(-2 * x)) - 1",
    ),
    Hypothesis(
        name="tanh.hard",
        title="the hyperbolic tangent is a hard one, clip(x, -1, 1)",
        altered=Forward("Tanh", _hard),
        why_unseen=_CONSISTENT + " Small and large numbers agree.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="tanh.overflow",
        title="the hyperbolic tangent is a quotient of exponentials, NaN where they are infinite",
        altered=Forward("Tanh", _overflow),
        why_unseen="It is right up to x = 88 in float32 and 709 in float64. Inputs grow that large "
        "only once a network has trained for a while, or diverges.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="tanh.grad_input.omitted",
        title="the derivative of the hyperbolic tangent is missing",
        altered=Backward("Tanh", _omitted),
        why_unseen=_SMALL,
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="tanh.grad_input.of_input",
        title="the derivative of the hyperbolic tangent is 1 - x ** 2, of its input",
        altered=Backward("Tanh", _of_input),
        why_unseen=_SMALL + " For x = 0.01 the two differ by 7e-9. Large inputs make it explode.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="tanh.grad_input.of_output",
        title="the derivative of the hyperbolic tangent is taken at its output, not at its input",
        altered=Backward("Tanh", _of_output),
        why_unseen=_SMALL,
        fix=_BACKWARD_FIX + "; 1 - np.tanh(x) ** 2 is for the input of the layer",
    ),
    Hypothesis(
        name="tanh.grad_input.not_squared",
        title="the derivative of the hyperbolic tangent is 1 - y, without the square",
        altered=Backward("Tanh", _not_squared),
        why_unseen=_SMALL + " It is never negative, and the loss falls.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="tanh.grad_input.of_dropped_output",
        title="the derivative of the hyperbolic tangent is computed from what dropout has made of "
        "its output",
        altered=Backward("Tanh", _of_dropped),
        why_unseen="Without dropout, as in a gradient check, all is right. With p = 0.5 an output "
        "of 0.6 counts as 1.2, and its gradient changes sign.",
        fix=_BACKWARD_FIX + ", before dropout",
    ),
    Hypothesis(
        name="tanh.grad_input.sign",
        title="the gradient of the hyperbolic tangent has the other sign",
        altered=Backward("Tanh", _sign),
        why_unseen="Layers behind it learn as they should, so that the loss falls all the same.",
        fix=_BACKWARD_FIX + "; y ** 2 - 1 is its negative",
    ),
    Hypothesis(
        name="tanh.grad_input.upstream_missing",
        title="the hyperbolic tangent hands back its derivative, not multiplied by grad_output",
        altered=Backward("Tanh", _upstream_missing),
        why_unseen="A test of the layer alone with a grad_output of ones gives the right numbers.",
        fix=_BACKWARD_FIX,
    ),
)
