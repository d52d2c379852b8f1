"""refcnn and PyTorch learn the same from the same numbers."""

import numpy as np
import pytest

from examples.lockstep import data, epochs, lenet5
from examples.lockstep.epochs import Epoch, Runs
from examples.lockstep.runs import RefcnnRun, TorchRun

_F64, _F32 = np.dtype(np.float64), np.dtype(np.float32)


def _runs(dtype: np.dtype[np.floating]) -> Runs:
    generator = np.random.default_rng(4)
    state = lenet5.initial_state(generator, dtype)
    moved = lenet5.moved_by_one_rounding_unit(state, generator)
    return Runs(
        refcnn=RefcnnRun(state, dtype, lr=0.02, momentum=0.9),
        torch=TorchRun(state, dtype, lr=0.02, momentum=0.9),
        moved=TorchRun(moved, dtype, lr=0.02, momentum=0.9),
    )


def _trained(runs: Runs) -> list[Epoch]:
    """Two epochs over 20 digits: batches of 8, 8 and 4."""
    digits = data.digits(_F64, limit=20)
    generator = np.random.default_rng(5)
    return list(epochs.train(runs, digits, 2, 8, generator, after_batch=lambda: None))


def test_in_float64_refcnn_and_torch_stay_together() -> None:
    """After six steps with momentum the parameters differ in the last digits only."""
    last = _trained(_runs(_F64))[-1]
    assert last.distance <= 1e-12
    assert last.refcnn.accuracy == last.torch.accuracy
    assert last.refcnn.loss == pytest.approx(last.torch.loss, rel=1e-12, abs=0)


def test_a_learning_rate_that_is_a_thousandth_off_is_seen() -> None:
    """The distance can fail: this is what the bound above leaves room for many times over."""
    runs = _runs(_F64)
    assert isinstance(runs.refcnn, RefcnnRun)
    runs.refcnn.optimizer.param_groups[0]["lr"] *= 1.001
    assert _trained(runs)[-1].distance > 1e-6


def test_training_learns() -> None:
    """Lockstep would also hold for two networks that stand still."""
    first, second = _trained(_runs(_F64))
    assert second.refcnn.loss < first.refcnn.loss


def test_every_batch_is_reported_once() -> None:
    """The progress bar ends at its end: 20 images in batches of 8 are three per epoch."""
    batches: list[int] = []
    digits = data.digits(_F32, limit=20)
    generator = np.random.default_rng(5)
    list(epochs.train(_runs(_F32), digits, 2, 8, generator, lambda: batches.append(1)))
    assert len(batches) == 6


def test_distance_is_relative_to_the_largest_parameter_of_all() -> None:
    """The largest difference is 0.5, the largest parameter -4: they need not be neighbours."""
    expected = {"a": np.array([1.0, -4.0]), "b": np.array([2.0])}
    actual = {"a": np.array([1.5, -4.0]), "b": np.array([1.75])}
    assert epochs.distance(actual, expected) == 0.125


def test_distance_to_a_parameter_that_is_nan_is_nan() -> None:
    """A network that is lost is at no distance at all."""
    assert np.isnan(epochs.distance({"a": np.array([np.nan, 1])}, {"a": np.array([1.0, 1.0])}))
