"""Every way in which a case file can be wrong, and what its author reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case
from tests.contract.bad_operands import ARRAYS, VALUES
from tests.contract.snippets import (
    BEFORE,
    CONV,
    CONV1,
    CONV_CASE,
    DENSE,
    HEAD,
    INPUT,
    MSE,
    RELU,
    SGD,
    UPSTREAM,
    dense,
    linear,
)

Complaint = Callable[[str | bytes], str]


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "a syntax error": (HEAD + "[input\n", "a:4: is not TOML: expected ']' at the end of a table"),
    "a value that is missing at the end": (HEAD + "x =", "a:4: is not TOML: invalid value"),
    "not UTF-8": (b"format = 1\ntitle = '\xe9'\n", "a:2: is not UTF-8: byte 0xe9"),
    "larger than a megabyte": (b"#" * 1_000_001, "a: is larger than 1,000,000 bytes"),
    "nested 50,000 deep": (HEAD + "x = " + "[" * 50_000, "a:4: is nested more than 64 deep"),
    "tables nested 65 deep": (HEAD + "x = " + "{a = " * 65, "a:4: is nested more than 64 deep"),
    "texts that never end": (HEAD + '\\"""\n' * 90_000, "a:4: is not TOML: "),
    "a key of 30,000 parts": ("a." * 30_000 + "b = 1", "a:1: has a key of more than 64 parts"),
    "a quoted key of 100 parts": ('"a".' * 100 + "b = 1", "a:1: has a key of more than 64 parts"),
    "5,000 digits": (
        HEAD + "x = " + "1" * 5000,
        "a:4: has an integer of more digits than Python reads",
    ),
    "another format": (
        HEAD.replace("1", "2") + "surprise = 1",
        "a:1: format: must be 1, the format that this version reads, got 2",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_files(complaint: Complaint, text: str | bytes, message: str) -> None:
    """One problem, on the line where it is."""
    assert complaint(text).startswith(message)


KEYS: dict[str, tuple[str, str]] = {
    "a key with a typing error": (
        BEFORE + CONV + "strid = 2\n" + UPSTREAM,
        "a:12: layers[0].strid: unknown key, did you mean 'stride'? allowed: type, name, inputs, "
        "in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, weight",
    ),
    "a type with a typing error": (
        BEFORE + CONV.replace("Conv2d", "conv2D") + UPSTREAM,
        "a:8: layers[0].type: unknown type of layer 'conv2D', did you mean 'Conv2d'? allowed: ",
    ),
    "a missing key": (
        BEFORE + CONV.replace("kernel_size = 3\n", "") + UPSTREAM,
        "a:7: layers[0].kernel_size: missing",
    ),
    "a missing table": (HEAD + CONV + UPSTREAM, "a: input: missing"),
    "a layer without type": (
        BEFORE + "[[layers]]\n" + UPSTREAM,
        "a:7: layers[0].type: missing; allowed: Conv2d, MaxPool2d, ",
    ),
    "a text for an integer": (
        BEFORE + CONV.replace("out_channels = 4", 'out_channels = "4"') + UPSTREAM,
        "a:10: layers[0].out_channels: must be an integer, got '4'",
    ),
    "a float for an integer": (
        BEFORE + CONV.replace("out_channels = 4", "out_channels = 4.0") + UPSTREAM,
        "a:10: layers[0].out_channels: must be an integer, got 4.0",
    ),
    "true for an integer": (
        BEFORE + CONV.replace("out_channels = 4", "out_channels = true") + UPSTREAM,
        "a:10: layers[0].out_channels: must be an integer, got true",
    ),
    "three numbers for a pair": (
        BEFORE + CONV + "stride = [1, 2, 3]\n" + UPSTREAM,
        "a:12: layers[0].stride: must be an integer or two, [height, width], got [1, 2, 3]",
    ),
    "an unknown padding": (
        BEFORE + CONV + 'padding = "sames"\n' + UPSTREAM,
        "a:12: layers[0].padding: must be an integer, two, [height, width], 'same' or 'valid', "
        "got 'sames', did you mean 'same'?",
    ),
    "an unknown reduction": (
        DENSE + MSE + 'reduction = "average"\n',
        "a:15: loss.reduction: must be 'mean', 'sum', 'none' or 'batchmean', got 'average'",
    ),
    "a single table where there may be several": (
        BEFORE + "[layers]\n" + UPSTREAM,
        "a:7: layers: there may be several: write it with two brackets, [[layers]]",
    ),
    "an unknown tag": (
        CONV_CASE.replace("[input]", 'tags = ["strides"]\n[input]'),
        "a:4: tags[0]: unknown tag 'strides', did you mean 'stride'? allowed: shapes, stride, ",
    ),
    "an unknown convention": (
        CONV_CASE.replace("[input]", 'conventions = ["maxpool.ties"]\n[input]'),
        "a:4: conventions[0]: unknown convention 'maxpool.ties', did you mean 'max_pool.ties'? "
        "allowed: avg_pool.ceil_divisor, ",
    ),
    "an empty title": (CONV_CASE.replace('"t"', '" "'), "a:2: title: must not be empty"),
    "an unknown dtype": (
        CONV_CASE.replace("[input]", 'dtypes = ["float16"]\n[input]'),
        "a:4: dtypes[0]: must be 'float64' or 'float32', got 'float16', did you mean 'float64'?",
    ),
    "a dtype twice": (
        CONV_CASE.replace("[input]", 'dtypes = ["float32", "float32"]\n[input]'),
        "a:4: dtypes: must name each dtype once",
    ),
    "a cause of nothing": (
        CONV_CASE.replace("[input]", 'cause = "x"\n[input]'),
        "a:4: cause: explains what was observed, and there is no [observed]",
    ),
}


GRAPH: dict[str, tuple[str, str]] = {
    "no layers": (HEAD + "layers = []\n" + INPUT + UPSTREAM, "a:4: layers: there must be 1 to"),
    "a name twice": (
        BEFORE + CONV1 + RELU + 'name = "conv1"\n' + UPSTREAM,
        "a:15: layers[1].name: 'conv1' is the name of layers[0] already",
    ),
    "a default name twice": (
        BEFORE + CONV + 'name = "relu_1"\n' + RELU + UPSTREAM,
        "a:13: layers[1].name: 'relu_1' is the name of layers[0] already",
    ),
    "a reserved name": (
        BEFORE + CONV + 'name = "loss"\n' + UPSTREAM,
        "a:12: layers[0].name: 'loss' is reserved: input, loss, upstream mean something else",
    ),
    "a name with a dot": (
        BEFORE + CONV + 'name = "conv.1"\n' + UPSTREAM,
        "a:12: layers[0].name: must be a name of letters, digits and _, not starting with a "
        "digit, got 'conv.1'",
    ),
    "an unknown layer": (
        BEFORE + CONV1 + RELU + 'inputs = ["conv_1"]\n' + UPSTREAM,
        "a:15: layers[1].inputs[0]: there is no layer 'conv_1', did you mean 'conv1'?",
    ),
    "a later layer": (
        BEFORE + CONV1 + 'inputs = ["relu"]\n' + RELU + 'name = "relu"\n' + UPSTREAM,
        "a:13: layers[0].inputs[0]: 'relu' comes after 'conv1': a layer reads only layers before "
        "it, so there is no cycle",
    ),
    "itself": (
        BEFORE + CONV1 + 'inputs = ["conv1"]\n' + UPSTREAM,
        "a:13: layers[0].inputs[0]: 'conv1' is this layer itself: a layer reads layers that come "
        "before it",
    ),
    "a layer nobody reads": (
        BEFORE + CONV1 + RELU + 'inputs = ["input"]\n' + UPSTREAM,
        "a:7: layers[0]: 'conv1' is read by no layer; the last layer is the output",
    ),
    "Add of one layer": (
        BEFORE + CONV1 + '[[layers]]\ntype = "Add"\n' + UPSTREAM,
        "a:13: layers[1]: Add reads at least two layers: inputs = [..., ...], got ['conv1']",
    ),
    "ReLU of two layers": (
        BEFORE + CONV1 + RELU + 'inputs = ["conv1", "input"]\n' + UPSTREAM,
        "a:15: layers[1].inputs: ReLU reads one layer, got ['conv1', 'input']",
    ),
    "Add of two shapes": (
        BEFORE + CONV1 + '[[layers]]\ntype = "Add"\ninputs = ["conv1", "input"]\n' + UPSTREAM,
        "a:13: layers[1]: Add adds inputs of one shape, got (4, 6, 4) and (3, 8, 6)",
    ),
    "Cat of two heights": (
        BEFORE + CONV1 + '[[layers]]\ntype = "Cat"\ninputs = ["conv1", "input"]\n' + UPSTREAM,
        "a:13: layers[1]: Cat needs inputs that differ on axis 1 only, got (4, 6, 4) and (3, 8, 6)",
    ),
    "other channels": (
        BEFORE + CONV.replace("in_channels = 3", "in_channels = 4") + UPSTREAM,
        "a:7: layers[0]: Conv2d has in_channels = 4, got 3 channels; it reads 'input' (3, 8, 6) "
        "for each sample",
    ),
    "a kernel larger than the image": (
        BEFORE + CONV + "dilation = 4\n" + UPSTREAM,
        "a:7: layers[0]: Conv2d has windows of (9, 9), larger than the padded image (8, 6)",
    ),
    "a Flatten left out": (
        BEFORE + linear(144, 2) + UPSTREAM,
        "a:7: layers[0]: Linear has in_features = 144, got 6 on the last axis; put a Flatten "
        "before it; it reads 'input' (3, 8, 6) for each sample",
    ),
    "an image where there is none": (
        dense() + CONV + UPSTREAM,
        "a:7: layers[0]: Conv2d reads images, (C, H, W) for each sample, got (4,)",
    ),
    "one number for each channel": (
        HEAD + '[input]\nfill = "uniform"\nshape = [1, 3, 1, 1]\n'
        '[[layers]]\ntype = "BatchNorm2d"\nnum_features = 3\n' + UPSTREAM,
        "a:7: layers[0]: BatchNorm2d has one number for each channel in step 0: no variance",
    ),
}


PARTS: dict[str, tuple[str, str]] = {
    "nothing to start gradients from": (
        BEFORE + CONV,
        "a: there is neither [loss] nor [upstream]: gradients have nothing to start from",
    ),
    "loss and upstream": (
        DENSE + MSE + UPSTREAM,
        "a:15: upstream: a case has [loss] or [upstream]; the upstream gradient of a loss with "
        'reduction = "none" is `upstream` inside [loss]',
    ),
    "a loss without target": (
        DENSE + MSE.replace('target = { fill = "uniform" }\n', ""),
        "a:12: loss.target: missing: the array that the output is compared with",
    ),
    "no upstream with reduction none": (
        DENSE + MSE + 'reduction = "none"\n',
        'a:12: loss.upstream: missing: with reduction = "none" the loss is no scalar, and '
        "gradients start from `upstream`, an array shaped like the loss",
    ),
    "upstream with reduction mean": (
        DENSE + MSE + 'upstream = { fill = "uniform" }\n',
        'a:15: loss.upstream: only with reduction = "none", got reduction = "mean"',
    ),
    "a penalty with reduction none": (
        DENSE + MSE + 'reduction = "none"\nupstream = { fill = "uniform" }\n'
        '[[loss.penalty]]\ntype = "L2"\nfactor = 1\nparameters = ["*"]\n',
        'a:17: loss.penalty: reduction "none" gives a loss for each sample: there is none to add '
        "them to",
    ),
    "a penalty on nothing": (
        DENSE + MSE + '[[loss.penalty]]\ntype = "L2"\nfactor = 1\nparameters = ["*.weights"]\n',
        "a:18: loss.penalty[0].parameters[0]: '*.weights' matches no parameter",
    ),
    "training and steps": (
        CONV_CASE + "[training]\n[[steps]]\n",
        "a:15: steps: a case has [training] or [[steps]], not both",
    ),
    "a batch larger than the input": (
        CONV_CASE + "[training]\nbatch_size = 3\n",
        "a:15: training.batch_size: must be between 1 and the 2 samples of the input, got 3",
    ),
    "too many steps": (
        CONV_CASE + "[training]\nsteps = 10001\n",
        "a:15: training.steps: must be between 1 and 10,000, got 10001",
    ),
    "a sample that is not there": (
        CONV_CASE + "[[steps]]\nsamples = [0, 2]\n",
        "a:15: steps[0].samples[1]: must be between 0 and 1, the samples of the input, got 2",
    ),
    "no samples": (
        CONV_CASE + "[[steps]]\nsamples = []\n",
        "a:15: steps[0].samples: must not be empty",
    ),
    "a learning rate without optimizer": (
        CONV_CASE + "[[steps]]\nlr = 1\n",
        "a:15: steps[0].lr: there is no [optimizer] to use it",
    ),
    "a learning rate in eval mode": (
        CONV_CASE + '[[steps]]\nmode = "eval"\nlr = 1\n',
        "a:16: steps[0].lr: an eval step updates nothing: it has no learning rate",
    ),
    "a train step without gradients": (
        CONV_CASE + "[[steps]]\nbackward = false\n",
        "a:15: steps[0].backward: a train step always computes gradients: leave it out",
    ),
    "an unknown entry": (
        CONV_CASE + '[expect]\n"step0.forward.conv2d_1" = { values = [1] }\n',
        'a:15: expect."step0.forward.conv2d_1": this case has no entry of this name, did you '
        "mean 'step0.forward.conv2d_0'?",
    ),
    "an entry without quotes": (
        CONV_CASE + "[expect]\nstep0.forward.conv2d_0 = { values = [1] }\n",
        "a:15: expect.step0: the name of an entry has quotes: "
        '"step0.forward.conv1" = { values = ... }',
    ),
    "an expected shape that does not fit": (
        CONV_CASE + '[expect]\n"step0.forward.conv2d_0" = { values = [1, 2] }\n',
        'a:15: expect."step0.forward.conv2d_0": must have shape (2, 4, 6, 4), has (2,)',
    ),
    "an expected text": (
        CONV_CASE + '[expect]\n"step0.gradient.conv2d_0.bias" = "1"\n',
        'a:15: expect."step0.gradient.conv2d_0.bias": must be numbers, or a table with values or '
        "file, got '1'",
    ),
    "an expected NaN": (
        CONV_CASE + '[expect]\n"step0.gradient.conv2d_0.bias" = { values = [1, nan, 1, 1] }\n',
        'a:15: expect."step0.gradient.conv2d_0.bias": NaN equals nothing',
    ),
    "a negative tolerance": (
        CONV_CASE + '[expect]\n"step0.gradient.conv2d_0.bias" = { values = [1, 1, 1, 1], '
        "atol = -1 }\n",
        'a:15: expect."step0.gradient.conv2d_0.bias".atol: must be at least 0, got -1.0',
    ),
    "rtol alone": (
        CONV_CASE + '[expect]\n"step0.gradient.conv2d_0.bias" = { values = [1, 1, 1, 1], '
        "rtol = 1 }\n",
        'a:15: expect."step0.gradient.conv2d_0.bias".rtol: holds beside atol',
    ),
    "a derived observation": (
        CONV_CASE + '[observed]\n"step0.gradient.conv2d_0.bias" = { values = [1, 1, 1, 1], '
        'derived = "torch" }\n',
        'a:15: observed."step0.gradient.conv2d_0.bias".derived: unknown key; allowed: values, ',
    ),
    "values of a case that has to be refused": (
        CONV_CASE + '[raises]\n[expect]\n"step0.gradient.conv2d_0.bias" = { values = [1] }\n',
        "a:15: expect: a case that has to be refused ([raises]) has no values",
    ),
    "a match that is no regular expression": (
        CONV_CASE + '[raises]\nmatch = "("\n',
        "a:15: raises.match: is not a regular expression: missing )",
    ),
    "an unknown preparation": (
        HEAD + "preparation = [{ dvide = 255 }]\n" + INPUT + CONV + UPSTREAM,
        "a:4: preparation[0]: unknown preparation 'dvide', did you mean 'divide'? allowed: "
        "reshape, divide, subtract, minmax",
    ),
    "two preparations in one table": (
        HEAD + "preparation = [{ divide = 255, subtract = 1 }]\n" + INPUT + CONV + UPSTREAM,
        "a:4: preparation[0]: must be a table with one key, reshape, divide, subtract or minmax",
    ),
    "a reshape that does not fit": (
        HEAD + "preparation = [{ reshape = [3, 50] }]\n" + INPUT + CONV + UPSTREAM,
        "a:4: preparation[0].reshape: a sample of shape (3, 8, 6) has 144 numbers, (3, 50) has 150",
    ),
    "a mean for each of two channels": (
        HEAD + "preparation = [{ subtract = [1, 2] }]\n" + INPUT + CONV + UPSTREAM,
        "a:4: preparation[0].subtract: must have one number for each of the 3 channels of a "
        "sample of shape (3, 8, 6), got 2",
    ),
    "a division by zero": (
        HEAD + "preparation = [{ divide = 0 }]\n" + INPUT + CONV + UPSTREAM,
        "a:4: preparation[0].divide: must not be 0",
    ),
    "minmax of a constant": (
        HEAD
        + "preparation = [{ minmax = [0, 1] }]\n[input]\nvalues = [[1, 2], [3, 3]]\n"
        + RELU
        + UPSTREAM,
        "a:4: preparation[0].minmax: sample 1 is constant: minmax divides by zero",
    ),
}

ALL = {**KEYS, **ARRAYS, **GRAPH, **VALUES, **PARTS}


@pytest.mark.parametrize(("text", "message"), ALL.values(), ids=ALL)
def test_what_the_author_reads(complaint: Complaint, text: str, message: str) -> None:
    """The first line says what is wrong, and where."""
    assert complaint(text).splitlines()[0].startswith(message)


def test_no_name_of_a_bad_file_is_used_twice() -> None:
    """A table that is joined of several hides no row."""
    assert len(ALL) == sum(map(len, (KEYS, ARRAYS, GRAPH, VALUES, PARTS)))


def test_all_problems_at_once(complaint: Complaint) -> None:
    """Types, unknown keys, shapes, graph, patterns and steps, from one reading."""
    text = (
        HEAD.replace('"t"', "3")
        + INPUT.replace("shape", 'memory = "NWHC"\nshape')
        + CONV.replace("kernel_size = 3", "kernel_size = 3.5")
        + linear(5, 2)
        + "bias = [1, 2, 3]\n"
        + RELU
        + 'inputs = ["cf"]\n'
        + MSE
        + "factr = 2\n"
        + SGD
        + "lr = -1\n[training]\nbatch_size = 0\n"
    )
    assert complaint(text).splitlines() == [
        "a:2: title: must be a text in quotes, got 3",
        "a:6: input.memory: must be 'NHWC', 'reversed' or 'strided', got 'NWHC', did you mean "
        "'NHWC'?",
        "a:12: layers[0].kernel_size: must be an integer or two, [height, width], got 3.5",
        "a:18: layers[1].bias: must have shape (2,), has (3,)",
        "a:21: layers[2].inputs[0]: there is no layer 'cf'",
        "a:25: loss.factr: unknown key, did you mean 'factor'? allowed: type, target, reduction, "
        "factor, upstream, penalty",
        "a:28: optimizer.lr: must be at least 0, got -1.0",
    ]


def test_layers_are_checked_beside_a_broken_one(complaint: Complaint) -> None:
    """A layer with problems hides neither those of its neighbours nor its own name."""
    text = BEFORE + CONV.replace("= 4", "= 4.0") + 'name = "conv1"\n'
    text += RELU + 'inputs = ["conv1"]\nx = 1\n' + linear() + "weight = [1]\n" + UPSTREAM
    assert complaint(text).splitlines() == [
        "a:10: layers[0].out_channels: must be an integer, got 4.0",
        "a:16: layers[1].x: unknown key; allowed: type, name, inputs",
        "a:22: layers[2].weight: must have shape (2, 4), has (1,)",
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    """Neither a traceback nor a riddle."""
    with pytest.raises(InvalidCase, match=r"no\.case\.toml: cannot be read: No such file"):
        read_case(tmp_path / "no.case.toml")


def test_a_folder(tmp_path: Path) -> None:
    """A folder may be called a.case.toml."""
    with pytest.raises(InvalidCase, match="is a folder, not a case file"):
        read_case(tmp_path)


def test_a_device() -> None:
    """/dev/zero never ends."""
    with pytest.raises(InvalidCase, match="is not a regular file"):
        read_case("/dev/zero")


def test_no_more_problems_than_anybody_reads(complaint: Complaint) -> None:
    """A file of unknown keys is told about the first of them, and how many there are."""
    keys = "".join(f"key{i} = 1\n" for i in range(300))
    lines = complaint(HEAD + keys + INPUT + RELU + UPSTREAM).splitlines()
    assert len(lines) == 51
    assert lines[-1] == "a: and 250 more problems"
