"""SGD that leaves some parameters out, or moves them by something else or twice."""

from __future__ import annotations

from dataclasses import replace

from oracles.diagnosis.altered import Updating
from oracles.diagnosis.hypotheses.sgd.step import Updated, is_bias, sgd, stepped
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import needs


def _missing(updating: Updating) -> Updated:
    """No parameter changes."""
    return _frozen(updating)


def _biases_frozen(updating: Updating) -> Updated:
    """The biases do not change."""
    return _frozen(updating) if is_bias(updating) else stepped(updating)


def _weights_of_last_layer_frozen(updating: Updating) -> Updated:
    """The weights of the last layer do not change."""
    frozen = updating.name == f"{_layers(updating)[-1]}.weight"
    return _frozen(updating) if frozen else stepped(updating)


def _first_layer_frozen(updating: Updating) -> Updated:
    """The parameters of the first layer do not change."""
    layers = _layers(updating)
    needs(len(layers) > 1)
    frozen = updating.name.rpartition(".")[0] == layers[0]
    return _frozen(updating) if frozen else stepped(updating)


def _biases_twice(updating: Updating) -> Updated:
    """The step of the biases is done twice."""
    return _twice(updating) if is_bias(updating) else stepped(updating)


def _biases_by_value(updating: Updating) -> Updated:
    """The learning rate times the bias itself is subtracted from it, not times its gradient."""
    if not is_bias(updating):
        return stepped(updating)
    return updating.parameter * (1 - updating.lr), stepped(updating)[1]


def _twice(updating: Updating) -> Updated:
    """The step is done twice with the same gradient."""
    parameter, buffer = stepped(updating)
    return stepped(replace(updating, parameter=parameter, buffer=buffer))


def _frozen(updating: Updating) -> Updated:
    return updating.parameter, stepped(updating)[1]


def _layers(updating: Updating) -> list[str]:
    return [layer.name for layer in updating.site.case.layers if layer.parameters]


_NOT_LOOKED_AT = "Gradients are right, and a gradient check does not look at updates. "

HYPOTHESES = (
    Hypothesis(
        name="sgd.update.missing",
        title="the parameters do not change",
        altered=sgd(_missing),
        why_unseen=_NOT_LOOKED_AT + "With small rates a loss that stands still looks like slow "
        "learning.",
        fix="p -= lr * g, in place, or p = p - lr * g stored where the layer reads it",
    ),
    Hypothesis(
        name="sgd.update.biases_frozen",
        title="the biases are never updated",
        altered=sgd(_biases_frozen),
        why_unseen=_NOT_LOOKED_AT + "The network learns without biases as well.",
        fix="bias -= lr * grad_bias",
        evidence=("nntrainer/nntrainer#219", "vlfeat/matconvnet#197"),
    ),
    Hypothesis(
        name="sgd.update.weights_of_last_layer_frozen",
        title="the weights of the last layer are never updated",
        altered=sgd(_weights_of_last_layer_frozen),
        why_unseen=_NOT_LOOKED_AT + "The layers before it learn for it.",
        fix="update every layer: range(len(layers)), not range(len(layers) - 1)",
    ),
    Hypothesis(
        name="sgd.update.first_layer_frozen",
        title="the first layer is never updated",
        altered=sgd(_first_layer_frozen),
        why_unseen=_NOT_LOOKED_AT + "The layers behind it learn for it.",
        fix="update every layer: range(len(layers)), not range(1, len(layers))",
    ),
    Hypothesis(
        name="sgd.update.biases_twice",
        title="the biases are updated twice in each step",
        altered=sgd(_biases_twice),
        why_unseen=_NOT_LOOKED_AT + "It looks like a larger rate for the biases.",
        fix="bias -= lr * grad_bias, once",
        evidence=("apache/systemds#2330",),
    ),
    Hypothesis(
        name="sgd.update.biases_by_value",
        title="the biases are updated by their value, not by their gradient",
        altered=sgd(_biases_by_value),
        why_unseen=_NOT_LOOKED_AT + "Biases that start at 0 stay there.",
        fix="bias -= lr * grad_bias",
        evidence=("deeplearning4j/deeplearning4j#364",),
    ),
    Hypothesis(
        name="sgd.update.twice",
        title="every parameter is updated twice in each step",
        altered=sgd(_twice),
        why_unseen=_NOT_LOOKED_AT + "It looks like a larger learning rate.",
        fix="one optimizer.step() for each backward pass",
    ),
)
