"""The network of https://datascience.stackexchange.com/questions/10564 with its mistakes (the
question is CC BY-SA; its author is not named in our copy; the code is our own).

    python -m oracles validate posts/000_tiny --implementation examples.posts.post_000.asked
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.posts.post_000.network import Floats, Network
from examples.posts.post_000.plug import Plug, Setting


class Asked(Network):
    def images(self, rows: NDArray[Any]) -> Floats:
        """Mistakes: the rows are N x (H * W), and number p * N + n becomes pixel p of image n,
        whatever sample it belongs to. 255 is taken for white, whatever the data are."""
        side = self.sizes.side
        return np.reshape(rows / 255.0, (side, side, len(rows)))

    def data_cost(self, logits: Floats, targets: Floats) -> float:
        """Mistake: where the sigmoid is exactly 0 or 1 this is 0 * log(0), not a number."""
        outputs = 1.0 / (1.0 + np.exp(-logits))
        inside = targets * np.log(outputs) + (1 - targets) * np.log(1 - outputs)
        return -float(np.sum(inside)) / len(logits)

    def decay_divisor(self, batch: int) -> int:
        """Mistake: the smaller the batch, the stronger the decay."""
        return batch


def _asked(setting: Setting) -> Asked:
    return Asked(setting.sizes, setting.reg)


implementation = Plug("post 000 as asked", _asked)
without_input = Plug("post 000 as asked, its images not shown", _asked, shows_input=False)
