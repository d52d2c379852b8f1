"""Where gradients start: the loss with its target, or an upstream gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from oracles.contract.arrays import Labels, SideFile, Values
from oracles.contract.document import Document
from oracles.contract.fill_tables import ClassesFill
from oracles.contract.fills import Floats, Shape
from oracles.contract.losses import CrossEntropyLoss, Loss
from oracles.contract.operands import Operand, Resolver
from oracles.contract.schedule import PlannedStep
from oracles.contract.tables import KeyPath

TargetKind = Literal["labels", "one-hot", "numbers"]


@dataclass(frozen=True)
class Objective:
    """What the output of the network is compared with, or multiplied by.

    kind     what the target holds: labels as they are, labels to be made one-hot, or numbers
    weights  {"weight": ..., "pos_weight": ...} of the loss
    """

    loss: Loss | None = None
    target: Operand | None = None
    kind: TargetKind = "numbers"
    weights: dict[str, Operand] = field(default_factory=dict)
    upstream: Operand | None = None


def plan_objective(
    document: Document,
    output: Shape | None,
    samples: int,
    steps: tuple[PlannedStep, ...],
    resolver: Resolver,
) -> Objective:
    """`output` is the shape of the prediction of one sample, None where it is not known."""
    loss, upstream, findings = document.loss, document.upstream, resolver.findings
    if loss is not None and upstream is not None:
        text = "a case has [loss] or [upstream]; the upstream gradient of a loss with "
        findings.add(("upstream",), text + 'reduction = "none" is `upstream` inside [loss]')
    backward = any(step.backward for step in steps) and not findings.refused
    if loss is None and upstream is None and backward:
        findings.add(
            (), "there is neither [loss] nor [upstream]: gradients have nothing to start from"
        )
    if loss is not None:
        return _loss(loss, output, samples, resolver)
    if upstream is None or output is None:
        return Objective()
    shape = (samples, *output)
    return Objective(upstream=resolver.operand(("upstream",), "upstream", upstream, shape))


def one_hot(labels: Floats, classes: int) -> Floats:
    """1 at the label, 0 elsewhere, classes along axis 1."""
    hot = labels[:, None] == np.arange(classes).reshape(-1, *(1,) * (labels.ndim - 1))
    return np.asarray(hot, dtype=np.float64)


def check_labels(
    objective: Objective, output: Shape, steps: tuple[PlannedStep, ...]
) -> Iterator[tuple[KeyPath, str]]:
    """Problems of the labels of a target that has some."""
    target, loss = objective.target, objective.loss
    if target is None or objective.kind == "numbers" or loss is None:
        return
    labels, key = target.whole(), _numbers_key(target)
    ignore = loss.ignore_index if isinstance(loss, CrossEntropyLoss) else None
    ignored = labels == ignore if ignore is not None else np.zeros(labels.shape, dtype=bool)
    wrong = ~ignored & ~((labels >= 0) & (labels < output[0]) & (labels == np.floor(labels)))
    for index in np.argwhere(wrong)[:3]:
        label = labels[tuple(index)]
        also = f", or ignore_index = {ignore}" if ignore is not None else ""
        text = f"labels are integers from 0 to {output[0] - 1} for {output[0]} classes{also}"
        shown = int(label) if label == np.floor(label) else float(label)
        yield key, f"{text}, got {shown} at {tuple(map(int, index))}"
    if loss.reduction == "mean" and objective.kind == "labels" and not wrong.any():
        yield from _check_mean(objective, labels, ignored, steps)


def _check_mean(
    objective: Objective, labels: Floats, ignored: Any, steps: tuple[PlannedStep, ...]
) -> Iterator[tuple[KeyPath, str]]:
    """The mean of cross-entropy divides by the weights of the labels that count."""
    weights = np.ones(int(labels.max(initial=0)) + 1)
    if "weight" in objective.weights:
        weights = objective.weights["weight"].whole()
    counted = np.where(ignored, 0.0, weights[np.where(ignored, 0, labels).astype(np.int64)])
    for step in steps:
        if counted[list(step.samples)].sum() == 0:
            text = f"the labels of step {step.index} are ignored or weigh nothing"
            yield ("loss", "target"), f"{text}: the mean is 0 / 0"
            return


def _numbers_key(operand: Operand) -> KeyPath:
    return (*operand.key, "classes") if isinstance(operand.form, Labels) else operand.key


def _loss(loss: Loss, output: Shape | None, samples: int, resolver: Resolver) -> Objective:
    findings = resolver.findings
    findings.values(("loss",), loss.check())
    for i, penalty in enumerate(loss.penalty):
        findings.values(("loss", "penalty", i), penalty.check())
    if loss.reduction == "none" and loss.upstream is None:
        text = 'missing: with reduction = "none" the loss is no scalar, and gradients start from '
        findings.add(("loss", "upstream"), text + "`upstream`, an array shaped like the loss")
    if loss.reduction != "none" and loss.upstream is not None:
        text = f'only with reduction = "none", got reduction = "{loss.reduction}"'
        findings.add(("loss", "upstream"), text)
    if loss.target is None:
        findings.add(("loss", "target"), "missing: the array that the output is compared with")
    if output is None:
        return Objective(loss)
    if loss.reads_labels and not output:
        findings.value(("loss",), f"{loss.type} reads (N, C, ...), got {output}")
        return Objective(loss)
    target, kind = _target(loss, output, samples, resolver)
    return Objective(
        loss,
        target,
        kind,
        _weights(loss, output, resolver),
        _upstream(loss, output, samples, resolver),
    )


def _target(
    loss: Loss, output: Shape, samples: int, resolver: Resolver
) -> tuple[Operand | None, TargetKind]:
    form, key = loss.target, ("loss", "target")
    if form is None:
        return None, "numbers"
    whole, labels = (samples, *output), (samples, *output[1:])
    if isinstance(form, Labels | ClassesFill):
        operand = resolver.operand(key, "target", form, labels, classes=output[0])
        return operand, "labels" if loss.reads_labels else "one-hot"
    if loss.reads_labels and _looks_like(form, labels, resolver):
        return resolver.operand(key, "target", form, labels), "labels"
    operand = resolver.operand(key, "target", form, whole)
    if isinstance(loss, CrossEntropyLoss) and operand is not None and loss.ignore_index >= 0:
        text = "only for class labels, and the target holds probabilities"
        resolver.findings.value(("loss", "ignore_index"), text)
    return operand, "numbers"


def _looks_like(form: Any, labels: Shape, resolver: Resolver) -> bool:
    """Whether a target is class labels: it has an axis less than the prediction."""
    if isinstance(form, Values):
        shape = form.shape if form.shape is not None else form.values.shape
        return len(shape) == len(labels)
    if isinstance(form, SideFile):
        file = resolver.opened(form)
        return file is not None and len(file.shape) == len(labels)
    return False


def _weights(loss: Loss, output: Shape, resolver: Resolver) -> dict[str, Operand]:
    weights = {}
    for name in loss.weights:
        form = getattr(loss, name)
        if form is None:
            continue
        expected = loss.weight_shape(output)
        own = resolver.shape_of(form)
        if not isinstance(loss, CrossEntropyLoss) and own is not None and _fits(own, expected):
            expected = own
        operand = resolver.operand(("loss", name), f"loss.{name}", form, expected)
        if operand is not None:
            weights[name] = operand
    return weights


def _fits(shape: Shape, sample: Shape) -> bool:
    """Whether an array of this shape broadcasts over one sample."""
    if len(shape) > len(sample):
        return False
    pairs = zip(reversed(shape), reversed(sample), strict=False)
    return all(size in (1, whole) for size, whole in pairs)


def _upstream(loss: Loss, output: Shape, samples: int, resolver: Resolver) -> Operand | None:
    if loss.upstream is None or loss.reduction != "none":
        return None
    shape = (samples, *loss.unreduced_shape(output))
    return resolver.operand(("loss", "upstream"), "upstream", loss.upstream, shape)
