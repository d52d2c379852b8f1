"""What a definition and its cases have in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracles.contract import fills
from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.fills import seed_of_name
from oracles.contract.reading import case_id, read_case
from tests.contract.snippets import CONV, CONV_CASE, HEAD, INPUT, RELU, UPSTREAM, dense, linear

Read = Callable[[str], Definition]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/me/cases/conv2d/stride.case.toml", "conv2d/stride"),
        ("/home/cases/me/cases/pool/ties.case.toml", "pool/ties"),
        ("/home/me/cases/../report.case.toml", "/home/me/cases/../report"),
        ("/home/me/report42.case.toml", "/home/me/report42"),
        ("report42.case.toml", "report42"),
        ("./reports/42.case.toml", "reports/42"),
        ("cases/conv2d/stride.case.toml", "conv2d/stride"),
        ("cases.case.toml", "cases"),
    ],
)
def test_id(monkeypatch: pytest.MonkeyPatch, path: str, expected: str) -> None:
    """Below the nearest folder `cases`, else as given."""
    monkeypatch.chdir("/")
    assert case_id(Path(path)) == expected


def test_id_from_inside_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder `cases` may be above the current one."""
    (tmp_path / "cases" / "conv2d").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "cases" / "conv2d")
    assert case_id(Path("stride.case.toml")) == "conv2d/stride"


def test_definition(read: Read) -> None:
    """Everything a file says about itself."""
    extra = 'source = "a book"\ntags = ["stride"]\nconventions = ["max_pool.ties"]\n'
    definition = read(HEAD + extra + INPUT + CONV + UPSTREAM)
    assert (definition.title, definition.why, definition.source) == ("t", "w", "a book")
    assert definition.tags == ("stride", "Conv2d")
    assert definition.dtypes == ("float64", "float32")
    assert definition.conventions == ("max_pool.ties",)
    assert (definition.published, definition.observed, definition.raises) == ((), (), None)


def test_a_byte_order_mark_and_windows_lines_are_no_problem(tmp_path: Path) -> None:
    """As Notepad writes them."""
    path = tmp_path / "a.case.toml"
    path.write_bytes(b"\xef\xbb\xbf" + CONV_CASE.replace("\n", "\r\n").encode())
    assert read_case(path).title == "t"


def test_values_are_sorted_by_where_they_come_from(read: Read) -> None:
    """Published, derived, observed."""
    bias = '"step0.gradient.conv2d_0.bias" = { values = [1, 2, 3, 4]'
    weight = '"step0.forward.conv2d_0" = { values = '
    zeros = str(np.zeros((2, 4, 6, 4)).tolist())
    definition = read(
        'cause = "x.y"\n' + CONV_CASE + f'[expect]\n{bias}, atol = 0.5, why = "rounded" }}\n'
        f'{weight}{zeros}, derived = "torch" }}\n[observed]\n{bias} }}\n'
    )
    (published,), (derived,) = definition.published, definition.derived
    assert (published.entry, published.atol, published.why) == (
        "step0.gradient.conv2d_0.bias",
        0.5,
        "rounded",
    )
    assert (derived.entry, derived.derived) == ("step0.forward.conv2d_0", "torch")
    assert definition.observed[0].values.tolist() == [1, 2, 3, 4]
    assert definition.cause == "x.y"


def test_a_flat_list_takes_the_shape_of_its_entry(read: Read) -> None:
    """And so does one number the shape of a loss."""
    loss = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n'
    values = '[expect]\n"step0.loss" = { values = 0.5 }\n"step0.gradient.fc.weight" = { values = '
    definition = read(dense() + linear() + loss + values + "[1, 2, 3, 4, 5, 6, 7, 8] }\n")
    assert [value.values.shape for value in definition.published] == [(), (2, 4)]


def test_numbers_may_stand_by_themselves(read: Read) -> None:
    """Without a tolerance there is nothing to say beside the numbers."""
    loss = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n'
    values = '[expect]\n"step0.loss" = 0.5\n"step0.gradient.fc.bias" = [1, 2]\n'
    loss_value, bias = read(dense() + linear() + loss + values).published
    assert loss_value.values == 0.5
    assert bias.values.tolist() == [1, 2]


def test_observed_numbers_may_be_nan(read: Read) -> None:
    """Half of the bug reports say so."""
    loss = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n'
    definition = read(dense() + linear() + loss + '[observed]\n"step0.loss" = { values = nan }\n')
    assert np.isnan(definition.observed[0].values)


def everything(case: Case) -> dict[str, np.ndarray]:
    """All arrays of a case by name."""
    arrays = dict(case.parameters())
    for step in case.steps:
        arrays[f"{step.index}.input"], arrays[f"{step.index}.raw"] = step.input, step.raw
        if step.upstream is not None:
            arrays[f"{step.index}.upstream"] = step.upstream
    return arrays


def test_every_draw_is_fresh_and_writable(read: Read) -> None:
    """What one run writes, no other run sees."""
    definition = read(CONV_CASE + "[training]\nsteps = 2\n")
    first = everything(definition.draw("float64"))
    before = {name: array.copy() for name, array in first.items()}
    for array in first.values():
        array[...] = -7
    second = everything(definition.draw("float64"))
    assert all(np.array_equal(second[name], array) for name, array in before.items())


def test_operands_are_rounded_once(read: Read) -> None:
    """0.1 in float32 is the float32 next to 0.1."""
    definition = read(HEAD + "[input]\nvalues = [[0.1, 0.2]]\n" + RELU + UPSTREAM)
    assert definition.draw("float32").steps[0].input.tolist() == [
        [float(np.float32(0.1)), float(np.float32(0.2))]
    ]


def test_what_is_left_out_is_drawn(read: Read) -> None:
    """Seeds are the CRC-32 of the name; limits follow from fan_in."""
    case = read(dense(3, 48) + linear(48, 2) + UPSTREAM).draw("float32")
    weight, bias = case.layers[0].parameters["weight"], case.layers[0].parameters["bias"]
    assert np.array_equal(weight, fills.uniform((2, 48), seed_of_name("fc.weight"), -0.25, 0.25))
    assert np.array_equal(bias, fills.uniform((2,), seed_of_name("fc.bias"), -0.5, 0.5))
    x, g = case.steps[0].input, case.steps[0].upstream
    assert np.array_equal(x, fills.uniform((3, 48), seed_of_name("input"), -1, 1))
    seed = fills.seed_of_step(seed_of_name("upstream"), 0)
    assert g is not None
    assert np.array_equal(g, fills.uniform((3, 2), seed, -1, 1))


def test_inserting_a_layer_changes_no_data_of_named_layers(read: Read) -> None:
    """Seeds hang on names, not on positions."""
    short = read(dense() + linear() + UPSTREAM).draw("float64").parameters()
    identity = '[[layers]]\ntype = "Identity"\n'
    longer = read(dense() + identity + linear() + UPSTREAM).draw("float64").parameters()
    assert all(np.array_equal(short[name], longer[name]) for name in short)


@pytest.mark.parametrize(
    ("more", "drawn"),
    [
        ("", True),
        ("bias = { fill = 'normal' }\n", True),
        ("bias = { fill = 'integers', low = -3, high = 3 }\n", True),
        ("bias = { fill = 'arange' }\n", False),
        ("bias = [1, 2]\n", False),
        ("bias = false\n", True),
    ],
)
def test_drawn(read: Read, more: str, drawn: bool) -> None:
    """Only where every operand is a random fill."""
    assert read(dense() + linear() + more + UPSTREAM).draw("float64").drawn is drawn


def test_layers_have_everything_filled_in(read: Read) -> None:
    """Names by position, pairs, inputs and shapes."""
    conv, relu = read(HEAD + INPUT + CONV + RELU + UPSTREAM).draw("float64").layers
    assert (conv.name, conv.inputs, relu.name, relu.inputs) == (
        "conv2d_0",
        ("input",),
        "relu_1",
        ("conv2d_0",),
    )
    assert conv.attributes["stride"] == (1, 1)
    assert (conv.input_shapes, conv.output_shape) == (((3, 8, 6),), (4, 6, 4))


def test_attributes_are_read_only(read: Read) -> None:
    """What a run writes into them would survive it."""
    layer = read(CONV_CASE).draw("float64").layers[0]
    with pytest.raises(TypeError, match="does not support item assignment"):
        layer.attributes["stride"] = (2, 2)  # type: ignore[index]


@pytest.mark.parametrize("memory", ["NHWC", "reversed", "strided"])
def test_memory(read: Read, memory: str) -> None:
    """Other strides, the same numbers, and still writable."""
    plain = read(CONV_CASE).draw("float32").steps[0]
    step = (
        read(CONV_CASE.replace("[input]", f'[input]\nmemory = "{memory}"')).draw("float32").steps[0]
    )
    assert np.array_equal(step.input, plain.input)
    assert np.array_equal(step.raw, plain.input)
    assert step.input.strides != plain.input.strides
    assert not np.shares_memory(step.input, step.raw)
    assert step.input.flags.writeable
