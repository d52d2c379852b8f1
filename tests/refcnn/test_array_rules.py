"""What holds for every layer: dtypes, strides, inputs that stay as they are, order of calls."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refcnn
from tests.refcnn.closeness import assert_all_close
from tests.refcnn.torch_twin import drawn

IMAGES = (2, 4, 8, 6)
Make = Callable[[Any], Any]

LAYERS: dict[str, Make] = {
    "Conv2d": lambda dtype: refcnn.Conv2d(
        4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, dtype=dtype, generator=seeded()
    ),
    "MaxPool2d": lambda dtype: refcnn.MaxPool2d((3, 2), padding=1),
    "AvgPool2d": lambda dtype: refcnn.AvgPool2d((3, 2), padding=1),
    "Linear": lambda dtype: refcnn.Linear(6, 5, dtype=dtype, generator=seeded()),
    "Flatten": lambda dtype: refcnn.Flatten(),
    "ReLU": lambda dtype: refcnn.ReLU(),
    "Sigmoid": lambda dtype: refcnn.Sigmoid(),
    "Tanh": lambda dtype: refcnn.Tanh(),
    "Softmax": lambda dtype: refcnn.Softmax(1),
    "Dropout": lambda dtype: refcnn.Dropout(0.5, mask=seeded().integers(0, 2, IMAGES)),
    "Dropout in evaluation": lambda dtype: refcnn.Dropout(0.5).eval(),
    "ZeroPad2d": lambda dtype: refcnn.ZeroPad2d((1, 2, 0, 3)),
    "BatchNorm2d": lambda dtype: refcnn.BatchNorm2d(4, dtype=dtype),
    "BatchNorm2d in evaluation": lambda dtype: refcnn.BatchNorm2d(4, dtype=dtype).eval(),
    "Identity": lambda dtype: refcnn.Identity(),
    "Sequential": lambda dtype: refcnn.Sequential(refcnn.ReLU(), refcnn.Flatten()),
}
EVERY_LAYER = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def seeded() -> np.random.Generator:
    """The same numbers at every call."""
    return np.random.default_rng(4)


def reversed_view(x: Any) -> Any:
    """Negative strides on the last three axes."""
    return np.ascontiguousarray(x[:, ::-1, ::-1, ::-1])[:, ::-1, ::-1, ::-1]


def channels_last(x: Any) -> Any:
    """N H W C in memory."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def every_second(x: Any) -> Any:
    """A view that skips NaN."""
    wide = np.full((*x.shape[:3], 2 * x.shape[3]), np.nan, dtype=x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def read_only(x: Any) -> Any:
    """A copy that nobody may write into."""
    copy = x.copy()
    copy.setflags(write=False)
    return copy


def fortran(x: Any) -> Any:
    """Column-major order."""
    return np.asfortranarray(x)


def results(layer: Any, x: Any, grad_output: Any) -> dict[str, Any]:
    """Output and every gradient."""
    found = {"y": layer.forward(x), "grad_input": layer.backward(grad_output)}
    return found | {f"grad_{name}": p.grad for name, p in layer.parameters.items()}


@EVERY_LAYER
@DTYPES
def test_dtype_stays(make: Make, dtype: Any) -> None:
    """Of the output, every gradient and every running statistic."""
    layer = make(dtype)
    x = drawn(IMAGES).astype(dtype)
    found = results(layer, x, np.ones_like(layer.forward(x)))
    found |= {name: b for name, b in layer.buffers.items() if name != "num_batches_tracked"}
    assert {name: array.dtype for name, array in found.items()} == dict.fromkeys(found, dtype)


@EVERY_LAYER
@pytest.mark.parametrize(
    "arrange",
    [reversed_view, channels_last, every_second, read_only, fortran],
    ids=lambda f: f.__name__,
)
def test_memory_layout_does_not_matter(make: Make, arrange: Callable[[Any], Any]) -> None:
    """Input and upstream gradient as views of every kind."""
    x = drawn(IMAGES)
    grad_output = drawn(make(np.float64).forward(x).shape, 1)
    spread = arrange if grad_output.ndim == 4 else read_only
    assert_all_close(
        results(make(np.float64), arrange(x), spread(grad_output)),
        results(make(np.float64), x, grad_output),
    )


@EVERY_LAYER
def test_inputs_and_parameters_are_not_modified(make: Make) -> None:
    """Neither pass writes into x, grad_output or a parameter."""
    layer, x = make(np.float64), drawn(IMAGES)
    grad_output = drawn(make(np.float64).forward(x).shape, 1)
    given = {"x": x, "grad_output": grad_output} | {
        name: p.data for name, p in layer.parameters.items()
    }
    before = {name: array.copy() for name, array in given.items()}
    results(layer, x, grad_output)
    assert_all_close(given, before)


@EVERY_LAYER
def test_backward_sets_and_does_not_accumulate(make: Make) -> None:
    """A second backward pass finds the same gradients."""
    layer, x = make(np.float64), drawn(IMAGES)
    grad_output = drawn(make(np.float64).forward(x).shape, 1)
    first = results(layer, x, grad_output)
    again = {"y": first["y"], "grad_input": layer.backward(grad_output)}
    again |= {f"grad_{name}": p.grad for name, p in layer.parameters.items()}
    assert_all_close(again, first)


@EVERY_LAYER
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.float16, np.complex128])
def test_other_dtypes_are_refused(make: Make, dtype: Any) -> None:
    """Integers, booleans, half precision, complex numbers."""
    with pytest.raises(TypeError, match=r"expected input of dtype float32 or float64, got"):
        make(np.float64).forward(np.ones(IMAGES, dtype=dtype))


@EVERY_LAYER
def test_backward_before_forward_is_refused(make: Make) -> None:
    """A layer that has seen nothing has no gradient."""
    with pytest.raises((RuntimeError, KeyError), match=r"backward\(\) was called before forward"):
        make(np.float64).backward(np.ones(IMAGES))


@EVERY_LAYER
def test_gradient_of_another_shape_is_refused(make: Make) -> None:
    """Nothing is broadcast in backward."""
    layer = make(np.float64)
    layer.forward(drawn(IMAGES))
    with pytest.raises(ValueError, match=r"expected grad_output of the output's shape"):
        layer.backward(np.ones((1, 2)))


@EVERY_LAYER
def test_gradient_of_another_dtype_is_refused(make: Make) -> None:
    """float32 and float64 do not meet in backward."""
    layer = make(np.float64)
    y = layer.forward(drawn(IMAGES))
    with pytest.raises(TypeError, match=r"expected grad_output of dtype float64 as in forward"):
        layer.backward(np.ones(y.shape, dtype=np.float32))


@pytest.mark.parametrize("name", ["Conv2d", "Linear", "BatchNorm2d"])
def test_input_narrower_than_the_parameters_is_refused(name: str) -> None:
    """float32 and float64 do not meet in forward."""
    with pytest.raises(TypeError, match=r"the input is float32 but .* float64"):
        LAYERS[name](np.float64).forward(np.ones(IMAGES, dtype=np.float32))


@pytest.mark.parametrize("name", ["Conv2d", "Linear"])
def test_initial_parameters_come_from_the_generator(name: str) -> None:
    """The same generator state, the same parameters, within 1 / sqrt(fan_in)."""
    one, two = LAYERS[name](np.float64), LAYERS[name](np.float64)
    bound = {"Conv2d": (2 * 3 * 2) ** -0.5, "Linear": 6**-0.5}[name]
    drawn_values = {key: p.data for key, p in one.parameters.items()}
    assert_all_close(drawn_values, {key: p.data for key, p in two.parameters.items()})
    assert all(0.5 * bound < np.abs(v).max() <= bound for v in drawn_values.values())


def test_layers_without_a_generator_differ() -> None:
    """There is no seed that everybody shares."""
    one, two = refcnn.Linear(3, 4), refcnn.Linear(3, 4)
    assert (one.parameters["weight"].data != two.parameters["weight"].data).any()
