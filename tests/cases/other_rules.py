"""The rules that somebody else follows, one for each convention: what a case has to tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.contract.case import Array, Case, Step
from oracles.contract.reference import Call, Parameters, Slots
from oracles.references.pytorch import LayerForward, PyTorch, Replacement, TorchRun

Update = Callable[[Case, Step, Parameters, Parameters, Slots], tuple[Parameters, Slots]]


def layers(case: Case, type_: str, rule: LayerForward) -> PyTorch:
    """PyTorch with another forward pass for every layer of a type."""
    names = [layer.name for layer in case.layers if layer.type == type_]
    return PyTorch(Replacement(forward=dict.fromkeys(names, rule)))


def overhang_counted(call: Call, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """Average pooling that divides by the whole window."""
    a = call.layer.attributes
    height, width = a["kernel_size"]
    sums = F.avg_pool2d(
        inputs[0], a["kernel_size"], a["stride"], a["padding"], a["ceil_mode"], divisor_override=1
    )
    return torch.div(sums, height * width)


def padding_the_other_way(call: Call, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """Average pooling with count_include_pad turned round."""
    a = call.layer.attributes
    counted = not a["count_include_pad"]
    return F.avg_pool2d(
        inputs[0], a["kernel_size"], a["stride"], a["padding"], a["ceil_mode"], counted
    )


def eps_beside_the_root(
    call: Call, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """Batch norm of Darknet."""
    x, axes = inputs[0], (0, 2, 3)
    deviation = x.var(axes, keepdim=True, unbiased=False).sqrt() + call.layer.attributes["eps"]
    weight, bias = (parameters[name].view(1, -1, 1, 1) for name in ("weight", "bias"))
    y: Tensor = (x - x.mean(axes, keepdim=True)) / deviation * weight + bias
    return y


def padding_at_the_beginning(
    call: Call, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A convolution whose odd row of padding is at the top, and the column on the left."""
    a = call.layer.attributes
    rows, columns = (
        dilation * (kernel - 1)
        for dilation, kernel in zip(a["dilation"], a["kernel_size"], strict=True)
    )
    sides = (columns - columns // 2, columns // 2, rows - rows // 2, rows // 2)
    return F.conv2d(
        F.pad(inputs[0], sides), parameters["weight"], parameters["bias"], dilation=a["dilation"]
    )


def kernel_turned(_: Call, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A convolution as mathematics has it."""
    return F.conv2d(inputs[0], parameters["weight"].flip(2, 3), parameters["bias"])


def not_scaled(call: Call, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """Dropout of the paper, in training."""
    return inputs[0] * torch.from_numpy(np.array(call.mask, dtype=np.float64))


def channels_last(_: Call, inputs: Sequence[Tensor], __: Mapping[str, Tensor]) -> Tensor:
    """Flatten of an image whose channels are the last axis."""
    return inputs[0].permute(0, 2, 3, 1).flatten(1)


def ties_shared(call: Call, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """Max pooling by amax, whose gradient is shared out among equal maxima."""
    a, x = call.layer.attributes, inputs[0]
    sides: list[int] = []
    for axis in (1, 0):
        before, windows = a["padding"][axis], call.layer.output_shape[1 + axis]
        reach = (windows - 1) * a["stride"][axis] + a["dilation"][axis] * (
            a["kernel_size"][axis] - 1
        )
        sides += [before, max(0, reach + 1 - before - x.shape[2 + axis])]
    padded = F.pad(x, sides, value=-1e30)
    windows_of = F.unfold(padded, a["kernel_size"], a["dilation"], 0, a["stride"])
    columns = windows_of.view(x.shape[0], x.shape[1], -1, windows_of.shape[-1])
    most = columns.amax(2).view(x.shape[0], x.shape[1], -1, 1)
    height, width = call.layer.output_shape[1:]
    across = (padded.shape[3] - a["dilation"][1] * (a["kernel_size"][1] - 1) - 1) // a["stride"][
        1
    ] + 1
    return most.view(x.shape[0], x.shape[1], -1, across)[:, :, :height, :width]


def one_at_zero(run: TorchRun, grad_output: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Backward pass of a ReLU with >= in place of >."""
    return [grad_output * (run.inputs[0] >= 0)], {}


def clipped_probabilities(case: Case, step: Step, prediction: Tensor) -> Tensor:
    """Binary cross-entropy of Keras."""
    p = prediction.clamp(1e-7, 1 - 1e-7)
    return F.binary_cross_entropy(p, torch.from_numpy(np.array(step.target, dtype=np.float64)))


def mean_over_samples(case: Case, step: Step, prediction: Tensor) -> Tensor:
    """Cross-entropy with class weights that is divided by the number of samples."""
    assert case.loss is not None
    weight = torch.from_numpy(np.array(case.loss["weight"], dtype=np.float64))
    target = torch.from_numpy(np.array(step.target, dtype=np.int64))
    total = F.cross_entropy(prediction, target, weight, reduction="sum")
    return total / len(step.samples)


def half_over_samples(case: Case, step: Step, prediction: Tensor) -> Tensor:
    """Squared error of Caffe and MATLAB."""
    target = torch.from_numpy(np.array(step.target, dtype=np.float64))
    return ((prediction - target) ** 2).sum() / (2 * len(step.samples))


class OtherStatistics(PyTorch):
    """Running statistics: the biased variance, or the momentum as the weight of the old value."""

    def __init__(self, *, biased: bool) -> None:
        super().__init__()
        self.biased = biased

    def run(self, call: Call) -> TorchRun:
        run = super().run(call)
        run._buffers = {
            name: torch.from_numpy(self.remembered(call, run, name, array))
            for name, array in run.buffers.items()
        }
        return run

    def remembered(self, call: Call, run: TorchRun, name: str, new: Array) -> Array:
        """What the other rule makes of a buffer."""
        momentum, old = call.layer.attributes["momentum"], call.buffers[name]
        batch = (new - (1 - momentum) * old) / momentum
        count = run.output.size // run.output.shape[1]
        if not self.biased:
            return np.asarray(momentum * old + (1 - momentum) * batch)
        smaller = (count - 1) / count if name == "running_var" else 1.0
        return np.asarray((1 - momentum) * old + momentum * batch * smaller)


def update(
    rule: Callable[[Array, Array, Array | None, float, Mapping[str, float]], tuple[Array, Array]],
) -> PyTorch:
    """PyTorch with another optimizer: (parameter, gradient, buffer, rate, options)."""

    def step_(
        case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        assert case.optimizer is not None
        done = {
            name: rule(
                np.asarray(p, dtype=np.float64),
                gradients[name],
                slots.get(name, {}).get("momentum_buffer"),
                step.learning_rates[name],
                case.optimizer["parameters"][name],
            )
            for name, p in parameters.items()
        }
        remembered = {name: {"momentum_buffer": buffer} for name, (_, buffer) in done.items()}
        return {name: p for name, (p, _) in done.items()}, remembered

    return PyTorch(Replacement(update=step_))


def dampened_from_the_start(
    p: Array, g: Array, v: Array | None, lr: float, o: Mapping[str, float]
) -> tuple[Array, Array]:
    """A buffer that starts at zero."""
    new = o["momentum"] * (0.0 if v is None else v) + (1 - o["dampening"]) * g
    return p - lr * new, new


def rate_inside_nesterov(
    p: Array, g: Array, v: Array | None, lr: float, o: Mapping[str, float]
) -> tuple[Array, Array]:
    """Nesterov's momentum of Keras. The sign of v is PyTorch's, so that v is not what differs."""
    new = o["momentum"] * (0.0 if v is None else v) + lr * g
    return p - (o["momentum"] * new + lr * g), new


def sutskever(
    p: Array, g: Array, v: Array | None, lr: float, o: Mapping[str, float]
) -> tuple[Array, Array]:
    """Nesterov's momentum where the parameters are those before the step ahead."""
    new = o["momentum"] * (0.0 if v is None else v) + g
    return p - lr * new, new


def rate_inside(
    p: Array, g: Array, v: Array | None, lr: float, o: Mapping[str, float]
) -> tuple[Array, Array]:
    """Momentum of Keras and Caffe."""
    new = o["momentum"] * (0.0 if v is None else v) + lr * g
    return p - new, new


def decay_beside(
    p: Array, g: Array, v: Array | None, lr: float, o: Mapping[str, float]
) -> tuple[Array, Array]:
    """Decoupled weight decay."""
    new = g if v is None else o["momentum"] * v + g
    return p - lr * new - lr * o["weight_decay"] * p, new


OTHERS: Mapping[str, tuple[Callable[[Case], PyTorch], ...]] = {
    "avg_pool.ceil_divisor": (lambda case: layers(case, "AvgPool2d", overhang_counted),),
    "avg_pool.count_include_pad": (lambda case: layers(case, "AvgPool2d", padding_the_other_way),),
    "batch_norm.epsilon": (lambda case: layers(case, "BatchNorm2d", eps_beside_the_root),),
    "batch_norm.momentum": (lambda case: OtherStatistics(biased=False),),
    "batch_norm.running_variance": (lambda case: OtherStatistics(biased=True),),
    "bce.log_clamped": (lambda case: PyTorch(Replacement(loss=clipped_probabilities)),),
    "conv2d.same_padding": (lambda case: layers(case, "Conv2d", padding_at_the_beginning),),
    "conv2d.true_convolution": (lambda case: layers(case, "Conv2d", kernel_turned),),
    "cross_entropy.weighted_mean": (lambda case: PyTorch(Replacement(loss=mean_over_samples)),),
    "dropout.scaling": (lambda case: layers(case, "Dropout", not_scaled),),
    "flatten.order": (lambda case: layers(case, "Flatten", channels_last),),
    "max_pool.ties": (lambda case: layers(case, "MaxPool2d", ties_shared),),
    "mse.mean": (lambda case: PyTorch(Replacement(loss=half_over_samples)),),
    "relu.gradient_at_zero": (
        lambda case: PyTorch(
            Replacement(
                backward={one.name: one_at_zero for one in case.layers if one.type == "ReLU"}
            )
        ),
    ),
    "sgd.dampening_first_step": (lambda case: update(dampened_from_the_start),),
    "sgd.nesterov": (lambda case: update(rate_inside_nesterov), lambda case: update(sutskever)),
    "sgd.velocity": (lambda case: update(rate_inside),),
    "sgd.weight_decay": (lambda case: update(decay_beside),),
}
"""For each convention what others do. A window that pooling.ceil_mode keeps is another size."""
