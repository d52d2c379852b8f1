from typing import Any

import numpy as np
import pytest
import torch

import refcnn
from tests.refcnn.closeness import assert_all_close, assert_close
from tests.refcnn.torch_twin import drawn

SHAPES = {"weight": (3, 4), "bias": (3,)}

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"lr": 0.1},
    "with weight decay": {"lr": 0.1, "weight_decay": 0.3},
    "with momentum": {"lr": 0.1, "momentum": 0.9},
    "with dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.4},
    "with full dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 1.0},
    "with nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "uphill": {"lr": 0.1, "maximize": True},
    "uphill with decay and momentum": {
        "lr": 0.1,
        "maximize": True,
        "weight_decay": 0.3,
        "momentum": 0.9,
    },
    "with everything": {
        "lr": 0.1,
        "momentum": 0.8,
        "weight_decay": 0.2,
        "nesterov": True,
        "maximize": True,
    },
    "standing still": {"lr": 0.0, "momentum": 0.9},
    "by default": {},
}
STEPS = 4


def parameters() -> dict[str, refcnn.Parameter]:
    """Two parameters, the same at every call."""
    return {name: refcnn.Parameter(drawn(shape, 1)) for name, shape in SHAPES.items()}


def tensors() -> dict[str, torch.Tensor]:
    """The same for torch."""
    return {
        name: torch.from_numpy(drawn(shape, 1)).requires_grad_() for name, shape in SHAPES.items()
    }


def gradient(name: str, step: int) -> Any:
    """The gradient of a parameter at a step."""
    return drawn(SHAPES[name], 10 + step)


def our_path(optimizer: refcnn.SGD, moved: dict[str, refcnn.Parameter]) -> dict[str, Any]:
    """Every parameter and buffer after every step."""
    path = {}
    for step in range(STEPS):
        for name, parameter in moved.items():
            parameter.grad = gradient(name, step)
        optimizer.step()
        for name, parameter in moved.items():
            path[f"{step}.{name}"] = parameter.data
            path |= {
                f"{step}.{name}.{slot}": array
                for slot, array in optimizer.state.get(parameter, {}).items()
            }
    return path


def torch_path(optimizer: torch.optim.Optimizer, moved: dict[str, torch.Tensor]) -> dict[str, Any]:
    """The same for torch."""
    path = {}
    for step in range(STEPS):
        for name, tensor in moved.items():
            tensor.grad = torch.from_numpy(gradient(name, step))
        optimizer.step()
        for name, tensor in moved.items():
            path[f"{step}.{name}"] = tensor.detach().numpy().copy()
            path |= {
                f"{step}.{name}.{slot}": value.numpy().copy()
                for slot, value in optimizer.state.get(tensor, {}).items()
                if value is not None
            }
    return path


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
def test_sgd_takes_torchs_steps(options: dict[str, Any]) -> None:
    """Parameters and momentum buffers over four steps."""
    ours, theirs = parameters(), tensors()
    assert_all_close(
        our_path(refcnn.SGD(ours, **options), ours),
        torch_path(torch.optim.SGD(list(theirs.values()), **options), theirs),
    )


def test_groups_have_options_of_their_own() -> None:
    """What a group leaves out is taken from the arguments."""
    ours, theirs = parameters(), tensors()
    common: dict[str, Any] = {"lr": 0.1, "momentum": 0.9}
    our_groups: list[dict[str, Any]] = [
        {"params": {"w": ours["weight"]}, "weight_decay": 0.3},
        {"params": [ours["bias"]], "lr": 0.01, "momentum": 0.0},
    ]
    torch_groups: list[dict[str, Any]] = [
        {"params": [theirs["weight"]], "weight_decay": 0.3},
        {"params": [theirs["bias"]], "lr": 0.01, "momentum": 0.0},
    ]
    assert_all_close(
        our_path(refcnn.SGD(our_groups, **common), ours),
        torch_path(torch.optim.SGD(torch_groups, **common), theirs),
    )


SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "every second step": ("StepLR", {"step_size": 2, "gamma": 0.3}),
    "at milestones": ("MultiStepLR", {"milestones": [2, 3, 5], "gamma": 0.3}),
    "at a repeated milestone": ("MultiStepLR", {"milestones": [2, 2], "gamma": 0.3}),
    "exponentially": ("ExponentialLR", {"gamma": 0.9}),
    "along a cosine": ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
}


@pytest.mark.parametrize(("kind", "options"), SCHEDULES.values(), ids=SCHEDULES.keys())
def test_learning_rate_falls_as_in_torch(kind: str, options: dict[str, Any]) -> None:
    """Two groups over eight steps."""
    ours, theirs = parameters(), tensors()
    our_groups: list[dict[str, Any]] = [
        {"params": ours["weight"]},
        {"params": ours["bias"], "lr": 0.5},
    ]
    torch_groups: list[dict[str, Any]] = [
        {"params": theirs["weight"]},
        {"params": theirs["bias"], "lr": 0.5},
    ]
    our_sgd, torch_sgd = refcnn.SGD(our_groups, lr=0.1), torch.optim.SGD(torch_groups, lr=0.1)
    assert_close(
        rates(our_sgd, getattr(refcnn, kind)(our_sgd, **options)),
        rates(torch_sgd, getattr(torch.optim.lr_scheduler, kind)(torch_sgd, **options)),
    )


def rates(optimizer: Any, scheduler: Any) -> list[list[float]]:
    """The learning rates of all groups after each of eight steps."""
    found = []
    for _ in range(8):
        optimizer.step()
        scheduler.step()
        found.append([group["lr"] for group in optimizer.param_groups])
    return found


def test_learning_rate_may_be_changed_between_steps() -> None:
    """In `param_groups`."""
    parameter = refcnn.Parameter(np.array([1.0]))
    parameter.grad = np.array([1.0])
    optimizer = refcnn.SGD([parameter], lr=0.5)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    assert_close(parameter.data, [0.25])


def test_momentum_buffer_may_be_set() -> None:
    """To go on where a run was interrupted."""
    parameter = refcnn.Parameter(np.array([1.0]))
    parameter.grad = np.array([1.0])
    optimizer = refcnn.SGD([parameter], lr=0.5, momentum=0.5)
    optimizer.state[parameter] = {"momentum_buffer": np.array([4.0])}
    optimizer.step()
    assert_close(optimizer.state[parameter]["momentum_buffer"], [3.0])
    assert_close(parameter.data, [-0.5])


def test_step_replaces_arrays_and_writes_into_none() -> None:
    """A reference to the old value or the gradient stays what it was."""
    parameter = refcnn.Parameter(np.array([1.0]))
    before, grad = parameter.data, np.array([1.0])
    parameter.grad = grad
    optimizer = refcnn.SGD([parameter], lr=0.5, momentum=0.9, weight_decay=0.1)
    optimizer.step()
    optimizer.step()
    assert (before.item(), grad.item()) == (1.0, 1.0)


def test_parameters_without_gradient_stay() -> None:
    """Also where weight decay would move them."""
    parameter = refcnn.Parameter(np.array([1.0]))
    refcnn.SGD([parameter], lr=0.5, weight_decay=0.1).step()
    assert_close(parameter.data, [1.0])


def test_float32_stays_float32_although_options_are_float64() -> None:
    """Parameter and momentum buffer."""
    parameter = refcnn.Parameter(np.ones(2, dtype=np.float32))
    parameter.grad = np.ones(2, dtype=np.float32)
    options: dict[str, Any] = {
        name: np.float64(0.1) for name in ("lr", "momentum", "dampening", "weight_decay")
    }
    optimizer = refcnn.SGD([parameter], **options)
    optimizer.step()
    optimizer.step()
    assert optimizer.state[parameter]["momentum_buffer"].dtype == parameter.data.dtype == np.float32


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("max_norm", [0.1, 1.0, 100.0])
def test_clipping_by_norm_is_torchs(max_norm: float, norm_type: float) -> None:
    """The norm before, and the gradients after; also where nothing is to be clipped."""
    ours, theirs = with_gradients()
    norm = refcnn.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs.values(), max_norm, norm_type)
    assert_close(norm, expected.numpy())
    assert_all_close(our_gradients(ours), torch_gradients(theirs))


@pytest.mark.parametrize("value", [0.1, 1.0, 100.0])
def test_clipping_by_value_is_torchs(value: float) -> None:
    """Element by element."""
    ours, theirs = with_gradients()
    refcnn.clip_grad_value_(ours.values(), value)
    torch.nn.utils.clip_grad_value_(theirs.values(), value)
    assert_all_close(our_gradients(ours), torch_gradients(theirs))


def test_clipping_without_any_gradient_finds_a_norm_of_zero() -> None:
    """As torch does."""
    assert refcnn.clip_grad_norm_(parameters(), 1.0) == 0.0


def with_gradients() -> tuple[dict[str, refcnn.Parameter], dict[str, torch.Tensor]]:
    """Parameters and tensors with the same gradients."""
    ours, theirs = parameters(), tensors()
    for name in SHAPES:
        ours[name].grad = gradient(name, 0)
        theirs[name].grad = torch.from_numpy(gradient(name, 0))
    return ours, theirs


def our_gradients(moved: dict[str, refcnn.Parameter]) -> dict[str, Any]:
    """The gradients by name."""
    return {name: parameter.grad for name, parameter in moved.items()}


def torch_gradients(moved: dict[str, torch.Tensor]) -> dict[str, Any]:
    """The gradients by name."""
    return {name: tensor.grad for name, tensor in moved.items()}


def test_zero_grad_forgets_gradients() -> None:
    """A step afterwards moves nothing."""
    ours, _ = with_gradients()
    optimizer = refcnn.SGD(ours, lr=0.1)
    optimizer.zero_grad()
    assert our_gradients(ours) == {"weight": None, "bias": None}


def test_parameter_shows_shape_and_state() -> None:
    """As a person wants to see it in a debugger."""
    parameter = refcnn.Parameter(np.ones((2, 3)))
    assert repr(parameter) == "Parameter(shape=(2, 3), dtype=float64, without grad)"
