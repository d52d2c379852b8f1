"""Stochastic gradient descent."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from refcnn import checks
from refcnn.arrays import Array
from refcnn.parameter import Parameter

Parameters: TypeAlias = Mapping[str, Parameter] | Iterable[Parameter]
Group: TypeAlias = dict[str, Any]


class SGD:
    """Gradient descent, with momentum, weight decay and parameter groups.

    `parameters` is a mapping (`network.parameters`), an iterable of parameters, or a list of groups
    `{"params": parameters, "lr": 0.01, ...}`: what a group leaves out is taken from the arguments.
    `param_groups` holds the groups with every option, to be changed between steps at will;
    `state[parameter]["momentum_buffer"]` holds v and may be set.

    Formula (per parameter p with gradient g; v is its momentum_buffer):
        g = -g                                      with maximize
        g = g + weight_decay * p
        v = momentum * v + (1 - dampening) * g      at the first step v = g, not damped
        g = g + momentum * v with nesterov, else v  only if momentum is not 0
        p = p - lr * g

    Parameters without gradient are left alone.

    Source:
        torch.optim.SGD. Sutskever et al. 2013 have the learning rate inside v.
    """

    def __init__(
        self,
        parameters: Parameters | Iterable[Group],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        if not isinstance(parameters, Iterable):
            raise TypeError(
                f"SGD: expected parameters, got {type(parameters).__name__}; "
                "pass network.parameters"
            )
        listed = list(parameters.values() if isinstance(parameters, Mapping) else parameters)
        groups = listed if listed and isinstance(listed[0], Mapping) else [{"params": listed}]
        self.param_groups: list[Group] = [_complete(group, defaults) for group in groups]
        self.state: dict[Parameter, dict[str, Array]] = {}
        _refuse_repeated([p for group in self.param_groups for p in group["params"]])

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            _refuse_options(group)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)

    def zero_grad(self) -> None:
        """Forget all gradients. `backward` sets gradients anew, so this is rarely needed."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def _update(self, parameter: Parameter, grad: Array, group: Group) -> None:
        # float() keeps a NumPy float64 option from widening a float32 parameter.
        lr, momentum = float(group["lr"]), float(group["momentum"])
        if group["maximize"]:
            grad = -grad
        if group["weight_decay"]:
            grad = grad + float(group["weight_decay"]) * parameter.data
        if momentum:
            velocity = self._momentum(parameter, grad, momentum, float(group["dampening"]))
            grad = grad + momentum * velocity if group["nesterov"] else velocity
        parameter.data = parameter.data - lr * grad

    def _momentum(
        self, parameter: Parameter, grad: Array, momentum: float, dampening: float
    ) -> Array:
        state = self.state.setdefault(parameter, {})
        before = state.get("momentum_buffer")
        if before is None:
            state["momentum_buffer"] = grad.copy()
        else:
            state["momentum_buffer"] = momentum * before + (1 - dampening) * grad
        return state["momentum_buffer"]


def _complete(group: Group, defaults: dict[str, Any]) -> Group:
    """The group with every option filled in, checked."""
    unknown = set(group) - set(defaults) - {"params"}
    if unknown or "params" not in group:
        raise ValueError(
            f"SGD: a group has params and any of {', '.join(defaults)}; got {', '.join(group)}"
        )
    params = group["params"]
    if isinstance(params, Parameter):
        params = [params]
    listed = list(params.values() if isinstance(params, Mapping) else params)
    if not listed:
        raise ValueError("SGD: got no parameters")
    for parameter in listed:
        if not isinstance(parameter, Parameter):
            raise TypeError(
                f"SGD: expected Parameter objects, got {type(parameter).__name__}; "
                "pass network.parameters"
            )
    complete = {**defaults, **group, "params": listed}
    _refuse_options(complete)
    return complete


def _refuse_options(group: Group) -> None:
    for name in ("lr", "momentum", "weight_decay"):
        checks.number("SGD", name, group[name], least=0)
    checks.number("SGD", "dampening", group["dampening"])
    for name in ("nesterov", "maximize"):
        checks.flag("SGD", name, group[name])
    if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
        raise ValueError(
            "SGD: nesterov needs momentum > 0 and dampening = 0, got "
            f"momentum={group['momentum']}, dampening={group['dampening']}"
        )


def _refuse_repeated(parameters: list[Parameter]) -> None:
    if len({id(p) for p in parameters}) < len(parameters):
        raise ValueError("SGD: a parameter appears more than once")
