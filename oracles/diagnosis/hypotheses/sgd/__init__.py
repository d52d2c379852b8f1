"""SGD and clipping."""
