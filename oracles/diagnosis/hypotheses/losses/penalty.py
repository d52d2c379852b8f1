"""Penalties on parameters that are computed in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from oracles.contract import case as contract
from oracles.diagnosis.altered import Penalty
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

Parameters = Mapping[str, Tensor]


def _missing(site: Site, parameters: Parameters) -> Tensor:
    """There are no penalties."""
    needs(bool(site.case.penalties))
    return torch.zeros((), dtype=torch.float64)


def _half(site: Site, parameters: Parameters) -> Tensor:
    """The penalties have a factor of 1/2 that the case does not ask for."""
    return _total(site, parameters) / 2


def _double(site: Site, parameters: Parameters) -> Tensor:
    """The penalties have a factor of 2 that the case does not ask for."""
    return _total(site, parameters) * 2


def _gradient_halved(site: Site, parameters: Parameters) -> Tensor:
    """The derivative of factor * w ** 2 is taken for factor * w; the loss is right."""
    needs(any(penalty.type == "L2" for penalty in site.case.penalties))

    def half_steep(penalty: contract.Penalty, p: Tensor) -> Tensor:
        value = _sum(penalty, p)
        return (value + value.detach()) / 2 if penalty.type == "L2" else value

    return _total(site, parameters, one=half_steep)


def _on_biases(site: Site, parameters: Parameters) -> Tensor:
    """The penalties hold for the biases of these layers as well."""

    def with_biases(penalty: contract.Penalty) -> contract.Penalty:
        biases = (name.rpartition(".")[0] + ".bias" for name in penalty.parameters)
        names = dict.fromkeys((*penalty.parameters, *(b for b in biases if b in parameters)))
        return replace(penalty, parameters=tuple(names))

    return _total(site, parameters, with_biases)


def _not_on_biases(site: Site, parameters: Parameters) -> Tensor:
    """The penalties leave out the biases that they are asked for."""

    def without_biases(penalty: contract.Penalty) -> contract.Penalty:
        names = (name for name in penalty.parameters if not name.endswith(".bias"))
        return replace(penalty, parameters=tuple(names))

    return _total(site, parameters, without_biases)


def _not_divided(site: Site, parameters: Parameters) -> Tensor:
    """The penalties are not divided by a number of samples."""
    needs(any(penalty.per is not None for penalty in site.case.penalties))
    return _total(site, parameters, lambda penalty: replace(penalty, per=None))


def _divided_by_batch(site: Site, parameters: Parameters) -> Tensor:
    """The penalties are divided by the samples of the batch."""
    return _total(site, parameters, lambda penalty: replace(penalty, per="batch"))


def _divided_by_dataset(site: Site, parameters: Parameters) -> Tensor:
    """The penalties are divided by all samples there are."""
    return _total(site, parameters, lambda penalty: replace(penalty, per="dataset"))


def _sign(site: Site, parameters: Parameters) -> Tensor:
    """The penalties are subtracted."""
    return -_total(site, parameters)


def _absolute(site: Site, parameters: Parameters) -> Tensor:
    """Absolute values are summed where squares are asked for."""
    needs(any(penalty.type == "L2" for penalty in site.case.penalties))
    return _total(site, parameters, lambda penalty: replace(penalty, type="L1"))


def _squared(site: Site, parameters: Parameters) -> Tensor:
    """Squares are summed where absolute values are asked for."""
    needs(any(penalty.type == "L1" for penalty in site.case.penalties))
    return _total(site, parameters, lambda penalty: replace(penalty, type="L2"))


def _root(site: Site, parameters: Parameters) -> Tensor:
    """The norm of each parameter is taken, not its square."""
    needs(any(penalty.type == "L2" for penalty in site.case.penalties))

    def norm(penalty: contract.Penalty, p: Tensor) -> Tensor:
        value = _sum(penalty, p)
        return value.sqrt() if penalty.type == "L2" else value

    return _total(site, parameters, one=norm)


def _sum(penalty: contract.Penalty, p: Tensor) -> Tensor:
    return p.abs().sum() if penalty.type == "L1" else (p * p).sum()


def _total(
    site: Site,
    parameters: Parameters,
    other: Callable[[contract.Penalty], contract.Penalty] = lambda penalty: penalty,
    one: Callable[[contract.Penalty, Tensor], Tensor] = _sum,
) -> Tensor:
    """What the penalties add up to, each one replaced by another, or summed in another way."""
    needs(bool(site.case.penalties))
    total = torch.zeros((), dtype=torch.float64)
    for penalty in map(other, site.case.penalties):
        scale = penalty.factor / penalty.divisor(site.step, site.case)
        for name in penalty.parameters:
            total = total + scale * one(penalty, parameters[name])
    return total


_SHRINKS = (
    "Weights shrink all the same, and the loss falls: a gradient check agrees where loss and "
    "gradient have the same penalty."
)

HYPOTHESES = (
    Hypothesis(
        name="penalty.missing",
        title="the penalty is missing",
        altered=Penalty(_missing),
        why_unseen="Its gradient is small beside that of the data at the start of a training, and "
        "a gradient check agrees if it is missing in the loss as well.",
        fix="loss += factor * (w ** 2).sum(); grad_w += 2 * factor * w",
    ),
    Hypothesis(
        name="penalty.half",
        title="the penalty is half of what it should be",
        altered=Penalty(_half),
        why_unseen=_SHRINKS + " Many books write lambda / 2, so that the gradient is lambda * w.",
        fix="loss += factor * (w ** 2).sum(); grad_w += 2 * factor * w",
        evidence=("titu1994/DenseNet#57", "liuzhuang13/DenseNetCaffe#2"),
    ),
    Hypothesis(
        name="penalty.double",
        title="the penalty is twice what it should be",
        altered=Penalty(_double),
        why_unseen=_SHRINKS,
        fix="loss += factor * (w ** 2).sum(); grad_w += 2 * factor * w",
        evidence=("titu1994/DenseNet#57",),
    ),
    Hypothesis(
        name="penalty.gradient_halved",
        title="the gradient of the squared penalty lacks its factor 2",
        altered=Penalty(_gradient_halved),
        why_unseen="Weights shrink in the right direction, half as fast, and the loss is right. "
        "A gradient check sees it only if the penalty is in the loss that it differentiates.",
        fix="grad_w += 2 * factor * w",
        evidence=("titu1994/DenseNet#57",),
    ),
    Hypothesis(
        name="penalty.on_biases",
        title="the penalty is put on the biases as well",
        altered=Penalty(_on_biases),
        why_unseen=_SHRINKS + " Biases that start at 0 hide it in the first step.",
        fix="add the penalty of the parameters that are asked for: weights only",
        evidence=("autrainer/autrainer#166", "tensorflow/models#2755"),
    ),
    Hypothesis(
        name="penalty.not_on_biases",
        title="the penalty leaves out the biases",
        altered=Penalty(_not_on_biases),
        why_unseen=_SHRINKS + " Biases that start at 0 hide it in the first step.",
        fix="add the penalty of all parameters that are asked for, biases among them",
    ),
    Hypothesis(
        name="penalty.not_divided",
        title="the penalty is not divided by the number of samples",
        altered=Penalty(_not_divided),
        why_unseen=_SHRINKS + " A batch of one sample hides it.",
        fix="loss += factor / N * (w ** 2).sum(); grad_w += 2 * factor / N * w",
    ),
    Hypothesis(
        name="penalty.divided_by_batch",
        title="the penalty is divided by the samples of the batch",
        altered=Penalty(_divided_by_batch),
        why_unseen=_SHRINKS + " With all samples in one batch it is no different from a division "
        "by the samples there are; in smaller batches weights shrink faster.",
        fix="divide by what the case says: nothing, or the samples of the whole data set",
    ),
    Hypothesis(
        name="penalty.divided_by_dataset",
        title="the penalty is divided by all samples there are",
        altered=Penalty(_divided_by_dataset),
        why_unseen=_SHRINKS + " With all samples in one batch both divisors are the same.",
        fix="divide by what the case says: nothing, or the samples of the batch",
    ),
    Hypothesis(
        name="penalty.sign",
        title="the penalty is subtracted",
        altered=Penalty(_sign),
        why_unseen="Weights grow slowly, which is hardly seen beside what the data do to them, and "
        "a gradient check agrees.",
        fix="loss += factor * (w ** 2).sum(); grad_w += 2 * factor * w",
    ),
    Hypothesis(
        name="penalty.absolute",
        title="absolute values are penalised where squares should be",
        altered=Penalty(_absolute),
        why_unseen=_SHRINKS,
        fix="loss += factor * (w ** 2).sum(); grad_w += 2 * factor * w",
    ),
    Hypothesis(
        name="penalty.squared",
        title="squares are penalised where absolute values should be",
        altered=Penalty(_squared),
        why_unseen=_SHRINKS,
        fix="loss += factor * np.abs(w).sum(); grad_w += factor * np.sign(w)",
    ),
    Hypothesis(
        name="penalty.root",
        title="the norm of the weights is penalised, not its square",
        altered=Penalty(_root),
        why_unseen=_SHRINKS,
        fix="factor * (w ** 2).sum(), not factor * np.linalg.norm(w)",
    ),
)
