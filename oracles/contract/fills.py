"""Numbers that are the same on every platform, in every language, with every version of NumPy.

SplitMix64, all arithmetic modulo 2^64; output i (from 0) of seed s is mix(s + (i + 1) * G):

    G       = 0x9E3779B97F4A7C15
    mix(z)  : z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
              z = (z ^ (z >> 27)) * 0x94D049BB133111EB
              return z ^ (z >> 31)

Seed 1234567 gives 6457827717110365317, 3203168211198807973, 9817491932198370423. Value i of an
array, counted in row-major order, is made of output z of index i:

    uniform      low + j * 2^-q,  j = ((z >> 32) * count) >> 32,  count = (high - low) * 2^q, where
                 q = 24 - e and e is the smallest integer with max(|low|, |high|) <= 2^e
    integers     the j-th integer of low..high (0 left out unless asked for), j as above
    bernoulli    1 where (z >> 32) < floor(p * 2^32), else 0
    classes      ((z >> 32) * K) >> 32
    permutation  position of the i-th smallest output: a stable argsort of all of them
    normal       (sum of (z >> 44) over the outputs 12 i .. 12 i + 11, minus 6 * 2^20) * 2^-20 * std
    arange       start + i * step, without any output

Every value of the random ones is a float32 number, so that rounding to float32 changes nothing.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Floats = NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


def splitmix64(seed: int, count: int, start: int = 0, stride: int = 1) -> NDArray[np.uint64]:
    """`count` outputs of the generator, from number `start`, every `stride`-th."""
    index = np.arange(count, dtype=np.uint64) * np.uint64(stride) + np.uint64(start + 1)
    z = index * np.uint64(_GOLDEN) + np.uint64(seed & _MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def seed_of_name(name: str) -> int:
    """The seed of a fill that has none: CRC-32 of `conv1.weight`, `input`, `target`, ..."""
    return zlib.crc32(name.encode())


def seed_of_step(seed: int, step: int) -> int:
    """The seed of a mask or an upstream gradient at one step."""
    return int(splitmix64(seed + step, 1)[0])


def uniform(shape: Shape, seed: int, low: float, high: float) -> Floats:
    """Between low and high, on a grid of 2^-q."""
    q = uniform_bits(low, high)
    first, last = int(math.ldexp(low, q)), int(math.ldexp(high, q))
    steps = _below(shape, seed, last - first).astype(np.int64) + first
    return np.ldexp(steps.astype(np.float64), -q)


def uniform_bits(low: float, high: float) -> int:
    """q, the number of binary places of `uniform`: 24 less those before the point."""
    mantissa, exponent = math.frexp(max(abs(low), abs(high)))
    return 24 - (exponent - 1 if mantissa == 0.5 else exponent)


def normal(shape: Shape, seed: int, std: float) -> Floats:
    """Near the normal distribution, mean 0 (less 6 * 2^-20 std), between -6 std and 6 std."""
    count = math.prod(shape)
    total = np.full(count, -6 * 2**20, dtype=np.int64)
    for k in range(12):
        total += (splitmix64(seed, count, start=k, stride=12) >> np.uint64(44)).astype(np.int64)
    return (total.astype(np.float64) * (std * 2.0**-20)).reshape(shape)


def integers(shape: Shape, seed: int, low: int, high: int, zeros: bool) -> Floats:
    """Between low and high, both included."""
    skips = not zeros and low <= 0 <= high
    value = _below(shape, seed, high - low + 1 - skips).astype(np.int64) + low
    if skips:
        value += value >= 0
    return value.astype(np.float64)


def arange(shape: Shape, start: float, step: float) -> Floats:
    """start, start + step, start + 2 step, ..."""
    return (start + np.arange(math.prod(shape), dtype=np.float64) * step).reshape(shape)


def bernoulli(shape: Shape, seed: int, p: float) -> Floats:
    """1 with probability p, else 0."""
    threshold = np.uint64(math.floor(p * 2.0**32))
    high_half = splitmix64(seed, math.prod(shape)) >> np.uint64(32)
    return (high_half < threshold).astype(np.float64).reshape(shape)


def permutation(shape: Shape, seed: int) -> Floats:
    """0 .. n-1, each once."""
    order = np.argsort(splitmix64(seed, math.prod(shape)), kind="stable")
    return order.astype(np.float64).reshape(shape)


def classes(shape: Shape, seed: int, count: int) -> Floats:
    """Labels 0 .. count-1."""
    return _below(shape, seed, count).astype(np.float64)


def _below(shape: Shape, seed: int, count: int) -> NDArray[Any]:
    """Integers in [0, count); count is at most 2^25, so that the product stays below 2^57."""
    high_half = splitmix64(seed, math.prod(shape)) >> np.uint64(32)
    return ((high_half * np.uint64(count)) >> np.uint64(32)).reshape(shape)
