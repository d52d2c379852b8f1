"""Every check there is, in the order in which findings are told."""

from oracles.learning.checks.constant_prediction import constant_prediction
from oracles.learning.checks.decay_factor import decay_factor
from oracles.learning.checks.input_scale import input_scale
from oracles.learning.checks.neighbours import labels_shifted
from oracles.learning.checks.one_setting import one_setting
from oracles.learning.checks.outputs_equal import outputs_equal
from oracles.learning.checks.regularisation_per_batch import regularisation_per_batch
from oracles.learning.checks.targets_independent import targets_independent
from oracles.learning.checks.too_few_steps import too_few_steps
from oracles.learning.situation import Check

CHECKS: tuple[Check, ...] = (
    decay_factor,
    regularisation_per_batch,
    input_scale,
    labels_shifted,
    targets_independent,
    outputs_equal,
    constant_prediction,
    too_few_steps,
    one_setting,
)
