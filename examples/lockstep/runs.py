"""One network in training, by refcnn and by PyTorch, behind the same four methods."""

from typing import Any, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

import refcnn
from examples.lockstep import lenet5
from examples.lockstep.lenet5 import Array, State

Classes: TypeAlias = NDArray[np.int64]
"""Class indices (N), 0..9."""


class Run(Protocol):
    """A network, its loss and its optimizer."""

    def train_step(self, x: Array, target: Classes) -> float:
        """One update from the batch x (N, 1, 32, 32); returns the loss before it."""

    def predict(self, x: Array) -> Classes:
        """The most likely class of each image."""

    def state(self) -> State:
        """The present parameters."""


class RefcnnRun:
    """Training with refcnn: every derivative is computed by hand."""

    def __init__(self, state: State, dtype: np.dtype[Any], lr: float, momentum: float) -> None:
        self.network = lenet5.in_refcnn(dtype)
        self.network.load_state_dict(state)
        self.loss = refcnn.CrossEntropyLoss()
        self.optimizer = refcnn.SGD(self.network.parameters, lr=lr, momentum=momentum)

    def train_step(self, x: Array, target: Classes) -> float:
        self.network.train()
        loss = self.loss.forward(self.network.forward(x), target)
        self.network.backward(self.loss.backward())  # sets all gradients, so none need zeroing
        self.optimizer.step()
        return float(loss)

    def predict(self, x: Array) -> Classes:
        self.network.eval()
        classes: Classes = self.network.forward(x).argmax(axis=1)
        return classes

    def state(self) -> State:
        return self.network.state_dict()


class TorchRun:
    """Training with PyTorch: autograd computes the derivatives."""

    def __init__(self, state: State, dtype: np.dtype[Any], lr: float, momentum: float) -> None:
        self.network = lenet5.in_torch(getattr(torch, dtype.name))
        self.network.load_state_dict({name: torch.from_numpy(v) for name, v in state.items()})
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=lr, momentum=momentum)

    def train_step(self, x: Array, target: Classes) -> float:
        self.network.train()
        self.optimizer.zero_grad()
        loss = self.loss(self.network(torch.from_numpy(x)), torch.from_numpy(target))
        loss.backward()
        self.optimizer.step()
        return float(loss.item())

    def predict(self, x: Array) -> Classes:
        self.network.eval()
        with torch.no_grad():
            classes: Classes = self.network(torch.from_numpy(x)).argmax(dim=1).numpy()
        return classes

    def state(self) -> State:
        return {name: value.numpy().copy() for name, value in self.network.state_dict().items()}
