"""0 * log(0)."""

from __future__ import annotations

import numpy as np
import torch

from examples.posts.post import Shown
from examples.posts.post_000.asked import Asked
from examples.posts.post_000.bars import CLASSES, SIDE
from examples.posts.post_000.mended import Mended
from examples.posts.post_000.network import Sizes

SIZES = Sizes(side=SIDE, kernel=3, filters=4, pool=2, classes=CLASSES)
LOGITS = (10.0, 30.0, 36.0, 37.0, 40.0, 800.0)


def saturation() -> Shown:
    """The cost of one output whose target is 0, and whose target is 1, at growing logits."""
    rows = []
    for logit in LOGITS:
        naive = [_cost(Asked(SIZES), logit, target) for target in (0.0, 1.0)]
        stable = [_cost(Mended(SIZES), logit, target) for target in (0.0, 1.0)]
        rows.append((logit, *naive, *stable, _torch(logit, 0.0), _torch(logit, 1.0)))
    apart = max(abs(row[i + 2] - row[i]) for row in rows for i in (3, 4))
    first = min(row[0] for row in rows if np.isnan(row[2]))
    head = f"{'logit':>6}  {'as asked, target 0, 1':>26}  {'mended, target 0, 1':>26}"
    return Shown(
        lines=(
            head,
            *(f"{z:6g}  {a:13.6g} {b:12.6g}  {c:13.6g} {d:12.6g}" for z, a, b, c, d, *_ in rows),
            f"Furthest that the mended cost is from PyTorch's of logits: {apart:.0e}",
        ),
        figures={"first nan": first, "from torch": apart, "mended at 800": rows[-1][3]},
    )


def _cost(network: Asked | Mended, logit: float, target: float) -> float:
    with np.errstate(all="ignore"):
        return network.data_cost(np.array([[logit]]), np.array([[target]]))


def _torch(logit: float, target: float) -> float:
    z, t = (torch.tensor([one], dtype=torch.float64) for one in (logit, target))
    return float(torch.nn.functional.binary_cross_entropy_with_logits(z, t))
