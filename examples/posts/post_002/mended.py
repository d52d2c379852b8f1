"""The gradients put right: the derivative of the sigmoid, of its own output, before theta1' and in
the gradients of theta1 and beta1.

python -m oracles learn posts/002_settings --implementation examples/posts/post_002/mended.py
"""

from __future__ import annotations

from examples.posts.post_002.adapter import Plugged
from examples.posts.post_002.matconvnet import Array, columns
from examples.posts.post_002.network import Parameters, Values


def hidden_backward(p: Parameters, values: Values, dzdx4: Array) -> tuple[Parameters, Array]:
    """dzdtheta1 and dzdbeta1; dzdx2, an image in each column."""
    dzdz = dzdx4 * values.x4 * (1 - values.x4)
    gradients = {
        "theta1": dzdz @ columns(values.x2).T,
        "beta1": dzdz.sum(axis=1, keepdims=True),
    }
    return gradients, p["theta1"].T @ dzdz


implementation = Plugged("post 002, mended", hidden_backward)
