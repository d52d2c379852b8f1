"""The same case with another seed for one of its arrays."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np

from oracles.contract.definition import Definition
from oracles.contract.reseeding import draw_with, other_seeds
from tests.contract.snippets import CONV, HEAD, INPUT, UPSTREAM

SEEDED = f"{HEAD}{INPUT}seed = 3\n{CONV}weight = {{ fill = 'normal', seed = 1 }}\n{UPSTREAM}"
"""The bias is left out, and so has no place for a seed."""

Read = Callable[[str], Definition]


def test_seeds_of_the_input_come_first(read: Read) -> None:
    """Fifty of them but its own, then those of the other arrays in turn."""
    tried = [(one.name, seed) for one, seed in other_seeds(read(SEEDED).plan, 100)]
    assert tried[:3] == [("input", 1), ("input", 2), ("input", 4)]
    assert tried[48:52] == [("input", 50), ("upstream", 1), ("conv2d_0.weight", 2), ("upstream", 2)]
    assert len(tried) == 100


def test_a_case_without_drawn_arrays_has_no_seeds(read: Read) -> None:
    """There is nothing to try."""
    text = f'{HEAD}input = [[1, 2]]\n[[layers]]\ntype = "Identity"\n[upstream]\nvalues = [[1, 1]]\n'
    assert list(other_seeds(read(text).plan, 100)) == []


def test_other_seeds_are_those_of_the_file(read: Read) -> None:
    """What is drawn is what the file with that seed draws, and nothing else changes."""
    definition = read(SEEDED)
    ((operand, seed),) = islice(other_seeds(definition.plan, 1), 1)
    drawn = draw_with(definition, operand, seed, "float32")
    written = read(SEEDED.replace("seed = 3", f"seed = {seed}")).draw("float32")
    np.testing.assert_array_equal(drawn.steps[0].input, written.steps[0].input)
    assert not np.array_equal(drawn.steps[0].input, definition.draw("float32").steps[0].input)
    for name, array in definition.draw("float32").parameters().items():
        np.testing.assert_array_equal(drawn.parameters()[name], array)


def test_the_seed_of_an_upstream_gradient_holds_for_every_step(read: Read) -> None:
    """It is drawn anew at each step, from the seed and the step."""
    definition = read(SEEDED)
    (upstream,) = (one for one in definition.plan.operands if one.name == "upstream")
    drawn = draw_with(definition, upstream, 5, "float64").steps[0].upstream
    written = read(SEEDED + "seed = 5\n").draw("float64").steps[0].upstream
    np.testing.assert_array_equal(drawn, written)
