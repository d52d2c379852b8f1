"""Post 002: the derivative of the sigmoid, the decay of 500, and what each of them does alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from examples.posts.post_002 import alone, asked, commented_out, four, judged, mended, settings
from examples.posts.post_002.adapter import NAMES, to_pytorch, to_question
from examples.posts.post_002.matconvnet import columns
from oracles import judge
from oracles.learning.learn import learn

Figures = Mapping[str, float | str]


@pytest.fixture(scope="module")
def trained() -> Figures:
    """All trainings on digits."""
    return alone.alone().figures


@pytest.fixture(scope="module")
def set_wrong() -> Figures:
    """What is said about the settings."""
    return settings.settings().figures


def test_both_mistakes_are_named_with_what_each_explains() -> None:
    """The missing derivative in theta1 and beta1, and the wrong one in dzdx2; nothing is left."""
    figures = judged.judged_as_asked().figures
    omitted, wrong = "sigmoid.grad_input.omitted", "flatten.grad_input.sigmoid_derivative"
    assert figures["outcome"] == "diverged"
    assert figures[omitted] == (
        "step0.backward.fc1 step0.gradient.fc1.weight step0.gradient.fc1.bias"
    )
    assert figures[wrong] == "step0.backward.flat"
    assert figures["wrong"] == f"{figures[omitted]} {figures[wrong]}"


@pytest.fixture(scope="module")
def right() -> Figures:
    """The outcomes of the mended network."""
    return judged.judged_mended().figures


@pytest.mark.parametrize(("name", "dtype"), judged.CASES)
def test_the_mended_network_is_right(right: Figures, name: str, dtype: str) -> None:
    """Layers, gradients and updates of the question, in PyTorch's layout."""
    assert right[f"{name} {dtype}"] == "passed"


def test_four_at_the_start_and_no_factor_elsewhere() -> None:
    """Around 0 the derivative is 1/4 for every sample: one factor to nine digits."""
    figures = four.four().figures
    for_theta1 = "gradient.fc1.weight at the start"
    assert figures[for_theta1] == pytest.approx(4.0, abs=1e-6)
    assert figures["gradient.fc1.bias at the start"] == pytest.approx(4.0, abs=1e-6)
    assert float(figures[f"{for_theta1}, rest"]) < 1e-8
    assert float(figures["gradient.fc1.weight parameters of size 1, rest"]) > 0.05


@pytest.mark.parametrize("where", ["at the start", "parameters of size 1"])
@pytest.mark.parametrize("entry", ["backward.flat", "gradient.conv.weight"])
def test_the_kernel_is_led_the_wrong_way(entry: str, where: str) -> None:
    """The gradient points to the other side of the right one."""
    assert float(four.wrong_way().figures[f"{entry} {where}"]) < -0.1


def test_the_settings_alone_keep_pytorch_from_learning(set_wrong: Figures) -> None:
    """The answer is "your settings", and the kernel halves in each step."""
    assert set_wrong["verdict"] == "your settings"
    assert set_wrong["factor"] == pytest.approx(0.5, abs=1e-3)
    assert float(set_wrong["constant"]) == pytest.approx(0.1605, abs=1e-4)


@pytest.mark.parametrize(
    "finding", ["settings.decay_factor", "settings.targets_independent", "settings.outputs_equal"]
)
def test_what_is_wrong_with_the_settings_is_found(set_wrong: Figures, finding: str) -> None:
    """A decay that turns the weights round, targets that no image knows of, one output for all."""
    assert finding in set_wrong


def test_the_decay_multiplies_by_minus_one_half(set_wrong: Figures) -> None:
    """1 - 0.003 * 500."""
    assert set_wrong["settings.decay_factor factor_per_step"] == -0.5


def test_it_is_code_and_settings_as_asked() -> None:
    """Neither hides the other."""
    case = judged.bundled("002_settings")
    answer = learn(case, asked.implementation, steps=2, diagnose=None, try_remedies=False)
    assert answer.verdict == "your code and your settings"


def test_the_mended_code_is_left_with_the_settings() -> None:
    """Who mends the gradients reads what else is in the way."""
    case = judged.bundled("002_settings")
    answer = learn(case, mended.implementation, steps=2, diagnose=None, try_remedies=False)
    assert answer.verdict == "your settings"


def test_the_error_looks_normal() -> None:
    """It falls to that of the best constant prediction, which beta2 has become."""
    figures = alone.looks_normal().figures
    assert float(figures["first"]) > 5 * float(figures["last"])
    assert figures["last"] == pytest.approx(figures["constant"], rel=0.02)
    assert float(figures["beta2 off"]) < 0.05
    assert float(figures["x5"]) < 1e-12


@pytest.mark.parametrize(
    "run",
    ["asked, 500, random, 0.003", "mended, 500, random, 0.003", "mended, 500, quarters, 0.003"],
)
def test_the_decay_alone_makes_all_outputs_the_same(trained: Figures, run: str) -> None:
    """With right gradients and with targets that can be learned as well."""
    target = run.split(", ")[2]
    assert float(trained[f"x5, {run}"]) < 1e-12
    assert trained[f"E, {run}"] == pytest.approx(trained[f"constant, {target}"], rel=0.02)


def test_the_gradients_alone_make_them_the_same(trained: Figures) -> None:
    """Without decay, with targets that can be learned: all but the same, at the constant's error;
    and at a hundred times the rate there is no number in the end."""
    run = "asked, 0, quarters, 0.003"
    assert float(trained[f"x5, {run}"]) < 1e-3
    assert trained[f"E, {run}"] == pytest.approx(trained["constant, quarters"], rel=0.01)
    assert np.isnan(float(trained["E, asked, 0, quarters, 0.3"]))


def test_without_both_it_learns(trained: Figures) -> None:
    """In the same time at the same rate, and better at a larger one."""
    assert (
        float(trained["E, mended, 0, quarters, 0.003"]) < float(trained["constant, quarters"]) / 3
    )
    assert float(trained["x5, mended, 0, quarters, 0.003"]) > 0.1
    assert float(trained["E, mended, 0, quarters, 0.3"]) < 0.01


def test_random_targets_are_learned_by_heart(trained: Figures) -> None:
    """There are more parameters than numbers in y."""
    assert float(trained["E, mended, 0, random, 0.3"]) < float(trained["constant, random"]) / 5


def test_one_mask_is_a_mistake_and_the_other_is_not_needed() -> None:
    """Behind the maxima the mask is that of their output; in front of them a gradient arrives
    only where the ReLU let something through."""
    figures = commented_out.commented_out().figures
    assert figures["as asked: mask of x2"] == "diverged"
    assert float(figures["as asked: mask of x2, cosine"]) < 0.9
    assert figures["mask of x3"] == figures["mask of x3, and one in front"] == "passed"


def test_columns_of_theta1_are_counted_down_the_images() -> None:
    """A row of PyTorch times an image row by row is a row of theta1 times the column."""
    image = np.arange(12.0).reshape(3, 4)
    weight = np.random.default_rng(0).standard_normal((2, 12))
    theta1 = to_question("theta1", weight, (3, 4))
    np.testing.assert_allclose(
        theta1 @ columns(image[:, :, None, None])[:, 0], weight @ image.ravel()
    )


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("w", (1, 1, 3, 3)),
        ("b", (1,)),
        ("theta1", (2, 12)),
        ("beta1", (2,)),
        ("theta2", (2, 2)),
        ("beta2", (2,)),
    ],
)
def test_parameters_come_back_as_they_were(name: str, shape: tuple[int, ...]) -> None:
    """There and back is nothing at all."""
    array = np.random.default_rng(1).standard_normal(shape)
    back = to_pytorch(name, to_question(name, array, (3, 4)), (3, 4))
    np.testing.assert_array_equal(back, array)
    assert name in NAMES


@pytest.mark.parametrize("name", ["000_tiny", "003_tiny"])
def test_another_network_is_not_for_it(name: str) -> None:
    """It says so, and nothing is counted as passed or failed."""
    judgement = judge(asked.implementation, judged.bundled(name), "float64", council=False)
    assert judgement.outcome == "unsupported"
