"""A convolutional network written by hand in NumPy: layers, losses, optimizer, networks.

Names, meaning and order of arguments are those of torch.nn and torch.optim, for arrays
(N, C, H, W).
"""

from refcnn import implementation
from refcnn.graph import Graph, Node
from refcnn.layers import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    Cat,
    Conv2d,
    Dropout,
    Flatten,
    Identity,
    Layer,
    Linear,
    MaxPool2d,
    Merge,
    Module,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    ZeroPad2d,
)
from refcnn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    L1Penalty,
    L2Penalty,
    Loss,
    MSELoss,
    Penalty,
)
from refcnn.network import Network
from refcnn.optim import (
    SGD,
    CosineAnnealingLR,
    ExponentialLR,
    LRScheduler,
    MultiStepLR,
    StepLR,
    clip_grad_norm_,
    clip_grad_value_,
)
from refcnn.parameter import Parameter
from refcnn.sequential import Sequential

__all__ = [
    "SGD",
    "Add",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm2d",
    "Cat",
    "Conv2d",
    "CosineAnnealingLR",
    "CrossEntropyLoss",
    "Dropout",
    "ExponentialLR",
    "Flatten",
    "Graph",
    "Identity",
    "L1Penalty",
    "L2Penalty",
    "LRScheduler",
    "Layer",
    "Linear",
    "Loss",
    "MSELoss",
    "MaxPool2d",
    "Merge",
    "Module",
    "MultiStepLR",
    "Network",
    "Node",
    "Parameter",
    "Penalty",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "StepLR",
    "Tanh",
    "ZeroPad2d",
    "clip_grad_norm_",
    "clip_grad_value_",
    "implementation",
]
