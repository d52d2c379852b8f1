"""What every case file of this project keeps to."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from oracles.contract.entries import entries
from oracles.references.pytorch import evaluate
from tests.cases.files import (
    CASES,
    COMPUTED,
    IDS,
    REASON,
    constant,
    definition,
    equal_sizes,
    keys,
    path_of,
)

EXPECTING = tuple(name for name in COMPUTED if definition(name).published)
OBSERVED = tuple(name for name in COMPUTED if definition(name).observed)
NUMBERS = 2000
"""How many numbers a small case has at most, input and parameters together."""


@pytest.mark.parametrize("name", IDS)
def test_a_file_reads_and_draws_in_every_dtype(name: str) -> None:
    """Each file is accepted by the contract."""
    assert all(definition(name).draw(dtype).steps for dtype in definition(name).dtypes)


@pytest.mark.parametrize("name", IDS)
def test_a_name_is_made_of_words(name: str) -> None:
    """Folders and files are lower case letters, digits and underscores."""
    assert re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)+", name)


@pytest.mark.parametrize("name", IDS)
def test_title_and_why_are_two_sentences(name: str) -> None:
    """A title says what, a why says which mistake only this case sees, and is no repetition."""
    title, why = definition(name).title, definition(name).why
    assert 10 <= len(title) <= 120
    assert len(why) >= 20
    assert title != why


def test_no_two_cases_have_one_title() -> None:
    """Two cases of one title are one case too many, or a title that does not say what."""
    counts = Counter(definition(name).title for name in IDS)
    assert [title for title, count in counts.items() if count > 1] == []


def test_no_two_cases_have_one_why() -> None:
    """Each case is there for a mistake of its own."""
    counts = Counter(definition(name).why for name in IDS)
    assert [why for why, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", COMPUTED)
def test_sizes_differ_or_the_file_says_why(name: str) -> None:
    """N, C, H, W, channels in and out, and the two axes of kernel, stride and padding differ, so
    that a swap shows; a comment gives the reason where they do not, and only there."""
    equal = equal_sizes(definition(name).draw("float64"))
    says_why = REASON in path_of(name).read_text(encoding="utf-8")
    assert bool(equal) == says_why, f"equal: {', '.join(equal) or 'nothing'}"


@pytest.mark.parametrize("name", IDS)
def test_nothing_drawn_or_written_out_is_constant(name: str) -> None:
    """Ones hide softmax and batch-norm gradients altogether; published numbers stay as they are."""
    case = definition(name).draw("float64")
    arrays = {"input": case.steps[0].input, "upstream": case.steps[0].upstream, **case.parameters()}
    same = [key for key, array in arrays.items() if array is not None and constant(array)]
    assert not same or definition(name).source


@pytest.mark.parametrize("name", COMPUTED)
def test_a_case_is_small(name: str) -> None:
    """A mismatch can be looked at by eye; networks of the posts, and cases tagged large, are as
    large as they have to be."""
    case = definition(name).draw("float64")
    count = case.steps[0].input.size + sum(array.size for array in case.parameters().values())
    large = name.startswith("posts/") or "large" in definition(name).tags
    assert count <= NUMBERS or large


@pytest.mark.parametrize("name", EXPECTING)
def test_a_tolerance_says_where_it_comes_from(name: str) -> None:
    """Printed digits, in most cases."""
    published = definition(name).published
    assert [one.entry for one in published if one.atol is not None and not one.why] == []


@pytest.mark.parametrize("name", [*EXPECTING, *OBSERVED])
def test_numbers_from_elsewhere_say_from_where(name: str) -> None:
    """Published and reported numbers have a source."""
    assert definition(name).source


@pytest.mark.parametrize("name", OBSERVED)
def test_reported_numbers_are_not_the_right_ones(name: str) -> None:
    """At least one reported entry is farther from the oracle than it was printed."""
    right = evaluate(definition(name).draw("float64"))
    assert [
        one.entry
        for one in definition(name).observed
        if not np.max(np.abs(one.values - right[one.entry])) <= (one.atol or 1e-9)
    ]


@pytest.mark.parametrize("name", COMPUTED)
def test_every_number_of_a_case_is_finite(name: str) -> None:
    """A case where PyTorch itself has nan or infinity compares nothing there."""
    values = evaluate(definition(name).draw("float64"))
    assert [entry for entry, array in values.items() if not np.all(np.isfinite(array))] == []


@pytest.mark.parametrize("name", COMPUTED)
def test_something_is_not_zero(name: str) -> None:
    """Each kind of entry has a number that is not 0 in some step: zeros are right by accident."""
    case = definition(name).draw("float64")
    values = evaluate(case)
    kinds = {entry.kind for entry in entries(case) if entry.name in values}
    seen = {
        entry.kind for entry in entries(case) if entry.name in values and np.any(values[entry.name])
    }
    assert kinds == seen


def test_side_files_are_used() -> None:
    """A .npy file lies beside a case that names it."""
    named = {
        path_of(name).parent / value
        for name in IDS
        for key, value in keys(name)
        if key.endswith(".file")
    }
    assert named == set(CASES.rglob("*.npy"))
