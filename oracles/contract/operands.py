"""The arrays of a case before they are drawn: name, shape, and where the numbers come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from oracles.contract import fills
from oracles.contract.arrays import Kept, Labels, SideFile, Values
from oracles.contract.fill_tables import ClassesFill, Fill
from oracles.contract.fills import Floats, Shape, seed_of_name, seed_of_step
from oracles.contract.findings import Findings
from oracles.contract.limits import too_large
from oracles.contract.side_files import NumpyFile, SideFileError
from oracles.contract.tables import KeyPath

Form = Values | SideFile | Fill | Labels
LARGEST = {"float64": math.inf, "float32": float(np.finfo(np.float32).max)}


@dataclass(frozen=True)
class Operand:
    """One array of a case.

    key       where it stands in the file
    shape     of the whole array; with an axis of samples where it has one
    seed      of its fill
    file      its side file, opened but not read
    classes   number of classes, where the fill draws labels
    """

    key: KeyPath
    name: str
    shape: Shape
    form: Form
    seed: int
    file: NumpyFile | None = None
    classes: int = 0

    @property
    def drawn(self) -> bool:
        """Whether it is a random fill."""
        return isinstance(self.form, Fill) and self.form.random

    def with_seed(self, seed: int) -> Operand:
        """The same array drawn from another seed."""
        return replace(self, seed=seed)

    def whole(self) -> Floats:
        """All numbers, in float64."""
        if isinstance(self.form, Fill):
            return self._fill(self.shape, self.seed)
        return self.given()

    def batch(self, step: int, samples: tuple[int, ...]) -> Floats:
        """The numbers of a step: a fill is drawn in the step's shape, an array is cut."""
        if isinstance(self.form, Fill):
            shape = (len(samples), *self.shape[1:])
            return self._fill(shape, seed_of_step(self.seed, step))
        return cut(self.given(), samples)

    def given(self) -> Floats:
        """The numbers the file has."""
        if self.file is not None:
            return self.file.numbers
        assert isinstance(self.form, Values | Labels)
        numbers = self.form.values if isinstance(self.form, Values) else self.form.classes
        return numbers.reshape(self.shape)

    def _fill(self, shape: Shape, seed: int) -> Floats:
        assert isinstance(self.form, Fill)
        if isinstance(self.form, ClassesFill):
            return fills.classes(shape, seed, self.classes)
        return self.form.draw(shape, seed)


def cut(array: Floats, samples: tuple[int, ...]) -> Floats:
    """The samples of a step. In a case that has to be refused there may be too few."""
    if array.ndim == 0:
        return array
    return np.asarray(array[[sample for sample in samples if sample < len(array)]])


class Resolver:
    """Turns what a file says of an array into an operand, and collects what is wrong with it."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self.folder = folder
        self.findings = findings
        self.operands: list[Operand] = []

    def operand(
        self, key: KeyPath, name: str, form: Form | Kept, shape: Shape | None, classes: int = 0
    ) -> Operand | None:
        """The operand, or None if there is a problem with it.

        `shape` is what the shape has to be, None where nothing but the file can know.
        """
        before = len(self.findings.problems)
        assert not isinstance(form, Kept)
        if isinstance(form, Fill):
            for inner, text in form.check():
                self.findings.add((*key, *inner), text)
            if len(self.findings.problems) > before:
                return None
        file = self._file(key, form)
        own = file.shape if file else self._own_shape(key, form, shape)
        if len(self.findings.problems) > before:
            return None
        chosen = self._agreed(key, form, own, shape)
        if chosen is None:
            return None
        if (too_many := too_large(chosen)) is not None:
            self.findings.add(key, too_many)
            return None
        operand = Operand(key, name, chosen, form, _seed(form, name), file, classes)
        self.operands.append(operand)
        return operand

    def opened(self, form: SideFile) -> NumpyFile | None:
        """The side file, or None if it cannot be used (which `operand` reports)."""
        try:
            return NumpyFile(self.folder, form.file)
        except SideFileError:
            return None

    def shape_of(self, form: Form) -> Shape | None:
        """The shape an array has of itself, None if it takes any or cannot be known."""
        if isinstance(form, SideFile):
            file = self.opened(form)
            return file.shape if file else None
        if isinstance(form, Labels):
            return form.classes.shape
        if isinstance(form, Values) and form.shape is None:
            return form.values.shape
        return form.shape

    def _file(self, key: KeyPath, form: Form) -> NumpyFile | None:
        if not isinstance(form, SideFile):
            return None
        try:
            file = NumpyFile(self.folder, form.file)
        except SideFileError as error:
            self.findings.add((*key, "file"), str(error))
            return None
        if form.shape is not None and form.shape != file.shape:
            text = f"is {form.shape} here, {form.file} has {file.shape}"
            self.findings.value((*key, "shape"), text)
        return file

    def _own_shape(self, key: KeyPath, form: Form, expected: Shape | None) -> Shape | None:
        """The shape that the form has of itself, None if it takes any."""
        if isinstance(form, Labels):
            return form.classes.shape
        if isinstance(form, SideFile | Fill):
            return form.shape
        count = form.values.size
        if form.shape is None:
            fits = form.values.ndim == 1 and expected is not None
            return expected if fits and count == math.prod(expected or ()) else form.values.shape
        if form.values.ndim > 1 and form.values.shape != form.shape:
            text = f"are nested as {form.values.shape}, shape says {form.shape}"
            self.findings.add((*key, "values"), text)
        elif count != math.prod(form.shape):
            text = f"has {count} numbers, {form.shape} has {math.prod(form.shape)}"
            self.findings.add((*key, "values"), text)
        return form.shape

    def _agreed(
        self, key: KeyPath, form: Form, own: Shape | None, expected: Shape | None
    ) -> Shape | None:
        if own is None and expected is None:
            self.findings.add((*key, "shape"), "missing: it is not known from anything else")
            return None
        if own is not None and expected is not None and own != expected:
            self.findings.value(key, f"must have shape {expected}, has {own}")
            return own if self.findings.refused else None
        return own if own is not None else expected


def _seed(form: Form, name: str) -> int:
    seed = form.seed if isinstance(form, Fill) else None
    return seed_of_name(name) if seed is None else seed
