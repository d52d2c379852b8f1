"""Losses and penalties with switches."""
