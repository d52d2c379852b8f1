"""The text of one failing item."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from oracles.judging.judgement import Divergence, Judgement
from oracles.reporting.bound import derivation, how_far
from oracles.reporting.failure import disputed, failure_text, how_many
from oracles.reporting.result import Result
from tests.reporting.examples import COMMAND, DISPUTED, DIVERGED, DIVERGENCE, ENTRIES, TITLE


@pytest.fixture
def text() -> str:
    """The text for the usual divergence."""
    return failure_text(Result(DIVERGED, TITLE, COMMAND))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("diverged: first wrong in the gradient with respect to", id="how it ended"),
        pytest.param("  conv2d/with_stride (float32, my_cnn)\n", id="case"),
        pytest.param(TITLE, id="title of the case"),
        pytest.param("First wrong: step0.backward.conv1, the gradient with respect to", id="entry"),
        pytest.param('input of Conv2d "conv1"', id="layer"),
        pytest.param("[1, 0, 7, 3] (sample 1, channel 0, row 7, column 3)", id="axes of the index"),
        pytest.param("36 of 288 elements", id="how much of it"),
        pytest.param("0.98123456", id="expected, with the digits of float32"),
        pytest.param("(pytorch)", id="whose number that is"),
        pytest.param("207,568 times the bound", id="how many times over"),
        pytest.param("Right before it (3): step0.input", id="what was right"),
        pytest.param("step0.gradient.conv1.bias  7 times the bound, all 4 elements", id="second"),
        pytest.param("Wrong only through what comes before: 1 entry.", id="inherited"),
        pytest.param("Not exposed: 1 entry.", id="not exposed"),
        pytest.param("Supplied by the harness: 1 entry.", id="supplied"),
        pytest.param("Undecided: 1 entry.", id="undecided"),
        pytest.param("--no-run conv2d/with_stride", id="what the undecided hang on"),
        pytest.param("Finding state.input_modified: step0.input was changed", id="finding"),
        pytest.param(COMMAND, id="command"),
    ],
)
def test_failure_says(text: str, part: str) -> None:
    """A person who reads the failure learns this."""
    assert part in text


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("a choice on which frameworks differ, max_pool.ties.", id="which"),
        pytest.param("Which of several equal maxima gets the gradient?", id="the question"),
        pytest.param(
            "PyTorch: the first one in row-major order, all of it.", id="what PyTorch does"
        ),
        pytest.param("share it out equally", id="who does otherwise"),
        pytest.param("a difference by choice", id="what follows"),
    ],
)
def test_failure_about_a_convention_says_so(part: str) -> None:
    """Who follows another framework learns that it is no bug."""
    text = failure_text(Result(DISPUTED))
    assert part in re.sub(r"\s+", " ", text)


def test_what_is_only_inherited_is_about_no_convention() -> None:
    """It is right for the numbers it was computed from."""
    inherited = replace(DISPUTED.entries[5], verdict="inherited", divergence=None)
    assert disputed(replace(DISPUTED, entries=(*ENTRIES[:5], inherited))) == []


def test_an_output_of_another_size_may_be_a_convention() -> None:
    """A window more or less, and the trace refuses the array before it is judged."""
    message = "TraceError: step0.forward.pool has shape (1, 2), expected (1, 1)"
    judgement = replace(
        Judgement("a", "float64", "mine", "error", message),
        conventions=("max_pool.ties", "pooling.ceil_mode"),
    )
    assert disputed(judgement) == ["pooling.ceil_mode"]
    assert disputed(replace(judgement, message="ZeroDivisionError")) == []


def test_failure_of_something_else_does_not_speak_of_the_convention() -> None:
    """The case names one, and what is wrong has nothing to do with it."""
    judgement = replace(DIVERGED, conventions=("max_pool.ties",))
    assert disputed(judgement) == []
    assert "frameworks differ" not in failure_text(Result(judgement))


def test_what_is_right_after_the_first_wrong_entry_is_said() -> None:
    """That the gradients are right narrows the search."""
    entry = replace(ENTRIES[1], entry="step0.gradient.conv1.weight", kind="gradient")
    text = failure_text(Result(replace(DIVERGED, entries=(*ENTRIES[:6], entry))))
    assert "Right after it (1): step0.gradient.conv1.weight" in text


def test_first_line_says_how_it_ended_once() -> None:
    """Pytest's short summary shows the first line alone, and nothing is said twice."""
    judgement = Judgement("a", "float64", "mine", "error", "ZeroDivisionError: x (my.py:4)\nmore")
    text = failure_text(Result(judgement))
    assert text.startswith("error: ZeroDivisionError: x (my.py:4)\n")
    assert text.count("ZeroDivisionError") == 1


def test_verbose_failure_names_what_is_not_exposed() -> None:
    """The short text counts, the long one lists."""
    text = failure_text(Result(DIVERGED), verbose=True)
    assert "Not exposed (1): step0.backward.relu1" in text


def test_incomplete_item_names_what_is_not_exposed() -> None:
    """What is missing is the failure itself."""
    judgement = replace(
        DIVERGED, outcome="incomplete", message="judged 6 of 9", first_divergence=None
    )
    assert "Not exposed (1): step0.backward.relu1" in failure_text(Result(judgement))


def test_error_shows_its_message() -> None:
    """An item that never came to a number shows what it says instead."""
    judgement = Judgement("a", "float64", "mine", "error", "ZeroDivisionError: division\nline 2")
    assert "\n\nline 2" in failure_text(Result(judgement))


@pytest.mark.parametrize(
    ("divergence", "words"),
    [
        pytest.param(
            DIVERGENCE,
            "Rounding can explain at most 4.7e-06 here: u * min(n + 2, 4 + 4*sqrt(n)) * M, with "
            "u = 2^-24 (float32), n = 27 terms, and M = 3.2 (the same sum with absolute values).",
            id="drawn data",
        ),
        pytest.param(
            replace(DIVERGENCE, unit=2.0**-53, bound=2 * 2.0**-53 * (4 + 4 * math.sqrt(27)) * 3.2),
            "2 * u * min(n + 2, 4 + 4*sqrt(n)) * M, with u = 2^-53 (float64, twice because",
            id="float64: the oracle rounds as well",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="guaranteed", n=1.0, bound=3 * 2.0**-24 * 3.2),
            "k*u / (1 - k*u) * M, with u = 2^-24 (float32), n = 1 term,",
            id="any data",
        ),
        pytest.param(
            replace(DIVERGENCE, bound=DIVERGENCE.bound + 1e-5, carried=1e-5),
            "* M, plus 1e-05 from entries before it that are not exposed, with u =",
            id="carried through what is not exposed",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="lattice", bound=0.0, ratio=math.inf),
            "every order of summation is exact",
            id="lattice",
        ),
        pytest.param(replace(DIVERGENCE, bound=0.0), "There is nothing to round", id="no bound"),
        pytest.param(
            replace(DIVERGENCE, rule="published", bound=5e-5),
            "The case file gives this number, and allows 5e-05.",
            id="published",
        ),
        pytest.param(replace(DIVERGENCE, rule="rms"), "small systematic", id="rms"),
        pytest.param(
            replace(
                DIVERGENCE,
                n=10_000.0,
                repeated=0.01,
                bound=2.0**-24 * (4 + 4 * math.sqrt(10_000 + 0.01 * 1e8)) * 3.2,
            ),
            "u * min(n + 2, 4 + 4*sqrt(n + r * n^2)) * M, with u = 2^-24 (float32), n = 10000 "
            "terms, and M = 3.2 (the same sum with absolute values), and r = 0.01 (how likely two "
            "terms are equal",
            id="repeated terms",
        ),
        pytest.param(
            replace(
                DIVERGENCE, inner=100.0, bound=2.0**-24 * ((4 + 4 * math.sqrt(27)) * 3.2 + 100)
            ),
            "* M + u * R, with u = 2^-24 (float32), n = 27 terms, and M = 3.2 (the same sum with "
            "absolute values), and R = 1e+02 (what roundings inside of the terms can do).",
            id="roundings inside of the terms",
        ),
        pytest.param(
            replace(
                DIVERGENCE,
                n=2.0,
                magnitude=1e-38,
                bound=2.0**-24 * 4 * 1e-38 + 4 * 2.0**-126,
            ),
            "* M + (n + 2) * 1.2e-38, with",
            id="underflow",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="normwise", magnitude=5.0, bound=64 * 2.0**-24 * 5.0),
            "64 * u * (|x| * |w| + |b|), with u = 2^-24 (float32) and |x| * |w| + |b| = 5 "
            "(Euclidean norms",
            id="normwise",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="normwise", magnitude=5.0, bound=1.0),
            "what a plain sum of 27 terms may lose, which is more than 64 * u * (|x| * |w| + |b|)",
            id="normwise, and longer than norms allow",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="rms", inner=8.0, unit=2.0**-53),
            "error / (2 * u * (sqrt(n) * M + R / 2)) stays below 1. At the element shown, u = ",
            id="rms, with roundings inside of the terms",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="finite", actual=math.nan), "NaN is never right", id="NaN"
        ),
        pytest.param(
            replace(DIVERGENCE, rule="finite", actual=math.inf),
            "The right number is finite and float32 can hold it",
            id="overflow",
        ),
        pytest.param(
            replace(DIVERGENCE, rule="finite", actual=math.inf, expected=-math.inf),
            "Infinities must agree in sign",
            id="the other infinity",
        ),
        pytest.param(
            replace(DIVERGENCE, expected=math.inf, error=math.inf, ratio=math.inf),
            "The right result is infinite here",
            id="a number in the place of infinity",
        ),
    ],
)
def test_bound_is_derived_in_words(divergence: Divergence, words: str) -> None:
    """What rounding can explain follows from numbers that are printed beside it."""
    assert words in derivation(divergence)


def test_equation_that_does_not_hold_is_not_printed() -> None:
    """A bound from elsewhere shows its quantities, and no formula."""
    words = derivation(replace(DIVERGENCE, bound=1e-3))
    assert "min(" not in words
    assert "at most 0.001 here, with u = 2^-24" in words


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.04, "The error is 1.04 times the bound."),
        (51234.0, "51,234 times"),
        (1.9e6, "1.9 million times"),
        (math.inf, "No difference is allowed here."),
        (math.nan, "The difference is not a number."),
    ],
)
def test_how_many_times_over(ratio: float, words: str) -> None:
    """Large factors are words, and a factor of infinity is none."""
    assert words in how_far(replace(DIVERGENCE, ratio=ratio))


@pytest.mark.parametrize(
    ("wrong", "total", "words"),
    [
        (288, 288, "all 288 elements"),
        (1, 288, "1 of 288 elements"),
        (0, 288, "no single one of 288 elements, but all of them together"),
        (1, 1, ""),
    ],
)
def test_how_many_elements_are_wrong(wrong: int, total: int, words: str) -> None:
    """A number that stands alone is not counted."""
    assert how_many(replace(DIVERGENCE, wrong=wrong, total=total)) == words
