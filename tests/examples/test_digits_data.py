"""The images as the networks see them."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from examples.lockstep import data
from oracles.learning.data.dataset import DataError

_F64, _F32 = np.dtype(np.float64), np.dtype(np.float32)


def test_digits_are_split_by_class() -> None:
    """A fifth of each class is held out, and every pixel became 4x4 equal ones."""
    digits = data.digits(_F32)
    assert digits.x.shape == (1437, 1, 32, 32)
    assert digits.held_out_x.shape == (360, 1, 32, 32)
    assert np.bincount(digits.held_out_target).min() >= 34
    assert np.array_equal(digits.x[:, :, 3::4, 2::4], digits.x[:, :, ::4, ::4])
    assert (digits.x.min(), digits.x.max()) == (np.float32(-0.1), np.float32(1.175))


def test_limit_keeps_the_first_training_images_and_all_held_out_ones() -> None:
    """The held-out accuracy is comparable over limits."""
    all_of_them, some = data.digits(_F64), data.digits(_F64, limit=7)
    assert np.array_equal(some.x, all_of_them.x[:7])
    assert np.array_equal(some.target, all_of_them.target[:7])
    assert np.array_equal(some.held_out_x, all_of_them.held_out_x)


@pytest.fixture
def mnist_folder(tmp_path: Path) -> Path:
    """Three training images and two test images, the latter compressed; pixels 0..255."""
    for prefix, count, ending in (("train", 3, ""), ("t10k", 2, ".gz")):
        pack = gzip.compress if ending else bytes
        pixels = struct.pack(">4I", 0x803, count, 28, 28) + bytes(
            i % 256 for i in range(count * 784)
        )
        (tmp_path / f"{prefix}-images-idx3-ubyte{ending}").write_bytes(pack(pixels))
        labels = struct.pack(">2I", 0x801, count) + bytes(range(5, 5 + count))
        (tmp_path / f"{prefix}-labels-idx1-ubyte{ending}").write_bytes(pack(labels))
    return tmp_path


def test_mnist_gets_a_border_of_two_pixels_of_paper(mnist_folder: Path) -> None:
    """Pixel 255 becomes ink, 1.175; pixel 0 and the border become paper, -0.1."""
    mnist = data.mnist(mnist_folder, _F64)
    inside = mnist.x[:, 0, 2:-2, 2:-2].reshape(-1)
    assert mnist.x.shape == (3, 1, 32, 32)
    assert inside[[0, 255, 256]].tolist() == [-0.1, 1.175, -0.1]
    assert mnist.x.sum() == pytest.approx(inside.sum() - 0.1 * 3 * (32 * 32 - 28 * 28))
    assert mnist.target.tolist() == [5, 6, 7]
    assert mnist.held_out_target.tolist() == [5, 6]


def test_limit_of_mnist_is_for_training_images_only(mnist_folder: Path) -> None:
    """All of the test set stays."""
    mnist = data.mnist(mnist_folder, _F32, limit=1)
    assert (len(mnist.x), len(mnist.target), len(mnist.held_out_x)) == (1, 1, 2)


def test_mnist_without_its_test_files_is_refused(mnist_folder: Path) -> None:
    """The message names the file that is missing."""
    (mnist_folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="has neither t10k-labels-idx1-ubyte nor"):
        data.mnist(mnist_folder, _F32)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param(
            "train-images-idx3-ubyte",
            struct.pack(">4I", 0x803, 3, 20, 28) + bytes(3 * 20 * 28),
            r"expected images of 28x28 bytes, got shape \(20, 28\) of uint8$",
            id="other sizes",
        ),
        pytest.param(
            "train-labels-idx1-ubyte",
            struct.pack(">2I", 0x801, 3) + b"\x00\x0a\x01",
            r"expected labels 0\.\.9, got 0\.\.10$",
            id="a label of 10",
        ),
    ],
)
def test_images_that_this_network_cannot_read_are_refused(
    mnist_folder: Path, name: str, content: bytes, message: str
) -> None:
    """LeNet-5 is made for 28x28 pixels with a border, and ten digits."""
    (mnist_folder / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        data.mnist(mnist_folder, _F32)
