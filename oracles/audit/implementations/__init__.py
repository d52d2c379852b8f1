"""Correct implementations: formulas, orders and libraries that people use, none of which may be
called wrong."""
