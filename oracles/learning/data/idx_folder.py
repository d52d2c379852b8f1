"""A folder with the files of MNIST, or of a data set that is packed like it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from oracles.learning.data.dataset import DataError, Dataset
from oracles.learning.data.idx import read
from oracles.learning.data.two_files import pair

_NAME = re.compile(r"(?P<prefix>.+)-(?P<what>images|labels)[-.]idx\d-ubyte(\.gz)?")
_HELD_OUT = ("t10k", "test")

Found = Mapping[str, Mapping[str, Path]]
"""{prefix: {"images": path, "labels": path}}, as far as they are there."""


def idx_folder(folder: Path) -> Dataset:
    """Images and labels whose names begin with `train`, `emnist-letters-train` or any other one
    prefix. With `t10k` or `test` in the place of `train`, they are held out.

    Raises DataError where a file is missing or broken, or where several data sets are there.
    """
    found = _found(folder)
    train = _prefix(folder, [one for one in found if not one.endswith(_HELD_OUT)], found)
    held_out = [train.removesuffix("train") + other for other in _HELD_OUT]
    x, target = pair(*_both(folder, train, found), read)
    name = f"the idx files in {folder}"
    for other in held_out:
        if other in found and train.endswith("train"):
            return Dataset(name, x, target, *pair(*_both(folder, other, found), read))
    return Dataset(name, x, target)


def _found(folder: Path) -> Found:
    """What there is; a file that is unpacked comes before the same one compressed."""
    found: dict[str, dict[str, Path]] = {}
    if not folder.exists():
        raise DataError(f"there is no folder {folder}")
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is not None:
            found.setdefault(match["prefix"], {}).setdefault(match["what"], path)
    if not found:
        there = [path.name for path in sorted(folder.iterdir())]
        names = f", only {', '.join(there[:5])}{', ...' * (len(there) > 5)}" if there else ""
        raise DataError(
            f"{folder} {'has no idx files' if there else 'is empty'}: expected "
            f"train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz{names}"
        )
    return found


def _prefix(folder: Path, prefixes: list[str], found: Found) -> str:
    if not prefixes:
        raise DataError(
            f"{folder} has only files to be tested on ({', '.join(found)}): expected "
            "train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz"
        )
    if "train" in prefixes:
        return "train"
    if len(prefixes) > 1:
        first = f"{folder}/{prefixes[0]}"
        raise DataError(
            f"{folder} has several data sets, {', '.join(prefixes)}: name the two files of one, "
            f"as --data {first}-images-... --labels {first}-labels-..."
        )
    return prefixes[0]


def _both(folder: Path, prefix: str, found: Found) -> tuple[Path, Path]:
    for what, dimensions in (("images", 3), ("labels", 1)):
        if what not in found[prefix]:
            name = f"{prefix}-{what}-idx{dimensions}-ubyte"
            raise DataError(f"{folder} has neither {name} nor {name}.gz")
    return found[prefix]["images"], found[prefix]["labels"]
