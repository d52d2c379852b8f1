"""The optimizer, clipping and learning rate schedules, under torch.optim's names."""

from refcnn.optim.clipping import clip_grad_norm_, clip_grad_value_
from refcnn.optim.schedulers import (
    CosineAnnealingLR,
    ExponentialLR,
    LRScheduler,
    MultiStepLR,
    StepLR,
)
from refcnn.optim.sgd import SGD

__all__ = [
    "SGD",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "MultiStepLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]
