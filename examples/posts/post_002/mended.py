"""The gradients put right: the derivative of the sigmoid, of its own output, before theta1' and in
the gradients of theta1 and beta1.

python -m oracles learn posts/002_settings --implementation examples/posts/post_002/mended.py
"""

from __future__ import annotations

from examples.posts.post_002.adapter import Plugged
from examples.posts.post_002.matconvnet import Array, columns
from examples.posts.post_002.network import Parameters, Values


def hidden_backward(p: Parameters, values: Values, dzdx4: Array) -> tuple[Parameters, Array, Array]:
    """dzdtheta1 and dzdbeta1; what comes out of theta1', and dzdx2, which is the same."""
    dzdz = dzdx4 * values.x4 * (1 - values.x4)
    gradients = {
        "theta1": dzdz @ columns(values.x2).T,
        "beta1": dzdz.sum(axis=1, keepdims=True),
    }
    behind_theta1 = p["theta1"].T @ dzdz
    return gradients, behind_theta1, behind_theta1


implementation = Plugged("post 002, mended", hidden_backward)
