"""Choices on which frameworks differ although each is right: what a case may name under
`conventions`.

A case means what PyTorch does. Its title or why says which is which, and its numbers decide: by the
other rule they come out differently (tests/cases/test_conventions.py computes each).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

_FORWARD = ("forward",)
_LAYER = ("forward", "backward", "gradient")
_LOSS = ("loss", "loss_gradient")
_SGD = ("optimizer", "update")


@dataclass(frozen=True)
class Other:
    """Somebody who does it differently.

    who    frameworks, books, papers
    does   what, as a clause that follows the name
    """

    who: str
    does: str


@dataclass(frozen=True)
class Convention:
    """A choice, and who makes it how.

    title        what it is about, in a few words
    question     what has to be chosen
    pytorch      what PyTorch does, and a case means
    others       who does otherwise
    sources      documentation, papers, discussions
    operations   types of layers, losses, optimizers whose entries hang on it
    kinds        of these entries (contract/entries.py)
    ends         of the names of these entries, where not all of a kind hang on it
    """

    title: str
    question: str
    pytorch: str
    others: tuple[Other, ...]
    sources: tuple[str, ...]
    operations: tuple[str, ...]
    kinds: tuple[str, ...]
    ends: str = ""


class EntryLike(Protocol):
    """What has to be known of an entry: a JudgedEntry has it."""

    @property
    def entry(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def operation(self) -> str: ...


def convention_of(entry: EntryLike, conventions: Iterable[str]) -> str | None:
    """The convention, of those that a case names, that a disagreement on an entry is about."""
    for name in conventions:
        found = CONVENTIONS[name]
        concerned = entry.kind in found.kinds and entry.operation in found.operations
        if concerned and entry.entry.endswith(found.ends):
            return name
    return None


def concerned(entry: EntryLike) -> tuple[str, ...]:
    """Every convention that a disagreement on an entry may be about."""
    return tuple(name for name in CONVENTIONS if convention_of(entry, [name]) is not None)


CONVENTIONS: Mapping[str, Convention] = {
    "avg_pool.ceil_divisor": Convention(
        title="divisor of a window that hangs over the edge",
        question="What does average pooling with ceil_mode divide the last window by?",
        pytorch="by the part of the window inside the padded image; the overhang is not counted",
        others=(
            Other(
                "Core ML's converter and ONNX Runtime, as reported", "divide by the whole window"
            ),
        ),
        sources=("apple/coremltools#2844", "microsoft/onnxruntime#16203", "pytorch/xla#746"),
        operations=("AvgPool2d",),
        kinds=_LAYER,
    ),
    "avg_pool.count_include_pad": Convention(
        title="padding in an average",
        question="Do the zeros of the padding count in the divisor of an average?",
        pytorch="they count by default (count_include_pad = true), in every window alike",
        others=(
            Other("TensorFlow and Keras (padding 'same')", "divide by the pixels of the image"),
            Other("ONNX", "divides by the pixels of the image by default (count_include_pad = 0)"),
        ),
        sources=("ONNX AveragePool", "apache/tvm#1144", "pytorch/pytorch#8645"),
        operations=("AvgPool2d",),
        kinds=_LAYER,
    ),
    "batch_norm.epsilon": Convention(
        title="place of eps",
        question="Is eps added to the variance, or to its root?",
        pytorch="(x - mean) / sqrt(var + eps): inside the root, as in the paper",
        others=(Other("Darknet on the CPU", "divides by sqrt(var) + eps"),),
        sources=(
            "Ioffe and Szegedy, Batch Normalization (2015), algorithm 1",
            "pjreddie/darknet#17",
            "AlexeyAB/darknet#5447",
        ),
        operations=("BatchNorm2d",),
        kinds=_LAYER,
    ),
    "batch_norm.momentum": Convention(
        title="sense of the momentum of running statistics",
        question="Is momentum the weight of the new batch, or of what was there before?",
        pytorch="of the new batch: running = (1 - momentum) * running + momentum * batch",
        others=(
            Other(
                "TensorFlow, Keras, ONNX and Flax",
                "take it for the old value: running = momentum * running + (1 - momentum) * batch",
            ),
        ),
        sources=(
            "torch.nn.BatchNorm2d, note",
            "keras.layers.BatchNormalization",
            "ONNX BatchNormalization",
            "lukemelas/EfficientNet-PyTorch#3",
        ),
        operations=("BatchNorm2d",),
        kinds=("state",),
    ),
    "batch_norm.running_variance": Convention(
        title="variance that is remembered",
        question="Which variance of the batch goes into running_var?",
        pytorch="the unbiased one; the batch itself is divided by the root of the biased one",
        others=(
            Other("Keras (not fused), Flax and ONNX", "remember the biased one"),
            Other("most NumPy textbooks", "remember the biased one"),
        ),
        sources=("pytorch/pytorch#1410", "pytorch/pytorch#77427", "tinygrad/tinygrad#807"),
        operations=("BatchNorm2d",),
        kinds=("state",),
        ends=".running_var",
    ),
    "bce.log_clamped": Convention(
        title="logarithm of a probability of 0",
        question="What does a binary cross-entropy do where a logarithm is infinite?",
        pytorch="logarithms stop at -100, and the gradient's denominator p * (1 - p) at 1e-12",
        others=(
            Other("Keras", "clips probabilities to 1e-7 ... 1 - 1e-7 first, so that 16.1 is all"),
            Other("the formula as it stands", "gives infinity, and 0 * infinity, which is NaN"),
        ),
        sources=("torch.nn.BCELoss", "keras-team/keras#17634"),
        operations=("BCELoss",),
        kinds=_LOSS,
    ),
    "conv2d.same_padding": Convention(
        title="odd padding of 'same'",
        question="On which side is the one row too many if padding 'same' adds an odd number?",
        pytorch="at the end, bottom and right",
        others=(
            Other("ONNX's SAME_LOWER", "pads the beginning"),
            Other("Theano's 'half' and kernel // 2 by hand", "pad both sides alike: other sizes"),
            Other("scipy.signal's mode 'same'", "centres an even kernel the other way"),
        ),
        sources=("ONNX Conv, auto_pad", "keras-team/keras#19291", "pytorch/pytorch#67551"),
        operations=("Conv2d",),
        kinds=_LAYER,
    ),
    "conv2d.true_convolution": Convention(
        title="convolution or correlation",
        question="Is the kernel turned by 180 degrees before it is moved over the image?",
        pytorch="no: y[i, j] = sum of x[i + u, j + v] * w[u, v], a cross-correlation",
        others=(
            Other("Theano (filter_flip=True by default)", "turns it"),
            Other("MATLAB's conv2 and scipy.signal.convolve", "turn it"),
        ),
        sources=("torch.nn.Conv2d", "theano.tensor.nnet.conv2d", "scipy.signal.convolve2d"),
        operations=("Conv2d",),
        kinds=_LAYER,
    ),
    "cross_entropy.weighted_mean": Convention(
        title="mean under class weights",
        question="What is a mean with class weights divided by?",
        pytorch="by the sum of the weights of the labels that occur",
        others=(Other("Keras (class_weight, sample_weight)", "divides by the number of samples"),),
        sources=("torch.nn.CrossEntropyLoss", "pytorch/pytorch#25571", "pytorch/pytorch#61309"),
        operations=("CrossEntropyLoss",),
        kinds=_LOSS,
    ),
    "dropout.scaling": Convention(
        title="where dropout is made up for",
        question="Are the numbers that are kept scaled in training, or all of them in evaluation?",
        pytorch="in training, by 1 / (1 - p); evaluation passes everything on as it is",
        others=(
            Other("the paper, and AlexNet", "scale by 1 - p in evaluation and not in training"),
        ),
        sources=("Srivastava et al., Dropout (2014), section 10", "torch.nn.Dropout"),
        operations=("Dropout",),
        kinds=_LAYER,
    ),
    "flatten.order": Convention(
        title="order of the axes behind a Flatten",
        question="In which order do the numbers of an image become a row?",
        pytorch="channels, rows, columns, the last one fastest (N C H W, row-major)",
        others=(
            Other("TensorFlow and Keras", "have the channels last: rows, columns, channels"),
            Other("MATLAB and Fortran", "let the first axis run fastest"),
        ),
        sources=("keras-team/keras#13830", "gzuidhof/nn-transfer#16", "microsoft/MMdnn#595"),
        operations=("Flatten",),
        kinds=_FORWARD,
    ),
    "max_pool.ties": Convention(
        title="equal maxima in a window",
        question="Which of several equal maxima gets the gradient?",
        pytorch="the first one in row-major order, all of it",
        others=(
            Other("Theano, MXNet and mask = (x == max) by hand", "give it in full to all of them"),
            Other("TensorFlow's reduce_max, JAX's jnp.max", "share it out equally"),
            Other("a comparison with >= in place of >", "gives it to the last one"),
        ),
        sources=("Theano/Theano#5248", "tensorflow/tensorflow#4886", "apache/mxnet#18563"),
        operations=("MaxPool2d",),
        kinds=("backward",),
    ),
    "mse.mean": Convention(
        title="mean of a squared error",
        question="What is a mean squared error divided by?",
        pytorch="by the number of all elements, samples times outputs, and there is no half",
        others=(
            Other("Caffe's EuclideanLoss", "divides by twice the number of samples"),
            Other("MATLAB's mse and regressionLayer", "divide by twice the number of samples"),
            Other("many books", "take half of the sum"),
        ),
        sources=("torch.nn.MSELoss", "caffe::EuclideanLossLayer", "MATLAB dlarray mse"),
        operations=("MSELoss",),
        kinds=_LOSS,
    ),
    "pooling.ceil_mode": Convention(
        title="last window of a rounded-up size",
        question="Is there a window that starts behind the image, in the padding on the right?",
        pytorch="no: sizes are rounded down, with ceil_mode up, and such a window is dropped",
        others=(
            Other("ONNX's formula of the output size", "keeps the window, full of padding"),
            Other("Caffe", "rounds up by default, and drops it too"),
        ),
        sources=("pytorch/pytorch#57178", "microsoft/onnxruntime#15446", "onnx/onnx#5741"),
        operations=("AvgPool2d", "MaxPool2d"),
        kinds=_LAYER,
    ),
    "relu.gradient_at_zero": Convention(
        title="derivative of a ReLU at 0",
        question="What is the derivative at exactly 0?",
        pytorch="0, as in TensorFlow and jax.nn.relu",
        others=(
            Other("x >= 0 by hand", "makes it 1"),
            Other("Theano's relu, and jnp.maximum(x, 0)", "make it a half"),
        ),
        sources=(
            "Bertoin et al., Numerical influence of ReLU'(0) on backpropagation (2021)",
            "jax.nn.relu",
            "tensorflow/playground#19",
        ),
        operations=("ReLU",),
        kinds=("backward",),
    ),
    "sgd.dampening_first_step": Convention(
        title="dampening of the first step",
        question="Is the gradient dampened when the momentum buffer is made?",
        pytorch="no: the buffer starts as the gradient, and dampening begins with the second step",
        others=(
            Other("MLX, as reported", "starts from a buffer of zeros, (1 - dampening) * gradient"),
        ),
        sources=("torch.optim.SGD", "pytorch/pytorch#152833", "ml-explore/mlx#473"),
        operations=("SGD",),
        kinds=_SGD,
    ),
    "sgd.nesterov": Convention(
        title="form of Nesterov's momentum",
        question="Where is the gradient taken, and which velocity is added to it?",
        pytorch="v = mu * v + g, p = p - lr * (g + mu * v), with the gradient taken at p itself",
        others=(
            Other("Sutskever et al.", "take the gradient at p + mu * v and add v: p = p + v"),
            Other("Keras", "has the learning rate in v: p = p + mu * v - lr * g"),
        ),
        sources=(
            "torch.optim.SGD, note",
            "Sutskever et al., On the importance of initialization and momentum (2013)",
            "keras.optimizers.SGD",
            "pytorch/pytorch#5920",
        ),
        operations=("SGD",),
        kinds=_SGD,
    ),
    "sgd.velocity": Convention(
        title="learning rate inside or outside of the velocity",
        question="Does a change of the learning rate reach what momentum has gathered?",
        pytorch="yes: v = mu * v + g, p = p - lr * v",
        others=(
            Other(
                "Keras, Caffe and Sutskever et al.",
                "have the rate inside, v = mu * v - lr * g, p = p + v: the old rate lives on",
            ),
        ),
        sources=("torch.optim.SGD, note", "keras.optimizers.SGD", "Caffe, solver tutorial"),
        operations=("SGD",),
        kinds=_SGD,
    ),
    "sgd.weight_decay": Convention(
        title="decay coupled to the gradient or not",
        question="Does weight decay go through the momentum?",
        pytorch="yes: decay * p is added to the gradient before anything else",
        others=(
            Other("Keras (weight_decay)", "takes lr * decay * p off the parameter beside the step"),
            Other("SGDW of Loshchilov and Hutter", "takes it off the parameter beside the step"),
        ),
        sources=(
            "Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019)",
            "torch.optim.SGD",
            "keras.optimizers.SGD",
        ),
        operations=("SGD",),
        kinds=_SGD,
    ),
}
"""Every convention that a case may name, in alphabetical order."""
