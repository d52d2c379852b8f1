"""Options of a wrong kind are refused with the name of the option, never by NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refcnn
from refcnn import optim

WEIGHT = refcnn.Parameter(np.ones((2, 3)))

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "bias as text": (
        lambda: refcnn.Linear(2, 3, bias="no"),  # type: ignore[arg-type]
        TypeError,
        "Linear: bias must be True or False, got bias='no'",
    ),
    "bias as an array": (
        lambda: refcnn.Conv2d(2, 3, 1, bias=np.zeros(3)),  # type: ignore[arg-type]
        TypeError,
        "Conv2d: bias must be True or False",
    ),
    "kernel size as an array of one number": (
        lambda: refcnn.Conv2d(2, 3, np.array(2.5)),  # type: ignore[arg-type]
        TypeError,
        "Conv2d: kernel_size must be an integer",
    ),
    "ceil_mode as text": (
        lambda: refcnn.MaxPool2d(2, ceil_mode="a"),  # type: ignore[arg-type]
        TypeError,
        "MaxPool2d: ceil_mode must be True or False",
    ),
    "count_include_pad as text": (
        lambda: refcnn.AvgPool2d(2, count_include_pad="x"),  # type: ignore[arg-type]
        TypeError,
        "AvgPool2d: count_include_pad must be True or False",
    ),
    "a dtype that there is not": (
        lambda: refcnn.Linear(2, 3, dtype="x"),
        TypeError,
        "Linear: dtype must be float32 or float64, got 'x'",
    ),
    "a seed for a generator": (
        lambda: refcnn.Linear(2, 3, generator=3),  # type: ignore[arg-type]
        TypeError,
        r"generator must be a numpy.random.Generator, got 3; make one with",
    ),
    "eps as text": (
        lambda: refcnn.BatchNorm2d(2, eps="1e-5"),  # type: ignore[arg-type]
        TypeError,
        "BatchNorm2d: eps must be a number, got eps='1e-5'",
    ),
    "a momentum above one": (
        lambda: refcnn.BatchNorm2d(2, momentum=1.5),
        ValueError,
        "BatchNorm2d: momentum must lie between 0 and 1, got momentum=1.5",
    ),
    "a probability of nothing": (
        lambda: refcnn.Dropout(None),  # type: ignore[arg-type]
        TypeError,
        "Dropout: p must be a number, got p=None",
    ),
    "lr as text": (
        lambda: refcnn.SGD([WEIGHT], lr="0.1"),  # type: ignore[arg-type]
        TypeError,
        "SGD: lr must be a number, got lr='0.1'",
    ),
    "an infinite lr": (
        lambda: refcnn.SGD([WEIGHT], lr=np.inf),
        ValueError,
        "SGD: lr must be a finite number, got lr=inf",
    ),
    "a negative lr": (
        lambda: refcnn.SGD([WEIGHT], lr=-0.1),
        ValueError,
        "SGD: lr must not be negative, got lr=-0.1",
    ),
    "a dampening that is no number": (
        lambda: refcnn.SGD([WEIGHT], dampening=np.nan),
        ValueError,
        "SGD: dampening must be a finite number, got dampening=nan",
    ),
    "a network for its parameters": (
        lambda: refcnn.SGD(refcnn.ReLU()),  # type: ignore[arg-type]
        TypeError,
        "SGD: expected parameters, got ReLU; pass network.parameters",
    ),
    "a negative norm": (
        lambda: optim.clip_grad_norm_([WEIGHT], -1.0),
        ValueError,
        "clip_grad_norm_: max_norm must not be negative",
    ),
    "a limit of nothing": (
        lambda: optim.clip_grad_value_([WEIGHT], None),  # type: ignore[arg-type]
        TypeError,
        "clip_grad_value_: clip_value must be a number",
    ),
    "a factor as text": (
        lambda: refcnn.MSELoss(factor="2"),  # type: ignore[arg-type]
        TypeError,
        "MSELoss: factor must be a number, got factor='2'",
    ),
    "arrays for parameters": (
        lambda: refcnn.L2Penalty([np.ones(3)], 0.1),  # type: ignore[list-item]
        TypeError,
        "L2Penalty: expected Parameter objects, got ndarray; pass network.parameters",
    ),
    "a mode as text": (
        lambda: refcnn.ReLU().train("eval"),  # type: ignore[arg-type]
        TypeError,
        "ReLU: mode must be True or False, got mode='eval'",
    ),
    "rows of different lengths": (
        lambda: refcnn.ReLU().forward([[1.0], [1.0, 2.0]]),  # type: ignore[arg-type]
        ValueError,
        "ReLU: input has rows of different lengths",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), WRONG.values(), ids=WRONG)
def test_refusal(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    """What was found, and what is allowed."""
    with pytest.raises(error, match=message):
        call()
