"""What the harness says about the arithmetic, before anything is trained for long."""

from __future__ import annotations

from examples.posts.post import Shown
from examples.posts.post_002 import asked, mended
from oracles import judge, read_case
from oracles.case_paths import bundled_cases
from oracles.contract.definition import Definition

CASES = (
    ("002_tiny", "float64"),
    ("002_tiny", "float32"),
    ("002_training", "float64"),
    ("002_settings", "float64"),
)


def bundled(name: str) -> Definition:
    """A case about this question."""
    return read_case(bundled_cases() / "posts" / f"{name}.case.toml")


def judged_as_asked() -> Shown:
    """The small case: what is wrong, and the known mistakes that give exactly these numbers."""
    judgement = judge(asked.implementation, bundled("002_tiny"), "float64")
    wrong = [one.entry for one in judgement.entries if one.verdict == "different"]
    diagnosis = judgement.diagnosis
    causes = () if diagnosis is None else diagnosis.causes
    lines = [f"wrong by themselves: {', '.join(wrong)}"]
    figures: dict[str, float | str] = {"outcome": judgement.outcome, "wrong": " ".join(wrong)}
    for cause in causes:
        lines += [
            f"{cause.cause} ({cause.certainty})",
            f"    {cause.title}",
            f"    explains {', '.join(cause.explains)}",
        ]
        figures[cause.cause] = " ".join(cause.explains)
    return Shown(tuple(lines), figures)


def judged_mended() -> Shown:
    """The cases about this network."""
    lines, figures = [], dict[str, float | str]()
    for name, dtype in CASES:
        judgement = judge(mended.implementation, bundled(name), dtype, council=False, diagnose=None)
        compared = sum(one.verdict in ("same", "exact") for one in judgement.entries)
        lines.append(f"posts/{name} ({dtype}): {judgement.outcome}, {compared} entries")
        figures[f"{name} {dtype}"] = judgement.outcome
    return Shown(tuple(lines), figures)
