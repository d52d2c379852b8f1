"""Flatten, padding, sums and concatenations."""
