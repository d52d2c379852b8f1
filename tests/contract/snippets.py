"""Parts of case files that tests are made of."""

from __future__ import annotations

HEAD = 'format = 1\ntitle = "t"\nwhy = "w"\n'  # lines 1 to 3
INPUT = '[input]\nfill = "uniform"\nshape = [2, 3, 8, 6]\n'  # lines 4 to 6
CONV = (
    '[[layers]]\ntype = "Conv2d"\nin_channels = 3\nout_channels = 4\nkernel_size = 3\n'  # 7 to 11
)
RELU = '[[layers]]\ntype = "ReLU"\n'
FLATTEN = '[[layers]]\ntype = "Flatten"\n'
IDENTITY = '[[layers]]\ntype = "Identity"\n'
UPSTREAM = '[upstream]\nfill = "uniform"\n'

CONV_CASE = HEAD + INPUT + CONV + UPSTREAM
"""Everything that a case of one layer needs."""


def dense(samples: int = 3, features: int = 4) -> str:
    """Head and input of a case without images."""
    return f'{HEAD}[input]\nfill = "uniform"\nshape = [{samples}, {features}]\n'


def linear(in_features: int = 4, out_features: int = 2, name: str = "fc") -> str:
    """A Linear layer."""
    sizes = f"in_features = {in_features}\nout_features = {out_features}\n"
    return f'[[layers]]\ntype = "Linear"\nname = "{name}"\n{sizes}'


BEFORE = HEAD + INPUT  # 6 lines
CONV1 = CONV + 'name = "conv1"\n'  # lines 7 to 12
SGD = '[optimizer]\ntype = "SGD"\n'
CLASSES = '[loss]\ntype = "CrossEntropyLoss"\ntarget = { classes = [0, 1, 1] }\n'
MSE = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n'
DENSE = dense() + linear()  # 6 + 5 lines
SGD_CASE = DENSE + UPSTREAM + SGD  # lines 14 and 15 are the optimizer
