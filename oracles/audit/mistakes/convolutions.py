"""Mistakes of one term, one window, one sample or one pixel in a convolution."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from oracles.audit.cases.toml import Table
from oracles.audit.implementations.evaluated import Gradients
from oracles.audit.mistakes.mistake import Mistake
from oracles.audit.mistakes.row import Row, Trial, document
from oracles.contract.case import Array
from oracles.contract.reference import Call

UNIT = 2.0**-24
"""The unit roundoff of float32, in both dtypes: a mistake is as large in float64."""

PIXEL = (1, 2)
"""Row and column of the window that the mistakes concern: inside, so that it has no padding."""


def network(samples: int, size: int) -> Callable[[Trial], Table]:
    """One convolution of 2 to 4 channels, 3 x 3, padded by 1; every other trial with small data."""

    def case(trial: Trial) -> Table:
        std = 1.0 if trial.number % 2 else 2.0**-10
        layer: Table = {"type": "Conv2d", "name": "conv", "in_channels": 2, "out_channels": 4}
        layer |= {"kernel_size": 3, "padding": 1}
        layer |= {"weight": trial.array((4, 2, 3, 3)), "bias": trial.array((4,), std)}
        source = trial.array((samples, 2, size, size), std)
        return document(source, layer, upstream=trial.array((samples, 4, size, size), std))

    return case


def _window(call: Call, sample: int, row: int, column: int) -> Array:
    """(C, kh, kw): what the window at this place sees of the padded image."""
    kh, kw = call.layer.attributes["kernel_size"]
    return _padded(call)[sample, :, row : row + kh, column : column + kw]


def _padded(call: Call) -> Array:
    top, left = call.layer.attributes["padding"]
    return np.pad(call.inputs[0], ((0, 0), (0, 0), (top, top), (left, left)))


def _one_element_off(call: Call, output: Array) -> Array:
    """8 * sqrt(n) * u * M more in one element."""
    wrong = output.copy()
    products = np.abs(_window(call, 0, *PIXEL) * call.parameters["weight"][0])
    size = float(products.sum()) + abs(float(call.parameters["bias"][0]))
    wrong[0, 0, *PIXEL] += 8 * np.sqrt(products.size + 1) * UNIT * size
    return wrong


def _one_tap_missing(call: Call, output: Array) -> Array:
    wrong = output.copy()
    product = _window(call, 0, *PIXEL)[0, 1, 1] * call.parameters["weight"][0, 0, 1, 1]
    wrong[0, 0, *PIXEL] -= product
    return wrong


def _in_tf32(call: Call) -> Call:
    """Operands rounded to the ten bits of a tensor core."""
    weight = {**call.parameters, "weight": _ten_bits(call.parameters["weight"])}
    return call.on([_ten_bits(x) for x in call.inputs], weight)


def _ten_bits(array: Array) -> Array:
    bits = array.astype(np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000)
    return rounded.view(np.float32).astype(array.dtype)


def _without(name: str, part: Callable[[Call, Array], Array]) -> Mistake:
    """A gradient of a parameter from which a part is missing."""

    def gradients(call: Call, grad_output: Array, found: Gradients) -> Gradients:
        inputs, parameters = found
        missing = part(call, grad_output)
        return inputs, {**parameters, name: parameters[name] - missing}

    return Mistake("Conv2d", gradients=gradients)


def _one_window(call: Call, grad_output: Array) -> Array:
    window = _window(call, 0, *PIXEL)
    return grad_output[0, :, PIXEL[0], PIXEL[1], None, None, None] * window


def _last_column(call: Call, grad_output: Array) -> Array:
    seen = _padded(call)[:, :, :, -call.layer.attributes["kernel_size"][1] :]
    return _products(call, seen, grad_output[:, :, :, -1:])


def _last_sample(call: Call, grad_output: Array) -> Array:
    return _products(call, _padded(call)[-1:], grad_output[-1:])


def _products(call: Call, padded: Array, grad_output: Array) -> Array:
    """What these windows add to the gradient of the weight."""
    rows, columns = grad_output.shape[2:]
    found = np.zeros_like(call.parameters["weight"])
    for u, v in np.ndindex(*found.shape[2:]):
        met = padded[:, :, u : u + rows, v : v + columns]
        found[:, :, u, v] = np.einsum("nkij,ncij->kc", grad_output, met)
    return found


def _without_the_lowest_windows(call: Call, grad_output: Array, found: Gradients) -> Gradients:
    """The windows that reach into the lower padding, left out of the gradient of the input."""
    (grad_input,), parameters = found
    wrong, weight = grad_input.copy(), call.parameters["weight"]
    size = grad_output.shape[3]
    for v in range(weight.shape[3]):
        columns = np.arange(size) + v - 1
        inside = (columns >= 0) & (columns < size)
        for u in range(2):  # the third row of the kernel lies in the padding
            part = np.einsum("nkj,kc->ncj", grad_output[:, :, -1], weight[:, :, u, v])
            wrong[:, :, size - 2 + u, columns[inside]] -= part[:, :, inside]
    return [wrong], parameters


TERMS: Mapping[int, tuple[int, int]] = {256: (4, 8), 8192: (128, 8), 100352: (128, 28)}
"""Windows in a sum over a batch: (samples, height and width of the image)."""


def _gradient_row(
    title: str,
    name: str,
    part: Callable[[Call, Array], Array],
    n: int,
    goal: float,
    published: str,
    trials: int = 24,
) -> Row:
    return Row(
        title=f"grad_{name}: {title}, n = {n:,}",
        case=network(*TERMS[n]),
        mistake=_without(name, part),
        where=f"step0.gradient.conv.{name}",
        goal=goal,
        published=published,
        trials=trials,
        lattice=True,
    )


def _one_pixel(call: Call, grad_output: Array) -> Array:
    return np.asarray(grad_output[0, :, PIXEL[0], PIXEL[1]])


def _one_sample(call: Call, grad_output: Array) -> Array:
    return np.asarray(grad_output[0].sum(axis=(1, 2)))


ROWS: tuple[Row, ...] = (
    Row(
        "y: one element off by 8 sqrt(n) u M (u of float32)",
        network(4, 8),
        Mistake("Conv2d", output=_one_element_off),
        "step0.forward.conv",
        published="100",
        lattice=True,
    ),
    Row(
        "y: one tap missing at one pixel",
        network(4, 8),
        Mistake("Conv2d", output=_one_tap_missing),
        "step0.forward.conv",
        published="100",
        lattice=True,
    ),
    _gradient_row("one window missing", "weight", _one_window, 256, 100.0, "100"),
    _gradient_row("one window missing", "weight", _one_window, 8192, 100.0, "100"),
    _gradient_row("one window missing", "weight", _one_window, 100352, 20.0, "20 to 40", 60),
    _gradient_row(
        "last column of windows missing", "weight", _last_column, 100352, 100.0, "100", 12
    ),
    _gradient_row("last sample missing", "weight", _last_sample, 8192, 100.0, ""),
    _gradient_row("one sample of 128 missing", "bias", _one_sample, 100352, 100.0, "100", 12),
    _gradient_row("one pixel missing", "bias", _one_pixel, 8192, 100.0, "100"),
    _gradient_row("one pixel missing", "bias", _one_pixel, 100352, 0.0, "0 to 20", 12),
    Row(
        "grad_input: windows over the lower padding missing",
        network(4, 8),
        Mistake("Conv2d", gradients=_without_the_lowest_windows),
        "step0.backward.conv",
        lattice=True,
    ),
    Row(
        "y: operands rounded to TF32",
        network(4, 8),
        Mistake("Conv2d", call=_in_tf32),
        "step0.forward.conv",
        published="100",
    ),
)
