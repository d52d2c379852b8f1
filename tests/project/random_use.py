"""Finds random numbers that depend on something other than the generator a caller passes."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

_MAKES_A_GENERATOR = {
    "BitGenerator", "Generator", "MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64", "SeedSequence",
    "default_rng",
}  # fmt: skip
_GLOBAL_OF_TORCH = {"manual_seed", "seed", "set_rng_state"}


def global_random_use(source: str) -> list[str]:
    """Return one line per use of a global generator, or of a generator made on import.

    Looks at names as they are written, `np.random.rand` or `from numpy.random import rand`.
    """
    return [
        f"line {line}: {what}" for line, what in _findings(ast.parse(source), in_function=False)
    ]


def unseeded_random_use(source: str) -> list[str]:
    """Return one line per `default_rng()` or `Random()`: what it draws can never be drawn again."""
    return [
        f"line {node.lineno}: {_last_name(node.func)}() without a seed"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and _last_name(node.func) in {"default_rng", "Random"}
        if not (node.args or node.keywords)
    ]


def findings_below(folder: Path, check: Callable[[str], list[str]]) -> list[str]:
    """Return what a check finds in every Python file below a folder, which has at least one."""
    files = sorted(folder.rglob("*.py"))
    if not files:
        raise FileNotFoundError(f"no Python file below {folder}")
    return [
        f"{file.relative_to(folder.parent)} {finding}"
        for file in files
        for finding in check(file.read_text(encoding="utf-8"))
    ]


def _findings(node: ast.AST, *, in_function: bool) -> Iterator[tuple[int, str]]:
    yield from _of_import(node)
    yield from _of_attribute(node)
    yield from _of_call(node, in_function=in_function)
    body = _body_run_later(node)
    for child in ast.iter_child_nodes(node):
        yield from _findings(child, in_function=in_function or child in body)


def _body_run_later(node: ast.AST) -> list[ast.AST]:
    """Defaults and decorators of a function run when it is defined, its body when it is called."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [*node.body]
    return []


def _of_import(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name in {"random", "numpy.random"}:
                yield node.lineno, f"import {alias.name}: its functions share one generator"
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if _is_global(node.module, alias.name):
                yield node.lineno, f"from {node.module} import {alias.name}: a global generator"


def _is_global(module: str | None, name: str) -> bool:
    return (
        (module == "random" and name != "Random")  # one's own generator, with a seed
        or (module == "numpy" and name == "random")
        or (module == "numpy.random" and name not in _MAKES_A_GENERATOR)
    )


def _of_attribute(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Attribute):
        owner, name = _dotted(node.value), node.attr
        if owner in {"np.random", "numpy.random"} and name not in _MAKES_A_GENERATOR:
            yield node.lineno, f"{owner}.{name}: a global generator"
        if owner in {"torch", "torch.random", "torch.cuda"} and name in _GLOBAL_OF_TORCH:
            yield node.lineno, f"{owner}.{name}: a global generator"


def _of_call(node: ast.AST, *, in_function: bool) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and not in_function:
        name = _last_name(node.func)
        if name in _MAKES_A_GENERATOR:
            yield node.lineno, f"{name}(...) on import: everybody shares its state"


def _last_name(node: ast.AST) -> str:
    return _dotted(node).rpartition(".")[2]


def _dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names, an empty string for anything else."""
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""
