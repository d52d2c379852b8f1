"""Clipping and SGD with switches."""
