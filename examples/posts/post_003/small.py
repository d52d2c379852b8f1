"""The training of the book in small: scikit-learn's digits in the place of MNIST.

25 windows in an image where the book has 625: alpha is 25 times as large as there. 100 iterations
in the place of 300.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples.posts.post_003.runs import Images
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.learning.data.digits import digits

ALPHA, ITERATIONS, SEED = 50.0, 100, 1


def images() -> tuple[Images, Images]:
    """The first 1000, of which 896 fill seven batches, and the other 797."""
    data = digits()
    pixels, labels = [data.x], [data.target]
    if data.held_out_x is not None and data.held_out_target is not None:
        pixels.append(data.held_out_x)
        labels.append(data.held_out_target)
    x, y = np.concatenate(pixels) / 16.0, np.concatenate(labels)
    return Images(x[:1000], y[:1000]), Images(x[1000:], y[1000:])


def case() -> Definition:
    """The network over all windows, to be trained on digits by `learn`."""
    return read_case(Path(__file__).parent / "digits.case.toml")
