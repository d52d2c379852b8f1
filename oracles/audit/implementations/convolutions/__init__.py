"""Ways to compute a convolution and its gradients, for one group of channels and padded images."""
