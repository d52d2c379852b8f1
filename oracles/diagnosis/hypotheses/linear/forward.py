"""Dense layers that compute another output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.altered import Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs

Tensors = Sequence[Tensor]
Named = Mapping[str, Tensor]


def _weight_transposed(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The weight is used as (in, out): y[n, o] = sum over i of x[n, i] * W[i, o] + b[o]. It has to
    be square."""
    weight = parameters["weight"]
    needs(weight.shape[0] == weight.shape[1] > 1)
    return F.linear(inputs[0], weight.T, parameters.get("bias"))


def _weight_reshaped(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The numbers of the weight, row by row, are read as an (in, out) array in place of an (out,
    in) one: y = x @ weight.reshape(in, out) + b."""
    weight = parameters["weight"]
    needs(min(weight.shape) > 1)
    as_in_out = weight.reshape(weight.shape[1], weight.shape[0])
    return F.linear(inputs[0], as_in_out.T, parameters.get("bias"))


def _weight_column_major(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The numbers of the weight, column by column, fill the columns of an (in, out) array:
    y = x @ weight.reshape(in, out, order="F") + b."""
    weight = parameters["weight"]
    needs(min(weight.shape) > 1)
    return F.linear(inputs[0], weight.T.reshape(weight.shape), parameters.get("bias"))


def _rows_reversed(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The rows of the weight are in reverse order, those of the bias are not: the last output has
    the weights of the first."""
    weight = parameters["weight"]
    needs(len(weight) > 1)
    return F.linear(inputs[0], weight.flip(0), parameters.get("bias"))


def _columns_reversed(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The columns of the weight are in reverse order: the first feature has the weights of the
    last."""
    weight = parameters["weight"]
    needs(weight.shape[1] > 1)
    return F.linear(inputs[0], weight.flip(1), parameters.get("bias"))


def _bias(parameters: Named, longer_than: int = 0) -> Tensor:
    needs("bias" in parameters and len(parameters["bias"]) > longer_than)
    return parameters["bias"]


def _bias_missing(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The bias is not added: y = x @ W.T."""
    _bias(parameters)
    return F.linear(inputs[0], parameters["weight"])


def _bias_twice(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The bias is added twice: y = x @ W.T + 2 * b."""
    return F.linear(inputs[0], parameters["weight"], 2 * _bias(parameters))


def _bias_subtracted(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The bias is subtracted: y = x @ W.T - b."""
    return F.linear(inputs[0], parameters["weight"], -_bias(parameters))


def _bias_first_for_all(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """Every output gets the bias of the first one: y[n, o] = sum over i of x[n, i] * W[o, i] +
    b[0]."""
    bias = _bias(parameters, longer_than=1)
    return F.linear(inputs[0], parameters["weight"], bias[:1].expand_as(bias))


def _bias_reversed(site: Site, inputs: Tensors, parameters: Named) -> Tensor:
    """The biases are in reverse order: the last output has the bias of the first."""
    return F.linear(inputs[0], parameters["weight"], _bias(parameters, longer_than=1).flip(0))


_CONSISTENT = (
    "Forward and backward pass agree with each other, so that a gradient check passes, and the "
    "layer learns the weights that it uses."
)
_ZERO_BIASES = "Biases start at zero in most networks, where nothing of this shows. "

HYPOTHESES = (
    Hypothesis(
        name="linear.weight.transposed",
        title="the square weight of a dense layer is transposed: x @ W in place of x @ W.T",
        altered=Forward("Linear", _weight_transposed),
        why_unseen=f"As many outputs as inputs hide it from every check of shapes. {_CONSISTENT}",
        fix="y = x @ weight.T + bias, with weight of shape (out_features, in_features)",
        sort="convention",
        declaration='oracles.from_layers(..., weights={"Linear": "IO"})',
    ),
    Hypothesis(
        name="linear.weight.reshaped",
        title="the weight of a dense layer is read as (in, out) where it is (out, in)",
        altered=Forward("Linear", _weight_reshaped),
        why_unseen=(
            "The number of weights is the same, and reshape raises nothing where a transpose was "
            f"meant. {_CONSISTENT} Weights loaded from another framework are what shows it."
        ),
        fix="weight.T, not weight.reshape(in_features, out_features): y = x @ weight.T + bias",
        sort="convention",
        declaration='oracles.from_layers(..., weights={"Linear": "IO"})',
    ),
    Hypothesis(
        name="linear.weight.column_major",
        title="the weight of a dense layer is read as (in, out), both in column-major order",
        altered=Forward("Linear", _weight_column_major),
        why_unseen=(
            "The number of weights is the same, and reshape raises nothing where a transpose was "
            f"meant. {_CONSISTENT} Weights loaded from another program are what shows it."
        ),
        fix='weight.T, not weight.reshape(in_features, out_features, order="F")',
        sort="convention",
        declaration='oracles.from_layers(..., weights={"Linear": "IO"})',
    ),
    Hypothesis(
        name="linear.weight.rows_reversed",
        title="the rows of a dense layer's weight are in reverse order",
        altered=Forward("Linear", _rows_reversed),
        why_unseen=f"The outputs have no order of their own. {_CONSISTENT}",
        fix="y[n, o] = sum over i of x[n, i] * weight[o, i] + bias[o]",
    ),
    Hypothesis(
        name="linear.weight.columns_reversed",
        title="the columns of a dense layer's weight are in reverse order",
        altered=Forward("Linear", _columns_reversed),
        why_unseen=f"Features have no order of their own once they are flattened. {_CONSISTENT}",
        fix="y[n, o] = sum over i of x[n, i] * weight[o, i] + bias[o]",
    ),
    Hypothesis(
        name="linear.bias.missing",
        title="the bias of a dense layer is not added",
        altered=Forward("Linear", _bias_missing),
        why_unseen=f"{_ZERO_BIASES}The weights learn around it.",
        fix="y = x @ weight.T + bias",
        evidence=("discuss.pytorch.org/t/24978",),
    ),
    Hypothesis(
        name="linear.bias.twice",
        title="the bias of a dense layer is added twice",
        altered=Forward("Linear", _bias_twice),
        why_unseen=f"{_ZERO_BIASES}A bias that counts twice learns at half its size.",
        fix="y = x @ weight.T + bias, once: in the layer or in the product, not in both",
    ),
    Hypothesis(
        name="linear.bias.subtracted",
        title="the bias of a dense layer is subtracted",
        altered=Forward("Linear", _bias_subtracted),
        why_unseen=f"{_ZERO_BIASES}A gradient check passes, and the bias learns the other sign.",
        fix="y = x @ weight.T + bias",
    ),
    Hypothesis(
        name="linear.bias.first_for_all",
        title="every output of a dense layer gets the bias of the first one",
        altered=Forward("Linear", _bias_first_for_all),
        why_unseen=f"{_ZERO_BIASES}With one output, or equal biases, it is right.",
        fix="y = x @ weight.T + bias, with bias of shape (out_features,)",
    ),
    Hypothesis(
        name="linear.bias.reversed",
        title="the biases of a dense layer are in reverse order",
        altered=Forward("Linear", _bias_reversed),
        why_unseen=f"{_ZERO_BIASES}A gradient check passes, because both passes agree.",
        fix="y[n, o] = sum over i of x[n, i] * weight[o, i] + bias[o]",
    ),
)
