"""How hypotheses are tried and weighed: what a person relies on who believes the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from oracles.contract.case import Array
from oracles.contract.trace import Trace
from oracles.diagnosis.altered import Forward
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.table import HYPOTHESES, hypothesis
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence, made
from tests.mutants.network import Mutable

ROTATED = hypothesis("conv2d.kernel.rotated")
WEIGHT = hypothesis("conv2d.grad_weight.rotated")
NET = "training/small_lenet"

Change = Callable[[Array], Array]


def recorded(case: str, changes: Mapping[str, Change], dtype: str = "float32") -> Trace:
    """A right run in which some entries are changed, nothing behind them."""
    drawn = definition(case).draw(dtype)
    trace = Trace(drawn)
    for name, value in evaluate(drawn).items():
        array = np.array(value)
        trace[name] = changes.get(name, np.asarray)(array).astype(dtype)
    return trace


def answer(case: str, trace: Trace, hypotheses: Sequence[Hypothesis] = HYPOTHESES) -> Any:
    """The diagnosis of a trace."""
    drawn = definition(case).draw(str(next(iter(trace._arrays.values())).dtype))
    return diagnose(evidence(drawn, trace), hypotheses)


def only(trace: Trace, kept: Callable[[str], bool]) -> Trace:
    """The same run with fewer entries exposed."""
    less = Trace.__new__(Trace)
    less.__dict__.update(trace.__dict__)
    less._arrays = {name: array for name, array in trace._arrays.items() if kept(name)}
    return less


def test_nothing_wrong_is_no_diagnosis() -> None:
    """A right run has no causes, and nothing is tried on it."""
    found = answer(NET, recorded(NET, {}))
    assert (found.causes, found.tried) == ((), 0)


def test_two_faults_are_both_named() -> None:
    """A dense layer without its bias does not hide a convolution with a wrong gradient."""
    case = definition(NET)
    trace = Trace(case.draw("float32"))
    Mutable("linear: bias missing", "conv2d: grad_weight rotated").run(case.draw("float32"), trace)
    found = answer(NET, trace)
    assert {cause.cause for cause in found.causes} == {WEIGHT.name, "linear.bias.missing"}
    assert found.unexplained == ()


def test_what_no_cause_explains_stays_unexplained() -> None:
    """A cause that explains a part is not certain, and the rest is said."""
    changes: dict[str, Change] = {
        "step1.gradient.conv1.bias": lambda array: np.asarray(np.cos(array)),
        **{
            f"step{k}.gradient.conv{i}.weight": lambda array: np.flip(array, (2, 3))
            for k in range(4)
            for i in (1, 2)
        },
    }
    found = answer(NET, recorded(NET, changes), (WEIGHT,))
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(WEIGHT.name, "likely")]
    assert "step1.gradient.conv1.bias" in found.unexplained


def test_one_layer_alone_is_told() -> None:
    """A mistake in one of two convolutions is named with the layer it is in."""
    drawn = definition(NET).draw("float32")
    found = answer(NET, made(drawn, WEIGHT, layers={"conv2"}))
    assert [(cause.cause, cause.layers) for cause in found.causes] == [(WEIGHT.name, ("conv2",))]
    assert found.causes[0].certainty == "certain"


@pytest.mark.parametrize("variant", ["forward only", "backward only"])
def test_half_a_mistake_is_told(variant: Any) -> None:
    """Where the other half of the pair is right, the answer says which half is not."""
    case = "conv2d/all_sizes_differ"
    drawn = definition(case).draw("float32")
    found = answer(case, made(drawn, ROTATED, variant))
    assert [(cause.cause, cause.variant) for cause in found.causes] == [(ROTATED.name, variant)]


def test_a_cause_is_found_behind_what_is_hidden() -> None:
    """Loss and updated parameters are enough."""
    drawn = definition(NET).draw("float32")
    seen = only(made(drawn, WEIGHT), lambda name: ".loss" in name or ".update." in name)
    found = answer(NET, seen)
    assert [cause.cause for cause in found.causes] == [WEIGHT.name]


def test_who_is_as_good_is_a_tie() -> None:
    """Two names for the same numbers are both said, and neither is certain."""
    twin = replace(WEIGHT, name="conv2d.grad_weight.twin")
    case = "conv2d/all_sizes_differ"
    drawn = definition(case).draw("float32")
    (cause,) = answer(case, made(drawn, WEIGHT), (WEIGHT, twin)).causes
    assert {cause.cause, *(tie.cause for tie in cause.ties)} == {WEIGHT.name, twin.name}
    assert cause.certainty == "likely"


def test_one_number_alone_is_never_certain() -> None:
    """Any wrong number is predicted by some rule."""
    case = "losses/mse/sum"

    def summed(site: Site, prediction: torch.Tensor) -> torch.Tensor:
        """Half of it."""
        return torch.sum((prediction - site.target) ** 2) / 2

    from oracles.diagnosis.altered import Loss

    rule = Hypothesis("loss.summed", "", Loss(("MSELoss",), summed), "", "")
    drawn = definition(case).draw("float32")
    trace = only(made(drawn, rule), lambda name: name.endswith(".loss") and "backward" not in name)
    (cause,) = answer(case, trace, (rule,)).causes
    assert cause.certainty == "possible"


def test_a_hypothesis_that_raises_is_shown() -> None:
    """It is a fault of the harness, with its name; the rest of the diagnosis goes on."""

    def broken(site: Site, inputs: Any, parameters: Any) -> torch.Tensor:
        """Raises."""
        raise TypeError("slice indices must be integers")

    raises = Hypothesis("conv2d.broken", "", Forward("Conv2d", broken), "", "")
    case = "conv2d/all_sizes_differ"
    drawn = definition(case).draw("float32")
    found = answer(case, made(drawn, WEIGHT), (raises, WEIGHT))
    assert [(fault.cause, fault.message) for fault in found.faults] == [
        ("conv2d.broken", "TypeError: slice indices must be integers")
    ]
    assert [cause.cause for cause in found.causes] == [WEIGHT.name]


def test_what_there_is_no_time_for_is_counted() -> None:
    """A search without time says what it has not tried."""
    case = "conv2d/all_sizes_differ"
    drawn = definition(case).draw("float32")
    found = diagnose(evidence(drawn, made(drawn, WEIGHT)), budget=0.0)
    assert found.tried == 0
    assert found.untried > 0
    assert found.unexplained


def test_a_rule_that_changes_what_is_right_is_ruled_out() -> None:
    """A near miss is told with what speaks against it."""
    case = "conv2d/all_sizes_differ"
    drawn = definition(case).draw("float32")
    found = answer(case, made(drawn, WEIGHT), (WEIGHT, ROTATED))
    assert [(rival.cause, "is right" in rival.why) for rival in found.ruled_out] == [
        (ROTATED.name, True)
    ]
