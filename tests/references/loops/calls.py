"""Calls of layers with every option, and what the tests of loops do with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.contract.case import Layer, Mode
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.reference import Call

Array = NDArray[Any]


def call(
    type_: str,
    *inputs: Any,
    parameters: dict[str, Any] | None = None,
    buffers: dict[str, Any] | None = None,
    mode: Mode = "train",
    mask: Any = None,
    batches: int = 0,
    **attributes: Any,
) -> Call:
    """A call with the contract's defaults for all attributes that are not given."""
    complete = OPERATIONS[type_].model_validate({"type": type_, **attributes}).attributes()
    return Call(
        layer=Layer(type_, "layer", complete, {}, {}, ("input",), ((1,),), (1,)),
        inputs=tuple(np.asarray(x, dtype=np.float64) for x in inputs),
        parameters={p: np.asarray(a, dtype=np.float64) for p, a in (parameters or {}).items()},
        buffers={b: np.asarray(a, dtype=np.float64) for b, a in (buffers or {}).items()},
        mode=mode,
        mask=None if mask is None else np.asarray(mask, dtype=np.float64),
        batches=batches,
    )


def conv(x: Array, weight: Array, bias: Array | None = None, **attributes: Any) -> Call:
    """A Conv2d; channels and kernel size are those of the arrays."""
    parameters = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
    return call(
        "Conv2d",
        x,
        parameters=parameters,
        in_channels=x.shape[1],
        out_channels=weight.shape[0],
        kernel_size=list(weight.shape[2:]),
        bias=bias is not None,
        **attributes,
    )


def norm(x: Array, weight: Any = None, bias: Any = None, **options: Any) -> Call:
    """A BatchNorm2d; with running statistics unless `buffers` says otherwise."""
    parameters = {} if weight is None else {"weight": weight, "bias": bias}
    channels = x.shape[1]
    running = {
        "running_mean": np.linspace(-0.5, 0.5, channels),
        "running_var": np.linspace(0.5, 1.5, channels),
    }
    return call(
        "BatchNorm2d",
        x,
        parameters=parameters,
        num_features=channels,
        **{"buffers": running, **options},
    )


def row(*numbers: float) -> Array:
    """An image of one row."""
    return np.array(numbers, dtype=np.float64).reshape(1, 1, 1, -1)


def _drawn() -> dict[str, Call]:
    draw = np.random.default_rng(20260).standard_normal
    images, rows = draw((2, 4, 7, 6)), draw((3, 5))
    affine = {"weight": draw(4), "bias": draw(4)}
    return {
        "conv, all options": conv(
            images,
            draw((6, 2, 3, 2)),
            draw(6),
            stride=[2, 3],
            padding=[3, 1],
            dilation=[2, 3],
            groups=2,
        ),
        "conv, same, even kernel": conv(
            images, draw((3, 4, 2, 4)), padding="same", dilation=[3, 1]
        ),
        "conv, valid, remainder": conv(
            images, draw((3, 4, 4, 3)), draw(3), padding="valid", stride=2
        ),
        "linear": call(
            "Linear",
            draw((2, 3, 5)),
            parameters={"weight": draw((4, 5)), "bias": draw(4)},
            in_features=5,
            out_features=4,
        ),
        "linear, no bias": call(
            "Linear",
            rows,
            parameters={"weight": draw((4, 5))},
            in_features=5,
            out_features=4,
            bias=False,
        ),
        "max pool, all options": call(
            "MaxPool2d",
            images,
            kernel_size=[3, 2],
            stride=[2, 3],
            padding=[1, 1],
            dilation=[2, 3],
            ceil_mode=True,
        ),
        "max pool, overlap": call("MaxPool2d", images, kernel_size=3, stride=1),
        "average pool, counted": call(
            "AvgPool2d", images, kernel_size=[3, 2], stride=2, padding=[1, 0], ceil_mode=True
        ),
        "average pool, not counted": call(
            "AvgPool2d",
            images,
            kernel_size=[2, 3],
            stride=[1, 2],
            padding=[0, 1],
            count_include_pad=False,
        ),
        "average pool, divisor": call("AvgPool2d", images, kernel_size=2, divisor_override=-3),
        "norm, train": norm(images, **affine),
        "norm, eval": norm(images, **affine, mode="eval"),
        "norm, plain": norm(images),
        "norm, eval, not tracking": norm(images, **affine, mode="eval", buffers={}),
        "relu": call("ReLU", rows),
        "sigmoid": call("Sigmoid", 20.0 * rows),
        "tanh": call("Tanh", 5.0 * rows),
        "softmax": call("Softmax", images),
        "softmax, last axis": call("Softmax", 10.0 * rows, dim=-1),
        "dropout": call("Dropout", rows, mask=draw((3, 5)) > 0, p=0.25),
        "dropout, eval": call("Dropout", rows, mode="eval"),
        "flatten": call("Flatten", images, start_dim=2, end_dim=-1),
        "pad": call("ZeroPad2d", images, padding=[1, 2, 0, 3]),
        "cat": call("Cat", images, draw((2, 3, 7, 6)), draw((2, 1, 7, 6))),
        "add": call("Add", rows, draw((3, 5)), draw((3, 5))),
        "identity": call("Identity", rows),
    }


CALLS = _drawn()
"""Every type of layer with operands drawn at random."""
