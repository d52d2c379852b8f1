"""Initial values of parameters."""

from typing import Any

import numpy as np

from refcnn.arrays import Array


def uniform_fan_in(
    shape: tuple[int, ...],
    fan_in: int,
    generator: np.random.Generator,
    dtype: np.dtype[np.floating[Any]],
) -> Array:
    """Uniform on +-1 / sqrt(fan_in), PyTorch's default for weights and biases alike.

    Source:
        torch.nn.init.kaiming_uniform_ with a = sqrt(5), after He et al. 2015, "Delving Deep into
        Rectifiers", section 2.2: a variance of 1 / (3 * fan_in).
    """
    limit = 1.0 / np.sqrt(fan_in)
    return generator.uniform(-limit, limit, size=shape).astype(dtype)


def given_or_fresh(generator: np.random.Generator | None) -> np.random.Generator:
    """The caller's generator, or a new one seeded by the operating system.

    Without a generator two runs differ: pass one wherever a result must be repeatable. Every layer
    built without one has its own.
    """
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"generator must be a numpy.random.Generator, got {generator!r}; "
            "make one with np.random.default_rng(seed)"
        )
    return np.random.default_rng() if generator is None else generator
