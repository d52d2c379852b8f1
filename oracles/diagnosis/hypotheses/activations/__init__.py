"""ReLU, sigmoid, tanh and softmax."""
