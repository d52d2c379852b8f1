"""What may be declared about the order of axes, and what is wrong with the rest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from oracles.implementations.errors import ImplementationError
from oracles.implementations.layouts import declared, orders_that_fit, rearranged


@pytest.mark.parametrize(
    ("layout", "batched", "image", "features"),
    [
        ("NCHW", True, "NCHW", "NF"),
        ("NHWC", True, "NHWC", "NF"),
        ("HWCN", True, "HWCN", "FN"),
        ("CHWN", True, "CHWN", "FN"),
        ("HWCN NF", True, "HWCN", "NF"),
        ("NHWC", False, "NHWC", "NF"),
        ("HWC", False, "HWC", "F"),
        ("CHW FN", False, "CHW", "FN"),
    ],
)
def test_features_follow_the_samples(layout: str, batched: bool, image: str, features: str) -> None:
    """Where N comes last, a batch of features is (F, N), unless a second word says otherwise."""
    layouts = declared(layout, batched=batched)
    assert (layouts.image, layouts.features) == (image, features)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layout": "NHCC"}, "letters N C H W, each once"),
        ({"layout": ""}, "letters N C H W, each once"),
        ({"layout": "HWC"}, "no N, so one sample is given at a time: say batched=False"),
        ({"layout": "NHWC NC"}, "second word of a layout"),
        ({"layout": "NCHW F"}, "second word of a layout"),
        ({"layout": "NCHW", "flatten": "A"}, "flatten must be 'C' or 'F', got 'A'"),
        ({"layout": "NCHW", "weights": {"Conv2D": "HWIO"}}, "did you mean 'Conv2d'"),
        ({"layout": "NCHW", "weights": {"Linear": "IOO"}}, "letters of 'OI', each once"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(
    arguments: Mapping[str, Any], message: str
) -> None:
    """At once, when the adapter is made."""
    with pytest.raises(ImplementationError, match=message):
        declared(**arguments)


def test_rearranged_drops_and_adds_axes_of_one_sample() -> None:
    """A letter that one side lacks is an axis of length 1."""
    images = np.arange(24).reshape(1, 2, 3, 4)
    one = rearranged(images, "NCHW", "HWC")
    assert one.shape == (3, 4, 2)
    assert one[2, 1, 0] == images[0, 0, 2, 1]
    assert np.array_equal(rearranged(one, "HWC", "NCHW"), images)


def test_orders_that_fit_are_those_with_the_right_sizes() -> None:
    """What a message proposes to somebody who declared another order."""
    assert orders_that_fit((4, 3, 2, 5), (5, 2, 4, 3), "OIHW") == ["HWIO"]
