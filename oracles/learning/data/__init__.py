"""Data sets named on the command line."""
