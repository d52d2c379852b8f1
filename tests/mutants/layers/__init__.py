"""Layers with switches, one file per family."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, Any] = {}
"""{type: module with `forward` and `backward`}."""
