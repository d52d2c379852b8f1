"""Preparation of the data."""
