"""From a spec to an implementation, and what the person reads who typed a wrong one."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles.implementations.errors import ImplementationError
from oracles.implementations.loading import labels, load

_OBJECT = """
class Mine:
    name = "mine"

    def run(self, case, trace):
        pass

implementation = Mine()
other = Mine()
"""

_FUNCTIONS = """
def conv_forward(x, w, b):
    return x

def conv_backward(g, cache):
    return g

def relu_forward(x):
    return x

def relu_backward(g, cache):
    return g

def train():
    pass
"""

_CLASSES = """
class ConvLayer:
    def forward(self, x): return x
    def backward(self, g): return g

class FullyConnected:
    def forward(self, x): return x
    def backward(self, g): return g
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are written into the working folder, and what is imported is forgotten."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def _write(**files: str) -> None:
    """`a__b="..."` is a/b.py."""
    for name, text in files.items():
        path = Path(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("my_cnn.py", "my_cnn"),
        ("./my_cnn.py", "my_cnn"),
        ("my_cnn.py:other", "my_cnn"),
        ("deep/my_cnn.py", "my_cnn"),
        ("as_module.py", "as_module"),
        ("beside", "beside"),
        ("pack.inner", "pack.inner"),
        ("pack.inner:other", "pack.inner"),
        ("pack", "pack"),
    ],
)
def test_an_implementation_is_found(spec: str, label: str) -> None:
    """In a file, in a package, as an object, as a module with `name` and `run`."""
    as_module = 'name = "mine"\n\ndef run(case, trace):\n    pass\n'
    _write(my_cnn=_OBJECT, deep__my_cnn=_OBJECT, beside=_OBJECT, as_module=as_module)
    _write(pack____init__="", pack__inner=_OBJECT, pack__implementation=as_module)
    Path("pack/__init__.py").touch()
    loaded = load(spec)
    assert (loaded.spec, loaded.label) == (spec, label)
    assert loaded.implementation.name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nompy\n", r"broken.py:1 in <module>: import nompy\nModuleNotFoundError: .*nompy"),
        ("def f():\n    1 / 0\n\nf()\n", r"broken.py:4 in <module>: f\(\)\n.*:2 in f: 1 / 0"),
        ("x = (1,\n", r"broken.py:1: '\(' was never closed\n  x = \(1,"),
        (
            "import sys\nsys.exit(0)\n",
            r"leaves Python .* broken.py:2 in <module>; put .*__main__",
        ),
        ("from . import layers\n", "relative imports belongs to a package"),
        ("import pytest\npytest.skip('no', allow_module_level=True)\n", "Skipped: no"),
        ("implementation = 3\n", r"of type int, has no method `run\(case, trace\)`"),
        ("implementation = {}\n", "of type dict, cannot run; wrap it: oracles.from_functions"),
        (
            "class Mine: pass\nimplementation = Mine\n",
            r"class Mine; .*: implementation = Mine\(\)",
        ),
        (_OBJECT.replace("run(", "runs("), "type Mine, has no method .* did you mean 'runs'"),
        (_OBJECT.replace("name", "title"), "type Mine, has no attribute `name`"),
        (_OBJECT.replace(", trace", ""), r"cannot be called as run\(case, trace\)"),
        (
            "import oracles\nimplementation = oracles.from_functions({'ReLU': 3})\n",
            r"'ReLU' must have two functions, \(forward, backward\), got 3\n  at broken.py:2",
        ),
    ],
)
def test_a_file_that_is_no_implementation_says_what_is_wrong(text: str, message: str) -> None:
    """With the user's own line, and nothing of the harness."""
    _write(broken=text)
    with pytest.raises(ImplementationError, match=message) as raised:
        load("broken.py")
    assert "importlib" not in str(raised.value)
    assert (
        not [name for name in sys.modules if name.endswith("_broken")] or "implementation" in text
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("my_cn.py", "there is no file 'my_cn.py' .*; did you mean 'my_cnn.py'"),
        ("no/my_cnn.py", "there is no folder 'no'"),
        (
            "my_cmm",
            "no module 'my_cmm', neither installed nor in .*did you mean 'my_cnn.py'",
        ),
        ("pack.innner", "there is no module 'pack.innner'"),
        ("pack:implementatoin", "has no object 'implementatoin'; did you mean 'implementation'"),
        ("my_cnn.py:othre", "has no object 'othre'; did you mean 'other'"),
        ("program:./my_cnn --fast", "programs in other languages come later"),
        ("my_cnn.ipynb/", "is neither a Python file .* nor a package"),
        ("deep/my_cnn", "is neither a Python file .*; did you mean 'deep/my_cnn.py'"),
    ],
)
def test_a_spec_that_leads_nowhere_says_where_it_was_looked_for(spec: str, message: str) -> None:
    """With what may have been meant."""
    _write(my_cnn=_OBJECT, deep__my_cnn=_OBJECT, pack____init__="", pack__inner=_OBJECT)
    Path("pack/__init__.py").write_text("implementation = 1\n", encoding="utf-8")
    with pytest.raises(ImplementationError, match=message):
        load(spec)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_FUNCTIONS, ['"Conv2d": (conv_forward, conv_backward)', '"ReLU": (relu_forward, relu_b']),
        (
            _CLASSES,
            ['"Conv2d": make_convlayer', '"Linear": lambda layer: FullyConnected()', "from_layers"],
        ),
        ("def convolve(x, w): return x\n", ["class Mine:", "convolve(x, layer.parameters["]),
        ("", ["no function and no class", "implementation = Mine()"]),
    ],
)
def test_a_file_without_an_implementation_is_told_the_adapter_to_write(
    text: str, expected: list[str]
) -> None:
    """Made of the functions and classes that the file has; it is valid Python."""
    _write(mine=text)
    with pytest.raises(ImplementationError, match="has no object `implementation`") as raised:
        load("mine.py")
    message = str(raised.value)
    assert [part for part in expected if part not in message] == []
    compile(message.split("\n\n", 1)[1], "adapter", "exec")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_a_file_that_trains_while_it_is_imported_is_stopped() -> None:
    """The message says where it was, and what to do."""
    _write(trains="def train():\n    while True:\n        pass\n\ntrain()\n")
    message = r"longer than 0.05 s to import \(it was at trains.py:[23] in train\); put .*__main__"
    with pytest.raises(ImplementationError, match=message):
        load("trains.py", timeout=0.05)


def test_two_files_may_import_modules_of_one_name_beside_them() -> None:
    """Each gets its own, and imports inside functions still work."""
    text = "import parts\n" + _OBJECT.replace('"mine"', "parts.name")
    _write(a__my_cnn=text, a__parts='name = "a"\n', b__my_cnn=text, b__parts='name = "b"\n')
    first, second = load("a/my_cnn.py"), load("b/my_cnn.py")
    assert (first.implementation.name, second.implementation.name) == ("a", "b")


def test_the_folder_of_a_file_is_last_on_the_path_afterwards() -> None:
    """A `statistics.py` of the user's must not get in the way of what the harness imports later."""
    _write(a__my_cnn=_OBJECT)
    load("a/my_cnn.py")
    assert sys.path[-1] == str(Path("a").resolve())
    assert sys.path[0] != sys.path[-1]


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        (["my_cnn.py"], ["my_cnn"]),
        (["my_cnn.py", "refcnn"], ["my_cnn", "refcnn"]),
        (["a/my_cnn.py", "b/my_cnn.py"], ["a/my_cnn", "b/my_cnn"]),
        (["a/x/my_cnn.py", "b/x/my_cnn.py", "c.py"], ["a/x/my_cnn", "b/x/my_cnn", "c"]),
        (["my_cnn.py:one", "my_cnn.py:two"], ["my_cnn:one", "my_cnn:two"]),
        (["pack:one", "pack:two"], ["pack:one", "pack:two"]),
        (["my_cnn.py", "./my_cnn.py"], ["my_cnn", "my_cnn#2"]),
    ],
)
def test_labels_are_lengthened_until_they_are_unique(specs: list[str], expected: list[str]) -> None:
    """By folders, then by the object; the same spec twice is counted."""
    assert labels(specs) == expected


def test_messages_say_it_in_few_lines() -> None:
    """A deep recursion while importing is no reason for a thousand lines."""
    _write(deep="def f():\n    f()\n\nf()\n")
    with pytest.raises(ImplementationError, match="RecursionError") as raised:
        load("deep.py")
    assert len(str(raised.value).splitlines()) < 12
    assert re.search(r"\.\.\. \d+ more \.\.\.", str(raised.value))
