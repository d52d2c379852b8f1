"""Sums as np.einsum writes them."""

from __future__ import annotations

import numpy as np

from oracles.audit.implementations.convolutions.algorithm import Geometry, with_bias
from oracles.contract.case import Array


class Einsum:
    """One expression for the output, one for each gradient."""

    def output(self, x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
        return with_bias(np.einsum("ncuvhw,kcuv->nkhw", geometry.windows(x), weight), bias)

    def grad_weight(self, x: Array, grad_output: Array, geometry: Geometry) -> Array:
        return np.asarray(np.einsum("nkhw,ncuvhw->kcuv", grad_output, geometry.windows(x)))

    def grad_input(self, weight: Array, grad_output: Array, geometry: Geometry) -> Array:
        return geometry.spread(np.einsum("nkhw,kcuv->ncuvhw", grad_output, weight))
