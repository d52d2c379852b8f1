"""Each cause by itself is enough for "all results become the same": trainings with and without."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from examples.posts.post import Shown
from examples.posts.post_002 import asked, images, mended
from examples.posts.post_002.descent import Settings
from examples.posts.post_002.matconvnet import Array
from examples.posts.post_002.training import Training, constant_error, train
from oracles.learning.data.idx import read_idx

RUNS = (
    ("asked", 500, "random", 0.003),
    ("mended", 500, "random", 0.003),
    ("mended", 500, "quarters", 0.003),
    ("asked", 0, "quarters", 0.003),
    ("mended", 0, "quarters", 0.003),
    ("asked", 0, "quarters", 0.3),
    ("mended", 0, "quarters", 0.3),
    ("mended", 0, "random", 0.3),
)
"""(gradients, decay, targets, rate)."""

ITERATIONS = 10000

FASTER = 10
"""Times the rate, with a tenth of the decay and of the iterations: the factor of the weights in a
step, 1 - rate * decay, and the way of the biases stay what they are."""
