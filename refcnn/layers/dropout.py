"""Dropout."""

import numpy as np
from numpy.typing import ArrayLike

from refcnn import checks
from refcnn.arrays import Array
from refcnn.initialization import given_or_fresh
from refcnn.layers.layer import Layer


class Dropout(Layer):
    """Set values to zero with probability p and scale the rest; the identity in evaluation.

    Shapes:
        x, y, mask  any, equal

    Formula:
        y = x * mask / (1 - p)           mask: 1 keeps, 0 drops
        grad_input = grad_output * mask / (1 - p)

    `mask` is the mask to use; while it is None, each training pass draws a new one from
    `generator`. `last_mask` is the one of the last training pass (None after an evaluation).

    Source:
        torch.nn.Dropout, "inverted" dropout; Srivastava et al. 2014, section 10, footnote 1.
        p = 1 gives zeros.
    """

    def __init__(
        self,
        p: float = 0.5,
        *,
        generator: np.random.Generator | None = None,
        mask: ArrayLike | None = None,
    ) -> None:
        super().__init__()
        self.p = checks.number(self.kind, "p", p, least=0, most=1)
        self.generator = given_or_fresh(generator)
        self.mask = mask
        self.last_mask: Array | None = None
        self._input: Array | None = None

    def forward(self, x: Array) -> Array:
        """The kept values of x, scaled; x itself in evaluation."""
        x = checks.floating(self.kind, x)
        self.last_mask = self._mask_for(x) if self.training else None
        self._input = x
        return self._scaled(x)

    def backward(self, grad_output: Array) -> Array:
        """The gradients of the kept values, scaled alike."""
        x = self._kept(self._input)
        return self._scaled(checks.gradient(self.kind, grad_output, x.shape, x.dtype))

    def _scaled(self, values: Array) -> Array:
        if self.last_mask is None:
            return values
        return values * (self.last_mask / (1 - self.p) if self.p < 1 else self.last_mask)

    def _mask_for(self, x: Array) -> Array:
        if self.mask is None:
            keep = self.generator.random(x.shape) >= self.p
            return keep.astype(x.dtype)
        mask = np.asarray(self.mask)
        if mask.shape != x.shape:
            raise ValueError(
                f"Dropout: expected a mask of the input's shape {x.shape}, got {mask.shape}"
            )
        if not np.all((mask == 0) | (mask == 1)):
            raise ValueError("Dropout: mask must hold 1 (keep) and 0 (drop) only, not scaled")
        if self.p == 1 and np.any(mask):
            raise ValueError("Dropout: p=1 keeps nothing, but the mask keeps something")
        return mask.astype(x.dtype)
