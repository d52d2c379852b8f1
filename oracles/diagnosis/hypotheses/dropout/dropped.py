"""What a dropout behind a layer makes of its output."""

from __future__ import annotations

from torch import Tensor

from oracles.diagnosis.site import Site, needs, tensor


def dropped(site: Site, output: Tensor) -> Tensor:
    """The output of a layer behind the dropout that reads it: zeros where its mask has them, and
    the rest divided by 1 - p. In eval mode it is the output itself.

    Raises Inapplicable where no dropout follows.
    """
    behind = [
        layer
        for layer in site.case.layers
        if layer.type == "Dropout" and layer.inputs == (site.layer.name,)
    ]
    needs(len(behind) == 1)
    if site.step.mode == "eval":
        return output
    dropout = behind[0]
    scale = 1 / (1 - float(dropout.attributes["p"]))
    return output * tensor(site.step.masks[dropout.name]) * scale
