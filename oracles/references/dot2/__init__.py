"""Sums of products in twice the working precision."""
