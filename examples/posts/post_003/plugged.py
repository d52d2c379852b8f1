"""A training step in the layout of the book, plugged into the harness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import oracles

if TYPE_CHECKING:
    from examples.posts.post_003.asked import Array, Asked, Deltas, Features

_LAYERS = ("Conv2d", "Tanh", "Dropout", "Flatten", "Linear")


class Plugged:
    """Runs a case with this network.

    Two things are conventions and no mistakes, so they are converted here: features are counted as
    (row, column, kernel), where PyTorch has (kernel, row, column), and what goes back points
    downhill, where PyTorch has the gradient.
    """

    def __init__(self, name: str, network: type[Asked]) -> None:
        self.name, self.network = name, network

    def run(self, case: Any, trace: Any) -> None:
        _refuse_other_networks(case)
        conv, _, drop, _, fc = case.layers
        kernels = conv.parameters["weight"].reshape(len(conv.parameters["weight"]), -1).T
        weights = _book_order(fc.parameters["weight"].reshape(-1, *conv.output_shape))
        network = self.network(kernels.copy(), weights.T.copy(), 0.0)
        for step in case.steps:
            train = step.mode == "train"
            mask = _book_order(step.masks[drop.name]) if train else None
            images = step.input[:, 0]
            border = _Border(case, trace, step, [network.positions(n) for n in images.shape[1:]])
            windows = network.windows(images)
            seen = network.features(windows, border.sums(network.sums(windows)), mask)
            border.features(seen)
            probabilities = border.scores(network, seen)
            if mask is None:
                continue
            delta = network.delta(probabilities, _one_hot(step.target, probabilities))
            deltas = network.backward(seen, delta, mask)
            border.deltas(delta, deltas)
            if step.update:
                network.alpha = step.lr
                network.update(deltas)
                border.updated(network)


class _Border:
    """From arrays of one step to the trace."""

    def __init__(self, case: Any, trace: Any, step: Any, positions: list[int]) -> None:
        self.trace, self.step, self.at = trace, step, f"step{step.index}"
        self.conv, self.tanh, self.drop, self.flat, self.fc = (one.name for one in case.layers)
        self.grid = (*positions, case.layers[0].output_shape[0])
        trace[f"{self.at}.input"] = step.input

    def sums(self, sums: Array) -> Array:
        self.trace[f"{self.at}.forward.{self.conv}"] = self._images(sums)
        return sums

    def features(self, seen: Features) -> None:
        forward = f"{self.at}.forward"
        self.trace[f"{forward}.{self.tanh}"] = self._images(seen.hidden)
        self.trace[f"{forward}.{self.drop}"] = self._images(seen.kept)
        self.trace[f"{forward}.{self.flat}"] = self._flat(seen.kept)

    def scores(self, network: Asked, seen: Features) -> Array:
        scores = network.scores(seen)
        self.trace[f"{self.at}.forward.{self.fc}"] = scores
        probabilities = network.softmax(scores)
        right = probabilities[np.arange(len(scores)), self.step.target]
        self.trace[f"{self.at}.loss"] = np.mean(-np.log(right))  # the book prints no loss
        return probabilities

    def deltas(self, delta: Array, deltas: Deltas) -> None:
        backward, gradient = f"{self.at}.backward", f"{self.at}.gradient"
        self.trace[f"{backward}.loss"] = -delta
        self.trace[f"{backward}.{self.fc}"] = self._flat(-deltas.kept)
        self.trace[f"{backward}.{self.flat}"] = self._images(-deltas.kept)
        self.trace[f"{backward}.{self.drop}"] = self._images(-deltas.hidden)
        self.trace[f"{backward}.{self.tanh}"] = self._images(-deltas.sums)
        self.trace[f"{gradient}.{self.fc}.weight"] = self._flat(-deltas.weights.T)
        self.trace[f"{gradient}.{self.conv}.weight"] = self._kernels(-deltas.kernels)

    def updated(self, network: Asked) -> None:
        update = f"{self.at}.update"
        self.trace[f"{update}.{self.fc}.weight"] = self._flat(network.weights.T)
        self.trace[f"{update}.{self.conv}.weight"] = self._kernels(network.kernels)

    def _images(self, features: Array) -> Array:
        """(N, P * K), row, column, kernel, as (N, K, OH, OW)."""
        return features.reshape(-1, *self.grid).transpose(0, 3, 1, 2)

    def _flat(self, features: Array) -> Array:
        """(N, P * K), row, column, kernel, as (N, K * P), kernel, row, column."""
        return self._images(features).reshape(len(features), -1)

    def _kernels(self, kernels: Array) -> Array:
        """(9, K) as (K, 1, 3, 3)."""
        return kernels.T.reshape(-1, 1, 3, 3)


def _book_order(images: Array) -> Array:
    """(N, K, OH, OW) as (N, P * K)."""
    return images.transpose(0, 2, 3, 1).reshape(len(images), -1)


def _one_hot(labels: Array, probabilities: Array) -> Array:
    return np.eye(probabilities.shape[1], dtype=probabilities.dtype)[labels]


def _refuse_other_networks(case: Any) -> None:
    types = tuple(layer.type for layer in case.layers)
    if types != _LAYERS:
        raise oracles.Unsupported(
            f"the layers are {', '.join(_LAYERS)}, and not {', '.join(types)}"
        )
    conv, _, drop, _, fc = case.layers
    own = {"in_channels": 1, "kernel_size": (3, 3), "stride": (1, 1), "padding": (0, 0)}
    other = {"dilation": (1, 1), "groups": 1}
    if any(conv.attributes[name] != value for name, value in {**own, **other}.items()):
        raise oracles.Unsupported("one channel, kernels of 3x3, stride 1, no padding")
    if conv.parameters.keys() | fc.parameters.keys() != {"weight"}:
        raise oracles.Unsupported("no biases")
    if drop.attributes["p"] != 0.5:
        raise oracles.Unsupported("dropout of one half")
    if case.loss is None or case.loss["type"] != "CrossEntropyLoss":
        raise oracles.Unsupported("cross-entropy with labels")
