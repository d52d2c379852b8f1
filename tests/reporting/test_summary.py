"""The summary of a run, on the terminal and as Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracles.judging.judgement import EntryVerdict, Finding, Judgement
from oracles.reporting.markdown import markdown_report
from oracles.reporting.result import Result, Run, ordered
from oracles.reporting.summary import summary_lines
from oracles.reporting.tally import groups, operations
from tests.reporting.examples import DIVERGED, ENTRIES, PASSED, run

SMALLER = replace(DIVERGED, case="conv2d/smaller", entries=ENTRIES[:6])
UNSUPPORTED = replace(PASSED, case="cat/three", outcome="unsupported", message="no Cat yet")


def _text(*judgements: Judgement, **options: bool) -> str:
    return "\n".join(summary_lines(run(*judgements), **options))


def test_table_counts_passed_failed_and_not_exposed() -> None:
    """Entries are counted under their operation and under what they are."""
    table = operations(run(DIVERGED).results)
    conv = table["Conv2d"]
    assert (conv["forward"].passed, conv["grad_input"].failed, conv["gradients"].failed) == (
        1,
        1,
        1,
    )
    assert table["ReLU"]["grad_input"].not_exposed == 1
    assert "Conv2d 1/0/0 0/1/0 0/1/0 -" in " ".join(_text(DIVERGED).split())


@pytest.mark.parametrize("verdict", ["inherited", "supplied"])
def test_what_says_nothing_by_itself_is_called_what_it_is(verdict: EntryVerdict) -> None:
    """Wrong through what comes before is not the same as computed by the harness."""
    entry = replace(ENTRIES[1], operation="Cat", verdict=verdict, divergence=None)
    judgement = replace(DIVERGED, entries=(*ENTRIES, entry))
    assert f"Cat {verdict}" in " ".join(_text(judgement).split())


def test_short_summary_leaves_out_operations_that_are_right() -> None:
    """A table of forty rows hides the row that matters."""
    judgement = replace(PASSED, entries=ENTRIES[1:3])
    assert "2 operations are right in every entry" in _text(judgement, brief=True)
    assert "  ReLU " in _text(judgement)


def test_failures_that_begin_alike_are_one_line_with_the_smallest_case() -> None:
    """The smallest case has the fewest entries."""
    lines = _text(DIVERGED, SMALLER, replace(DIVERGED, dtype="float64"))
    assert (
        "2 cases: diverged: first wrong in the gradient with respect to the input of Conv2d; "
        "smallest: conv2d/smaller (float32, my_cnn)"
    ) in lines


def test_errors_with_one_message_are_one_group() -> None:
    """500 items of an implementation that does not load are one line."""
    broken = [
        replace(PASSED, case=f"a{i}", outcome="error", message="cannot import:\n x.py:1\nNo x")
        for i in range(500)
    ]
    found = groups(run(*broken).results)
    assert [(group.begins, group.cases) for group in found] == [("error: cannot import: No x", 500)]


def test_summary_names_oracles_versions_and_counts() -> None:
    """Who judged, with what, and how it ended."""
    text = _text(DIVERGED, PASSED, UNSUPPORTED)
    assert "3 items: 1 passed, 1 diverged, 1 unsupported" in text
    assert "judged by pytorch, published; python 3.11.2, refcnn 0.1.0" in text
    assert "12 of 15 entries judged: " in text


def test_most_frequent_reasons_of_what_is_unsupported_are_said() -> None:
    """Whoever sees many skipped cases wants to know what to write next."""
    others = [replace(UNSUPPORTED, message=f"no {name} yet") for name in ("ReLU", "Tanh", "ELU")]
    judgements = (PASSED, UNSUPPORTED, UNSUPPORTED, *others)
    short = _text(*judgements)
    assert "unsupported (2): no Cat yet" in short
    assert "... and 1 more reason (-v shows all)" in short
    assert _text(*judgements, verbose=True).count("unsupported (") == 4


def test_remark_that_fails_nothing_is_said_once_per_run() -> None:
    """A wider result in every case is one remark."""
    wider = replace(PASSED, findings=(Finding("dtype.wider", "float64 came back", fails=False),))
    assert _text(wider, wider).count("dtype.wider") == 1


@pytest.mark.parametrize(
    ("judgements", "fails"),
    [
        pytest.param([PASSED], False, id="one passed"),
        pytest.param([PASSED, UNSUPPORTED], False, id="one passed, one unsupported"),
        pytest.param([UNSUPPORTED], True, id="nothing passed"),
        pytest.param([PASSED, DIVERGED], True, id="one diverged"),
        pytest.param([], False, id="nothing ran"),
    ],
)
def test_run_in_which_nothing_passed_fails(judgements: list[Judgement], fails: bool) -> None:
    """What is unsupported counts as nothing."""
    assert run(*judgements).fails is fails


def test_results_are_in_an_order_of_their_own() -> None:
    """By case, by implementation as given, by dtype: not by who finished first."""
    judgements = [
        replace(PASSED, case=case, implementation=implementation, dtype=dtype)
        for case in "ab"
        for implementation in ("z", "a")
        for dtype in ("float32", "float64")
    ]
    results = [Result(judgement) for judgement in judgements]
    assert ordered(reversed(results), ["z", "a"]) == tuple(results)


def test_colour_only_where_it_is_asked_for() -> None:
    """A file or a pipe gets plain text."""
    assert "\x1b[" not in _text(DIVERGED)
    assert "\x1b[" in _text(DIVERGED, colour=True)


def test_markdown_has_table_failure_and_items() -> None:
    """What a job summary shows, with one text per kind of failure."""
    text = markdown_report(run(DIVERGED, SMALLER, PASSED))
    assert "| Conv2d | 3 / 0 / 0 | **0 / 2 / 0** |" in text
    assert text.count("First wrong: ") == 1
    assert "| conv2d/with\\_stride | float32 | my\\_cnn | diverged |" in text


def test_markdown_of_somebody_elses_text_stays_in_its_cell() -> None:
    """A title or a message with bars and line breaks breaks no table."""
    text = markdown_report(Run({}, {}, (Result(replace(PASSED, case="a|b\nc")),)))
    assert "| a\\|b c | float64 |" in text
