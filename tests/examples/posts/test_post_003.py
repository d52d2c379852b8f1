"""Post 003: a division that is a learning rate, kernels that go uphill, an exp that overflows."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from examples.posts.post import Shown
from examples.posts.post_003 import book, judged, overflow, same_rate, signs, variants
from examples.posts.post_003.asked import Asked
from examples.posts.post_003.mended import Mended
from oracles import judge
from oracles.contract.trace import Trace
from oracles.learning.data.dataset import DataError


@pytest.fixture(scope="module")
def reported() -> dict[str, NDArray[np.float64]]:
    """What the training step as asked gives in the small case, found by a program of its own."""
    return {one.entry: one.values for one in judged.bundled("003_tiny").observed}


@pytest.fixture(scope="module")
def recorded() -> Trace:
    """What it gives here, over all windows."""
    case = judged.bundled("003_tiny").draw("float64")
    trace = Trace(case)
    variants.all_windows.run(case, trace)
    return trace


@pytest.mark.parametrize(
    "entry",
    [
        "step0.loss",
        "step0.backward.loss",
        "step0.gradient.fc.weight",
        "step0.backward.flat",
        "step0.backward.drop",
        "step0.backward.tanh",
        "step0.gradient.conv.weight",
        "step0.update.fc.weight",
        "step0.update.conv.weight",
    ],
)
def test_the_step_is_that_of_the_question(
    entry: str, reported: dict[str, NDArray[np.float64]], recorded: Trace
) -> None:
    """Every number that the question's code gives, mistakes and all."""
    np.testing.assert_allclose(recorded[entry], reported[entry], rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("divided twice", "loss.reduction.mean_twice likely"),
        ("mask not scaled", "dropout.grad_input.scale_missing certain"),
        ("slope of what is kept", "tanh.grad_input.of_dropped_output certain"),
        ("kernels uphill", "sgd.sign.ascent_of_kernels certain"),
        ("25 of 26 windows", "conv2d.output.one_short certain"),
    ],
)
def test_each_mistake_is_named_by_itself(
    name: str, cause: str, alone: dict[str, float | str]
) -> None:
    """One mistake in a network that is right otherwise."""
    assert alone[name] == cause


@pytest.fixture(scope="module")
def alone() -> dict[str, float | str]:
    """Each mistake judged."""
    return dict(judged.alone().figures)


def test_four_mistakes_at_once_are_each_found() -> None:
    """Each where it is made, and nothing is left to explain."""
    case = judged.bundled("003_tiny")
    diagnosis = judge(variants.all_windows, case, "float64", council=False).diagnosis
    assert diagnosis is not None
    assert [one.cause for one in diagnosis.causes] == [
        "loss.reduction.mean_twice",
        "dropout.grad_input.scale_missing",
        "tanh.grad_input.of_dropped_output",
        "sgd.sign.ascent_of_kernels",
    ]
    assert diagnosis.unexplained == ()


def test_mended_is_right() -> None:
    """Also in the sizes of the book; its order of features is converted and no mistake."""
    figures = judged.mended().figures
    assert set(figures.values()) == {"passed"}
    assert len(figures) == 2


def test_missing_windows_are_the_last_row_and_column() -> None:
    """25 of 26 along each axis, and these bit for bit."""
    assert judged.windows().figures == {"same": "True", "some": 25, "every": 26}


def test_a_second_division_is_a_learning_rate() -> None:
    """Every score, probability and parameter of 20 iterations, with alpha and with alpha / 128."""
    figures = same_rate.same_rate().figures
    assert figures["numbers"] == 20 * 7 * (2 * 128 * 10 + 9 * 16 + 25 * 16 * 10)
    assert figures["equal"] == figures["numbers"]


def test_a_second_division_is_called_a_learning_rate() -> None:
    """`learn` gives both learning rates, and goes on as if the smaller one had been asked for."""
    figures = same_rate.learned().figures
    assert figures["verdict"] == "both learn"
    assert (figures["factor"], figures["lr"]) == (1 / 128, 50.0)
    assert figures["same_as_lr"] == 50 / 128


def test_kernels_are_sent_uphill_at_first() -> None:
    """Exactly so while tanh is small; then units pass 1/2, and there the sign turns."""
    figures = signs.directions().figures
    assert figures["cosine 0"] == pytest.approx(-1.0, abs=1e-3)
    assert figures["past 0"] == 0.0
    assert float(figures["past 99"]) > 0.5
    assert float(figures["cosine 60"]) > 0.0


def test_the_sign_turns_where_tanh_passes_one_half() -> None:
    """(1 - 4 a^2) / (2 (1 - a^2)) times what is right, to rounding."""
    figures = signs.ratio().figures
    assert float(figures["apart"]) < 1e-13
    assert figures["flips"] == "True"
    assert 0.1 < float(figures["opposite"]) < 0.9


def test_minus_does_well_only_with_the_wrong_derivative() -> None:
    """Minus and plus are close to each other; frozen kernels get far; with the right derivative,
    minus does not learn."""
    figures = signs.both_signs(iterations=40).figures
    asked, plus = float(figures["-=, as asked"]), float(figures["+="])
    frozen = float(figures["kernels stay as drawn"])
    assert asked > 0.8
    assert plus > asked
    assert 0.6 < frozen < asked
    assert float(figures["-=, right way back through tanh and dropout"]) < 0.2
    assert float(figures["mended"]) > plus


def test_where_exp_ends() -> None:
    """709.78 in float64, 88.72 in float32; infinity by infinity is no number."""
    figures = overflow.softmax().figures
    assert figures["float64"] == pytest.approx(709.78, abs=0.005)
    assert figures["float32"] == pytest.approx(88.72, abs=0.005)
    assert np.isnan(float(figures["as asked"]))
    assert figures["maximum subtracted"] == 1.0


def test_the_accuracy_of_nan_is_the_share_of_zeros() -> None:
    """argmax of a row of NaN is 0. With the maximum subtracted nothing is lost."""
    assert overflow.on_digits().figures == {
        "lost": "iteration 0, batch 3",
        "accuracy": 0.09,
        "zeros": 0.09,
        "stable": "finite",
    }


def test_overflow_is_named_at_its_step() -> None:
    """The first number that is not finite, and that PyTorch has all of them."""
    figures = overflow.learned(steps=6).figures
    assert figures["lost"] == "step4.loss"
    assert figures["oracle"] == ""
    assert figures["causes"] == "cross_entropy.softmax.overflow"
    assert str(figures["verdict"]).startswith("your code")


@pytest.mark.parametrize(("kind", "positions"), [(Asked, 25), (Mended, 26)])
def test_windows_of_the_book(kind: type[Asked], positions: int) -> None:
    """Rows of nine pixels, row by row: window 1 is one pixel to the right."""
    images = np.arange(2 * 28 * 28, dtype=np.float64).reshape(2, 28, 28)
    windows = kind(np.empty((9, 0)), np.empty((0, 10)), 0.0).windows(images)
    assert windows.shape == (2, positions**2, 9)
    np.testing.assert_array_equal(windows[1, 1], images[1, :3, 1:4].ravel())
    np.testing.assert_array_equal(windows[0, positions], images[0, 1:4, :3].ravel())


def test_the_book_is_run_on_the_files_of_mnist(tmp_path: Path) -> None:
    """The first 1000 images, between 0 and 1, and all of the test."""
    _write(tmp_path, "train", 1003)
    _write(tmp_path, "t10k", 11)
    train, test = book.images(tmp_path)
    assert (train.pixels.shape, test.pixels.shape) == ((1000, 28, 28), (11, 28, 28))
    assert (train.pixels.min(), train.pixels.max()) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("exhibit", "names"),
    [
        (book.both_signs, ["-=, as in the book", "+="]),
        (book.others, ["kernels stay as drawn", "-=, right way back", "all mended, 2/128"]),
    ],
)
def test_variants_are_trained_on_them(
    exhibit: Callable[..., Shown], names: list[str], tmp_path: Path
) -> None:
    """One batch each. What they learn shows with the files of MNIST alone."""
    _write(tmp_path, "train", 128)
    _write(tmp_path, "t10k", 20)
    shown = exhibit(tmp_path, iterations=1)
    assert list(shown.figures) == names
    assert all(0.0 <= float(accuracy) <= 1.0 for accuracy in shown.figures.values())
    assert "accuracy on 20 test images" in shown.lines[0]


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    """By what reads it, with the folder named."""
    with pytest.raises(DataError, match=f"{tmp_path.name} is empty"):
        book.images(tmp_path)


def _write(folder: Path, prefix: str, count: int) -> None:
    pixels = (np.arange(count * 28 * 28) % 256).astype(np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + pixels.tobytes()
    (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images, 1))
    one_each = struct.pack(">4BI", 0, 0, 8, 1, count) + labels.tobytes()
    (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(one_each, 1))
