"""The operations of this version."""

from __future__ import annotations

from oracles.contract.operations.add import Add
from oracles.contract.operations.avg_pool2d import AvgPool2d
from oracles.contract.operations.batch_norm2d import BatchNorm2d
from oracles.contract.operations.cat import Cat
from oracles.contract.operations.conv2d import Conv2d
from oracles.contract.operations.dropout import Dropout
from oracles.contract.operations.flatten import Flatten
from oracles.contract.operations.identity import Identity
from oracles.contract.operations.linear import Linear
from oracles.contract.operations.max_pool2d import MaxPool2d
from oracles.contract.operations.operation import Operation
from oracles.contract.operations.relu import ReLU
from oracles.contract.operations.sigmoid import Sigmoid
from oracles.contract.operations.softmax import Softmax
from oracles.contract.operations.tanh import Tanh
from oracles.contract.operations.zero_pad2d import ZeroPad2d

OPERATIONS: dict[str, type[Operation]] = {
    "Conv2d": Conv2d,
    "MaxPool2d": MaxPool2d,
    "AvgPool2d": AvgPool2d,
    "Linear": Linear,
    "Flatten": Flatten,
    "ReLU": ReLU,
    "Sigmoid": Sigmoid,
    "Tanh": Tanh,
    "Softmax": Softmax,
    "Dropout": Dropout,
    "ZeroPad2d": ZeroPad2d,
    "BatchNorm2d": BatchNorm2d,
    "Add": Add,
    "Cat": Cat,
    "Identity": Identity,
}
