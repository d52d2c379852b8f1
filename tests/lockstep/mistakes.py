"""Programs with one mistake each.

To be trained beside PyTorch:

    python -m oracles lockstep --implementation tests/lockstep/mistakes.py:momentum_lost
"""

from __future__ import annotations

from dataclasses import replace

from oracles.contract.case import Case, Step
from tests.lockstep.torch_by_hand import Gradients, Moment, TorchByHand


def only_parameters(entry: str) -> bool:
    """What somebody has who looks at the weights after each step."""
    return ".update." in entry


def only_losses(entry: str) -> bool:
    """What somebody has who prints the loss."""
    return entry.endswith(".loss") and ".backward." not in entry


def one_sample_missing(moment: Moment) -> Gradients:
    """The bias of the last layer does not hear of the last sample."""
    bias = moment.gradients["fc.bias"] - moment.grad_output[-1]
    return {**moment.gradients, "fc.bias": bias}


def never_zeroed_again(moment: Moment) -> Gradients:
    """From step 100 on the gradients of the step before are still there."""
    if moment.step < 100:
        return moment.gradients
    return {name: g + moment.before[name] for name, g in moment.gradients.items()}


def one_step_late(case: Case, step: Step, name: str) -> float:
    """The learning rate of the step before."""
    return case.steps[max(step.index - 1, 0)].learning_rates[name]


implementation = TorchByHand()
parameters_alone = replace(implementation, exposes=only_parameters)
losses_alone = replace(implementation, exposes=only_losses)

momentum_lost = replace(implementation, forgets_at=50)
sample_missing = replace(implementation, gradients=one_sample_missing)
dampened = replace(implementation, dampening=0.01)
rate_late = replace(implementation, rate=one_step_late)
biases_decay = replace(implementation, decays_biases=True)
not_zeroed = replace(implementation, gradients=never_zeroed_again)
