"""The tags a case may carry. Types of layers, losses and optimizers are tags by themselves."""

from __future__ import annotations

PROPERTIES = "properties"
"""Cases with this tag are judged for properties of any implementation too."""

TAGS: dict[str, str] = {
    # what of an operation
    "shapes": "sizes of what goes in and out",
    "stride": "strides above 1",
    "padding": "padding, also uneven",
    "dilation": "dilated windows",
    "groups": "grouped and depthwise channels",
    "channels": "several channels, mixed up or swapped",
    "batch": "several samples, sums and means over them",
    "bias": "with and without a bias",
    "axes": "height and width, rows and columns, layouts of axes",
    "orientation": "rotated, flipped or transposed kernels",
    "overlap": "windows that overlap",
    "remainder": "rows and columns no window reaches, ceil_mode",
    "ties": "equal numbers in a window, exact zeros",
    "broadcasting": "arrays that broadcast where they should not",
    "graph": "layers that read several layers, or are read by several",
    # what of training
    "training": "several steps",
    "optimizer": "updates of parameters",
    "momentum": "what an optimizer remembers",
    "weight_decay": "decay, penalties",
    "penalty": "terms added to the loss",
    "clipping": "clipped gradients",
    "scheduler": "learning rates that change",
    "reduction": "mean, sum, batchmean, none",
    "class_weights": "weights of classes or samples",
    "labels": "class labels, one-hot, ignored",
    "masks": "dropout masks",
    "statistics": "running statistics of norms",
    "eval": "eval mode, and going back and forth",
    "state": "what must not survive, or must",
    # what of data
    "data": "reading and reshaping of data",
    "preparation": "scaling and reshaping of samples",
    "layout": "memory layouts, strides of views",
    "dtype": "float32, integers, narrowing",
    "numerics": "large, small and nearly equal numbers",
    "overflow": "exponentials and logarithms at their limits",
    "lattice": "small integers, every sum exact",
    "large": "sizes beyond the usual small ones",
    "minimal": "as small as it gets: 1 x 1, one channel, one sample",
    "degenerate": "all sizes equal, where some bugs crash otherwise",
    # where it comes from
    "published": "numbers from a book, a course or a paper",
    "report": "a bug report or a question",
    "network": "a whole network, as people build it",
    "blind": "shows what a usual test does not see",
    "convention": "frameworks differ here",
    "refusal": "has to be refused",
    "settings": "right arithmetic that cannot learn",
    "speed": "used by the benchmarks",
    PROPERTIES: "run with an item about properties of any implementation",
}
