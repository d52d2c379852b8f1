"""Exactly four times too large at the start, and why that is no factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_002 import asked
from examples.posts.post_002.judged import bundled
from examples.posts.post_002.matconvnet import Array
from oracles.contract.case import Case
from oracles.contract.trace import Trace
from oracles.references.pytorch import evaluate


@dataclass(frozen=True)
class Scalar:
    """The factor that brings `expected` closest to `actual`, what is left over of `actual`, and the
    cosine of the angle between the two."""

    factor: float
    residual: float
    cosine: float


def best_scalar(actual: Array, expected: Array) -> Scalar:
    a, e = actual.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    factor = float(a @ e / (e @ e))
    residual = float(np.linalg.norm(a - factor * e) / np.linalg.norm(a))
    return Scalar(factor, residual, float(a @ e / np.linalg.norm(a) / np.linalg.norm(e)))


def at_the_start() -> Case:
    """The network of the question before its first step."""
    return bundled("002_settings").draw("float64")


def of_size_one() -> Case:
    """The same network and images, every parameter drawn from a normal distribution of variance 1,
    those of the dense layer divided by the root of its inputs."""
    case, generator = at_the_start(), np.random.default_rng(2)
    for name, array in case.parameters().items():
        array[...] = generator.standard_normal(array.shape)
        if name == "fc1.weight":
            array /= np.sqrt(array.shape[1])
    return case


def compared(case: Case) -> dict[str, Scalar]:
    """{entry: the numbers of the question against PyTorch's}, in the first step."""
    trace, right = Trace(case), evaluate(case)
    asked.implementation.run(case, trace)
    names = ("gradient.fc1.weight", "gradient.fc1.bias", "backward.flat", "gradient.conv.weight")
    return {name: best_scalar(trace[f"step0.{name}"], right[f"step0.{name}"]) for name in names}


def four() -> Shown:
    """theta1 and beta1, at both places; the range of the derivative that is missing."""
    lines, figures = [], dict[str, float | str]()
    for where, draw in (("at the start", at_the_start), ("parameters of size 1", of_size_one)):
        y = evaluate(draw())["step0.forward.sigmoid"]
        derivative = y * (1 - y)
        least, most = float(derivative.min()), float(derivative.max())
        lines.append(f"{where}: y * (1 - y) from {least:.9f} to {most:.9f}")
        scalars = compared(draw())
        for name in ("gradient.fc1.weight", "gradient.fc1.bias"):
            one = scalars[name]
            lines.append(
                f"    {name}: {one.factor:.6f} times PyTorch's, but for {one.residual:.1e}"
            )
            figures |= {f"{name} {where}": one.factor, f"{name} {where}, rest": one.residual}
    return Shown(tuple(lines), figures)


def wrong_way() -> Shown:
    """What goes on to the convolution, and the kernel's gradient."""
    lines, figures = [], dict[str, float | str]()
    for where, draw in (("at the start", at_the_start), ("parameters of size 1", of_size_one)):
        scalars = compared(draw())
        lines.append(f"{where}:")
        for name in ("backward.flat", "gradient.conv.weight"):
            one = scalars[name]
            lines.append(
                f"    {name}: {one.factor:.4f} times PyTorch's at best, cosine {one.cosine:.3f}"
            )
            figures[f"{name} {where}"] = one.cosine
    return Shown(tuple(lines), figures)
