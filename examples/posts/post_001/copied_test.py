"""What the one test with outside numbers can see: tiny-dnn's `with_stride`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import oracles
from examples.posts.post import Shown
from examples.posts.post_001.nets import bundled
from examples.posts.post_001.wrong_convolutions import WRONG
from oracles.case_paths import bundled_cases
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case

WITH_STRIDE = "reports/tiny_dnn/with_stride"
SIBLING = "conv2d/strided_generic"
"""The case that stands beside it: nothing of it is constant, square or symmetric."""


def with_stride_sees() -> Shown:
    """Each wrong convolution on that test, and on the cases of the suite from the smallest on."""
    copied, sibling, cases = bundled(WITH_STRIDE), bundled(SIBLING), _by_size()
    lines = [f"{'wrong convolution':46} with_stride  smallest case of the suite that sees it"]
    missed = by_sibling = by_suite = 0
    for wrong in WRONG:
        seen, smallest = sees(copied, wrong.implementation), _first(cases, wrong.implementation)
        missed += not seen
        by_sibling += sees(sibling, wrong.implementation)
        by_suite += bool(smallest)
        lines.append(f"{wrong.name:46} {'sees it' if seen else 'passes':12} {smallest or 'none'}")
    lines += (
        f"with_stride passes {missed} of {len(WRONG)} wrong convolutions; {SIBLING} sees "
        f"{by_sibling}, the suite {by_suite}",
    )
    return Shown(
        tuple(lines),
        {"wrong": len(WRONG), "missed": missed, "sibling": by_sibling, "suite": by_suite},
    )


def sees(case: Definition, implementation: Any) -> bool:
    """Whether an implementation does not pass a case."""
    judgement = oracles.judge(implementation, case, council=False, diagnose=None)
    if judgement.outcome == "unsupported":
        return False
    return judgement.outcome != "passed"


def _first(cases: Sequence[Definition], implementation: Any) -> str:
    return next((case.id for case in cases if sees(case, implementation)), "")


def _by_size() -> list[Definition]:
    """The cases about convolution, those with the fewest numbers first."""
    paths = sorted((bundled_cases() / "conv2d").glob("*.case.toml"))

    def numbers(definition: Definition) -> int:
        case = definition.draw("float64")
        arrays = [*case.parameters().values(), *(step.input for step in case.steps)]
        return sum(array.size for array in arrays)

    return sorted(map(read_case, paths), key=numbers)
