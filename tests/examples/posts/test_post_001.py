"""Post 001: what the copied test cannot see, the candidates by name, rates, sums, penalties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from examples.posts.post import Shown
from examples.posts.post_001 import asked, one_epoch, penalty, reading_the_plot, sum_and_mean
from examples.posts.post_001.candidates import CANDIDATES, Candidate
from examples.posts.post_001.copied_test import SIBLING, WITH_STRIDE, sees
from examples.posts.post_001.data import enlarged, full_size, small
from examples.posts.post_001.exhibits import POST
from examples.posts.post_001.initial_std import answer
from examples.posts.post_001.mended import implementation as mended
from examples.posts.post_001.nets import RATES, bundled, digits_c, digits_c_without_root
from examples.posts.post_001.stability import beginning, limit
from examples.posts.post_001.suspects import dense, name_of, symptom
from examples.posts.post_001.training import Images
from examples.posts.post_001.wrong_convolutions import WRONG, Convolution
from examples.posts.table import POSTS
from oracles import judge
from tests.learning.data.packed import packed, put_all

_BY_NAME = {candidate.name: candidate for candidate in CANDIDATES}


@pytest.fixture(scope="module")
def passing() -> list[str]:
    """The wrong convolutions that pass the copied test."""
    case = bundled(WITH_STRIDE)
    return [wrong.name for wrong in WRONG if not sees(case, wrong.implementation)]


@pytest.fixture(scope="module")
def learned() -> Images:
    """Digits of 8 by 8 pixels to learn from."""
    return small()[0]


@pytest.fixture(scope="module")
def large() -> Images:
    """Digits in the size of MNIST's."""
    return full_size(enlarged())[0]


@pytest.fixture(scope="module")
def summed() -> Shown:
    """Three trainings, two of which are one."""
    return sum_and_mean.one_factor()


@pytest.fixture(scope="module")
def added() -> Shown:
    """What an L2 penalty adds."""
    return penalty.what_it_adds()


def test_the_post_is_in_the_table() -> None:
    """`python -m examples.posts 001` finds it."""
    assert POSTS["001"] is POST


def test_the_copied_test_passes_30_of_41_wrong_convolutions(passing: list[str]) -> None:
    """One constant kernel, one symmetric image, one channel, one filter, one sample."""
    assert (len(passing), len(WRONG)) == (30, 41)


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("true convolution: the kernel is rotated", True),
        ("first channel only", True),
        ("grad_input: kernel not rotated", True),
        ("grad_weight: transposed", True),
        ("grad_weight: rotated", False),
        ("grad_weight: wrong sign", False),
        ("bias missing", False),
        ("stride ignored", False),
    ],
)
def test_which_wrong_convolutions_the_copied_test_passes(
    passing: list[str], name: str, passes: bool
) -> None:
    """What a constant and symmetric example hides, and what it shows."""
    assert (name in passing) == passes


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_the_case_beside_it_sees_every_wrong_convolution(wrong: Convolution) -> None:
    """Nothing in it is constant, square or symmetric."""
    case, only = bundled(SIBLING), ("pytorch",)
    judgement = judge(wrong.implementation, case, oracles=only, council=False, diagnose=None)
    assert judgement.outcome in ("diverged", "error")


@pytest.mark.parametrize("case", [WITH_STRIDE, SIBLING, "conv2d/axes_differ"])
def test_a_convolution_with_nothing_replaced_is_right(case: str) -> None:
    """So that what is seen of the others is their mistake."""
    judgement = judge(Convolution().implementation, bundled(case), council=False, diagnose=None)
    assert judgement.outcome == "passed"


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        ("posts/001_tiny", "float64"),
        ("posts/001_tiny_mean", "float32"),
        ("posts/001_net_a", "float32"),
        ("posts/001_net_c", "float32"),
        (WITH_STRIDE, "float64"),
    ],
)
def test_the_mended_network_is_right(case: str, dtype: str) -> None:
    """Outputs, gradients and updates are PyTorch's."""
    only = ("pytorch", "published")
    judgement = judge(mended, bundled(case), dtype, oracles=only, council=False, diagnose=None)
    assert judgement.outcome == "passed", judgement.message


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("gradients_not_zeroed", "course.gradients_not_zeroed"),
        ("biases_stay", "sgd.update.biases_frozen"),
        ("tanh_slope_of_input", "tanh.grad_input.of_input"),
        ("wrong_pool_index", "max_pool2d.grad_input.swapped_index"),
    ],
)
def test_a_candidate_is_named(name: str, cause: str) -> None:
    """The harness names it for certain, and nothing beside it."""
    assert name_of(_BY_NAME[name]) == f"certain: {cause}"


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_a_candidate_is_one_mistake_that_can_be_plugged_in(candidate: Candidate) -> None:
    """`asked.py` offers it under its name, and it does not pass the small case."""
    assert getattr(asked, candidate.name) == candidate.implementation
    case, only = bundled("posts/001_tiny"), ("pytorch",)
    judgement = judge(candidate.implementation, case, oracles=only, council=False, diagnose=None)
    assert judgement.outcome == "diverged"


def test_weights_without_the_root_are_found_as_a_setting() -> None:
    """No code is in play: PyTorch itself does not learn from them."""
    said = answer(digits_c_without_root(), images=60, steps=20)
    assert said.verdict == "your settings"
    assert "settings.initial_std" in [finding.finding for finding in said.findings]


@pytest.mark.parametrize("lr", [5e-4, 1e-3])
def test_with_the_root_the_settings_learn_at_both_rates_of_the_question(lr: float) -> None:
    """Only the standard deviation differs."""
    said = answer(digits_c(), images=60, steps=50, lr=lr)
    assert said.verdict == "the settings learn"
    assert "settings.initial_std" not in [finding.finding for finding in said.findings]


def test_the_mended_network_learns_digits(learned: Images) -> None:
    """100 batches bring it far above one in ten."""
    assert symptom(mended, learned, 100).accuracy(learned) > 0.4


def test_a_kernel_that_is_not_turned_still_learns(learned: Images) -> None:
    """Which is why training accuracy is not a test."""
    wrong = _BY_NAME["kernel_not_turned"].implementation
    assert symptom(wrong, learned, 100).accuracy(learned) > 0.4


def test_gradients_that_are_not_zeroed_end_worse_than_they_began(learned: Images) -> None:
    """The steps grow from batch to batch."""
    trained = symptom(_BY_NAME["gradients_not_zeroed"].implementation, learned, 60)
    assert np.mean(trained.errors[-20:]) > trained.errors[0]


def test_gradients_that_are_not_zeroed_keep_the_dense_network_from_learning_too() -> None:
    """So they alone do not explain why it does better than the others."""
    right, error = dense(mended)
    wrong, wrong_error = dense(_BY_NAME["gradients_not_zeroed"].implementation)
    assert right > wrong + 0.1
    assert wrong_error > 1.5 * error


def test_a_slope_at_the_input_leaves_the_numbers_within_a_few_batches(learned: Images) -> None:
    """1 - z^2 is not bounded; training ends at the first error that is not finite."""
    trained = symptom(_BY_NAME["tanh_slope_of_input"].implementation, learned, 30)
    assert len(trained.errors) < 15
    assert not np.isfinite(trained.errors[-1])


def test_the_rate_of_the_dense_network_is_below_its_limit() -> None:
    """A at 1e-3."""
    assert limit("A", enlarged()) > 1.5 * RATES["A"]


def test_the_rate_of_lenet_is_above_its_limit() -> None:
    """C at 5e-4: its first steps are too large."""
    assert limit("C", enlarged()) < RATES["C"]


@pytest.mark.parametrize(("rate", "explodes"), [(1e-3, False), (2e-3, True)])
def test_at_which_rate_lenet_explodes(large: Images, rate: float, explodes: bool) -> None:
    """1e-3 without the half of the error is 2e-3 with it."""
    errors = beginning("C", rate, large, 60)
    assert bool(np.all(np.isfinite(errors))) != explodes


def test_sum_and_mean_are_one_setting(summed: Shown) -> None:
    """With 20 times the rate, the curves are the same up to rounding."""
    assert summed.figures["apart"] <= 1e-12  # type: ignore[operator]


def test_the_mean_at_the_rate_of_the_sum_is_slower(summed: Shown) -> None:
    """It is a rate 20 times smaller."""
    assert summed.figures["last, mean"] > 1.1 * summed.figures["last, sum"]  # type: ignore[operator]


def test_a_penalty_adds_its_factor_times_the_squares(added: Shown) -> None:
    """To the error, once."""
    assert added.figures["loss"] == pytest.approx(added.figures["factor * squares"], rel=1e-12)


def test_a_penalty_adds_twice_its_factor_times_each_weight(added: Shown) -> None:
    """To the gradients of the weights of all four layers, and to no bias."""
    assert added.figures["weights"] == 4
    assert added.figures["smallest slope"] == pytest.approx(2 * penalty.FACTOR, rel=1e-9)
    assert added.figures["largest slope"] == pytest.approx(2 * penalty.FACTOR, rel=1e-9)
    assert added.figures["biases"] == 0.0


def test_an_accuracy_of_20_images_is_known_to_11_percent() -> None:
    """For a network that is right in half of all cases, and does not change."""
    figures = reading_the_plot.noise().figures
    assert figures["std of 20"] == pytest.approx(0.11, abs=0.01)
    assert figures["std of 20"] == pytest.approx(figures["predicted of 20"], rel=0.05)
    assert figures["std of 1000"] == pytest.approx(0.016, abs=0.002)


def test_pixels_go_from_0_to_1(learned: Images, large: Images) -> None:
    """Digits as they are, and enlarged: paper is 0, ink is 1."""
    assert learned.x.shape == (1437, 1, 8, 8)
    assert large.x.shape == (1437, 1, 28, 28)
    assert (learned.x.min(), learned.x.max()) == (0, 1)
    assert (large.x.min(), large.x.max()) == (0, 1)


def test_files_of_mnist_are_trained_on(tmp_path: Path) -> None:
    """All three networks, for as many batches as there are images for."""
    put_all(
        tmp_path,
        {
            "train-images-idx3-ubyte": packed(40, 28, 28),
            "train-labels-idx1-ubyte": packed(40),
            "t10k-images-idx3-ubyte": packed(20, 28, 28),
            "t10k-labels-idx1-ubyte": packed(20),
        },
    )
    shown = one_epoch.one_epoch(tmp_path)
    assert [line[0] for line in shown.lines[1:]] == ["A", "B", "C"]
    assert all(0 <= shown.figures[f"{name}, accuracy"] <= 1 for name in "ABC")  # type: ignore[operator]
