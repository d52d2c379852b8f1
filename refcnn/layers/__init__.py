"""Layers, one per file, under torch.nn's names."""

from refcnn.layers.add import Add
from refcnn.layers.avg_pool2d import AvgPool2d
from refcnn.layers.batch_norm2d import BatchNorm2d
from refcnn.layers.cat import Cat
from refcnn.layers.conv2d import Conv2d
from refcnn.layers.dropout import Dropout
from refcnn.layers.flatten import Flatten
from refcnn.layers.identity import Identity
from refcnn.layers.layer import Layer, Merge, Module
from refcnn.layers.linear import Linear
from refcnn.layers.max_pool2d import MaxPool2d
from refcnn.layers.relu import ReLU
from refcnn.layers.sigmoid import Sigmoid
from refcnn.layers.softmax import Softmax
from refcnn.layers.tanh import Tanh
from refcnn.layers.zero_pad2d import ZeroPad2d

__all__ = [
    "Add",
    "AvgPool2d",
    "BatchNorm2d",
    "Cat",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "Linear",
    "MaxPool2d",
    "Merge",
    "Module",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "ZeroPad2d",
]
