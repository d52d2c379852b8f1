"""Where the gradients of a random case start: an upstream gradient, or a loss with its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oracles.audit.cases.data import Data
from oracles.audit.cases.network import Network
from oracles.audit.cases.toml import Table

RandomLoss = Callable[[Network], Table]
"""The keys of a loss beside type, reduction and factor."""


def mean_square(network: Network) -> Table:
    """The target is of the data of the case."""
    return {"target": network.data.array((network.samples, *network.shape))}


def cross_entropy(network: Network) -> Table:
    """Labels or probabilities, weighed, smoothed, ignored."""
    data, draws = network.data, network.data.draws
    labels = draws.chance(0.7)
    table: Table = {"target": {"fill": "classes", "seed": draws.seed()}}
    if not labels:
        table["target"] = data.between(0.0, 1.0)
    if draws.chance(0.3):
        table["weight"] = data.between(0.5, 1.5)
    if draws.chance(0.3):
        table["label_smoothing"] = draws.one_of(0.1, 0.25, 1.0)
    if labels and len(network.shape) == 1 and network.samples > 1 and draws.chance(0.3):
        ignored, *others = range(network.shape[0])
        kept = [draws.one_of(*others) for _ in range(network.samples - 1)]
        table |= {"target": {"classes": [ignored, *kept]}, "ignore_index": ignored}
    return table


def binary(network: Network) -> Table:
    """Targets 0 and 1, or anything between."""
    data, draws = network.data, network.data.draws
    target = {"fill": "bernoulli", "p": 0.5, "seed": draws.seed()}
    table: Table = {"target": draws.one_of(target, data.between(0.0, 1.0))}
    if draws.chance(0.3):
        table["weight"] = data.between(0.5, 1.5)
    return table


def binary_with_logits(network: Network) -> Table:
    """The same, with weights of the positive targets."""
    table = binary(network)
    if network.data.draws.chance(0.3):
        table["pos_weight"] = network.data.between(0.5, 2.5)
    return table


LOSSES: Mapping[str, RandomLoss] = {
    "MSELoss": mean_square,
    "CrossEntropyLoss": cross_entropy,
    "BCELoss": binary,
    "BCEWithLogitsLoss": binary_with_logits,
}

LATTICE_LOSSES = ("MSELoss",)
"""Losses that a lattice survives."""


def objective(network: Network) -> Table:
    """`{"upstream": ...}` or `{"loss": ...}`; may put a last layer behind the network."""
    data, draws = network.data, network.data.draws
    if not network.layers or draws.chance(0.3):
        network.add("Identity")
    if draws.chance(0.25):
        return {"upstream": data.array((network.samples, *network.shape))}
    type_ = draws.one_of(*(LATTICE_LOSSES if data.lattice else LOSSES))
    if type_ == "CrossEntropyLoss" and network.shape[0] < 2:
        type_ = "BCEWithLogitsLoss"
    if type_ == "BCELoss":
        network.put("Sigmoid", {}, network.shape)
    return {"loss": {"type": type_, **_reduction(network), **LOSSES[type_](network)}}


def _reduction(network: Network) -> Table:
    data, draws = network.data, network.data.draws
    if data.lattice:
        return {"reduction": draws.one_of("sum", "batchmean"), "factor": 0.5}
    table: Table = {
        "reduction": draws.one_of("mean", "mean", "sum", "batchmean", "none"),
        "factor": draws.one_of(1.0, 1.0, 0.5, 3.0),
    }
    if table["reduction"] == "none":
        table["upstream"] = {"fill": "uniform", "seed": draws.seed()}
    elif network.has_parameters and draws.chance(0.3):
        table["penalty"] = [_penalty(data)]
    return table


def _penalty(data: Data) -> Table:
    draws = data.draws
    per = draws.one_of({}, {"per": "batch"}, {"per": "dataset"})
    factor = draws.one_of(0.01, 0.125)
    return {"type": draws.one_of("L1", "L2"), "factor": factor, "parameters": ["*"], **per}
