"""Named arrays in a file."""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from refcnn.arrays import AnyArray

SUFFIXES = (".npz", ".safetensors")


def write(path: Path, arrays: Mapping[str, AnyArray]) -> None:
    """Write the arrays to a new file and put it in place of the old one in a single move.

    A reader never sees half a file.
    """
    safetensors = _safetensors(path)
    named: dict[str, Any] = dict(arrays)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as handle:
            if safetensors is None:
                np.savez(handle, **named)
            else:
                handle.write(safetensors.save(named))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> dict[str, AnyArray]:
    """The arrays of a file. Never unpickles anything."""
    safetensors = _safetensors(path)
    if safetensors is not None:
        loaded: dict[str, AnyArray] = safetensors.load(path.read_bytes())
        return loaded
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _safetensors(path: Path) -> ModuleType | None:
    """The optional package where the suffix asks for it; None for .npz."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"the file name must end in .npz or .safetensors, got {path.name!r}")
    if path.suffix == ".npz":
        return None
    try:
        return importlib.import_module("safetensors.numpy")
    except ImportError as error:
        raise ImportError(
            f"{path.name}: the package safetensors is not installed "
            "(pip install safetensors); .npz needs nothing"
        ) from error
