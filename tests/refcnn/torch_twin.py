"""One layer run twice: by refcnn and by its namesake in torch, on the same numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

import refcnn

Results = dict[str, Any]


def torch_module(kind: str, **options: Any) -> torch.nn.Module:
    """A torch module with drawn parameters in float64, the same at every call."""
    module: torch.nn.Module = getattr(torch.nn, kind)(**options).double()
    generator = np.random.default_rng(5)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.from_numpy(generator.uniform(-1, 1, tuple(parameter.shape))))
    return module


def twin_of(kind: str, **options: Any) -> Any:
    """The refcnn layer with the parameters of `torch_module`."""
    if kind in ("Conv2d", "Linear", "BatchNorm2d"):
        layer = getattr(refcnn, kind)(**options, dtype=np.float64)
    else:
        layer = getattr(refcnn, kind)(**options)
    copy_state(torch_module(kind, **options), layer)
    return layer


def pair_of(kind: str, **options: Any) -> tuple[Any, torch.nn.Module]:
    """Both."""
    return twin_of(kind, **options), torch_module(kind, **options)


def copy_state(theirs: torch.nn.Module, ours: Any) -> None:
    """Parameters and buffers of a torch module into a layer."""
    for name, parameter in ours.parameters.items():
        parameter.data = theirs.get_parameter(name).detach().numpy()
    for name, buffer in ours.buffers.items():
        buffer[...] = theirs.get_buffer(name).numpy()


def run_ours(layer: Any, x: Any, grad_output: Any) -> Results:
    """Output, gradients and buffers of a refcnn layer."""
    y = layer.forward(x)
    results = {"y": y, "grad_input": layer.backward(grad_output)}
    results |= {f"grad_{name}": p.grad for name, p in layer.parameters.items()}
    return results | {name: np.array(buffer) for name, buffer in layer.buffers.items()}


def run_torch(module: torch.nn.Module, x: Any, grad_output: Any) -> Results:
    """Output, gradients and buffers of a torch module."""
    tensor = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()
    module.zero_grad()
    y = module(tensor)
    y.backward(torch.from_numpy(np.ascontiguousarray(grad_output)))
    assert tensor.grad is not None
    results: Results = {"y": y.detach().numpy(), "grad_input": tensor.grad.numpy()}
    results |= {
        f"grad_{name}": p.grad.numpy()
        for name, p in module.named_parameters()
        if p.grad is not None
    }
    return results | {name: b.numpy().copy() for name, b in module.named_buffers()}


def drawn(shape: Sequence[int], seed: int = 0) -> Any:
    """Normal float64 numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


def output_shape(module: torch.nn.Module, x: Any) -> tuple[int, ...]:
    """Of a torch module, without moving its statistics."""
    training = module.training
    with torch.no_grad():
        shape = tuple(module.eval()(torch.from_numpy(x)).shape)
    module.train(training)
    return shape
