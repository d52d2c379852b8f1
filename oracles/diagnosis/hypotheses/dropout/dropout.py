"""Dropout layers with another scale or mask, in training or in evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs, tensor
from oracles.references.pytorch import TorchRun


def _scale_missing(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A dropout does not scale what it keeps: x * mask in train mode, x in eval mode."""
    return inputs[0] * _mask(site) if _dropping(site) else inputs[0] * 1.0


def _scale_in_eval(
    site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]
) -> Tensor:
    """A dropout scales in evaluation: x * mask in train mode, x * (1 - p) in eval mode."""
    needs(any(step.mode == "eval" for step in site.case.steps))
    return inputs[0] * (_mask(site) if _dropping(site) else 1 - _p(site))


def _by_p(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout divides what it keeps by p, not by 1 - p: p is taken for the rate of keeping."""
    return inputs[0] * _mask(site) / _p(site) if _dropping(site) else inputs[0] * 1.0


def _multiplied(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout multiplies what it keeps by 1 - p, which it should divide by."""
    return inputs[0] * _mask(site) * (1 - _p(site)) if _dropping(site) else inputs[0] * 1.0


def _twice(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout divides what it keeps by 1 - p twice."""
    return inputs[0] * _mask(site) * _scale(site) ** 2 if _dropping(site) else inputs[0] * 1.0


def _inverted(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout keeps what the mask drops: 1 is taken for "drop"."""
    return inputs[0] * (1 - _mask(site)) * _scale(site) if _dropping(site) else inputs[0] * 1.0


def _p_is_kept(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout keeps what the mask drops, and divides it by p: p is taken for the rate of
    keeping."""
    return inputs[0] * (1 - _mask(site)) / _p(site) if _dropping(site) else inputs[0] * 1.0


def _ignored(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout hands its input on in train mode as well."""
    return inputs[0] * 1.0


def _first_sample(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout uses the mask of the first sample for all samples."""
    return inputs[0] * _mask(site)[:1] * _scale(site) if _dropping(site) else inputs[0] * 1.0


def _first_step(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout uses the mask of the first step in every step."""
    mask = tensor(site.case.steps[0].masks[site.layer.name])
    needs(not _dropping(site) or mask.shape == inputs[0].shape)
    return inputs[0] * mask * _scale(site) if _dropping(site) else inputs[0] * 1.0


def _eval_scaled(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout multiplies by 1 - p in eval mode, although it has divided by it in training."""
    x = inputs[0]
    return x * _mask(site) * _scale(site) if _dropping(site) else x * (1 - _p(site))


def _eval_active(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout drops in eval mode as well."""
    return inputs[0] * tensor(site.step.masks[site.layer.name]) * _scale(site)


def _eval_divided(site: Site, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """A dropout divides by 1 - p in eval mode as well."""
    x = inputs[0]
    return x * _mask(site) * _scale(site) if _dropping(site) else x * _scale(site)


def _mask_missing(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a dropout is divided by 1 - p and has no mask."""
    return {"input": grad_output * _scale(site) if _dropping(site) else grad_output}


def _gradient_not_scaled(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a dropout is masked and not divided by 1 - p."""
    return {"input": grad_output * _mask(site) if _dropping(site) else grad_output}


def _scaled_twice(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a dropout is divided by 1 - p twice."""
    if not _dropping(site):
        return {"input": grad_output}
    return {"input": grad_output * _mask(site) * _scale(site) ** 2}


def _zero(site: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient of a dropout is zero in train mode."""
    return {"input": torch.zeros_like(grad_output)} if _dropping(site) else {}


def _dropping(site: Site) -> bool:
    """Whether the layer drops at all: in train mode."""
    return site.call is not None and site.call.mask is not None


def _mask(site: Site) -> Tensor:
    assert site.call is not None
    assert site.call.mask is not None
    return tensor(site.call.mask).double()


def _p(site: Site) -> float:
    return float(site.attributes["p"])


def _scale(site: Site) -> float:
    return 1.0 / (1.0 - _p(site))


_TRAIN = "y = x * mask / (1 - p) in train mode, y = x in eval mode"
_BACKWARD = "grad_input = grad_output * mask / (1 - p), with the mask of the forward pass"
_LEARNS = "A network learns under nearly any dropout, and drawn masks make no two runs comparable."
_NO_CHECK = "A gradient check is run without dropout, as numbers would not repeat with it."

HYPOTHESES = (
    Hypothesis(
        name="dropout.scale.missing",
        title="what dropout keeps is not scaled in training",
        altered=Forward("Dropout", _scale_missing),
        why_unseen=_LEARNS + " It shows in evaluation, where all activations are larger than in "
        "training.",
        fix=_TRAIN,
        evidence=("karpathy/convnetjs#106", "mdenil/dropout#16"),
        sort="convention",
        declaration='follows = ("dropout.scale.missing",)',
        convention="dropout.scaling",
    ),
    Hypothesis(
        name="dropout.scale.in_eval",
        title="dropout scales by 1 - p in evaluation and not in training, as in the paper",
        altered=Forward("Dropout", _scale_in_eval),
        why_unseen="It is right: on average training and evaluation see the same numbers. They are "
        "1 - p times those of PyTorch, in both modes.",
        fix=_TRAIN,
        evidence=("Srivastava et al., Dropout (2014), section 10",),
        sort="convention",
        declaration='follows = ("dropout.scale.in_eval",)',
        convention="dropout.scaling",
    ),
    Hypothesis(
        name="dropout.scale.by_p",
        title="what dropout keeps is divided by p, not by 1 - p",
        altered=Forward("Dropout", _by_p),
        why_unseen=_LEARNS + " For p = 0.5 there is no difference.",
        fix=_TRAIN + "; p is the rate of dropping, the rate of keeping is 1 - p",
        evidence=("vlfeat/matconvnet#208", "kok202/Dluid#125", "scut-mingqinchen/Self2Self#7"),
    ),
    Hypothesis(
        name="dropout.scale.multiplied",
        title="what dropout keeps is multiplied by 1 - p, not divided by it",
        altered=Forward("Dropout", _multiplied),
        why_unseen=_LEARNS + " It shows in evaluation, where all activations are larger than in "
        "training.",
        fix=_TRAIN,
    ),
    Hypothesis(
        name="dropout.scale.twice",
        title="what dropout keeps is divided by 1 - p twice",
        altered=Forward("Dropout", _twice),
        why_unseen=_LEARNS + " It shows in evaluation, where all activations are smaller than in "
        "training.",
        fix=_TRAIN + "; the mask holds either 1 or 1 / (1 - p), and is scaled once",
    ),
    Hypothesis(
        name="dropout.mask.inverted",
        title="dropout keeps what the mask drops",
        altered=Forward("Dropout", _inverted),
        why_unseen=_LEARNS + " For p = 0.5 as many numbers are kept, whichever way the mask is "
        "read.",
        fix=_TRAIN + ", where mask = rng.random(x.shape) >= p: 1 keeps, 0 drops",
        evidence=("scut-mingqinchen/Self2Self#7",),
    ),
    Hypothesis(
        name="dropout.mask.p_is_kept",
        title="dropout keeps what it should drop: p is taken for the rate of keeping",
        altered=Forward("Dropout", _p_is_kept),
        why_unseen=_LEARNS + " For p = 0.5 as many numbers are kept, with the same scale.",
        fix=_TRAIN + ", where mask = rng.random(x.shape) >= p: p is the rate of dropping",
        evidence=("scut-mingqinchen/Self2Self#7", "kok202/Dluid#125", "vlfeat/matconvnet#208"),
    ),
    Hypothesis(
        name="dropout.mask.ignored",
        title="dropout does nothing in training",
        altered=Forward("Dropout", _ignored),
        why_unseen="The network learns, only too well; evaluation is right, and a gradient check "
        "passes.",
        fix=_TRAIN,
        evidence=("jfrancis71/CognitoNet#2",),
    ),
    Hypothesis(
        name="dropout.mask.first_sample_for_all",
        title="dropout uses the mask of the first sample for the whole batch",
        altered=Forward("Dropout", _first_sample),
        why_unseen=_LEARNS + " With one sample it is right.",
        fix=_TRAIN + ", where mask has the shape of x, batch axis included",
    ),
    Hypothesis(
        name="dropout.mask.first_step_again",
        title="dropout uses the mask of the first step in every step",
        altered=Forward("Dropout", _first_step),
        why_unseen="A test of one step cannot see it. The network learns, without the units that "
        "are never kept.",
        fix="draw a new mask in each forward pass, not in the constructor",
    ),
    Hypothesis(
        name="dropout.eval.scaled",
        title="dropout scales by 1 - p in evaluation, and by 1 / (1 - p) in training",
        altered=Forward("Dropout", _eval_scaled),
        why_unseen="Training is right. In evaluation the largest score is mostly still the "
        "largest, so that the accuracy suffers little.",
        fix=_TRAIN,
        evidence=("keras-team/keras#3305",),
    ),
    Hypothesis(
        name="dropout.eval.divided",
        title="dropout divides by 1 - p in evaluation as well",
        altered=Forward("Dropout", _eval_divided),
        why_unseen="Training is right. In evaluation the largest score is mostly still the "
        "largest, so that the accuracy suffers little.",
        fix=_TRAIN,
    ),
    Hypothesis(
        name="dropout.eval.active",
        title="dropout drops in evaluation as well",
        altered=Forward("Dropout", _eval_active),
        why_unseen="Training is right. In evaluation accuracy is lower and changes from run to "
        "run, which is put down to chance.",
        fix=_TRAIN,
        evidence=("kratzert/finetune_alexnet_with_tensorflow#19",),
    ),
    Hypothesis(
        name="dropout.grad_input.mask_missing",
        title="the gradient of dropout is not masked",
        altered=Backward("Dropout", _mask_missing),
        why_unseen=_NO_CHECK + " The loss falls all the same.",
        fix=_BACKWARD,
        evidence=("ddbourgin/numpy-ml#94",),
    ),
    Hypothesis(
        name="dropout.grad_input.scale_missing",
        title="the gradient of dropout is not divided by 1 - p",
        altered=Backward("Dropout", _gradient_not_scaled),
        why_unseen=_NO_CHECK + " A constant factor in a gradient is made up for by the learning "
        "rate.",
        fix=_BACKWARD,
    ),
    Hypothesis(
        name="dropout.grad_input.scaled_twice",
        title="the gradient of dropout is divided by 1 - p twice",
        altered=Backward("Dropout", _scaled_twice),
        why_unseen=_NO_CHECK + " A constant factor in a gradient is made up for by the learning "
        "rate.",
        fix=_BACKWARD + "; a mask that already holds 1 / (1 - p) is not scaled again",
    ),
    Hypothesis(
        name="dropout.grad_input.zero",
        title="the gradient of dropout is zero",
        altered=Backward("Dropout", _zero),
        why_unseen="Layers behind the dropout still learn, and the loss falls.",
        fix=_BACKWARD,
    ),
)
