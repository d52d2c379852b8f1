"""Preparation of the data with switches."""
