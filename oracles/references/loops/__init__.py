"""The formulas themselves, written as sums: obvious, slow, and of nobody else's code."""
