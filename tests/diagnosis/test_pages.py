"""The page of each known mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from torch import Tensor

from oracles.contract.definition import Definition
from oracles.diagnosis import pages as module
from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypotheses.table import HYPOTHESES, hypothesis
from oracles.diagnosis.pages import FOLDER, index, main, page, pages, stale, write
from oracles.diagnosis.showing import Example, Showcase
from oracles.diagnosis.site import Site
from tests.diagnosis.self_made import definition

ROTATED = hypothesis("conv2d.kernel.rotated")
GRADIENT = hypothesis("conv2d.grad_weight.rotated")
SHOWN = Example(
    case="conv2d/valid",
    title="no * padding",
    dtype="float64",
    entry="step0.forward.conv",
    place="[0, 1, 0:1, 0:2]",
    right=(("1.5", "-2"),),
    wrong=(("1.5", "0"),),
    shapes=((1, 2, 1, 2), (1, 2, 1, 2)),
)


def _raises(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """It raises."""
    raise ValueError("no such axis")


def _one_row(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Only the first row of the output is there."""
    return convolved(site, inputs[0], parameters)[..., :1, :]


@cache
def _definitions() -> tuple[Definition, ...]:
    return tuple(map(definition, ("reports/scipy_convolve2d", "conv2d/valid", "linear/generic")))


def test_pages_are_as_they_would_be_written() -> None:
    """Who changes a hypothesis writes the pages again: python -m oracles.diagnosis.pages."""
    assert stale(pages(HYPOTHESES), FOLDER) == []


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("# The kernel is rotated by 180 degrees", id="title"),
        pytest.param("`conv2d.kernel.rotated`, a convention other than PyTorch's", id="name, sort"),
        pytest.param("> The kernel is rotated by 180 degrees before it slides", id="claim"),
        pytest.param("[conv2d/valid](../../cases/conv2d/valid.case.toml)", id="case"),
        pytest.param(r"no \* padding", id="signs mean themselves"),
        pytest.param("`step0.forward.conv[0, 1, 0:1, 0:2]`", id="entry"),
        pytest.param("PyTorch\n  1.5   -2\n\nwith this mistake\n  1.5    0\n", id="numbers"),
        pytest.param("a gradient check passes", id="why unseen"),
        pytest.param("oracles.from_layers(..., true_convolution=True)", id="declaration"),
        pytest.param("`conv2d.true_convolution` in [conventions.md]", id="convention"),
        pytest.param("weight[o, c, u, v]", id="fix"),
        pytest.param("- <https://stackoverflow.com/questions/40247760>", id="evidence"),
    ],
)
def test_page_says(part: str) -> None:
    """Everything that a hypothesis knows, and what it looks like."""
    assert part in page(ROTATED, SHOWN)


def test_issue_is_a_link() -> None:
    """Who wants to read about it gets there."""
    link = "[FluxML/NNlib.jl#518](https://github.com/FluxML/NNlib.jl/issues/518)"
    assert link in page(GRADIENT, SHOWN)


def test_mistake_has_nothing_to_declare() -> None:
    """Only a convention can be accepted."""
    assert "Declare" not in page(GRADIENT, SHOWN)


def test_page_without_example_says_so() -> None:
    """Some mistakes show on large cases alone."""
    assert "No small bundled case shows it." in page(ROTATED, None)


def test_another_shape_is_said() -> None:
    """Numbers side by side would mislead."""
    shown = replace(SHOWN, shapes=((1, 2, 1, 2), (1, 2, 1, 1)))
    assert "The shape is (1, 2, 1, 1) in place of (1, 2, 1, 2)." in page(ROTATED, shown)


def test_example_is_the_smallest_case_with_more_than_a_number() -> None:
    """One number shows that something is wrong, and not what."""
    found = Showcase(_definitions()).example(ROTATED)
    assert found is not None
    assert (found.case, found.entry) == ("conv2d/valid", "step0.forward.conv")
    assert len(found.right) > 1
    assert found.right != found.wrong


def test_one_number_is_better_than_none() -> None:
    """Where every case has only one."""
    found = Showcase(_definitions()[:1]).example(ROTATED)
    assert found is not None
    assert (found.case, found.right, found.wrong) == (
        "reports/scipy_convolve2d",
        (("14",),),
        (("10",),),
    )


def test_no_case_of_the_operation_is_no_example() -> None:
    """A mistake in a convolution is not looked for in a dense layer."""
    assert Showcase(_definitions()[2:]).example(ROTATED) is None


def test_output_of_another_shape_is_an_example() -> None:
    """The shape is what is wrong."""
    shorter = replace(ROTATED, altered=Forward("Conv2d", _one_row))
    found = Showcase(_definitions()).example(shorter)
    assert found is not None
    assert found.shapes[0] != found.shapes[1]


def test_hypothesis_that_raises_is_named() -> None:
    """With the case on which it does."""
    broken = replace(ROTATED, name="conv2d.broken", altered=Forward("Conv2d", _raises))
    with pytest.raises(RuntimeError, match=r"conv2d\.broken raised on reports/scipy_convolve2d"):
        Showcase(_definitions()).example(broken)


def test_index_is_by_area() -> None:
    """Each cause is a row under its area."""
    relu = replace(ROTATED, name="relu.identity", title="nothing is cut off", sort="mistake")
    text = index([GRADIENT, ROTATED, relu])
    areas = [line for line in text.splitlines() if line.startswith("## ")]
    assert areas == ["## conv2d", "## relu"]
    assert "| [relu.identity](relu.identity.md) | nothing is cut off |  |" in text


def test_stale_pages_are_named(tmp_path: Path) -> None:
    """Missing, changed, and about nothing any more."""
    wanted = {"a.md": "a\n", "b.md": "b\n", "c.md": "c\n"}
    write({**wanted, "old.md": "o\n"}, tmp_path)
    (tmp_path / "a.md").unlink()
    (tmp_path / "b.md").write_text("changed")
    assert stale(wanted, tmp_path) == ["a.md", "b.md", "old.md"]
    write(wanted, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "b.md", "c.md"]


def test_check_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For CI: status 1 and the names of what is stale."""
    monkeypatch.setattr(module, "HYPOTHESES", (GRADIENT,))
    assert main([str(tmp_path), "--check"]) == 1
    assert "stale: conv2d.grad_weight.rotated.md" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
