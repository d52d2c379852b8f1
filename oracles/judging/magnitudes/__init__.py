"""Magnitude rules: M and n of every entry, one file per family of operations."""
