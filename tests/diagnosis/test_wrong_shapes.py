"""An array of a wrong shape ends a run, and its numbers still tell why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import oracles
from oracles.diagnosis.altered import Forward
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.hypotheses.conv2d.convolving import convolved
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site
from oracles.judging.diagnosis import Diagnosis
from oracles.trial import judge
from tests.diagnosis.self_made import definition


def _strides_exchanged(site: Site, inputs: Any, parameters: Any) -> torch.Tensor:
    """The strides of rows and columns are exchanged."""
    stride = site.attributes["stride"][::-1]
    return convolved(site, inputs[0], parameters, stride=stride)


EXCHANGED = Hypothesis(
    name="conv2d.stride.exchanged",
    title="strides are exchanged",
    altered=Forward("Conv2d", _strides_exchanged),
    why_unseen="",
    fix="",
)


def forward(x: Any, layer: Any) -> Any:
    """A convolution with its strides exchanged, in the layout that is asked for."""
    a, parameters = layer.attributes, layer.parameters
    arrays = [torch.from_numpy(np.array(array)) for array in (x, *parameters.values())]
    x, weight, bias = arrays
    y = torch.nn.functional.conv2d(
        x, weight, bias, stride=a["stride"][::-1], padding=a["padding"], dilation=a["dilation"]
    )
    return y.numpy(), None


class NHWC:
    """The same with channels last, as an object."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.W, self.b = layer.parameters["weight"], layer.parameters["bias"]

    def forward(self, x: Any) -> Any:
        """(N, H, W, C) in and out."""
        return forward(np.ascontiguousarray(x.transpose(0, 3, 1, 2)), self.layer)[0].transpose(
            0, 2, 3, 1
        )

    def backward(self, grad_output: Any) -> Any:
        """Never reached."""
        return grad_output


def only_exchanged(evidence: Evidence) -> Diagnosis:
    """A diagnosis that knows one mistake."""
    return diagnose(evidence, (EXCHANGED,))


IMPLEMENTATIONS: dict[str, Any] = {
    "functions": oracles.from_functions({"Conv2d": (forward, forward)}),
    "layers in NHWC": oracles.from_layers(
        {"Conv2d": NHWC}, layout="NHWC", parameters={"weight": "W", "bias": "b"}
    ),
}


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_a_wrong_shape_is_explained(name: str) -> None:
    """The mistake that gives exactly this array is named, although the run ended there."""
    case = definition("conv2d/axes_differ")
    judgement = judge(IMPLEMENTATIONS[name], case, "float32", diagnose=only_exchanged)
    assert judgement.outcome == "error"
    assert "has shape" in judgement.message
    assert judgement.diagnosis is not None
    found = [(cause.cause, cause.certainty) for cause in judgement.diagnosis.causes]
    assert found == [("conv2d.stride.exchanged", "certain")]
