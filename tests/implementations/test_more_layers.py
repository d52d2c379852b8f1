"""Running statistics, masks, preparations and branches on their way across the border."""

from pathlib import Path

import pytest

from oracles import judge
from oracles.implementations.loading import load
from tests.implementations.networks import definition

_USER = Path(__file__).parent / "users" / "more_layers.py"

_NETWORK = """
format = 1
title = "two branches, a Flatten, a dropout behind it"
why = "the mask follows the order of the features"
preparation = [{ reshape = [3, 4, 5] }, { divide = 255 }]

[input]
shape = [7, 60]
fill = "integers"
low = 0
high = 255
dtype = "uint8"

[[layers]]
type = "BatchNorm2d"
name = "norm"
num_features = 3

[[layers]]
type = "Cat"
name = "both"
inputs = ["norm", "input"]

[[layers]]
type = "Identity"
name = "same"

[[layers]]
type = "Add"
name = "twice"
inputs = ["same", "both"]

[[layers]]
type = "Flatten"
name = "flatten"

[[layers]]
type = "Dropout"
name = "drop"
p = 0.25
mask = { seed = 5 }

[[layers]]
type = "Linear"
name = "dense"
in_features = 120
out_features = 11

[loss]
type = "CrossEntropyLoss"
target = { classes = [3, 1, 10, 0, 0, 7, 2] }

[optimizer]
type = "SGD"
lr = 0.05

[[steps]]

[[steps]]
mode = "eval"
backward = true

[[steps]]
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_with_statistics_masks_and_branches_passes(dtype: str, tmp_path: Path) -> None:
    """The preparation is the user's own, so its result is judged too."""
    judgement = judge(load(str(_USER)).implementation, definition(tmp_path, _NETWORK), dtype)
    assert judgement.outcome == "passed"
    verdicts = {entry.entry: entry.verdict for entry in judgement.entries}
    own = [
        "step0.input",
        "step0.state.norm.running_var",
        "step0.forward.drop",
        "step0.backward.both.1",
        "step2.gradient.norm.weight",
        "step2.gradient.dense.weight",
    ]
    assert {verdicts[entry] for entry in own} <= {"exact", "same"}
    assert verdicts["step0.forward.flatten"] == verdicts["step0.backward.twice.0"] == "supplied"


@pytest.mark.parametrize(
    ("right", "wrong", "first"),
    [
        ("3, 4, 5).transpose(0, 2, 3, 1)", "4, 5, 3)", "input"),
        ("var * (n / (n - 1))", "var", "state.norm.running_var"),
        ("[g[..., : self.channels], g[..., self.channels :]]",
         "[g[..., self.channels :], g[..., : self.channels]]", "backward.both.0"),
        ("self.mask / (1 - self.p)", "self.mask[:, ::-1] / (1 - self.p)", "forward.drop"),
        ("if self.training:\n            g =", "if True:\n            g =", "step1.backward.norm"),
        ('        "mask": "mask",\n', "", "step0.forward.drop"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_first_where_it_is(
    right: str, wrong: str, first: str, tmp_path: Path
) -> None:
    """Also in what is not a gradient: data, statistics, masks, branches, modes."""
    source = _USER.read_text(encoding="utf-8")
    assert right in source
    planted = tmp_path / "planted.py"
    planted.write_text(source.replace(right, wrong), encoding="utf-8")
    judgement = judge(load(str(planted)).implementation, definition(tmp_path, _NETWORK))
    assert judgement.first_divergence is not None
    assert first in judgement.first_divergence.entry
