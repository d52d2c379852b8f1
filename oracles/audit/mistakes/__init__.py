"""Tiny mistakes on top of genuine rounding: what the judge has to see."""
