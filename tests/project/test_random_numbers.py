"""Random numbers come from a case or from a generator the caller passes."""

from pathlib import Path

import pytest

from tests.project.random_use import findings_below, global_random_use, unseeded_random_use

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("package", ["refcnn", "oracles"])
def test_no_global_generator_and_no_seed_on_import_in(package: str) -> None:
    """Two runs, in whatever order, draw the same numbers."""
    assert findings_below(_ROOT / package, global_random_use) == []


def test_the_judge_draws_nothing_without_a_seed() -> None:
    """A verdict that was seen once can be seen again."""
    assert findings_below(_ROOT / "oracles", unseeded_random_use) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("np.random.seed(0)", id="seeding numpy's global generator"),
        pytest.param("def f():\n    return np.random.randn(3)", id="drawing from it in a function"),
        pytest.param("draw = numpy.random.uniform", id="naming it without a call"),
        pytest.param("from numpy.random import rand", id="importing it"),
        pytest.param("from numpy import random", id="importing its module"),
        pytest.param("import numpy.random as npr", id="importing its module under another name"),
        pytest.param("import random", id="the standard library's"),
        pytest.param("from random import shuffle", id="a function of the standard library's"),
        pytest.param("def f():\n    torch.manual_seed(0)", id="seeding torch's"),
        pytest.param("rng = np.random.default_rng(0)", id="a generator made on import"),
        pytest.param("from numpy.random import default_rng\nr = default_rng(0)", id="made by name"),
        pytest.param("class A:\n    rng = np.random.default_rng(0)", id="made in a class body"),
        pytest.param("def f(rng=np.random.default_rng(0)): ...", id="made in a default"),
    ],
)
def test_global_use_is_found(source: str) -> None:
    """The check sees every way of writing it."""
    assert len(global_random_use(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(seed):\n    return np.random.default_rng(seed)", id="a seed passed in"),
        pytest.param("def f(rng: np.random.Generator) -> None: ...", id="a generator passed in"),
        pytest.param("f = lambda seed: np.random.default_rng(seed)", id="in a lambda"),
        pytest.param("def f(g):\n    g.manual_seed(1)", id="torch's own"),
        pytest.param("from random import Random", id="a generator of the standard library's"),
    ],
)
def test_global_use_is_not_found_in(source: str) -> None:
    """A generator that belongs to its caller is no finding."""
    assert global_random_use(source) == []


@pytest.mark.parametrize(
    ("source", "findings"),
    [
        ("rng = np.random.default_rng()", ["line 1: default_rng() without a seed"]),
        ("rng = default_rng(crc32(case))", []),
        ("rng = np.random.default_rng(seed=3)", []),
        ("rng = Random()", ["line 1: Random() without a seed"]),
        ("rng = Random(3)", []),
    ],
)
def test_unseeded_generator(source: str, findings: list[str]) -> None:
    """A seed is an argument, positional or by name."""
    assert unseeded_random_use(source) == findings


def test_folder_without_python_is_an_error(tmp_path: Path) -> None:
    """A renamed package does not make the check pass with nothing looked at."""
    with pytest.raises(FileNotFoundError, match="no Python file below"):
        findings_below(tmp_path, global_random_use)
