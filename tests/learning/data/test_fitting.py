"""A data set is brought into the shapes of a case, or refused in words."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles.contract.plan import Plan
from oracles.contract.reading import read_case
from oracles.learning.data.dataset import DataError, Dataset
from oracles.learning.data.fitting import fitted

MSE = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n'
BCE = '[loss]\ntype = "BCEWithLogitsLoss"\ntarget = { fill = "bernoulli", p = 0.5 }\n'
LABELS = '[loss]\ntype = "CrossEntropyLoss"\ntarget = { fill = "classes" }\n'
SHARES = (
    '[loss]\ntype = "CrossEntropyLoss"\ntarget = { values = [[0.5, 0.5, 0.0], [0.1, 0.2, 0.7]] }\n'
)


BYTES = 'dtype = "uint8"\nfill = "integers"\nlow = 0\nhigh = 255\nzeros = true\n'


def _plan(
    folder: Path,
    shape: str = "2, 4",
    loss: str = MSE,
    outputs: int = 3,
    fill: str = 'fill = "uniform"\n',
) -> Plan:
    """A dense layer on samples of this shape, flattened."""
    path = folder / "a.case.toml"
    path.write_text(
        f'format = 1\ntitle = "t"\nwhy = "w"\n{loss}[input]\nshape = [2, {shape}]\n{fill}'
        '[[layers]]\ntype = "Flatten"\n[[layers]]\ntype = "Linear"\n'
        f"in_features = {math.prod(map(int, shape.split(',')))}\nout_features = {outputs}\n"
        '[optimizer]\ntype = "SGD"\nlr = 0.1\n'
    )
    return read_case(path).plan


def _data(x: NDArray[np.generic], target: NDArray[np.generic] | None = None) -> Dataset:
    return Dataset("it", x, np.zeros((len(x), 3)) if target is None else target)


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        pytest.param((2, 4), "2, 4", id="the same"),
        pytest.param((2, 4), "1, 2, 4", id="images without an axis of channels"),
        pytest.param((2, 4, 1), "1, 2, 4", id="one channel at the end"),
        pytest.param((8,), "2, 4", id="flat"),
        pytest.param((2, 4), "8", id="to be flat"),
    ],
)
def test_samples_get_the_shape_of_the_case(
    tmp_path: Path, own: tuple[int, ...], wanted: str
) -> None:
    """In row-major order, and without a copy."""
    x = np.arange(5 * 8).reshape(5, *own)
    used = fitted(_data(x), _plan(tmp_path, wanted)).x
    assert used.shape == (5, *(int(size) for size in wanted.split(",")))
    assert np.array_equal(used.ravel(), np.arange(40))
    assert np.shares_memory(used, x)


@pytest.mark.parametrize(
    ("own", "wanted", "message"),
    [
        pytest.param(
            (28, 28),
            "1, 32, 32",
            r"shape \(28, 28\), which is 784 numbers, and the case wants \(1, 32, 32\), which is "
            r"1024\. With a border it would fit: \[input\] shape = \[\.\.\., 1, 28, 28\], and a "
            "first layer ZeroPad2d with padding = 2$",
            id="images without their border",
        ),
        pytest.param(
            (6, 8), "8, 12", r"padding = \[2, 2, 1, 1\]$", id="another border to the sides"
        ),
        pytest.param((7, 7), "8, 8", "which is 64$", id="an odd row too few"),
        pytest.param((4, 4), "8, 8", "which is 64$", id="a border as large as the image"),
        pytest.param((9, 9), "7, 7", "which is 49$", id="too large"),
        pytest.param((5,), "2, 4", r"which is 5 numbers, .* which is 8$", id="too few numbers"),
        pytest.param(
            (4, 5, 3), "3, 4, 5", "have to be brought into this order, which a re", id="NHWC"
        ),
        pytest.param((4, 2), "2, 4", "a reshape does not do$", id="transposed"),
    ],
)
def test_samples_are_refused_that_do_not_fit(
    tmp_path: Path, own: tuple[int, ...], wanted: str, message: str
) -> None:
    """A border that would make them fit is a hint; other axes are never reshaped away."""
    with pytest.raises(DataError, match=f"^it does not fit the network: a sample has .*{message}"):
        fitted(_data(np.zeros((5, *own))), _plan(tmp_path, wanted))


@pytest.mark.parametrize(
    ("loss", "target", "expected"),
    [
        pytest.param(LABELS, np.array([2, 0, 1]), np.array([2, 0, 1]), id="labels as they are"),
        pytest.param(SHARES, np.array([2, 0, 1]), np.array([2, 0, 1]), id="labels for shares"),
        pytest.param(LABELS, np.eye(3) * 0.5, np.eye(3) * 0.5, id="shares for labels"),
        pytest.param(MSE, np.array([2, 0]), np.eye(3)[[2, 0]], id="labels one-hot"),
        pytest.param(MSE, np.eye(3) + 0.5, np.eye(3) + 0.5, id="numbers"),
        pytest.param(MSE, np.eye(3, dtype=int), np.eye(3), id="whole numbers"),
    ],
)
def test_targets_are_what_the_loss_reads(
    tmp_path: Path, loss: str, target: NDArray[np.generic], expected: NDArray[np.generic]
) -> None:
    """Labels stay integers, whatever the targets of the case itself are; all else is floats."""
    data = _data(np.zeros((len(target), 4)), target)
    used = fitted(data, _plan(tmp_path, "4", loss)).target
    assert np.array_equal(used, expected)
    assert used.dtype == expected.dtype


@pytest.mark.parametrize("target", [np.array([0, 1, 1]), np.array([0.0, 1.0, 1.0])])
def test_one_output_takes_one_number_for_each_sample(
    tmp_path: Path, target: NDArray[np.generic]
) -> None:
    """Two classes, or a regression: (N) stands for (N, 1)."""
    used = fitted(_data(np.zeros((3, 4)), target), _plan(tmp_path, "4", BCE, 1)).target
    assert used.tolist() == [[0.0], [1.0], [1.0]]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        pytest.param(
            np.array([0, 2, 3]),
            "sample 2 has the label 3, and the network has 3 outputs, for labels from 0 to 2$",
            id="a label too many",
        ),
        pytest.param(np.array([0, -1, 2]), "sample 1 has the label -1, and", id="negative"),
        pytest.param(
            np.array([0.0, 1.0, 2.0]),
            r"a target is one float64; expected numbers in the shape of its output, \(3,\), or "
            "integers, labels from 0 to 2$",
            id="labels as floats",
        ),
        pytest.param(
            np.zeros((3, 2)),
            r"a target has shape \(2,\); expected numbers in the shape of its output, \(3,\), or",
            id="numbers for another output",
        ),
    ],
)
@pytest.mark.parametrize("loss", [pytest.param(MSE, id="MSE"), pytest.param(LABELS, id="CE")])
def test_targets_are_refused_that_do_not_fit(
    tmp_path: Path, loss: str, target: NDArray[np.generic], message: str
) -> None:
    """Whether the loss reads labels or makes them one-hot."""
    with pytest.raises(DataError, match=f"^it does not fit the network: {message}"):
        fitted(_data(np.zeros((3, 4)), target), _plan(tmp_path, "4", loss))


def test_a_label_to_be_ignored_is_none_too_many(tmp_path: Path) -> None:
    """ignore_index of the loss may be any integer."""
    loss = LABELS.replace("[loss]\n", "[loss]\nignore_index = 255\n")
    data = _data(np.zeros((3, 4)), np.array([0, 255, 2], dtype=np.uint8))
    assert fitted(data, _plan(tmp_path, "4", loss)).target.tolist() == [0, 255, 2]


def test_what_is_held_out_has_to_fit_as_well(tmp_path: Path) -> None:
    """It is looked at in the end, which would be too late to find out."""
    data = Dataset("it", np.zeros((5, 4)), np.zeros((5, 3)), np.zeros((2, 6)), np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"a sample has shape \(6,\)"):
        fitted(data, _plan(tmp_path, "4"))


@pytest.mark.parametrize("wrong", [0.5, -1.0, 256.0])
def test_numbers_that_are_no_bytes_are_refused_where_the_case_hands_out_bytes(
    tmp_path: Path, wrong: float
) -> None:
    """Pixels scaled to 0..1 would all become 0."""
    x = np.full((1200, 4), 7.0)
    x[1100, 2] = wrong
    message = f"raw numbers are uint8, whole and from 0 to 255: sample 1100 holds {wrong}$"
    with pytest.raises(DataError, match=message):
        fitted(_data(x), _plan(tmp_path, "4", fill=BYTES))
    x[1100, 2] = 255.0
    assert fitted(_data(x), _plan(tmp_path, "4", fill=BYTES)).x.shape == (1200, 4)
