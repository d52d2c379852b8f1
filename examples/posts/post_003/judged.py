"""What the harness names of the training step: each oddity by itself, and all together."""

from __future__ import annotations

import numpy as np

import oracles
from examples.posts.post import Shown
from examples.posts.post_003 import variants
from examples.posts.post_003.asked import Array, Asked, implementation
from examples.posts.post_003.mended import Mended
from examples.posts.post_003.plugged import Plugged
from oracles.case_paths import bundled_cases
from oracles.contract.definition import Definition
from oracles.judging.diagnosis import Cause
from oracles.judging.judgement import Judgement

ALONE = (
    variants.two_divisions,
    variants.mask_not_scaled,
    variants.slope_of_kept,
    variants.ascent,
    variants.windows_missing,
)


def alone() -> Shown:
    """One mistake at a time in the mended network."""
    lines, figures = [f"{'the only mistake':22s}{'cause':36s}certainty"], {}
    for one in ALONE:
        (cause,) = _causes(_judged(one, "003_tiny"))
        lines.append(f"{one.name:22s}{cause.cause:36s}{cause.certainty}{_ties(cause)}")
        figures[one.name] = f"{cause.cause} {cause.certainty}"
    return Shown(tuple(lines), figures)


def together() -> Shown:
    """All of them, where the windows do not stand before the rest."""
    judgement = _judged(variants.all_windows, "003_training")
    causes = _causes(judgement)
    lines = [f"{judgement.implementation} on {judgement.case}: {judgement.outcome}"]
    lines += [f"  {cause.cause:36s}{cause.certainty:9s} {cause.entry}" for cause in causes]
    figures = {cause.cause: cause.certainty for cause in causes}
    left = len(judgement.diagnosis.unexplained) if judgement.diagnosis is not None else -1
    return Shown((*lines, f"  wrong and not explained: {left}"), {**figures, "unexplained": left})


def as_asked() -> Shown:
    """Ends at the convolution, whose output has another shape."""
    judgement = _judged(implementation, "003_training")
    (cause,) = _causes(judgement)
    message, _, _ = judgement.message.partition(" (plugged.py")
    lines = (message, f"  {cause.cause}, {cause.certainty}: {cause.title}")
    return Shown(lines, {"message": message, cause.cause: cause.certainty})


def mended() -> Shown:
    """Right in both cases."""
    judgements = [
        _judged(Plugged("post 003 mended", Mended), name) for name in ("003_tiny", "003_training")
    ]
    lines = tuple(f"{one.case}: {one.outcome}, {one.message}" for one in judgements)
    return Shown(lines, {one.case: one.outcome for one in judgements})


def windows() -> Shown:
    """What is computed is right, and the last row and column of windows are not there."""
    case = bundled("003_training").draw("float64")
    kernels = case.layers[0].parameters["weight"].reshape(16, 9).T
    images = case.steps[0].input[:, 0]
    some, every = (_sums(kind, kernels, images) for kind in (Asked, Mended))
    same = bool(np.array_equal(some, every[:, :-1, :-1]))
    lines = (
        f"as asked {some.shape}, mended {every.shape}: samples, rows, columns, kernels",
        f"mended[:, :-1, :-1] is what was asked about, bit for bit: {'yes' if same else 'no'}",
        f"{some[0, ..., 0].size} of {every[0, ..., 0].size} windows",
    )
    return Shown(lines, {"same": str(same), "some": some.shape[1], "every": every.shape[1]})


def bundled(name: str) -> Definition:
    """A case of this post."""
    return oracles.read_case(bundled_cases() / "posts" / f"{name}.case.toml")


def _sums(kind: type[Asked], kernels: Array, images: Array) -> Array:
    network = kind(kernels, np.empty((0, 10)), 0.0)
    rows, columns = (network.positions(length) for length in images.shape[1:])
    return network.sums(network.windows(images)).reshape(len(images), rows, columns, -1)


def _judged(one: Plugged, name: str) -> Judgement:
    return oracles.judge(one, bundled(name), "float64", council=False)


def _causes(judgement: Judgement) -> tuple[Cause, ...]:
    return judgement.diagnosis.causes if judgement.diagnosis is not None else ()


def _ties(cause: Cause) -> str:
    if not cause.ties:
        return ""
    return f", or else {', '.join(tie.cause for tie in cause.ties)}"
