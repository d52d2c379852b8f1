"""Random case files, each from a seed and a number."""
