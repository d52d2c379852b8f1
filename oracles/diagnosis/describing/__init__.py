"""Differences that no known mistake explains, in words."""
