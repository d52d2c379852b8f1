"""The gradients as in the question.

python -m oracles learn posts/002_settings --implementation examples/posts/post_002/asked.py

Two mistakes, both about the sigmoid between theta1 and theta2: its derivative x4 * (1 - x4) is not
in the gradients of theta1 and beta1, and the gradient that goes on to the convolution has
x2 * (1 - x2) behind theta1' in its place. x2 is the output of the convolution, and no sigmoid.
"""

from __future__ import annotations

from examples.posts.post_002.adapter import Plugged
from examples.posts.post_002.matconvnet import Array, columns
from examples.posts.post_002.network import Parameters, Values


def hidden_backward(p: Parameters, values: Values, dzdx4: Array) -> tuple[Parameters, Array, Array]:
    """dzdtheta1 and dzdbeta1; what comes out of theta1', and dzdx2, an image in each column."""
    x2 = columns(values.x2)
    gradients = {"theta1": dzdx4 @ x2.T, "beta1": dzdx4.sum(axis=1, keepdims=True)}
    behind_theta1 = p["theta1"].T @ dzdx4
    return gradients, behind_theta1, behind_theta1 * x2 * (1 - x2)


implementation = Plugged("post 002, as asked", hidden_backward)
