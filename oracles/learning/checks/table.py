"""Every check there is, in the order in which findings are told: what may be the reason, then what
it does to the network, then remarks."""

from oracles.learning.checks.constant_prediction import constant_prediction
from oracles.learning.checks.dead_units import dead_units
from oracles.learning.checks.decay_factor import decay_factor
from oracles.learning.checks.exploding_gradients import exploding_gradients
from oracles.learning.checks.initial_std import initial_std
from oracles.learning.checks.input_scale import input_scale
from oracles.learning.checks.learning_rate_too_large import learning_rate_too_large
from oracles.learning.checks.learning_rate_too_small import learning_rate_too_small
from oracles.learning.checks.neighbours import labels_shifted
from oracles.learning.checks.nothing_moves import nothing_moves
from oracles.learning.checks.one_setting import one_setting
from oracles.learning.checks.outputs_equal import outputs_equal
from oracles.learning.checks.regularisation_per_batch import regularisation_per_batch
from oracles.learning.checks.saturated_units import saturated_units
from oracles.learning.checks.targets_independent import targets_independent
from oracles.learning.checks.too_few_steps import too_few_steps
from oracles.learning.checks.vanishing_gradients import vanishing_gradients
from oracles.learning.situation import Check

CHECKS: tuple[Check, ...] = (
    nothing_moves,
    decay_factor,
    learning_rate_too_large,
    initial_std,
    input_scale,
    labels_shifted,
    targets_independent,
    regularisation_per_batch,
    learning_rate_too_small,
    saturated_units,
    dead_units,
    vanishing_gradients,
    exploding_gradients,
    outputs_equal,
    constant_prediction,
    too_few_steps,
    one_setting,
)
