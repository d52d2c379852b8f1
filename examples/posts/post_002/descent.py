"""The update of the question: momentum, a decay of the weights, a tenth of the rate for biases."""

from __future__ import annotations

from dataclasses import dataclass

from examples.posts.post_002.network import Parameters

WEIGHTS, BIASES = ("w", "theta1", "theta2"), ("b", "beta1", "beta2")


@dataclass(frozen=True)
class Settings:
    """As they are called in the question; the decay is `shrink`."""

    rate: float
    shrink: float
    momentum: float = 0.0


def step(
    p: Parameters, moving: Parameters, gradients: Parameters, n: int, settings: Settings
) -> tuple[Parameters, Parameters]:
    """Parameters and what moves them after one step; gradients are sums over n images."""
    rate, momentum = settings.rate, settings.momentum
    moved: Parameters = {}
    for name in WEIGHTS:
        pull = gradients[name] / n + settings.shrink * p[name]
        moved[name] = momentum * moving[name] + rate * pull
    for name in BIASES:
        moved[name] = momentum * moving[name] + rate * 0.1 * gradients[name] / n
    return {name: p[name] - moved[name] for name in p}, moved
