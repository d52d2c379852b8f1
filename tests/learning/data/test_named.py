"""What may stand behind --data, and what is said of everything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles.learning.data.dataset import DataError
from oracles.learning.data.named import named
from tests.learning.data.packed import packed, put, put_all

IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"


def _saved(folder: Path, name: str, array: NDArray[np.generic]) -> str:
    np.save(folder / name, array)
    return str(folder / name)


def test_digits_are_scikit_learns() -> None:
    """1,797 images, of which the last fifth is held out."""
    data = named("digits")
    assert data.x.shape == (1437, 8, 8)
    assert data.held_out_x is not None
    assert data.held_out_x.shape == (360, 8, 8)
    assert (data.x.min(), data.x.max(), data.x.dtype.name) == (0, 16, "uint8")
    assert data.target[:10].tolist() == list(range(10))


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        pytest.param("train", "t10k", id="MNIST"),
        pytest.param("emnist-letters-train", "emnist-letters-test", id="EMNIST"),
        pytest.param("train", "test", id="train and test"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_has_files_to_learn_from_and_files_to_be_tested_on(
    tmp_path: Path, train: str, held_out: str, ending: str
) -> None:
    """They are told apart by how their names begin."""
    for prefix, count in ((train, 3), (held_out, 2)):
        put(tmp_path, f"{prefix}-{IMAGES}{ending}", packed(count, 4, 5))
        put(tmp_path, f"{prefix}-{LABELS}{ending}", packed(count))
    data = named(str(tmp_path))
    assert data.x.shape == (3, 4, 5)
    assert data.target.tolist() == [0, 1, 2]
    assert data.target.dtype == np.int64
    assert data.held_out_x is not None
    assert data.held_out_target is not None
    assert (data.held_out_x.shape, data.held_out_target.tolist()) == ((2, 4, 5), [0, 1])


@pytest.mark.parametrize("prefix", ["train", "clothes", "emnist-letters-train"])
def test_a_folder_may_have_one_pair_only(tmp_path: Path, prefix: str) -> None:
    """Nothing is held out then."""
    put(tmp_path, f"{prefix}-{IMAGES}", packed(3, 4, 5))
    put(tmp_path, f"{prefix}-{LABELS}", packed(3))
    data = named(str(tmp_path))
    assert (data.x.shape, data.held_out_x, data.held_out_target) == ((3, 4, 5), None, None)


def test_a_plain_file_is_taken_before_a_compressed_one(tmp_path: Path) -> None:
    """Somebody who unpacked a file means the unpacked one."""
    for count, ending in ((3, ".gz"), (2, "")):
        put(tmp_path, f"train-{IMAGES}{ending}", packed(count, 4, 5))
        put(tmp_path, f"train-{LABELS}{ending}", packed(count))
    assert len(named(str(tmp_path)).x) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({}, "is empty: expected train-images-idx3-ubyte and train-lab", id="empty"),
        pytest.param({"x.npy": b""}, r"has no idx files: .* only x\.npy$", id="other files"),
        pytest.param(
            {f"train-{IMAGES}": packed(2, 3, 3)}, f"neither train-{LABELS} nor", id="no labels"
        ),
        pytest.param({f"train-{LABELS}": packed(2)}, f"neither train-{IMAGES} nor", id="no images"),
        pytest.param(
            {f"t10k-{IMAGES}": packed(2, 3, 3), f"t10k-{LABELS}": packed(2)},
            r"only files to be tested on \(t10k\)",
            id="the test files alone",
        ),
        pytest.param(
            {f"a-train-{LABELS}": b"", f"b-train-{LABELS}": b""},
            "several data sets, a-train, b-train: name the two files of one, as --data .*a-train-",
            id="two data sets",
        ),
        pytest.param(
            {f"train-{IMAGES}": packed(2, 3, 3), f"train-{LABELS}": packed(3)},
            f"{IMAGES} has 2 samples, but .*{LABELS} has 3 targets$",
            id="other counts",
        ),
        pytest.param(
            {f"train-{IMAGES}": packed(0, 3, 3), f"train-{LABELS}": packed(0)},
            r"has no samples: its shape is \(0, 3, 3\)$",
            id="no samples",
        ),
        pytest.param(
            {f"train-{IMAGES}": packed(3), f"train-{LABELS}": packed(3, 2, 2)},
            "are the two swapped",
            id="images and labels swapped",
        ),
        pytest.param(
            {
                f"train-{IMAGES}": packed(2, 3, 3),
                f"train-{LABELS}": packed(2),
                f"t10k-{IMAGES}": packed(2, 3, 3)[:-1],
                f"t10k-{LABELS}": packed(2),
            },
            f"t10k-{IMAGES} is truncated",
            id="a broken file to be tested on",
        ),
    ],
)
def test_a_folder_is_refused_that_is(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    """The message says what is missing, and what is there."""
    put_all(tmp_path, files)
    with pytest.raises(DataError, match=message) as caught:
        named(str(tmp_path))
    assert str(tmp_path) in str(caught.value)


def test_two_files_are_samples_and_labels(tmp_path: Path) -> None:
    """Each may be of another format."""
    x = _saved(tmp_path, "x.npy", np.zeros((3, 4, 5)))
    data = named(x, str(put(tmp_path, "labels.gz", packed(3))))
    assert (data.x.shape, data.target.tolist()) == ((3, 4, 5), [0, 1, 2])
    assert data.target.dtype == np.int64
    assert data.held_out_x is None


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        pytest.param(np.zeros((3, 4)), np.zeros(4, int), "x.npy has 3 samples, but .* 4", id="4"),
        pytest.param(np.zeros((0, 4)), np.zeros(0, int), "x.npy has no samples", id="none"),
        pytest.param(np.zeros((3, 0)), np.zeros(3, int), r"x.npy has shape \(3, 0\)", id="empty"),
        pytest.param(np.zeros(3), np.zeros(3, int), r"x.npy has shape \(3,\): exp", id="flat"),
        pytest.param(np.zeros(3, int), np.zeros((3, 4)), "are the two swapped", id="swapped"),
        pytest.param(np.zeros((3, 4)), np.array(3), "y.npy has one number$", id="a number"),
        pytest.param(
            np.array([[0.0, 1.0], [2.0, np.nan]]),
            np.zeros(2, int),
            r"x.npy holds nan at \(1, 1\): expected finite numbers$",
            id="NaN",
        ),
        pytest.param(
            np.vstack([np.zeros((1500, 2)), [[0.0, np.inf]]]),
            np.zeros(1501, int),
            r"x.npy holds inf at \(1500, 1\)",
            id="infinity late",
        ),
        pytest.param(
            np.zeros((2, 3)), np.array([0.5, np.nan]), r"y.npy holds nan at \(1,\)", id="NaN target"
        ),
    ],
)
def test_two_files_are_refused_for(
    tmp_path: Path, x: NDArray[np.generic], y: NDArray[np.generic], message: str
) -> None:
    """Two sound files may still not belong together."""
    with pytest.raises(DataError, match=message):
        named(_saved(tmp_path, "x.npy", x), _saved(tmp_path, "y.npy", y))


def test_a_name_that_is_nothing_is_refused_with_what_is_expected() -> None:
    """The likeliest mistake is a path with a slip."""
    with pytest.raises(DataError, match=r"^there is no data/mnits: expected digits, a folder with"):
        named("data/mnits")


def test_a_file_needs_labels(tmp_path: Path) -> None:
    """Which file they are in is not guessed."""
    with pytest.raises(DataError, match=r"x\.npy is a file of samples: name .* by --labels$"):
        named(_saved(tmp_path, "x.npy", np.zeros((3, 4))))


def test_labels_go_with_a_file_only(tmp_path: Path) -> None:
    """What would become of those of the folder?"""
    with pytest.raises(DataError, match="digits has its own labels: --labels goes with a file"):
        named("digits", str(tmp_path / "y.npy"))


def test_a_limit_keeps_the_first_samples_and_all_that_are_held_out() -> None:
    """So that figures are comparable over limits."""
    data = named("digits").first(7)
    assert (len(data.x), len(data.target)) == (7, 7)
    assert data.held_out_x is not None
    assert len(data.held_out_x) == 360


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_of_nothing_is_refused(limit: int) -> None:
    """As well as a negative one, which Python would count from the end."""
    with pytest.raises(DataError, match=f"a limit of {limit} samples leaves nothing"):
        named("digits").first(limit)
