"""The network of the question, with each of the mistakes that would explain what was seen.

    python -m oracles learn posts/001_tiny \\
        --implementation examples.posts.post_001.asked:wrong_pool_index

The code of the question is not in its text. So none of these is known to be the mistake that was
made; what they share is that the network still seems to learn something.
"""

from examples.posts.post_001.candidates import CANDIDATES

_BY_NAME = {candidate.name: candidate.implementation for candidate in CANDIDATES}

gradients_not_zeroed = _BY_NAME["gradients_not_zeroed"]
tanh_slope_of_input = _BY_NAME["tanh_slope_of_input"]
wrong_pool_index = _BY_NAME["wrong_pool_index"]
transposed_gradient = _BY_NAME["transposed_gradient"]
wrong_sign = _BY_NAME["wrong_sign"]
kernel_not_turned = _BY_NAME["kernel_not_turned"]
biases_stay = _BY_NAME["biases_stay"]

implementation = transposed_gradient
"""One that goes with all that was seen: it passes with_stride, and the dense network has no such
layer."""
