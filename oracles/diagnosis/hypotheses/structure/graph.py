"""Where branches of a network meet: sums and concatenations that lose or exchange an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from oracles.diagnosis.altered import Backward, Forward
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs
from oracles.references.pytorch import TorchRun


def _first_only(_: Site, inputs: Sequence[Tensor], __: Mapping[str, Tensor]) -> Tensor:
    """Only the first input is passed on."""
    return _summed(inputs[:1], inputs)


def _last_only(_: Site, inputs: Sequence[Tensor], __: Mapping[str, Tensor]) -> Tensor:
    """Only the last input is passed on."""
    return _summed(inputs[-1:], inputs)


def _first_twice(_: Site, inputs: Sequence[Tensor], __: Mapping[str, Tensor]) -> Tensor:
    """The first input is added twice."""
    return _summed((inputs[0], *inputs), inputs)


def _last_twice(_: Site, inputs: Sequence[Tensor], __: Mapping[str, Tensor]) -> Tensor:
    """The last input is added twice."""
    return _summed((*inputs, inputs[-1]), inputs)


def _averaged(_: Site, inputs: Sequence[Tensor], __: Mapping[str, Tensor]) -> Tensor:
    """The mean of the inputs is taken, not their sum."""
    return _summed(inputs, inputs) / len(inputs)


def _summed(summands: Sequence[Tensor], inputs: Sequence[Tensor]) -> Tensor:
    """Summands of the shape that all inputs have together."""
    needs(len(inputs) > 1)
    shape = torch.broadcast_shapes(*(one.shape for one in inputs))
    return torch.stack([one.expand(shape) for one in summands]).sum(0)


def _reversed(site: Site, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
    """The inputs are put together in the opposite order."""
    needs(len(inputs) > 1)
    return torch.cat(list(reversed(inputs)), dim=site.attributes["dim"])


def _cut_swapped(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """The gradient is cut into the right pieces, which are handed to the inputs in the opposite
    order: they have the sizes of other inputs."""
    pieces, _parameters = run.autograd(grad_output)
    needs([one.shape for one in pieces] != [one.shape for one in reversed(pieces)])
    return _named(list(reversed(pieces)))


def _cut_first_only(_: Site, run: TorchRun, grad_output: Tensor) -> dict[str, Tensor]:
    """Only the first input gets its piece of the gradient, the others get zeros."""
    pieces, _parameters = run.autograd(grad_output)
    needs(len(pieces) > 1)
    return _named([pieces[0], *(torch.zeros_like(one) for one in pieces[1:])])


def _named(gradients: Sequence[Tensor]) -> dict[str, Tensor]:
    names = ["input", *(f"input.{index}" for index in range(1, len(gradients)))]
    return dict(zip(names, gradients, strict=True))


_LEARNS = "Shapes are right and the loss falls: the network learns without this branch. In the "
_LEARNS += "backward pass alone the other branches learn as they should."
_SUM = "y = sum of all inputs; each input gets the whole grad_output"

HYPOTHESES = (
    Hypothesis(
        name="add.inputs.first_only",
        title="only the first input of the sum counts",
        altered=Forward("Add", _first_only),
        why_unseen=_LEARNS,
        fix=_SUM,
        evidence=("paiml/entrenar#313", "PetarV-/GAT#11"),
    ),
    Hypothesis(
        name="add.inputs.last_only",
        title="only the last input of the sum counts",
        altered=Forward("Add", _last_only),
        why_unseen=_LEARNS,
        fix=_SUM,
    ),
    Hypothesis(
        name="add.inputs.first_twice",
        title="the first input is added twice",
        altered=Forward("Add", _first_twice),
        why_unseen="Shapes are right, a gradient check passes, and the network learns with it.",
        fix=_SUM,
    ),
    Hypothesis(
        name="add.inputs.last_twice",
        title="the last input is added twice",
        altered=Forward("Add", _last_twice),
        why_unseen="Shapes are right, a gradient check passes, and the network learns with it.",
        fix=_SUM,
    ),
    Hypothesis(
        name="add.inputs.averaged",
        title="the inputs are averaged, not added",
        altered=Forward("Add", _averaged),
        why_unseen="The factor is the same everywhere: the layer behind learns larger weights. In "
        "the backward pass alone the gradient is smaller, as with a lower learning rate.",
        fix=f"{_SUM}, not its share",
    ),
    Hypothesis(
        name="cat.order.reversed",
        title="the inputs are put together in the opposite order",
        altered=Forward("Cat", _reversed),
        why_unseen="The shape is right, a gradient check passes, and the layer behind learns the "
        "other order.",
        fix="np.concatenate(inputs, axis=dim) in the order of the inputs; backward: np.split at "
        "the running sum of their sizes",
    ),
    Hypothesis(
        name="cat.grad_input.swapped",
        title="the pieces of the gradient are handed to the inputs in the opposite order",
        altered=Backward("Cat", _cut_swapped),
        why_unseen="Inputs of the same size have pieces of the same shape.",
        fix="np.split(grad_output, np.cumsum(sizes)[:-1], axis=dim), in the order of the inputs",
    ),
    Hypothesis(
        name="cat.grad_input.first_only",
        title="only the first input gets its piece of the gradient",
        altered=Backward("Cat", _cut_first_only),
        why_unseen=_LEARNS,
        fix="np.split(grad_output, np.cumsum(sizes)[:-1], axis=dim), one piece for each input",
        evidence=("paiml/entrenar#313",),
    ),
)
