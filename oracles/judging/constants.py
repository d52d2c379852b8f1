"""Every constant of the judgement, each with its reason and the measurement behind it.

A bound is made of the formulas of `bounds.py` and of nothing that is not here. Whoever changes a
number runs `python -m oracles audit` again: false alarms of correct implementations stay at none,
and no row of the table of tiny mistakes gets worse (docs/numerics.md shows both).
"""

from __future__ import annotations

MORE_TERMS = 2.0
"""Added to n. A sum of n products takes one rounding for each product and n - 1 for the sum; two
more leave room for a bias that is added last and for the rounding of a stored result. Largest error
seen in units of (n + 2) * u * M: 0.905 (float32, 49,704 arrays of 7 convolutions)."""

FLAT, ROOT = 4.0, 4.0
"""The expected bound is FLAT + ROOT * sqrt(n) units of u * M for drawn data. Largest error seen in
units of sqrt(n) * u * M: 2.02 in float32 and 2.80 in float64, 1.54 on fills of the case format:
ROOT is twice that. Terms that are equal round the same way, so groups of m of them count m**2 times
under the root (constant data reaches 0.1 * n units). FLAT is for short sums, where the root has not
won yet."""

FEW = 32
"""A sum of so few terms has no room to drift: n + 2 is the smaller bound up to 25 terms."""

RMS_ELEMENTS = 16
"""Fewer numbers than this have no root mean square worth the name."""

RMS_REPETITION = 1 / 4
"""Where a term is equal to more others than this, errors everywhere are no sign of a mistake.
Limit of the root mean square itself: 1; the largest seen without repetition is 0.70."""

INNER_RMS = 0.5
"""Share of `inner` in the scale of the root mean square: roundings inside of terms are seldom all
at their worst. Largest root mean square seen with half of that share, for Softmax by three formulas
(9,000 arrays): 0.69."""

NORMWISE = 64.0
"""Units of u * (|x| * |w| + |b|), in Euclidean norms, that a declared fast algorithm may be off.
Its error spreads over everything that is transformed together. Largest seen, with the norms of a
sample and a filter, over 2,000 convolutions of 8 kinds of data: PyTorch's NNPACK kernels 16 in
outputs and 8 in gradients (57 on equal numbers, where the elementwise bound is larger still), and
scipy.signal.fftconvolve 6; in float64, where twice as much is allowed, 62."""

NOISE_RUNS = 6
"""Noisy runs over what is not exposed: enough for a deviation of each element together with that of
the whole array. The largest M of all of them counts: where a hidden value is nothing but rounding
(a constant channel behind a norm), the oracle's own one says nothing about its size."""

ROUGH_RUNS = 2
"""Noisy runs that tell what is merely inherited from a fault before it: no item passes or fails by
them."""

NOISE_SCALE = 0.6
"""Standard deviation of the noise in units of u * sqrt(n) * M: a little above the 0.59 that the
root mean square of correct convolutions was seen to reach. Where terms repeat others, or are not
drawn at all, as much drift is added, the same in the whole entry, as NOISE_SIGMAS of it make the
drift that the local bound allows."""

NOISE_SIGMAS = 5.0
"""How many standard deviations are allowed: correct float32 runs stayed within 1.5 of them (5,814
arrays)."""

KINK_SIGMAS = 10.0
"""A drawn case keeps its choices (sign of a ReLU, winner of a max pooling) so many standard
deviations of the noise away from being turned: twice what a correct run is allowed. Free runs
without this rule came closer than 5 in 1 of 34 networks."""

WIDEST = 1e-3
"""Share of the largest number of an output by which rounding may move it (NOISE_SIGMAS standard
deviations) before a case of several steps is called exploding. Largest share seen in this project's
cases: 1.5e-4, in float32; a diverging training passes 1e-3 within a step or two."""

PUSHED_RUNS, PUSH = 4, 4.0
"""Further runs with PUSH times the noise, for nothing but choices: which sign or which maximum can
rounding turn? Calculated for normal errors half as large as the noise: of the choices that a
correct program turns, six runs with plain noise miss 8 %, and with these four 0.8 %."""

FAVOURS, FAVOUR = 9, 8.0
"""Where a choice turned at all, runs in which every ninth element is moved up by FAVOUR standard
deviations more than the others: among nine numbers that rounding makes equal, any may be taken for
the largest, and each run with nothing but noise finds one of them."""

LONG_SUM = 4096
"""Terms above which, in float32, one term of average size is less than what rounding does to the
rest: 1 / n < ROOT * sqrt(n) * u holds from 26,000 terms on for the largest error seen, and the
bound sees a missing term surely up to some 4,000."""

DIRECTIONS = 5
"""Random directions along which a gradient is compared with differences of its function."""

DIRECTION_SIGMAS = 6.0
"""The signs of a direction d are drawn independently of the errors e of a gradient, so <e, d> is a
sum of independent numbers of mean 0, each within |d| * bound: it exceeds k times the root of the
sum of their squares with a probability of at most 2 * exp(-k**2 / 2) (Hoeffding), 3e-8 for k = 6,
whatever the errors are."""

DIRECTION_ERROR = 1 / 16
"""A difference whose own error is below this share of what rounding may do to the gradient need not
be made any better."""

BOTH_RUNS = 2.0
"""Two runs of one implementation are at most so many bounds apart: each of them rounds, and each is
within its bound of the same exact numbers (`oracles/properties/rounding.py`)."""

TURNING_RUNS = 2
"""Further noisy runs of a lockstep, which take the other branch of a ReLU, a maximum or an L1
penalty wherever that is in reach and not exposed."""

TURNING_SIGMAS = 2.0
"""Standard deviations of the noise within which a branch is in reach: more than the 1.5 that
correct float32 runs reach. Each branch in reach costs sight, so it is not NOISE_SIGMAS."""

SHADOWS = 3
"""Noisy runs that tell how far an implementation can be from its shadow: their mean over a whole
array is a floor under each element, so few are enough."""
