"""The steps of a case: which samples, which mode, which learning rates."""

from __future__ import annotations

from dataclasses import dataclass

from oracles.contract.case import Mode
from oracles.contract.document import Document, StepTable, Training
from oracles.contract.findings import Findings
from oracles.contract.limits import STEPS
from oracles.contract.tables import found


@dataclass(frozen=True)
class PlannedStep:
    """A step without its arrays. `lr` is what the step itself says."""

    index: int
    mode: Mode
    backward: bool
    samples: tuple[int, ...]
    lr: float | None


def plan_steps(document: Document, samples: int, findings: Findings) -> tuple[PlannedStep, ...]:
    """All steps; one train step over all samples where the file says nothing."""
    if document.training is not None and document.steps is not None:
        findings.add(("steps",), "a case has [training] or [[steps]], not both")
        return ()
    if document.training is not None:
        return _batches(document.training, samples, findings)
    if document.steps is not None:
        return _written_out(document.steps, samples, findings)
    return (PlannedStep(0, "train", True, tuple(range(samples)), None),)


def _batches(training: Training, samples: int, findings: Findings) -> tuple[PlannedStep, ...]:
    size = samples if training.batch_size is None else training.batch_size
    if not 1 <= size <= samples:
        text = f"must be between 1 and the {samples} samples of the input, got {found(size)}"
        findings.add(("training", "batch_size"), text)
    if not 1 <= training.steps <= STEPS:
        text = f"must be between 1 and {STEPS:,}, got {found(training.steps)}"
        findings.add(("training", "steps"), text)
    if not (1 <= size <= samples and 1 <= training.steps <= STEPS):
        return ()
    batches = [tuple(range(start, min(start + size, samples))) for start in range(0, samples, size)]
    return tuple(
        PlannedStep(k, "train", True, batches[k % len(batches)], None)
        for k in range(training.steps)
    )


def _written_out(
    steps: tuple[StepTable, ...], samples: int, findings: Findings
) -> tuple[PlannedStep, ...]:
    if not 1 <= len(steps) <= STEPS:
        findings.add(("steps",), f"there must be 1 to {STEPS:,} steps, got {len(steps):,}")
        return ()
    everything = tuple(range(samples))
    return tuple(_step(k, step, everything, findings) for k, step in enumerate(steps))


def _step(k: int, step: StepTable, everything: tuple[int, ...], findings: Findings) -> PlannedStep:
    key, samples = ("steps", k), len(everything)
    chosen = everything if step.samples is None else step.samples
    if not chosen:
        findings.add((*key, "samples"), "must not be empty")
    for i, sample in enumerate(chosen):
        if not 0 <= sample < samples:
            text = f"must be between 0 and {samples - 1}, the samples of the input"
            findings.add((*key, "samples", i), f"{text}, got {found(sample)}")
    if step.mode == "train" and step.backward is False:
        findings.add((*key, "backward"), "a train step always computes gradients: leave it out")
    if step.mode == "eval" and step.lr is not None:
        findings.add((*key, "lr"), "an eval step updates nothing: it has no learning rate")
    return PlannedStep(k, step.mode, step.mode == "train" or bool(step.backward), chosen, step.lr)
