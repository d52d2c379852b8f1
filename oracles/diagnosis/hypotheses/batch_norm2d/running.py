"""Batch norms that remember other statistics. Output and gradients in train mode are right."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.altered import State, StateRule
from oracles.diagnosis.hypotheses.batch_norm2d import normalising as n
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

Buffers = Mapping[str, Array]


def _in_train(rule: StateRule) -> StateRule:
    """The rule in train mode; in eval mode buffers stay as they are."""

    @wraps(rule)
    def in_train(site: Site, right: Buffers) -> dict[str, Array]:
        assert site.call is not None
        return rule(site, right) if site.call.mode == "train" else {}

    return in_train


def _moved_in_eval(site: Site, right: Buffers) -> dict[str, Array]:
    """Running statistics move in eval mode as well, towards those of the batch."""
    return _moved(site, right, n.momentum(site))


def _inverted(site: Site, right: Buffers) -> dict[str, Array]:
    """Momentum is the weight of what was there before: momentum * running + (1 - momentum) *
    batch."""
    needs(site.attributes["momentum"] is not None)
    return _moved(site, right, 1 - n.momentum(site))


def _default(site: Site, right: Buffers) -> dict[str, Array]:
    """Momentum is 0.1, whatever the layer was given."""
    needs(site.attributes["momentum"] not in (None, 0.1))
    return _moved(site, right, 0.1)


def _none_ignored(site: Site, right: Buffers) -> dict[str, Array]:
    """Without a momentum, running statistics are moved by 0.1, not averaged over all batches."""
    needs(site.attributes["momentum"] is None)
    return _moved(site, right, 0.1)


def _cumulative(site: Site, right: Buffers) -> dict[str, Array]:
    """Running statistics are the mean over all batches so far, whatever the momentum."""
    assert site.call is not None
    needs(site.attributes["momentum"] is not None)
    return _moved(site, right, 1 / (site.call.batches + 1))


def _cumulative_late(site: Site, right: Buffers) -> dict[str, Array]:
    """Without a momentum, the mean over all batches counts the initial values as one more batch."""
    assert site.call is not None
    needs(site.attributes["momentum"] is None)
    return _moved(site, right, 1 / (site.call.batches + 2))


def _twice(site: Site, right: Buffers) -> dict[str, Array]:
    """Running statistics are moved twice by each batch."""
    return _moved(site, right, 1 - (1 - n.momentum(site)) ** 2)


def _mean_of_squares(site: Site, right: Buffers) -> dict[str, Array]:
    """running_var takes the mean of the squares, without the mean subtracted."""
    return _variance(site, right, np.asarray((_image(site) ** 2).mean(n.CHANNELS)))


def _replaced(site: Site, right: Buffers) -> dict[str, Array]:
    """Running statistics are those of the last batch alone."""
    return _moved(site, right, 1.0)


def _frozen(site: Site, right: Buffers) -> dict[str, Array]:
    """Running statistics stay as they were."""
    return _moved(site, right, 0.0)


def _mean_frozen(site: Site, right: Buffers) -> dict[str, Array]:
    """running_mean stays as it was."""
    return {"running_mean": _moved(site, right, 0.0)["running_mean"]}


def _variance_frozen(site: Site, right: Buffers) -> dict[str, Array]:
    """running_var stays as it was."""
    return {"running_var": _moved(site, right, 0.0)["running_var"]}


def _biased(site: Site, right: Buffers) -> dict[str, Array]:
    """running_var takes the biased variance of the batch, divided by m, not by m - 1."""
    return _variance(site, right, _spread(site, 0))


def _deviation(site: Site, right: Buffers) -> dict[str, Array]:
    """running_var takes the standard deviation of the batch, the root of the unbiased variance."""
    return _variance(site, right, np.sqrt(_spread(site, 1)))


def _biased_deviation(site: Site, right: Buffers) -> dict[str, Array]:
    """running_var takes the standard deviation of the batch, the root of the biased variance."""
    return _variance(site, right, np.sqrt(_spread(site, 0)))


def _eps_added(site: Site, right: Buffers) -> dict[str, Array]:
    """running_var takes the unbiased variance of the batch plus eps."""
    return _variance(site, right, _spread(site, 1) + site.attributes["eps"])


def _moved(site: Site, right: Buffers, part: float) -> dict[str, Array]:
    """Both running statistics, moved by `part` towards those of the batch."""
    assert site.call is not None
    needs(bool(right))
    batch = {"running_mean": _image(site).mean(n.CHANNELS), "running_var": _spread(site, 1)}
    old = {name: np.asarray(array, np.float64) for name, array in site.call.buffers.items()}
    return {name: (1 - part) * old[name] + part * batch[name] for name in old}


def _variance(site: Site, right: Buffers, batch: Array) -> dict[str, Array]:
    assert site.call is not None
    needs(bool(right))
    part, old = n.momentum(site), np.asarray(site.call.buffers["running_var"], np.float64)
    return {"running_var": (1 - part) * old + part * batch}


def _spread(site: Site, ddof: int) -> Array:
    """The variance of every channel of the batch."""
    return np.asarray(_image(site).var(n.CHANNELS, ddof=ddof))


def _image(site: Site) -> Array:
    assert site.call is not None
    return np.asarray(site.call.inputs[0], dtype=np.float64)


_FIX = "running = (1 - momentum) * running + momentum * batch"
_VARIANCE = "running_var = (1 - momentum) * running_var + momentum * x.var(axis=(0, 2, 3), ddof=1)"
_TRAINING = "Training does not use running statistics: output and gradients are right."

HYPOTHESES = (
    Hypothesis(
        name="batch_norm2d.running.momentum_inverted",
        title="momentum is taken for the weight of the old running statistics",
        altered=State("BatchNorm2d", _in_train(_inverted)),
        why_unseen=_TRAINING + " With 0.5 it is the same, and after many steps nearly so. "
        "TensorFlow, Keras and ONNX mean it this way.",
        fix=_FIX,
        evidence=("lukemelas/EfficientNet-PyTorch#3", "pytorch/examples#289"),
        sort="convention",
        declaration='follows = ("batch_norm2d.running.momentum_inverted",)',
        convention="batch_norm.momentum",
    ),
    Hypothesis(
        name="batch_norm2d.running.momentum_default",
        title="the running statistics move by 0.1, whatever the momentum",
        altered=State("BatchNorm2d", _in_train(_default)),
        why_unseen=_TRAINING + " Most layers are made with the default of 0.1.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.running.momentum_none_ignored",
        title="the running statistics move by 0.1, although there is no momentum",
        altered=State("BatchNorm2d", _in_train(_none_ignored)),
        why_unseen=_TRAINING,
        fix="batches += 1; momentum = 1 / batches; " + _FIX,
    ),
    Hypothesis(
        name="batch_norm2d.running.cumulative",
        title="the running statistics are the mean over all batches, whatever the momentum",
        altered=State("BatchNorm2d", _in_train(_cumulative)),
        why_unseen=_TRAINING + " Where the data do not change, so does evaluation not.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.running.cumulative_late",
        title="the mean over all batches counts the initial values as a batch",
        altered=State("BatchNorm2d", _in_train(_cumulative_late)),
        why_unseen=_TRAINING + " After many batches one more is hardly seen.",
        fix="momentum = 1 / batches, this batch included: 1 for the first; " + _FIX,
    ),
    Hypothesis(
        name="batch_norm2d.running.twice",
        title="the running statistics are moved twice by each batch",
        altered=State("BatchNorm2d", _in_train(_twice)),
        why_unseen=_TRAINING + " It is a larger momentum; a second forward pass in the same step, "
        "as for a check of the loss, does the same.",
        fix=_FIX + ", once in each forward pass in train mode",
    ),
    Hypothesis(
        name="batch_norm2d.running.mean_of_squares",
        title="running_var remembers the mean of the squares",
        altered=State("BatchNorm2d", _in_train(_mean_of_squares)),
        why_unseen=_TRAINING + " Where means are near 0, evaluation is nearly right.",
        fix=_VARIANCE,
    ),
    Hypothesis(
        name="batch_norm2d.running.replaced",
        title="the running statistics are those of the last batch",
        altered=State("BatchNorm2d", _in_train(_replaced)),
        why_unseen=_TRAINING + " Large batches are alike, so that evaluation is nearly right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.running.frozen",
        title="the running statistics never change",
        altered=State("BatchNorm2d", _in_train(_frozen)),
        why_unseen=_TRAINING + " Evaluation is bad, which is taken for overfitting.",
        fix=_FIX,
        evidence=("paiml/aprender#2166",),
    ),
    Hypothesis(
        name="batch_norm2d.running.mean_frozen",
        title="running_mean never changes",
        altered=State("BatchNorm2d", _in_train(_mean_frozen)),
        why_unseen=_TRAINING + " Where means are near 0, evaluation is nearly right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="batch_norm2d.running.variance_frozen",
        title="running_var never changes",
        altered=State("BatchNorm2d", _in_train(_variance_frozen)),
        why_unseen=_TRAINING + " Where variances are near 1, evaluation is nearly right.",
        fix=_VARIANCE,
    ),
    Hypothesis(
        name="batch_norm2d.running.variance_biased",
        title="running_var remembers the biased variance of the batch",
        altered=State("BatchNorm2d", _in_train(_biased)),
        why_unseen=_TRAINING + " The factor is (m - 1) / m for the m = N*H*W numbers of a channel: "
        "0.999 for a thousand of them.",
        fix=_VARIANCE,
        evidence=("pytorch/pytorch#1410", "tinygrad/tinygrad#807"),
        sort="convention",
        declaration='follows = ("batch_norm2d.running.variance_biased",)',
        convention="batch_norm.running_variance",
    ),
    Hypothesis(
        name="batch_norm2d.running.standard_deviation",
        title="running_var remembers the standard deviation, the root of the unbiased variance",
        altered=State("BatchNorm2d", _in_train(_deviation)),
        why_unseen=_TRAINING + " Where variances are near 1, evaluation is nearly right.",
        fix=_VARIANCE,
    ),
    Hypothesis(
        name="batch_norm2d.running.standard_deviation_biased",
        title="running_var remembers the standard deviation, the root of the biased variance",
        altered=State("BatchNorm2d", _in_train(_biased_deviation)),
        why_unseen=_TRAINING + " Where variances are near 1, evaluation is nearly right.",
        fix=_VARIANCE,
    ),
    Hypothesis(
        name="batch_norm2d.running.eps_added",
        title="running_var remembers the variance plus eps",
        altered=State("BatchNorm2d", _in_train(_eps_added)),
        why_unseen=_TRAINING + " In evaluation eps counts twice, which nobody sees.",
        fix=_VARIANCE + ": eps is added where it is used",
    ),
    Hypothesis(
        name="batch_norm2d.running.moved_in_eval",
        title="the running statistics move in evaluation as well",
        altered=State("BatchNorm2d", _moved_in_eval),
        why_unseen=_TRAINING + " In evaluation the first results are right; the data that are "
        "tested on leak into the layer.",
        fix="if train: " + _FIX,
    ),
)
