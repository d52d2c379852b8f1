"""Case files whose arrays are wrong, in form or in value, and what their author reads."""

from __future__ import annotations

from tests.contract.snippets import (
    BEFORE,
    CLASSES,
    CONV,
    DENSE,
    FLATTEN,
    HEAD,
    MSE,
    RELU,
    SGD,
    SGD_CASE,
    UPSTREAM,
    dense,
    linear,
)

ARRAYS: dict[str, tuple[str, str]] = {
    "a flat list where it has two axes": (
        DENSE + MSE.replace('{ fill = "uniform" }', "[1, 2, 3, 4, 5, 6]"),
        "a:14: loss.target: must have shape (3, 2), has (6,)",
    ),
    "an unknown fill": (
        BEFORE + CONV + 'weight = { fill = "unifrom" }\n' + UPSTREAM,
        "a:12: layers[0].weight.fill: unknown fill 'unifrom', did you mean 'uniform'? allowed: "
        "uniform, normal, integers, arange, bernoulli, permutation",
    ),
    "an unknown key of a fill": (
        BEFORE + CONV + 'weight = { fill = "uniform", hi = 2 }\n' + UPSTREAM,
        "a:12: layers[0].weight.hi: unknown key, did you mean 'high'? allowed: fill, shape, seed, "
        "low, high",
    ),
    "classes outside a target": (
        BEFORE + CONV + 'weight = { fill = "classes" }\n' + UPSTREAM,
        "a:12: layers[0].weight.fill: 'classes' is only for the target of a loss",
    ),
    "limits that are not dyadic": (
        BEFORE + CONV + 'weight = { fill = "uniform", high = 0.1 }\n' + UPSTREAM,
        "a:12: layers[0].weight.high: must be a multiple of 2^-10 between -16384 and 16384, got "
        "0.1, so that every value is exact in float32",
    ),
    "limits beyond 24 bits": (
        BEFORE + CONV + 'weight = { fill = "uniform", high = 16385 }\n' + UPSTREAM,
        "a:12: layers[0].weight.high: must be a multiple of 2^-10 between -16384 and 16384",
    ),
    "a constant uniform": (
        BEFORE + CONV + 'weight = { fill = "uniform", low = 1 }\n' + UPSTREAM,
        "a:12: layers[0].weight.high: must be above low, got low = 1.0, high = 1.0",
    ),
    "a standard deviation that is no power of two": (
        BEFORE + CONV + 'weight = { fill = "normal", std = 0.1 }\n' + UPSTREAM,
        "a:12: layers[0].weight.std: must be a power of two between 2^-60 and 2^60, got 0.1",
    ),
    "constant integers": (
        BEFORE + CONV + 'weight = { fill = "integers", low = 0, high = 1 }\n' + UPSTREAM,
        "a:12: layers[0].weight.high: a fill is never constant: there must be two integers to "
        "draw from, got low = 0, high = 1, zeros = false",
    ),
    "a step of 0": (
        BEFORE + CONV + 'weight = { fill = "arange", step = 0 }\n' + UPSTREAM,
        "a:12: layers[0].weight.step: a fill is never constant: step must not be 0",
    ),
    "a probability of 1": (
        BEFORE + CONV + 'weight = { fill = "bernoulli", p = 1 }\n' + UPSTREAM,
        "a:12: layers[0].weight.p: must be above 0 and below 1, got 1.0",
    ),
    "a negative seed": (
        BEFORE + CONV + 'weight = { fill = "uniform", seed = -1 }\n' + UPSTREAM,
        "a:12: layers[0].weight.seed: must be between 0 and 2^64 - 1, got -1",
    ),
    "two sources": (
        BEFORE + CONV + 'weight = { fill = "uniform", values = [1] }\n' + UPSTREAM,
        "a:12: layers[0].weight: values and fill both say where the numbers come from: give one",
    ),
    "no source": (
        BEFORE + CONV + "weight = { seed = 3 }\n" + UPSTREAM,
        "a:12: layers[0].weight: must say where the numbers come from: needs values, file or fill",
    ),
    "a number for an array": (
        BEFORE + CONV + "weight = 3\n" + UPSTREAM,
        "a:12: layers[0].weight: must be a list or a table with values, file or fill, got 3",
    ),
    "a shape that does not fit": (
        BEFORE + CONV + "bias = [1, 2, 3]\n" + UPSTREAM,
        "a:12: layers[0].bias: must have shape (4,), has (3,)",
    ),
    "a fill's shape that does not fit": (
        BEFORE + CONV + 'bias = { fill = "uniform", shape = [5] }\n' + UPSTREAM,
        "a:12: layers[0].bias: must have shape (4,), has (5,)",
    ),
    "too few values": (
        BEFORE + CONV + "bias = { values = [1, 2, 3], shape = [4] }\n" + UPSTREAM,
        "a:12: layers[0].bias.values: has 3 numbers, (4,) has 4",
    ),
    "values nested in another shape": (
        BEFORE + CONV + "bias = { values = [[1, 2], [3, 4]], shape = [4] }\n" + UPSTREAM,
        "a:12: layers[0].bias.values: are nested as (2, 2), shape says (4,)",
    ),
    "a list that is not rectangular": (
        HEAD + "[input]\nvalues = [[1, 2],\n[3]]\n" + CONV + UPSTREAM,
        "a:6: input.values[1]: the list is not rectangular: this is a list of 1, but the first "
        "one is a list of 2",
    ),
    "an empty list": (
        HEAD + "[input]\nvalues = []\n" + CONV + UPSTREAM,
        "a:5: input.values: must not be empty",
    ),
    "a text among numbers": (
        BEFORE + CONV + 'bias = [1, 2, "3", 4]\n' + UPSTREAM,
        "a:12: layers[0].bias[2]: must be a number, got '3'",
    ),
    "true among numbers": (
        BEFORE + CONV + "bias = [1, true, 3, 4]\n" + UPSTREAM,
        "a:12: layers[0].bias[1]: must be a number, got true",
    ),
    "NaN": (
        BEFORE + CONV + "bias = [1, nan, 3, 4]\n" + UPSTREAM,
        "a:12: layers[0].bias: operands are finite numbers of float64, got nan at (1,)",
    ),
    "infinity": (
        BEFORE + CONV + "bias = [1, -inf, 3, 4]\n" + UPSTREAM,
        "a:12: layers[0].bias: operands are finite numbers of float64, got -inf at (1,)",
    ),
    "more than a float64 holds": (
        BEFORE + CONV + "bias = [1, 1e400, 3, 4]\n" + UPSTREAM,
        "a:12: layers[0].bias[1]: must be a number, got 1e400, which is more than a float64 holds",
    ),
    "a size in hexadecimal digits": (
        BEFORE + CONV.replace("kernel_size = 3", f"kernel_size = 0x{'f' * 400}") + UPSTREAM,
        "a:11: layers[0].kernel_size: must be smaller than 2^53, got an integer of more than 30",
    ),
    "a seed of more than 64 bits": (
        BEFORE
        + CONV
        + 'weight = { fill = "uniform", seed = 0x1_0000_0000_0000_0000 }\n'
        + UPSTREAM,
        "a:12: layers[0].weight.seed: must be smaller than 2^64, got 18446744073709551616",
    ),
    "more axes than anybody has": (
        HEAD + f"[input]\nfill = 'uniform'\nshape = {[1] * 40}\n" + RELU + UPSTREAM,
        "a:4: input: has 40 axes, an array has at most 8",
    ),
    "an integer beyond a float64": (
        BEFORE + CONV + f"bias = [1, 1{'0' * 400}, 3, 4]\n" + UPSTREAM,
        "a:12: layers[0].bias[1]: must be smaller than 2^53, got an integer of more than 30 digits",
    ),
    "more than a float32 holds": (
        BEFORE + CONV + "bias = [1, 1e39, 3, 4]\n" + UPSTREAM,
        "a:12: layers[0].bias: operands are finite numbers of float32, got 1e+39 at (1,); "
        'dtypes = ["float64"] leaves float32 out',
    ),
    "an input without a shape": (
        HEAD + '[input]\nfill = "uniform"\n' + CONV + UPSTREAM,
        "a:4: input.shape: missing: it is not known from anything else",
    ),
    "an input of samples alone": (
        HEAD + "[input]\nvalues = [1, 2]\n" + RELU + UPSTREAM,
        "a:4: input: has an axis of samples and at least one more, got shape (2,)",
    ),
    "an input without numbers": (
        HEAD + '[input]\nfill = "uniform"\nshape = [2, 0]\n' + RELU + UPSTREAM,
        "a:4: input: has no numbers: its shape is (2, 0)",
    ),
    "a negative size": (
        HEAD + '[input]\nfill = "uniform"\nshape = [2, -3]\n' + RELU + UPSTREAM,
        "a:6: input.shape: must not have negative sizes, got [2, -3]",
    ),
    "10^12 samples": (
        HEAD + '[input]\nfill = "uniform"\nshape = [1000000000000, 3]\n' + RELU + UPSTREAM,
        "a:4: input: (1000000000000, 3) has 3,000,000,000,000 elements, an array has at most "
        "10,000,000",
    ),
    "a weight of 2 * 10^7 elements": (
        dense(1, 2) + linear(2, 10**7, "wide") + UPSTREAM,
        "a:7: layers[0].weight: (10000000, 2) has 20,000,000 elements",
    ),
    "an output of 10^12 elements": (
        BEFORE + '[[layers]]\ntype = "ZeroPad2d"\npadding = 1000000\n' + UPSTREAM,
        "a:7: layers[0]: its output is too large: (3, 2000008, 2000006) has ",
    ),
    "a case of more than 10^8 elements": (
        BEFORE
        + '[[layers]]\ntype = "ZeroPad2d"\npadding = 600\n' * 1
        + UPSTREAM
        + "[training]\nsteps = 100\n",
        "a: the arrays of this case, over all steps, have ",
    ),
    "uint8 that is no byte": (
        HEAD + '[input]\ndtype = "uint8"\nvalues = [[1, 256]]\n' + RELU + UPSTREAM,
        'a:4: input: dtype = "uint8" needs integers from 0 to 255, got 256.0 at (0, 1)',
    ),
    "NHWC of what is no image": (
        dense() + 'memory = "NHWC"\n' + linear() + UPSTREAM,
        'a:7: input.memory: "NHWC" is for images, N C H W, got shape (3, 4)',
    ),
    "a mask that is not 0 or 1": (
        dense() + '[[layers]]\ntype = "Dropout"\nmask = { values = [1, 0, 2, 1, '
        "1, 1, 1, 1, 1, 1, 1, 1] }\n" + UPSTREAM,
        "a:9: layers[0].mask: a mask is 1 where kept, 0 elsewhere, got 2.0 at (0, 2)",
    ),
    "a fill for a mask": (
        dense() + '[[layers]]\ntype = "Dropout"\nmask = { fill = "uniform" }\n' + UPSTREAM,
        "a:9: layers[0].mask: must say where the numbers come from: needs values or file",
    ),
    "a negative variance": (
        BEFORE + '[[layers]]\ntype = "BatchNorm2d"\nnum_features = 3\n'
        "running_var = [1, -1, 1]\n" + UPSTREAM,
        "a:10: layers[0].running_var: a variance is not negative, got -1.0 at (1,)",
    ),
}

VALUES: dict[str, tuple[str, str]] = {
    "stride 0": (
        BEFORE + CONV + "stride = [1, 0]\n" + UPSTREAM,
        "a:12: layers[0].stride: must be at least 1, got [1, 0]",
    ),
    "groups that do not divide": (
        BEFORE + CONV + "groups = 2\n" + UPSTREAM,
        "a:9: layers[0].in_channels: must be divisible by groups, got in_channels = 3, groups = 2",
    ),
    "same with a stride": (
        BEFORE + CONV + 'padding = "same"\nstride = 2\n' + UPSTREAM,
        "a:12: layers[0].padding: 'same' needs stride 1, got stride [2, 2]",
    ),
    "padding above half of the kernel": (
        BEFORE + '[[layers]]\ntype = "MaxPool2d"\nkernel_size = 3\npadding = 2\n' + UPSTREAM,
        "a:10: layers[0].padding: must be at most half of kernel_size, got padding = [2, 2], "
        "kernel_size = [3, 3]",
    ),
    "a divisor of 0": (
        BEFORE
        + '[[layers]]\ntype = "AvgPool2d"\nkernel_size = 3\ndivisor_override = 0\n'
        + UPSTREAM,
        "a:10: layers[0].divisor_override: must not be 0",
    ),
    "Softmax over the batch": (
        dense() + '[[layers]]\ntype = "Softmax"\ndim = 0\n' + UPSTREAM,
        "a:9: layers[0].dim: must not be 0: axis 0 is the batch",
    ),
    "Flatten of the batch": (
        BEFORE + FLATTEN + "start_dim = 0\n" + UPSTREAM,
        "a:9: layers[0].start_dim: must be at least 1, axis 0 is the batch, got 0",
    ),
    "Dropout of everything": (
        dense() + '[[layers]]\ntype = "Dropout"\np = 1\n' + UPSTREAM,
        "a:9: layers[0].p: must be at least 0 and below 1, got 1.0",
    ),
    "a weight without affine": (
        BEFORE + '[[layers]]\ntype = "BatchNorm2d"\nnum_features = 3\naffine = false\n'
        "weight = [1, 2, 3]\n" + UPSTREAM,
        "a:11: layers[0].weight: there is none with affine = false",
    ),
    "a negative learning rate": (
        SGD_CASE + "lr = -1\n",
        "a:16: optimizer.lr: must be at least 0, got -1.0",
    ),
    "nesterov without momentum": (
        SGD_CASE + "nesterov = true\n",
        "a:16: optimizer.nesterov: needs momentum above 0 and dampening = 0, got momentum = 0.0, "
        "dampening = 0.0",
    ),
    "nesterov with dampening in a group": (
        SGD_CASE + "nesterov = true\nmomentum = 0.5\n"
        '[[optimizer.groups]]\nparameters = ["fc.*"]\nnesterov = true\ndampening = 0.5\n',
        "a:20: optimizer.groups[0].nesterov: needs momentum above 0 and dampening = 0, got "
        "momentum = 0.5, dampening = 0.5",
    ),
    "both ways of clipping": (
        SGD_CASE + "clip_grad_norm = 1\nclip_grad_value = 1\n",
        "a:17: optimizer.clip_grad_value: give clip_grad_norm or clip_grad_value, not both",
    ),
    "a step size of 0": (
        SGD_CASE + 'lr = { scheduler = "StepLR", lr = 1, step_size = 0 }\n',
        "a:16: optimizer.lr.step_size: must be at least 1, got 0",
    ),
    "an unknown scheduler": (
        SGD_CASE + 'lr = { scheduler = "ReduceLROnPlateau" }\n',
        "a:16: optimizer.lr.scheduler: unknown scheduler 'ReduceLROnPlateau'; allowed: StepLR, "
        "MultiStepLR, ExponentialLR, CosineAnnealingLR",
    ),
    "a list of learning rates of another length": (
        SGD_CASE + "lr = [1, 0.5]\n",
        "a:16: optimizer.lr: a list has one number for each of the 1 train steps, got 2",
    ),
    "a group that matches nothing": (
        SGD_CASE + '[[optimizer.groups]]\nparameters = ["fc.bais"]\n',
        "a:17: optimizer.groups[0].parameters[0]: 'fc.bais' matches no parameter, did you mean "
        "'fc.bias'? there are: fc.weight, fc.bias",
    ),
    "an optimizer without parameters": (
        dense() + RELU + UPSTREAM + SGD,
        "a:11: optimizer: no layer has parameters: there is nothing to update",
    ),
    "a label out of range": (
        DENSE + CLASSES.replace("[0, 1, 1]", "[0, 2, 1]"),
        "a:14: loss.target.classes: labels are integers from 0 to 1 for 2 classes, or "
        "ignore_index = -100, got 2 at (1,)",
    ),
    "a label that is no integer": (
        DENSE + CLASSES.replace("[0, 1, 1]", "[0, 0.5, 1]"),
        "a:14: loss.target.classes: labels are integers from 0 to 1 for 2 classes, or "
        "ignore_index = -100, got 0.5 at (1,)",
    ),
    "a one-hot label out of range": (
        DENSE + CLASSES.replace("[0, 1, 1]", "[0, 2, 1]").replace("CrossEntropyLoss", "MSELoss"),
        "a:14: loss.target.classes: labels are integers from 0 to 1 for 2 classes, got 2 at (1,)",
    ),
    "labels all ignored": (
        DENSE + CLASSES.replace("[0, 1, 1]", "[1, 1, 1]") + "ignore_index = 1\n",
        "a:14: loss.target: the labels of step 0 are ignored or weigh nothing: the mean is 0 / 0",
    ),
    "labels that weigh nothing": (
        DENSE + CLASSES.replace("[0, 1, 1]", "[1, 1, 1]") + "weight = [1, 0]\n",
        "a:14: loss.target: the labels of step 0 are ignored or weigh nothing: the mean is 0 / 0",
    ),
    "too few labels": (
        DENSE + CLASSES.replace("[0, 1, 1]", "[0, 1]"),
        "a:14: loss.target: must have shape (3,), has (2,)",
    ),
    "a target of another shape": (
        DENSE + MSE.replace('fill = "uniform"', "values = [[1, 2]]"),
        "a:14: loss.target: must have shape (3, 2), has (1, 2)",
    ),
    "probabilities with ignore_index": (
        DENSE + MSE.replace("MSELoss", "CrossEntropyLoss") + "ignore_index = 0\n",
        "a:15: loss.ignore_index: only for class labels, and the target holds probabilities",
    ),
    "class weights of another length": (
        DENSE + CLASSES + "weight = [1, 2, 3]\n",
        "a:15: loss.weight: must have shape (2,), has (3,)",
    ),
    "a factor of 0": (
        DENSE + MSE + "factor = 0\n",
        "a:15: loss.factor: must be finite and not 0, got 0.0",
    ),
}
