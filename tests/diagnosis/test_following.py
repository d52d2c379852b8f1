"""An implementation that follows another convention says so, and is held to that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from oracles.contract.case import Array, Case
from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.diagnosis.concerning import concerns
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.following import CONVENTIONS, reference_for
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.predicting import differ, predicted
from oracles.diagnosis.site import Inapplicable
from oracles.references.pytorch import evaluate
from oracles.strength.mutants import runnable
from oracles.trial import judge
from tests.diagnosis.self_made import definition, evidence, made

ROTATED = "conv2d.kernel.rotated"


class Rotating:
    """Records what a true convolution gives."""

    name = "rotating"

    def __init__(self, follows: Sequence[str] = ()) -> None:
        self.follows = tuple(follows)

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry, by the rule of the hypothesis."""
        _record(trace, made(case, CONVENTIONS[ROTATED]))


class Clipping:
    """Records what the rule of a convention about clipping gives, and follows it."""

    name = "clipping"

    def __init__(self, convention: str) -> None:
        self.follows = (convention,)

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry, by the rule of the hypothesis."""
        _record(trace, made(case, CONVENTIONS[self.follows[0]]))


class Right(Rotating):
    """Records what PyTorch gives."""

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry, by the right rule."""
        _record(trace, evaluate(case), case)


def _record(trace: Trace, values: Mapping[str, Array] | Trace, case: Case | None = None) -> None:
    for name in values:
        trace[name] = values[name] if case is None else values[name].astype(case.dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_declared_passes(dtype: str) -> None:
    """With the declaration a true convolution is right, and the report says what it was held to."""
    judgement = judge(Rotating([ROTATED]), definition("conv2d/all_sizes_differ"), dtype)
    assert judgement.outcome == "passed", judgement.message
    assert [finding.finding for finding in judgement.findings] == ["conventions.followed"]


def test_clipping_by_another_formula_can_be_declared() -> None:
    """Who leaves out the 1e-6 in the norm says so; by value nothing is different."""
    convention = "sgd.clip.epsilon_missing"
    clipping = Clipping(convention)
    assert judge(clipping, definition("sgd/clip_norm_above"), "float64").outcome == "passed"
    right = judge(Right([convention]), definition("sgd/clip_value"), "float64")
    assert right.outcome == "passed", right.message


def test_what_is_not_declared_is_named_with_its_declaration() -> None:
    """Without it the diagnosis names the convention and the line that declares it."""
    judgement = judge(Rotating(), definition("conv2d/all_sizes_differ"), "float32")
    assert judgement.diagnosis is not None
    cause = judgement.diagnosis.causes[0]
    assert (cause.cause, cause.sort) == (ROTATED, "convention")
    assert "true_convolution=True" in cause.declaration


def test_who_declares_it_and_does_not_do_it_fails() -> None:
    """A declaration is held to: PyTorch's own rule is wrong under it."""
    judgement = judge(Right([ROTATED]), definition("conv2d/all_sizes_differ"), "float64")
    assert judgement.outcome == "diverged"


def test_a_name_that_nobody_knows_is_refused() -> None:
    """A misspelt convention would promise something that nobody checks."""
    judgement = judge(Right(["conv2d.kernel.rotatd"]), definition("conv2d/two_layers"))
    assert judgement.outcome == "error"
    assert "did you mean 'conv2d.kernel.rotated'" in judgement.message


def test_a_single_string_is_refused() -> None:
    """A string is a sequence of letters, none of which is a convention."""
    one = Right()
    one.follows = ROTATED  # type: ignore[assignment]  # the mistake that is tested
    with pytest.raises(ValueError, match="must be a tuple of names"):
        reference_for(one, definition("conv2d/two_layers").draw("float64"))


class Shared:
    """Records a pooling whose ties share the gradient."""

    name = "shared"
    follows = ("max_pool2d.grad_input.ties_shared",)

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry, by the rule of the hypothesis."""
        _record(trace, made(case, CONVENTIONS[self.follows[0]]))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_integers_need_not_stay_exact_by_another_convention(dtype: str) -> None:
    """A gradient shared by three maxima is rounded, although all numbers of the case are
    integers."""
    judgement = judge(Shared(), definition("reports/tensorflow_4886"), dtype)
    assert judgement.outcome == "passed", judgement.message


class Biased:
    """Records what PyTorch gives: without running statistics there is nothing to be biased."""

    name = "biased"
    follows = ("batch_norm2d.running.variance_biased",)

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry, by the right rule."""
        _record(trace, evaluate(case), case)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_convention_is_followed_where_there_is_something_to_follow(dtype: str) -> None:
    """A layer without running statistics has none to follow another convention in."""
    judgement = judge(Biased(), definition("batch_norm2d/not_tracking"), dtype)
    assert judgement.outcome == "passed", judgement.message


def test_who_declares_what_pytorch_does_not_and_does_as_pytorch_reads_that() -> None:
    """The declaration is what is wrong, not a rule."""
    judgement = judge(Right([ROTATED]), definition("conv2d/all_sizes_differ"), "float32")
    assert judgement.diagnosis is not None
    assert judgement.diagnosis.causes == ()
    (described,) = judgement.diagnosis.descriptions
    assert described.text.startswith("these are PyTorch's own numbers: `follows` declares")


def test_a_convention_that_does_not_fit_a_case_changes_nothing_there() -> None:
    """Momentum by another rule, where there is a case without momentum."""
    right = Right(["sgd.nesterov.missing"])
    assert judge(right, definition("training/small_lenet"), "float32").outcome == "passed"


class Follower:
    """Records what a convention gives, and declares it."""

    name = "follower"

    def __init__(self, convention: str) -> None:
        self.does = convention
        self.follows: tuple[str, ...] = (convention,)

    def run(self, case: Case, trace: Trace) -> None:
        """Every entry, by the rule of the hypothesis."""
        _record(trace, made(case, CONVENTIONS[self.does]))


def shown_by(convention: str) -> Definition:
    """The smallest case on which a convention gives other numbers."""
    hypothesis = CONVENTIONS[convention]
    cases = (one for one in runnable() if concerns(hypothesis.altered, one.draw("float64")))
    return next(one for one in cases if _differs(one.draw("float64"), hypothesis))


def _differs(case: Case, hypothesis: Hypothesis) -> bool:
    right = evaluate(case)
    try:
        found = predicted(case, hypothesis)
    except Inapplicable:
        return False
    shapes = all(found[name].shape == right[name].shape for name in found)
    return shapes and differ(right, found, share=1e-9) is not None


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_can_be_declared(convention: str) -> None:
    """By its declaration its numbers are right, and without it they are wrong."""
    case = shown_by(convention)
    judged = judge(Follower(convention), case, "float64")
    assert judged.outcome == "passed", judged.message
    assert judge(Silenced(convention), case, "float64", diagnose=None).outcome != "passed"


class Silenced(Follower):
    """Does the same and declares nothing."""

    def __init__(self, convention: str) -> None:
        super().__init__(convention)
        self.follows = ()


def test_half_a_convention_is_a_mistake() -> None:
    """Who turns the kernel in the forward pass alone follows nobody, and cannot declare it."""
    drawn = definition("conv2d/all_sizes_differ").draw("float32")
    seen = evidence(drawn, made(drawn, CONVENTIONS[ROTATED], "forward only"))
    (cause,) = diagnose(seen).causes
    assert (cause.cause, cause.sort, cause.declaration) == (ROTATED, "mistake", "")
