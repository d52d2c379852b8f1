"""Small complete implementations in the layouts that people use, judged by the oracles."""

from pathlib import Path

import pytest

from oracles import judge
from oracles.implementations.loading import load
from tests.implementations.networks import NETWORKS, definition

_USERS = Path(__file__).parent / "users"

_JUDGED = {
    ("channels_last", "gradients"): 12,
    ("channels_last", "plain training"): 24,
    ("channels_last", "momentum"): 24,
    ("channels_last", "penalty"): 24,
    ("channels_last", "clipping"): 24,
    ("columns", "gradients"): 12,
    ("columns", "plain training"): 24,
    ("one_at_a_time", "gradients"): 10,
    ("one_at_a_time", "plain training"): 20,
    ("one_at_a_time", "penalty"): 20,
    ("functions", "gradients"): 10,
    ("functions", "plain training"): 32,
    ("functions", "momentum"): 40,
    ("functions", "penalty"): 32,
    ("functions", "clipping"): 32,
}
"""Entries that rest on the implementation's own arrays; the others are supplied."""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("user", "network"), _JUDGED)
def test_a_correct_implementation_passes_with_everything_it_exposes(
    user: str, network: str, dtype: str, tmp_path: Path
) -> None:
    """Nothing is lost or bent on the way across the border."""
    implementation = load(str(_USERS / f"{user}.py")).implementation
    judgement = judge(implementation, definition(tmp_path, NETWORKS[network]), dtype)
    assert (judgement.outcome, judgement.findings) == ("passed", ())
    assert judgement.judged == _JUDGED[user, network]


@pytest.mark.parametrize(
    ("user", "right", "wrong", "first"),
    [
        (
            "channels_last",
            "g @ self.W[u, v].T\n",
            "g @ self.W[-1 - u, -1 - v].T\n",
            "backward.conv",
        ),
        ("channels_last", '"nijcuv,nijo->uvco"', '"nijcvu,nijo->uvco"', ""),
        ("channels_last", "g.sum((0, 1, 2))", "g.mean((0, 1, 2))", "gradient.conv.bias"),
        ("channels_last", "x.reshape(len(x), -1)", 'x.reshape(len(x), -1, order="F")', "flatten"),
        ("channels_last", "x > 0", "x > 0.1", "forward.relu"),
        ("channels_last", "return g @ self.W.T", "return -g @ self.W.T", "backward.dense"),
        ("columns", "turned[::-1, ::-1]", "turned", "gradient.conv.weight"),
        ("columns", "true_convolution=True", "true_convolution=False", "forward.conv"),
        ("columns", 'flatten="F"', 'flatten="C"', "forward.flatten"),
        ("columns", 'layout="HWCN"', 'layout="WHCN"', ""),
        ("one_at_a_time", "learning_rate * g @", "-learning_rate * g @", "gradient.dense.weight"),
        ("one_at_a_time", "(self.x > 0)", "(g > 0)", "backward.relu"),
        ("one_at_a_time", "g * (self.x", "2 * g * (self.x", "backward.relu"),
        ("functions", "g.T @ x", "g.T @ x / len(x)", "gradient.dense.weight"),
        ("functions", "2 * difference /", "difference /", "backward.loss"),
        ("functions", 'options["momentum"] *', "0.5 *", "optimizer.conv.weight.momentum_buffer"),
    ],
)
def test_a_planted_mistake_does_not_pass(
    user: str, right: str, wrong: str, first: str, tmp_path: Path
) -> None:
    """The first wrong entry is where the mistake is; one in a shape is an error that names it."""
    source = (_USERS / f"{user}.py").read_text(encoding="utf-8")
    assert right in source
    planted = tmp_path / "planted.py"
    planted.write_text(source.replace(right, wrong), encoding="utf-8")
    implementation = load(str(planted)).implementation
    judgement = judge(implementation, definition(tmp_path, NETWORKS["momentum"]))
    entry = judgement.first_divergence.entry if judgement.first_divergence else ""
    assert judgement.outcome == ("diverged" if first else "error")
    assert first in entry
