"""Learning rates that change from epoch to epoch."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable

from refcnn import checks
from refcnn.optim.sgd import SGD


class LRScheduler(ABC):
    """Sets `lr` of every group of an optimizer from its initial value and the number of steps t.

    `step()` is called after the optimizer's; a learning rate set by hand in between is overwritten.
    """

    def __init__(self, optimizer: SGD) -> None:
        self.optimizer = optimizer
        self.base_lrs = [float(group["lr"]) for group in optimizer.param_groups]
        self.last_epoch = 0

    @property
    def kind(self) -> str:
        """The name of the type, which every message starts with."""
        return type(self).__name__

    def step(self) -> None:
        """Go on by one and set the learning rates."""
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._lr(lr, self.last_epoch)

    @abstractmethod
    def _lr(self, lr: float, t: int) -> float:
        """The learning rate after t steps, for an initial one of lr."""


class StepLR(LRScheduler):
    """Multiply by gamma every step_size steps: lr * gamma ** (t // step_size).

    Source:
        torch.optim.lr_scheduler.StepLR
    """

    def __init__(self, optimizer: SGD, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size = checks.integer(self.kind, "step_size", step_size, 1)
        self.gamma = checks.number(self.kind, "gamma", gamma)

    def _lr(self, lr: float, t: int) -> float:
        return lr * self.gamma ** (t // self.step_size)


class MultiStepLR(LRScheduler):
    """Multiply by gamma at each milestone: lr * gamma ** (number of milestones <= t).

    Source:
        torch.optim.lr_scheduler.MultiStepLR
    """

    def __init__(self, optimizer: SGD, milestones: Iterable[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.milestones = [checks.integer(self.kind, "milestones", m) for m in milestones]
        self.gamma = checks.number(self.kind, "gamma", gamma)

    def _lr(self, lr: float, t: int) -> float:
        return lr * self.gamma ** sum(milestone <= t for milestone in self.milestones)


class ExponentialLR(LRScheduler):
    """Multiply by gamma at every step: lr * gamma ** t.

    Source:
        torch.optim.lr_scheduler.ExponentialLR
    """

    def __init__(self, optimizer: SGD, gamma: float) -> None:
        super().__init__(optimizer)
        self.gamma = checks.number(self.kind, "gamma", gamma)

    def _lr(self, lr: float, t: int) -> float:
        return lr * self.gamma**t


class CosineAnnealingLR(LRScheduler):
    """Follow a cosine from lr to eta_min: eta_min + (lr - eta_min) * (1 + cos(pi * t / T_max)) / 2.

    Past T_max it rises again.

    Source:
        torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov and Hutter 2017, "SGDR", equation 5,
        without restarts
    """

    def __init__(self, optimizer: SGD, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_max = checks.integer(self.kind, "T_max", T_max, 1)
        self.eta_min = checks.number(self.kind, "eta_min", eta_min)

    def _lr(self, lr: float, t: int) -> float:
        return self.eta_min + (lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2
