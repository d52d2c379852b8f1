"""Rectifiers that let through something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import TorchRun


def _identity(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU passes every number on, negative ones as well."""
    return inputs[0] * 1.0


def _leaky(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU passes 0.01 of every negative number on: it is a leaky one."""
    return F.leaky_relu(inputs[0], 0.01)


def _tenth(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU passes 0.1 of every negative number on: it is a leaky one."""
    return F.leaky_relu(inputs[0], 0.1)


def _large(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU passes 0.2 of every negative number on: it is a leaky one."""
    return F.leaky_relu(inputs[0], 0.2)


def _keras(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU passes 0.3 of every negative number on: it is a leaky one, as Keras has it."""
    return F.leaky_relu(inputs[0], 0.3)


def _six(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU stops at 6."""
    return F.relu6(inputs[0])


def _absolute(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU turns negative numbers into positive ones: abs(x)."""
    return inputs[0].abs()


def _minimum(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A ReLU keeps the negative numbers: min(x, 0)."""
    return -F.relu(-inputs[0])


def _omitted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient passes a ReLU as if it were not there: grad_input = grad_output."""
    return {"input": grad_output}


def _at_zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a ReLU is 1 at exactly 0."""
    return {"input": grad_output * (run.inputs[0] >= 0)}


def _half_at_zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The derivative of a ReLU is one half at exactly 0."""
    x = run.inputs[0]
    return {"input": grad_output * ((x > 0) + 0.5 * (x == 0))}


def _guided(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A ReLU passes a gradient on where both its input and the gradient are positive."""
    return {"input": grad_output * (run.inputs[0] > 0) * (grad_output > 0)}


def _of_gradient(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A ReLU passes a gradient on where the gradient is positive, wherever its input is."""
    return {"input": grad_output * (grad_output > 0)}


def _inverted(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A ReLU passes a gradient on where its input is not positive."""
    return {"input": grad_output * (run.inputs[0] <= 0)}


def _times_output(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is multiplied by the output of the ReLU, not by where it is positive."""
    return {"input": grad_output * run.result}


def _upstream_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """A ReLU hands back its derivative alone, 1 or 0, not multiplied by grad_output."""
    return {"input": (run.inputs[0] > 0).double()}


_FORWARD_FIX = "y = np.maximum(x, 0)"
_BACKWARD_FIX = "grad_input = grad_output * (x > 0), x being the input of the layer"
_CONSISTENT = (
    "Forward and backward pass belong together, so that a gradient check passes, and networks "
    "learn with nearly any activation."
)
_LEARNS = (
    "The output is right and the loss still falls. A gradient check finds it, if the input has "
    "negative numbers and grad_output has both signs."
)
_SLOPE = "y = np.maximum(x, 0): the slope of negative numbers is 0"

HYPOTHESES = (
    Hypothesis(
        name="relu.identity",
        title="the ReLU passes negative numbers on, as if it were not there",
        altered=Forward("ReLU", _identity),
        why_unseen="A network without its nonlinearities is a linear model that learns easy data "
        "nearly as well, and a gradient check passes. Inputs that are all positive hide it.",
        fix=_FORWARD_FIX + "; np.max(x, 0) takes 0 for an axis",
        evidence=("ahmedfgad/NumPyCNN#4", "PrincetonUniversity/PsyNeuLink#1104"),
    ),
    Hypothesis(
        name="relu.leaky",
        title="the ReLU is a leaky one with slope 0.01",
        altered=Forward("ReLU", _leaky),
        why_unseen=_CONSISTENT + " One percent of the negative numbers is easily taken for noise.",
        fix=_SLOPE,
    ),
    Hypothesis(
        name="relu.leaky_tenth",
        title="the ReLU is a leaky one with slope 0.1",
        altered=Forward("ReLU", _tenth),
        why_unseen=_CONSISTENT,
        fix=_SLOPE,
    ),
    Hypothesis(
        name="relu.leaky_large",
        title="the ReLU is a leaky one with slope 0.2",
        altered=Forward("ReLU", _large),
        why_unseen=_CONSISTENT,
        fix=_SLOPE,
    ),
    Hypothesis(
        name="relu.leaky_keras",
        title="the ReLU is a leaky one with slope 0.3, the default of Keras",
        altered=Forward("ReLU", _keras),
        why_unseen=_CONSISTENT,
        fix=_SLOPE,
    ),
    Hypothesis(
        name="relu.six",
        title="the ReLU stops at 6",
        altered=Forward("ReLU", _six),
        why_unseen=_CONSISTENT + " Activations above 6 are rare while weights are small.",
        fix=_FORWARD_FIX + ", without an upper limit",
    ),
    Hypothesis(
        name="relu.absolute",
        title="the ReLU takes absolute values",
        altered=Forward("ReLU", _absolute),
        why_unseen=_CONSISTENT + " No output is negative, which is what is usually looked at.",
        fix=_FORWARD_FIX,
    ),
    Hypothesis(
        name="relu.minimum",
        title="the ReLU keeps the negative numbers and drops the positive ones",
        altered=Forward("ReLU", _minimum),
        why_unseen=_CONSISTENT + " The next layer learns weights of the other sign.",
        fix=_FORWARD_FIX + ", not np.minimum; x * (x > 0), not x * (x < 0)",
    ),
    Hypothesis(
        name="relu.grad_input.omitted",
        title="the ReLU hands its gradient back without a mask",
        altered=Backward("ReLU", _omitted),
        why_unseen=_LEARNS,
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="relu.grad_input.at_zero",
        title="the derivative of the ReLU is 1 where its input is exactly 0",
        altered=Backward("ReLU", _at_zero),
        why_unseen="Random floats are never exactly 0. Black borders of images, zero biases and "
        "a pooling or another ReLU in front make zeros by the hundred.",
        fix="grad_input = grad_output * (x > 0): > in place of >=",
        evidence=(
            "tensorflow/playground#19",
            "iamtrask/Grokking-Deep-Learning#13",
            "uptake/numpynet#35",
        ),
        sort="convention",
        declaration='follows = ("relu.grad_input.at_zero",)',
        convention="relu.gradient_at_zero",
    ),
    Hypothesis(
        name="relu.grad_input.half_at_zero",
        title="the derivative of the ReLU is one half where its input is exactly 0",
        altered=Backward("ReLU", _half_at_zero),
        why_unseen="A central difference across the kink is one half as well, and so are the "
        "gradients of Theano's relu and of jnp.maximum: any number from 0 to 1 is a subgradient.",
        fix="nothing has to be mended; grad_input = grad_output * (x > 0) gives PyTorch's numbers",
        sort="not-a-bug",
    ),
    Hypothesis(
        name="relu.grad_input.guided",
        title="the ReLU drops negative gradients as well: guided backpropagation",
        altered=Backward("ReLU", _guided),
        why_unseen=_LEARNS,
        fix=_BACKWARD_FIX + "; guided backpropagation is for pictures, not for training",
    ),
    Hypothesis(
        name="relu.grad_input.of_gradient",
        title="the ReLU masks by the sign of the gradient, not of its input",
        altered=Backward("ReLU", _of_gradient),
        why_unseen=_LEARNS + " With grad_output of ones it is a gradient without a mask.",
        fix=_BACKWARD_FIX + "; dx[x <= 0] = 0, not dx[dout <= 0] = 0",
        evidence=(
            "andersy005/deep-learning-specialization-coursera#5",
            "iamtrask/Grokking-Deep-Learning#9",
        ),
    ),
    Hypothesis(
        name="relu.grad_input.inverted",
        title="the mask of the ReLU's gradient is turned round",
        altered=Backward("ReLU", _inverted),
        why_unseen=_LEARNS + " Layers behind the ReLU learn as they should.",
        fix=_BACKWARD_FIX + "; what is set to 0 is where x <= 0",
    ),
    Hypothesis(
        name="relu.grad_input.times_output",
        title="the ReLU multiplies its gradient by its output, not by its derivative",
        altered=Backward("ReLU", _times_output),
        why_unseen=_LEARNS + " Zeros are where they should be, and all signs are right.",
        fix=_BACKWARD_FIX,
    ),
    Hypothesis(
        name="relu.grad_input.upstream_missing",
        title="the ReLU hands back its derivative, not multiplied by grad_output",
        altered=Backward("ReLU", _upstream_missing),
        why_unseen="A test of the layer alone with a grad_output of ones gives the right numbers.",
        fix=_BACKWARD_FIX,
    ),
)
