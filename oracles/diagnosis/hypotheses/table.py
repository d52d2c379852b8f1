"""Every known mistake. The order decides nothing but the order of trying."""

from __future__ import annotations

from oracles.diagnosis.hypotheses import precision
from oracles.diagnosis.hypotheses.activations import table as activations
from oracles.diagnosis.hypotheses.batch_norm2d import table as batch_norm2d
from oracles.diagnosis.hypotheses.conv2d import table as conv2d
from oracles.diagnosis.hypotheses.course import table as course
from oracles.diagnosis.hypotheses.data import table as data
from oracles.diagnosis.hypotheses.dropout import table as dropout
from oracles.diagnosis.hypotheses.linear import table as linear
from oracles.diagnosis.hypotheses.losses import table as losses
from oracles.diagnosis.hypotheses.pooling import table as pooling
from oracles.diagnosis.hypotheses.sgd import table as sgd
from oracles.diagnosis.hypotheses.structure import table as structure
from oracles.diagnosis.hypothesis import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    *data.HYPOTHESES,
    *conv2d.HYPOTHESES,
    *pooling.HYPOTHESES,
    *linear.HYPOTHESES,
    *structure.HYPOTHESES,
    *activations.HYPOTHESES,
    *dropout.HYPOTHESES,
    *batch_norm2d.HYPOTHESES,
    *losses.HYPOTHESES,
    *sgd.HYPOTHESES,
    *course.HYPOTHESES,
    *precision.HYPOTHESES,
)


def hypothesis(name: str) -> Hypothesis:
    """The hypothesis of this name."""
    return next(one for one in HYPOTHESES if one.name == name)
