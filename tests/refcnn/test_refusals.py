"""What is refused, and in which words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refcnn
from refcnn.preparation import prepare


def ones(*shape: int) -> Any:
    """Valid data of any shape."""
    return np.ones(shape, dtype=np.float32)


def parameter() -> refcnn.Parameter:
    """A float32 parameter."""
    return refcnn.Parameter(ones(2, 3))


def after(loss: Any, prediction: Any, target: Any) -> Any:
    """The loss after a forward pass."""
    loss.forward(prediction, target)
    return loss


Row = tuple[Callable[[], Any], str]

VALUES: dict[str, Row] = {
    "conv of other channels": (
        lambda: refcnn.Conv2d(3, 4, 3).forward(ones(2, 4, 8, 8)),
        r"^Conv2d: expected input with 3 channels \(N, 3, H, W\), got \(2, 4, 8, 8\)$",
    ),
    "conv of one image without batch axis": (
        lambda: refcnn.Conv2d(3, 4, 3).forward(ones(3, 8, 8)),
        r"Conv2d: expected input with 4 dimensions \(N, 3, H, W\), got \(3, 8, 8\)",
    ),
    "conv of an empty image": (
        lambda: refcnn.Conv2d(3, 4, 1).forward(ones(2, 3, 0, 8)),
        r"Conv2d: only N may be zero in \(N, 3, H, W\), got \(2, 3, 0, 8\)",
    ),
    "conv larger than the image": (
        lambda: refcnn.Conv2d(3, 4, 5, padding=1).forward(ones(2, 3, 2, 8)),
        r"Conv2d: kernel 5x5 is larger than the padded input 4x10",
    ),
    "conv larger than the image by dilation": (
        lambda: refcnn.Conv2d(3, 4, 3, dilation=2).forward(ones(2, 3, 8, 4)),
        r"kernel 3x3 \(spread to 5x5 by dilation\) is larger than the padded input 8x4",
    ),
    "conv in groups that do not divide": (
        lambda: refcnn.Conv2d(3, 4, 3, groups=2),
        r"must be divisible by groups, got in_channels=3, out_channels=4, groups=2",
    ),
    "conv with a stride of zero": (
        lambda: refcnn.Conv2d(3, 4, 3, stride=(1, 0)),
        r"Conv2d: stride must be at least 1, got stride=0",
    ),
    "conv with negative padding": (
        lambda: refcnn.Conv2d(3, 4, 3, padding=-1),
        r"Conv2d: padding must be at least 0, got padding=-1",
    ),
    "conv with three strides": (
        lambda: refcnn.Conv2d(3, 4, 3, stride=(1, 2, 3)),  # type: ignore[arg-type]
        r"Conv2d: stride must be an integer or a pair \(height, width\), got stride=\(1, 2, 3\)",
    ),
    "conv with an unknown padding": (
        lambda: refcnn.Conv2d(3, 4, 3, padding="full"),
        r"Conv2d: padding must be one of same, valid; got 'full'",
    ),
    "conv with padding same and a stride": (
        lambda: refcnn.Conv2d(3, 4, 3, padding="same", stride=2),
        r"Conv2d: padding='same' needs stride=1, got stride=\(2, 2\)",
    ),
    "conv with reflected padding": (
        lambda: refcnn.Conv2d(3, 4, 3, padding_mode="reflect"),
        r"Conv2d: padding_mode must be one of zeros; got 'reflect'",
    ),
    "max pool with wide padding": (
        lambda: refcnn.MaxPool2d(2, padding=(1, 2)),
        r"MaxPool2d: padding must be at most half the kernel 2x2, got padding=\(1, 2\)",
    ),
    "max pool with indices": (
        lambda: refcnn.MaxPool2d(2, return_indices=True),
        r"MaxPool2d: return_indices=True is not supported",
    ),
    "average pool with wide padding": (
        lambda: refcnn.AvgPool2d((2, 3), padding=(0, 2)),
        r"AvgPool2d: padding must be at most half the kernel 2x3, got padding=\(0, 2\)",
    ),
    "average pool divided by zero": (
        lambda: refcnn.AvgPool2d(2, divisor_override=0),
        r"AvgPool2d: divisor_override must not be zero",
    ),
    "pool larger than the image": (
        lambda: refcnn.MaxPool2d(3).forward(ones(1, 1, 2, 4)),
        r"MaxPool2d: kernel 3x3 is larger than the padded input 2x4",
    ),
    "linear of other features": (
        lambda: refcnn.Linear(3, 4).forward(ones(2, 5)),
        r"Linear: expected input with 3 features \(N, 3\), got \(2, 5\)",
    ),
    "linear of no features": (
        lambda: refcnn.Linear(0, 4), r"Linear: in_features must be at least 1, got in_features=0",
    ),
    "flatten of an axis that is not there": (
        lambda: refcnn.Flatten(3).forward(ones(2, 3)),
        r"Flatten: start_dim must lie in -2\.\.1 for an input with 2 dimensions",
    ),
    "flatten backwards": (
        lambda: refcnn.Flatten(2, 1).forward(ones(2, 3, 4)),
        r"Flatten: start_dim must not come after end_dim, got start_dim=2, end_dim=1",
    ),
    "softmax of an axis that is not there": (
        lambda: refcnn.Softmax(2).forward(ones(2, 3)), r"Softmax: dim must lie in -2\.\.1",
    ),
    "dropout with a probability above one": (
        lambda: refcnn.Dropout(1.5), r"Dropout: p must lie between 0 and 1, got p=1.5",
    ),
    "dropout with a mask of another shape": (
        lambda: refcnn.Dropout(0.5, mask=ones(3)).forward(ones(2, 3)),
        r"Dropout: expected a mask of the input's shape \(2, 3\), got \(3,\)",
    ),
    "dropout with a scaled mask": (
        lambda: refcnn.Dropout(0.5, mask=2 * ones(2, 3)).forward(ones(2, 3)),
        r"Dropout: mask must hold 1 \(keep\) and 0 \(drop\) only, not scaled",
    ),
    "dropout that keeps with probability zero": (
        lambda: refcnn.Dropout(1.0, mask=ones(2, 3)).forward(ones(2, 3)),
        r"Dropout: p=1 keeps nothing, but the mask keeps something",
    ),
    "zero padding of three sides": (
        lambda: refcnn.ZeroPad2d((1, 2, 3)),  # type: ignore[arg-type]
        r"ZeroPad2d: padding must be an integer or \(left, right, top, bottom\)",
    ),
    "zero padding that crops": (
        lambda: refcnn.ZeroPad2d(-1), r"ZeroPad2d: padding must be at least 0, got padding=-1",
    ),
    "batch norm of one value per channel": (
        lambda: refcnn.BatchNorm2d(3).forward(ones(1, 3, 1, 1)),
        r"BatchNorm2d: training needs more than one value per channel, got \(1, 3, 1, 1\)",
    ),
    "batch norm of other channels": (
        lambda: refcnn.BatchNorm2d(3).forward(ones(2, 4, 5, 5)),
        r"BatchNorm2d: expected input with 3 channels \(N, 3, H, W\), got \(2, 4, 5, 5\)",
    ),
    "batch norm with a momentum above one": (
        lambda: refcnn.BatchNorm2d(3, momentum=1.5),
        r"BatchNorm2d: momentum must lie between 0 and 1, got momentum=1.5",
    ),
    "batch norm with negative eps": (
        lambda: refcnn.BatchNorm2d(3, eps=-1.0), r"BatchNorm2d: eps must not be negative",
    ),
    "add of other shapes": (
        lambda: refcnn.Add().forward(ones(2, 3), ones(2, 1)),
        r"Add: expected inputs of one shape and dtype, got \(2, 3\) float32, \(2, 1\) float32",
    ),
    "add of nothing": (lambda: refcnn.Add().forward(), r"Add: expected at least one input"),
    "cat of nothing": (lambda: refcnn.Cat().forward(), r"Cat: expected at least one input"),
    "cat of images that do not match": (
        lambda: refcnn.Cat().forward(ones(2, 3, 4, 5), ones(2, 3, 4, 6)),
        r"Cat: expected inputs of one dtype that agree in every axis but 1",
    ),
    "a parameter of another shape": (
        lambda: setattr(parameter(), "data", ones(3, 2)),
        r"Parameter: data has shape \(2, 3\) and keeps it, got \(3, 2\)",
    ),
    "an unknown reduction": (
        lambda: refcnn.MSELoss("average"),
        r"MSELoss: reduction must be one of mean, sum, none, batchmean; got 'average'",
    ),
    "mse of shapes that would broadcast": (
        lambda: refcnn.MSELoss().forward(ones(4, 1), ones(4)),
        r"MSELoss: expected a target of the prediction's shape \(4, 1\) .* got \(4,\)",
    ),
    "mse of a scalar": (
        lambda: refcnn.MSELoss().forward(ones()[()], ones()), r"got a scalar",
    ),
    "a loss per element without upstream": (
        lambda: after(refcnn.MSELoss("none"), ones(2, 3), ones(2, 3)).backward(),
        r"MSELoss: reduction='none' needs an upstream gradient of shape \(2, 3\)",
    ),
    "an upstream of another shape": (
        lambda: after(refcnn.MSELoss("none"), ones(2, 3), ones(2, 3)).backward(ones(2)),
        r"MSELoss: expected upstream of shape \(2, 3\), got \(2,\)",
    ),
    "an upstream array for a mean": (
        lambda: after(refcnn.MSELoss(), ones(2, 3), ones(2, 3)).backward(ones(2, 3)),
        r"MSELoss: expected upstream of shape \(\), got \(2, 3\)",
    ),
    "bce of a logit": (
        lambda: refcnn.BCELoss().forward(2 * ones(2), ones(2)),
        r"BCELoss: every prediction must lie between 0 and 1",
    ),
    "bce of NaN": (
        lambda: refcnn.BCELoss().forward(np.nan * ones(2), ones(2)),
        r"BCELoss: every prediction must lie between 0 and 1",
    ),
    "bce of a target outside": (
        lambda: refcnn.BCELoss().forward(ones(2), -ones(2)),
        r"BCELoss: every target must lie between 0 and 1",
    ),
    "bce with weights that do not fit": (
        lambda: refcnn.BCELoss(weight=ones(3)).forward(ones(2), ones(2)),
        r"BCELoss: weight must broadcast to the prediction \(2,\), got \(3,\)",
    ),
    "cross-entropy of one sample without batch axis": (
        lambda: refcnn.CrossEntropyLoss().forward(ones(3), np.array(1)),
        r"CrossEntropyLoss: expected a prediction \(N, C, \.\.\.\), got \(3,\)",
    ),
    "cross-entropy of a class that is not there": (
        lambda: refcnn.CrossEntropyLoss().forward(ones(2, 3), np.array([1, 3])),
        r"CrossEntropyLoss: class 3 at \[1\] is not one of 0\.\.2 \(ignore_index is -100\)",
    ),
    "cross-entropy of a negative class": (
        lambda: refcnn.CrossEntropyLoss().forward(ones(2, 3), np.array([-1, 2])),
        r"CrossEntropyLoss: class -1 at \[0\] is not one of 0\.\.2",
    ),
    "cross-entropy of too many classes": (
        lambda: refcnn.CrossEntropyLoss().forward(ones(2, 3), np.array([1, 2, 0])),
        r"CrossEntropyLoss: expected class indices of shape \(2,\) .* got \(3,\)",
    ),
    "cross-entropy of probabilities of another shape": (
        lambda: refcnn.CrossEntropyLoss().forward(ones(2, 3), ones(2)),
        r"CrossEntropyLoss: expected probabilities \(2, 3\) float32 like the prediction",
    ),
    "cross-entropy that ignores a probability": (
        lambda: refcnn.CrossEntropyLoss(ignore_index=1).forward(ones(2, 3), ones(2, 3)),
        r"CrossEntropyLoss: ignore_index needs class indices as targets",
    ),
    "cross-entropy with weights of another number": (
        lambda: refcnn.CrossEntropyLoss(weight=ones(4)).forward(ones(2, 3), np.array([1, 2])),
        r"CrossEntropyLoss: expected one weight for each of 3 classes, got weight of shape \(4,\)",
    ),
    "cross-entropy with smoothing above one": (
        lambda: refcnn.CrossEntropyLoss(label_smoothing=1.5),
        r"CrossEntropyLoss: label_smoothing must lie between 0 and 1",
    ),
    "sgd with a negative learning rate": (
        lambda: refcnn.SGD([parameter()], lr=-1.0), r"SGD: lr must not be negative, got lr=-1.0",
    ),
    "sgd with a learning rate of NaN": (
        lambda: refcnn.SGD([parameter()], lr=np.nan),
        r"SGD: lr must be a finite number, got lr=nan",
    ),
    "nesterov without momentum": (
        lambda: refcnn.SGD([parameter()], nesterov=True),
        r"SGD: nesterov needs momentum > 0 and dampening = 0, got momentum=0.0, dampening=0.0",
    ),
    "nesterov with dampening": (
        lambda: refcnn.SGD([parameter()], momentum=0.9, dampening=0.1, nesterov=True),
        r"SGD: nesterov needs momentum > 0 and dampening = 0, got momentum=0.9, dampening=0.1",
    ),
    "sgd of nothing": (lambda: refcnn.SGD([]), r"SGD: got no parameters"),
    "sgd with an unknown option in a group": (
        lambda: refcnn.SGD([{"params": [parameter()], "rate": 1.0}]),
        r"SGD: a group has params and any of lr, momentum, .* got params, rate",
    ),
    "sgd of one parameter twice": (
        lambda: refcnn.SGD([parameter()] * 2), r"SGD: a parameter appears more than once",
    ),
    "a schedule of no steps": (
        lambda: refcnn.StepLR(refcnn.SGD([parameter()]), step_size=0),
        r"StepLR: step_size must be at least 1, got step_size=0",
    ),
    "clipping by a negative norm type": (
        lambda: refcnn.clip_grad_norm_([parameter()], 1.0, -2.0),
        r"clip_grad_norm_: norm_type must be positive, got norm_type=-2.0",
    ),
    "an unknown preparation": (
        lambda: prepare(ones(2, 3), [{"multiply": 2}], np.dtype(np.float32)),
        r"prepare: expected one of reshape, divide, subtract, minmax; got 'multiply'",
    ),
}  # fmt: skip

TYPES: dict[str, Row] = {
    "a kernel of half a pixel": (
        lambda: refcnn.Conv2d(3, 4, 2.5),  # type: ignore[arg-type]
        r"kernel_size must be an integer or a pair \(height, width\), got kernel_size=2.5",
    ),
    "a stride that is true": (
        lambda: refcnn.MaxPool2d(2, stride=True),
        r"MaxPool2d: stride must be an integer or a pair \(height, width\), got stride=True",
    ),
    "channels as a float": (
        lambda: refcnn.Conv2d(3.0, 4, 2),  # type: ignore[arg-type]
        r"Conv2d: in_channels must be an integer, got in_channels=3.0",
    ),
    "a layer of half precision": (
        lambda: refcnn.Linear(3, 4, dtype=np.float16), r"Linear: dtype must be float32 or float64",
    ),
    "integers as target of a regression": (
        lambda: refcnn.MSELoss().forward(ones(2), np.array([1, 2])),
        r"MSELoss: expected a target of dtype float32 like the prediction, got int64; convert",
    ),
    "integers as prediction": (
        lambda: refcnn.MSELoss().forward(np.array([1, 2]), ones(2)),
        r"MSELoss: expected prediction of dtype float32 or float64, got int64",
    ),
    "arrays in the place of parameters": (
        lambda: refcnn.SGD([ones(2)]),
        r"SGD: expected Parameter objects, got ndarray; pass network.parameters",
    ),
    "a parameter of another dtype": (
        lambda: setattr(parameter(), "data", np.ones((2, 3))),
        r"Parameter: data is float32 and stays so, got float64",
    ),
    "an integer parameter": (
        lambda: refcnn.Parameter(np.array([1, 2])),
        r"Parameter: expected data of dtype float32 or float64, got int64",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("act", "message"), VALUES.values(), ids=VALUES.keys())
def test_value_is_refused(act: Callable[[], Any], message: str) -> None:
    """ValueError, in these words."""
    with pytest.raises(ValueError, match=message):
        act()


@pytest.mark.parametrize(("act", "message"), TYPES.values(), ids=TYPES.keys())
def test_type_is_refused(act: Callable[[], Any], message: str) -> None:
    """TypeError, in these words."""
    with pytest.raises(TypeError, match=message):
        act()


@pytest.mark.parametrize(
    "loss", [refcnn.MSELoss(), refcnn.BCELoss(), refcnn.CrossEntropyLoss()], ids=lambda x: x.kind
)
def test_loss_backward_before_forward_is_refused(loss: refcnn.Loss) -> None:
    """There is nothing to differentiate."""
    with pytest.raises(RuntimeError, match=r"backward\(\) was called before forward\(\)"):
        loss.backward()
