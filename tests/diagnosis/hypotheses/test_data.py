"""Data prepared in other ways, in NumPy, are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypotheses.data import images as data_images
from oracles.diagnosis.hypotheses.data import integers as data_integers
from oracles.diagnosis.hypotheses.data import samples as data_samples
from oracles.diagnosis.hypotheses.data import scale as data_range
from oracles.diagnosis.hypotheses.data import values as data_values
from oracles.diagnosis.site import Inapplicable
from tests.diagnosis.hypotheses.by_hand import named, shown
from tests.diagnosis.self_made import definition, evidence, made

ALL = (
    *data_images.HYPOTHESES,
    *data_values.HYPOTHESES,
    *data_integers.HYPOTHESES,
    *data_range.HYPOTHESES,
    *data_samples.HYPOTHESES,
)
BY_NAME = {one.name: one for one in ALL}

ROWS, BYTES, BELOW = "rows_of_pixels", "bytes_channels_last", "below_the_mean"
CENTRED, STRETCHED, TO_ONE = "divide_then_subtract", "minmax_to_one_and_minus_one", "minmax"
MEAN, STD = (
    np.array(values).reshape(3, 1, 1)
    for values in ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
)
SCALES = np.array([255.0, 128.0, 64.0]).reshape(3, 1, 1)
STDS = np.array([0.3081, 0.25]).reshape(2, 1, 1)


def _images(x: Array) -> Array:
    """Each sample from its least and largest number to 0 .. 1."""
    return np.stack([(one - one.min()) / (one.max() - one.min()) for one in x])


FORMULAS: list[tuple[str, str, Callable[[Array], Array]]] = [
    (
        "reshape_mixes_images",
        ROWS,
        lambda x: np.stack([(x / 255).reshape(4, 5, 3)[:, :, n] for n in range(3)])[:, None],
    ),
    (
        "reshape_mixes_images",
        BYTES,
        lambda x: np.stack([(x / SCALES).reshape(3, 5, 4, 2)[..., n] for n in range(2)]),
    ),
    (
        "reshape_mixes_images_channels_last",
        BYTES,
        lambda x: np.stack(
            [(x / SCALES).reshape(5, 4, 3, 2)[..., n].transpose(2, 0, 1) for n in (0, 1)]
        ),
    ),
    (
        "reshape_mixes_images_columns",
        ROWS,
        lambda x: np.moveaxis(x.reshape(4, 5, 3, order="F"), 2, 0)[:, None] / 255,
    ),
    ("transposed", ROWS, lambda x: x.reshape(3, 1, 4, 5).transpose(0, 1, 3, 2) / 255),
    ("rows_columns_reshaped", ROWS, lambda x: x.reshape(3, 1, 5, 4).swapaxes(2, 3) / 255),
    (
        "channels_last_reshape",
        CENTRED,
        lambda x: ((x / 255 - 0.1307) / STDS).reshape(3, 4, 5, 2).transpose(0, 3, 1, 2),
    ),
    (
        "column_major_reshape",
        CENTRED,
        lambda x: ((x / 255 - 0.1307) / STDS).reshape(3, 40).reshape((3, 2, 4, 5), order="F"),
    ),
    ("rows_reversed", BELOW, lambda x: (x[:, :, ::-1] - MEAN) / STD),
    ("columns_reversed", BELOW, lambda x: (x[:, :, :, ::-1] - MEAN) / STD),
    ("channels_reversed", BELOW, lambda x: ((x - MEAN) / STD)[:, ::-1]),
    ("channels_reversed", "every_second_in_memory", lambda x: x[:, ::-1]),
    ("channels_reversed_at_first", BELOW, lambda x: (x[:, ::-1] - MEAN) / STD),
    ("not_divided", ROWS, lambda x: x.reshape(3, 1, 4, 5)),
    ("not_divided", CENTRED, lambda x: (x - 0.1307) / STDS),
    ("divided_twice", CENTRED, lambda x: (x / 255 / 255 - 0.1307) / STDS),
    ("divided_by_255", BELOW, lambda x: (x - MEAN) / 255),
    ("divided_by_256", CENTRED, lambda x: (x / 256 - 0.1307) / STDS),
    ("not_subtracted", CENTRED, lambda x: x / 255 / STDS),
    ("not_divided_by_std", CENTRED, lambda x: x / 255 - 0.1307),
    ("subtracted_after_division", BELOW, lambda x: x / STD - MEAN),
    ("subtracted_before_division", CENTRED, lambda x: (x - 0.1307) / 255 / STDS),
    ("channel_values_reversed", BELOW, lambda x: (x - MEAN[::-1]) / STD[::-1]),
    ("first_value_for_all", BELOW, lambda x: (x - 123.675) / 58.395),
    (
        "standardised_per_sample",
        BELOW,
        lambda x: np.stack([(one - one.mean()) / one.std() for one in x]),
    ),
    (
        "standardised_per_batch",
        BELOW,
        lambda x: np.stack([(one - one.mean()) / one.std() for one in x.swapaxes(0, 1)], 1),
    ),
    (
        "uint8_wraps",
        BELOW,
        lambda x: (x.astype(np.uint8) - MEAN.astype(np.uint8)).astype(np.float64) / STD,
    ),
    (
        "uint8_wraps_at_the_end",
        BELOW,
        lambda x: (x - MEAN).astype(np.int64).astype(np.uint8) / STD,
    ),
    ("uint8_saturates", BELOW, lambda x: np.maximum(np.round(x - MEAN), 0) / STD),
    ("integer_division", CENTRED, lambda x: ((x == 255) - 0.1307) / STDS),
    ("integer_division", BYTES, lambda x: x.astype(int) // SCALES.astype(int)),
    (
        "minmax_over_batch",
        TO_ONE,
        lambda x: ((x - x.min()) / (x.max() - x.min())).reshape(5, 1, 4, 3),
    ),
    (
        "minmax_per_pixel",
        TO_ONE,
        lambda x: ((x - x.min(0)) / (x.max(0) - x.min(0))).reshape(5, 1, 4, 3),
    ),
    (
        "minmax_per_channel",
        STRETCHED,
        lambda x: np.stack([2 * _images(one) - 1 for one in x]),
    ),
    ("minmax_zero_to_one", STRETCHED, _images),
    ("minmax_minus_one_to_one", TO_ONE, lambda x: 2 * _images(x).reshape(5, 1, 4, 3) - 1),
    ("minmax_low_missing", STRETCHED, lambda x: 2 * _images(x)),
    (
        "minmax_by_maximum",
        STRETCHED,
        lambda x: np.stack([2 * one / one.max() - 1 for one in x]),
    ),
    ("minmax_missing", TO_ONE, lambda x: x.reshape(5, 1, 4, 3)),
    ("samples_reversed", ROWS, lambda x: x[[2, 1, 0]].reshape(3, 1, 4, 5) / 255),
    ("samples_rolled", ROWS, lambda x: x[[2, 0, 1]].reshape(3, 1, 4, 5) / 255),
    ("first_sample_for_all", ROWS, lambda x: x[[0, 0, 0]].reshape(3, 1, 4, 5) / 255),
    ("memory_read", "channels_last_in_memory", lambda x: x.transpose(0, 2, 3, 1).reshape(x.shape)),
    ("memory_read", "reversed_in_memory", lambda x: x[:, ::-1, ::-1, ::-1]),
]
"""(mistake, case, batch from the raw samples in float64)"""

IDS = [f"{name} in {case}" for name, case, _ in FORMULAS]


def batches(case: Case, prepared: Iterable[Array]) -> Evidence:
    """A run that shows its batches and nothing else."""
    return shown(case, {f"step{k}.input": batch for k, batch in enumerate(prepared)})


@pytest.mark.parametrize(("name", "case", "prepared"), FORMULAS, ids=IDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_another_preparation_is_named(
    name: str, case: str, prepared: Callable[[Array], Array], dtype: str
) -> None:
    """Who prepares the data in another way reads which, and nothing else."""
    drawn = definition(f"preparation/{case}").draw(dtype)
    run = batches(drawn, (prepared(step.raw.astype(np.float64)) for step in drawn.steps))
    found = diagnose(run, ALL)
    assert [(one.cause, one.certainty) for one in found.causes] == [(f"data.{name}", "certain")]


def test_the_first_samples_in_every_step_are_named() -> None:
    """Who cuts x[:N] in every step, whatever its samples are, reads that."""
    drawn = definition("training/order_of_samples").draw("float64")
    samples = {i: x for step in drawn.steps for i, x in zip(step.samples, step.input, strict=True)}
    first = np.stack([samples[0], samples[1], samples[2]])
    found = batches(drawn, [first[:2], first, first[:1]])
    assert named(found, ALL) == [{"data.first_batch_again"}]


def test_samples_in_the_order_of_the_file_are_named() -> None:
    """Who goes through the file whatever the steps ask for reads that."""
    drawn = definition("training/order_of_samples").draw("float64")
    samples = {i: x for step in drawn.steps for i, x in zip(step.samples, step.input, strict=True)}
    orders = ([0, 1], [2, 3, 4], [0])
    found = batches(drawn, [np.stack([samples[i] for i in order]) for order in orders])
    assert named(found, ALL) == [{"data.samples_in_order"}]


def test_transposed_and_reshaped_square_images_cannot_be_told_apart() -> None:
    """Square images are the same whether they were transposed or read column by column; both are
    named, and images that are not square decide (above)."""
    drawn = definition("training/digits").draw("float64")
    found = batches(drawn, [step.input.swapaxes(2, 3) for step in drawn.steps])
    assert named(found, ALL) == [{"data.transposed", "data.rows_columns_reshaped"}]


PIXELS = (37 * np.arange(75) + 11) % 256
MIXED = {"step0.input": np.moveaxis(PIXELS.reshape(5, 5, 3), 2, 0)[:, None] / 255}
"""Images of posts/000_tiny as the code of the post makes them."""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_reported_reshape_is_named(dtype: str) -> None:
    """Who runs the code of datascience.stackexchange.com/questions/10564 reads that its reshape
    mixes the images, and that its loss and its gradients are right for what it makes of them."""
    reported = definition("posts/000_tiny")
    drawn = reported.draw(dtype)
    found = shown(drawn, {one.entry: one.values for one in reported.observed} | MIXED)
    assert found.failing == ("step0.input",)
    (cause,) = diagnose(found, ALL).causes
    assert (cause.cause, cause.certainty) == ("data.reshape_mixes_images", "certain")


def test_the_reported_reshape_is_named_by_what_comes_of_it() -> None:
    """Who shows the loss and the gradients alone reads the same."""
    reported = definition("posts/000_tiny")
    drawn = reported.draw("float64")
    observed = {one.entry: one.values for one in reported.observed}
    assert named(shown(drawn, observed), ALL) == [{"data.reshape_mixes_images"}]


HARMLESS = [
    ("divided_by_255", ROWS),
    ("memory_read", ROWS),
    ("samples_in_order", STRETCHED),
    ("minmax_zero_to_one", TO_ONE),
    ("minmax_low_missing", TO_ONE),
]


@pytest.mark.parametrize(("name", "case"), HARMLESS)
def test_a_mistake_without_effect_changes_nothing(name: str, case: str) -> None:
    """What the data happen to need anyway is no mistake."""
    drawn = definition(f"preparation/{case}").draw("float64")
    assert evidence(drawn, made(drawn, BY_NAME[f"data.{name}"])).failing == ()


IMPOSSIBLE = [
    ("not_divided", BELOW),
    ("not_divided_by_std", ROWS),
    ("uint8_wraps", CENTRED),
    ("integer_division", BELOW),
    ("minmax_over_batch", ROWS),
    ("channels_reversed", ROWS),
    ("channels_reversed_at_first", STRETCHED),
    ("divided_by_256", BELOW),
    ("channels_last_reshape", ROWS),
]


@pytest.mark.parametrize(("name", "case"), IMPOSSIBLE)
def test_a_mistake_that_cannot_be_made_is_not_tried(name: str, case: str) -> None:
    """What a case does not do cannot be forgotten, and one channel has no order."""
    drawn = definition(f"preparation/{case}").draw("float64")
    with pytest.raises(Inapplicable):
        made(drawn, BY_NAME[f"data.{name}"])
