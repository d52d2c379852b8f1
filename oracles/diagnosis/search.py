"""Which hypotheses explain something of a run, and where."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from oracles.diagnosis.altered import (
    Backward,
    Clip,
    Course,
    Forward,
    Loss,
    LossGradient,
    Penalty,
    Precision,
    Prepare,
    State,
    Update,
)
from oracles.diagnosis.concerning import concerns, layers_of
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.weighing import Candidate, Weighed, weigh
from oracles.judging.diagnosis import HypothesisFault, Variant

Place = tuple[str, ...]
"""Names of the layers in which a rule is altered."""

_VARIANTS: tuple[Variant, ...] = ("", "forward only", "backward only")


@dataclass
class Search:
    """What was tried on a run, and what came of it.

    weighed   candidates that explain something
    near      those that explain nothing, or are contradicted, by how many bounds they miss
    """

    evidence: Evidence
    budget: float
    weighed: list[Weighed] = field(default_factory=list)
    near: list[Weighed] = field(default_factory=list)
    faults: dict[str, HypothesisFault] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    untried: set[str] = field(default_factory=set)
    _done: set[Candidate] = field(default_factory=set)
    _began: float = field(default_factory=time.process_time)

    @property
    def out_of_time(self) -> bool:
        """Whether the budget is spent."""
        return time.process_time() - self._began > self.budget

    def over(self, hypotheses: Iterable[Hypothesis]) -> None:
        """Try hypotheses: first where something is wrong, then where something is hidden that what
        is wrong may come from: a gradient that is not exposed may be as wrong as the update."""
        known = tuple(hypotheses)
        self._pass(known, hidden=False)
        if self.evidence.hidden_before:
            self._pass(known, hidden=True)
        if not self.complete:
            self._precisions(known)

    @property
    def complete(self) -> bool:
        """Whether every wrong entry is explained by something that nothing speaks against."""
        explained = {name for one in self.weighed if not one.contradicted for name in one.explained}
        return explained >= set(self.evidence.failing)

    def _precisions(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Other rounding, for what no other rule explains."""
        explained = {name for one in self.weighed for name in one.explained}
        left = [name for name in self.evidence.failing if name not in explained]
        for hypothesis in hypotheses:
            if isinstance(hypothesis.altered, Precision) and self.out_of_time:
                self.untried.add(hypothesis.name)
            elif isinstance(hypothesis.altered, Precision):
                self.tried.add(hypothesis.name)
                with self._faults_of(hypothesis):
                    found = hypothesis.altered.rule(self.evidence, left)
                    if found:
                        self.weighed.append(Weighed(Candidate(hypothesis), explained=found))

    @contextmanager
    def _faults_of(self, hypothesis: Hypothesis) -> Iterator[None]:
        """A fault of a hypothesis is a fault of ours, shown as one; others go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001
            message = f"{type(error).__name__}: {error}"
            self.faults[hypothesis.name] = HypothesisFault(hypothesis.name, message)

    def _pass(self, hypotheses: Sequence[Hypothesis], *, hidden: bool) -> None:
        for hypothesis in hypotheses:
            if self.out_of_time:
                self.untried.add(hypothesis.name)
                continue
            with self._faults_of(hypothesis):
                places = _places(hypothesis, self.evidence, hidden=hidden)
                if places:
                    self._in_places(hypothesis, places, hidden=hidden)

    def _in_places(self, hypothesis: Hypothesis, places: Sequence[Place], *, hidden: bool) -> None:
        """Each layer by itself, and, where that explains something, all layers of the type. Behind
        hidden entries the effects of all layers come together, and these are tried first."""
        everywhere = layers_of(hypothesis.altered, self.evidence.case)
        if hidden and len(everywhere) > 1 and self._variants(hypothesis, everywhere):
            return
        found = [self._variants(hypothesis, place) for place in places]
        if any(found) and len(everywhere) > 1:
            self._variants(hypothesis, everywhere, patient=True)

    def _variants(self, hypothesis: Hypothesis, layers: Place, *, patient: bool = False) -> bool:
        """Both halves of a rule, and each alone; whether one of these explains something."""
        tried = [
            self._try(Candidate(hypothesis, layers, variant), patient=patient)
            for variant in _variants(hypothesis)
        ]
        return any(tried)

    def _try(self, candidate: Candidate, *, patient: bool = False) -> bool:
        if candidate in self._done:
            return False
        if self.out_of_time:
            self.untried.add(candidate.hypothesis.name)
            return False
        self._done.add(candidate)
        self.tried.add(candidate.hypothesis.name)
        weighed = weigh(self.evidence, candidate, patient=patient)
        if weighed.explained:
            self.weighed.append(weighed)
        elif weighed.missed or weighed.contradicted:
            self.near.append(weighed)
        return bool(weighed.explained)


def _variants(hypothesis: Hypothesis) -> tuple[Variant, ...]:
    two_halves = isinstance(hypothesis.altered, Forward | Loss | Penalty)
    return _VARIANTS if two_halves else ("",)


def _places(hypothesis: Hypothesis, evidence: Evidence, *, hidden: bool) -> list[Place]:
    """Where a hypothesis could explain something: each layer of its type in which an entry is wrong
    (`hidden`: or not exposed); one place without layers for what is not about a layer."""
    suspects = evidence.suspects(hidden=hidden)
    altered = hypothesis.altered
    kinds = _KINDS.get(type(altered), ())
    if isinstance(altered, Forward | Backward | State):
        names = layers_of(altered, evidence.case)
        return [(name,) for name in names if any((kind, name) in suspects for kind in kinds)]
    concerned = concerns(altered, evidence.case) and any(kind in suspects for kind in kinds)
    return [()] if concerned else []


_KINDS: dict[type, tuple[str, ...]] = {
    Forward: ("forward", "backward", "gradient"),
    Backward: ("backward", "gradient"),
    State: ("state",),
    Loss: ("loss", "loss_gradient"),
    LossGradient: ("loss_gradient",),
    Penalty: ("loss", "gradient"),
    Clip: ("clipped",),
    Update: ("optimizer", "update"),
    Prepare: ("input",),
    Course: ("forward", "state", "backward", "gradient", "update", "optimizer", "loss_gradient"),
}
"""Kinds of entries that a rule changes where it is applied; none where it changes no rule."""
