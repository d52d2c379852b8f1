"""What is said to the first question is computed, and is what it should be."""

from __future__ import annotations

import functools
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from examples.posts.post import Shown
from examples.posts.post_000 import asked, mended, mnist
from examples.posts.post_000.exhibits import POST
from examples.posts.post_000.judged import judged
from examples.posts.post_000.network import Network, Sizes


@functools.cache
def shown(exhibit: str) -> Shown:
    """An exhibit, computed once for all tests."""
    return next(one for one in POST.exhibits if one.name == exhibit).show()


@pytest.mark.parametrize(
    ("exhibit", "name", "expected"),
    [
        ("reshape", "first divergence", "step0.input"),
        ("reshape", "cause", "data.reshape_mixes_images"),
        ("reshape", "wrong", "step0.input, step1.input"),
        ("reshape", "cause in training", "data.reshape_mixes_images"),
        ("reshape", "wrong in training", "step0.input, step1.input, step2.input"),
        ("without images", "first divergence", "step0.forward.conv"),
        ("without images", "cause", "data.reshape_mixes_images"),
        ("mended", "posts/000_tiny", "passed"),
        ("mended", "posts/000_training", "passed"),
        ("one sample", "outcome", "passed"),
        ("decay", "cause", "penalty.divided_by_batch"),
        ("white", "cause", "data.divided_by_255"),
    ],
)
def test_the_harness_says(exhibit: str, name: str, expected: str) -> None:
    """The image is wrong and nothing else is; each of the three mistakes has its name."""
    assert shown(exhibit).figures[name] == expected


@pytest.mark.parametrize(
    ("exhibit", "name", "least", "most"),
    [
        pytest.param("gradient check", "same cost", 0, 1e-8, id="the check passes"),
        pytest.param("gradient check", "cost that is meant", 1e-3, 1, id="and should not"),
        pytest.param("gradient check", "own pixels", 0.04, 0.06, id="1 of 20 pixels is its own"),
        pytest.param("one sample", "judged", 63, 63, id="all of three steps is judged"),
        pytest.param("symptom", "share before", 1, 1, id="one answer for everything"),
        pytest.param("symptom", "spread before", 0, 0.02, id="outputs are equal before"),
        pytest.param("symptom", "spread after", 0.2, 0.5, id="outputs differ after"),
        pytest.param("symptom", "accuracy after", 0.95, 1, id="mended it learns"),
        pytest.param("memorising", "learned before", 1, 1, id="scrambled images are memorised"),
        pytest.param("memorising", "reordered before", 0, 0.5, id="in that order alone"),
        pytest.param("memorising", "held out before", 0, 0.5, id="and no others are known"),
        pytest.param("memorising", "reordered after", 1, 1, id="right ones in any order"),
        pytest.param("memorising", "held out after", 0.9, 1, id="and others are known"),
        pytest.param("duplicated", "data gradient moves by", 0, 1e-14, id="data say the same"),
        pytest.param("duplicated", "decay factor", 0.5 - 1e-12, 0.5 + 1e-12, id="decay halves"),
        pytest.param("decay", "share, by batch", 1, 1, id="decay by the batch: one answer"),
        pytest.param("decay", "accuracy, by all", 0.95, 1, id="decay by all: learns"),
        pytest.param("saturation", "first nan", 37, 37, id="1 - sigmoid(37) is 0"),
        pytest.param("saturation", "from torch", 0, 1e-15, id="the stable cost is torch's"),
        pytest.param("saturation", "mended at 800", 800, 800, id="and finite at 800"),
        pytest.param("white", "spread, by 255", 0, 0.01, id="digits by 255 look alike"),
        pytest.param("white", "accuracy, by 255", 0, 0.2, id="and are not learned"),
        pytest.param("white", "accuracy, by 16", 0.8, 1, id="digits by 16 are learned"),
    ],
)
def test_a_number_is_between(exhibit: str, name: str, least: float, most: float) -> None:
    """Bounds that follow from what is claimed: chance is at most 0.4 on bars, 0.1 on digits."""
    assert least <= float(shown(exhibit).figures[name]) <= most


def test_the_scrambled_network_ends_at_the_cost_of_the_shares_of_the_classes() -> None:
    """There is nothing else to be learned from images that do not go with their labels."""
    prior = float(shown("symptom").figures["prior"])
    assert float(shown("symptom").figures["cost before"]) == pytest.approx(prior, rel=0.02)


SIZES = Sizes(side=6, kernel=3, filters=2, pool=2, classes=3)


@pytest.mark.parametrize("network", [asked.Asked(SIZES), mended.Mended(SIZES)])
def test_one_image_is_read_row_by_row(network: Network) -> None:
    """Without other samples there is nothing to scramble."""
    rows = np.arange(36)[None]
    assert np.array_equal(network.images(rows)[:, :, 0], np.arange(36).reshape(6, 6) / 255)


def test_three_images_are_scrambled_before_and_not_after() -> None:
    """Pixel p of image n is number 3 * p + n of the batch, where it should be 36 * n + p."""
    rows = np.arange(3 * 36).reshape(3, 36)
    n, p = np.arange(3), np.arange(36)[:, None]
    before = asked.Asked(SIZES).images(rows).reshape(36, 3)
    after = mended.Mended(SIZES).images(rows).reshape(36, 3)
    assert np.array_equal(before, (3 * p + n) / 255)
    assert np.array_equal(after, (36 * n + p) / 255)


@pytest.mark.parametrize(
    "case", ["posts/001_net_a", "conv2d/valid", "posts/002_settings", "posts/003_tiny"]
)
def test_another_network_is_unsupported(case: str) -> None:
    """The plug knows the network of the question, and says so of any other."""
    assert judged(asked.implementation, case).outcome == "unsupported"


@pytest.mark.parametrize("exhibit", [one.name for one in POST.exhibits])
def test_lines_fit(exhibit: str) -> None:
    """At most 100 characters, as the page is."""
    assert max(map(len, shown(exhibit).lines)) <= 100


def test_mnist_is_read_and_trained(tmp_path: Path) -> None:
    """With files of the same form: 1,000 and 500 images of noise, of which nothing is learned."""
    generator = np.random.default_rng(0)
    _pack(tmp_path, "train", mnist.LEARNED, generator)
    _pack(tmp_path, "t10k", mnist.HELD_OUT, generator)
    figures = mnist.trained(tmp_path, epochs=1).figures
    assert float(figures["prior"]) == pytest.approx(3.25, abs=0.02)
    assert float(figures["accuracy after"]) < 0.25


def _pack(folder: Path, part: str, count: int, generator: np.random.Generator) -> None:
    images = generator.integers(256, size=(count, 28, 28), dtype=np.uint8)
    labels = generator.integers(10, size=count, dtype=np.uint8)
    head = struct.pack(">4i", 0x803, count, 28, 28)
    (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + images.tobytes(), 1))
    head = struct.pack(">2i", 0x801, count)
    (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head + labels.tobytes(), 1))
