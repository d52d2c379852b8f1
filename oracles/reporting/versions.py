"""Versions of what took part, read without importing it."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("refcnn", "numpy", "torch")
"""This distribution, the arrays, and the first oracle."""


def versions() -> dict[str, str]:
    """{"python": "3.11.2", "refcnn": ..., "numpy": ..., "torch": ...}."""
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
