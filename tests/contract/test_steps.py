"""Steps, targets, masks, learning rates: what a case hands out at each step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from oracles.contract import fills
from oracles.contract.definition import Definition
from oracles.contract.entries import entries
from oracles.contract.fills import seed_of_name, seed_of_step
from tests.contract.snippets import HEAD, UPSTREAM, dense, linear

Read = Callable[[str], Definition]

DROPOUT = '[[layers]]\ntype = "Dropout"\nname = "drop"\n'
SGD = '[optimizer]\ntype = "SGD"\n'


def test_batches_are_cut_in_order_and_cycle(read: Read) -> None:
    """The last batch of a pass is smaller."""
    text = dense(5) + linear() + UPSTREAM + "[training]\nsteps = 4\nbatch_size = 2\n"
    case = read(text).draw("float64")
    assert [step.samples for step in case.steps] == [(0, 1), (2, 3), (4,), (0, 1)]
    assert case.samples == 5


def test_steps_one_by_one(read: Read) -> None:
    """Modes, samples, gradients and updates."""
    text = '[[steps]]\nsamples = [2, 0]\n[[steps]]\nmode = "eval"\n[[steps]]\n'
    text += 'mode = "eval"\nbackward = true\n'
    steps = read(dense() + linear() + UPSTREAM + SGD + text).draw("float64").steps
    assert [(s.mode, s.backward, s.update, s.samples) for s in steps] == [
        ("train", True, True, (2, 0)),
        ("eval", False, False, (0, 1, 2)),
        ("eval", True, False, (0, 1, 2)),
    ]


def test_forward_alone(read: Read) -> None:
    """Without gradients there is nothing for them to start from."""
    case = read(dense() + linear() + '[[steps]]\nmode = "eval"\n').draw("float64")
    assert [entry.name for entry in entries(case)] == ["step0.input", "step0.forward.fc"]


def test_upstream_and_masks_are_drawn_for_each_step(read: Read) -> None:
    """In the step's shape, from SplitMix64(seed + step)."""
    text = dense(3) + DROPOUT + "p = 0.25\n" + UPSTREAM + "[training]\nsteps = 2\nbatch_size = 2\n"
    step = read(text).draw("float64").steps[1]
    seed = seed_of_step(seed_of_name("drop.mask"), 1)
    assert np.array_equal(step.masks["drop"], fills.bernoulli((1, 4), seed, 0.75))
    seed = seed_of_step(seed_of_name("upstream"), 1)
    assert step.upstream is not None
    assert np.array_equal(step.upstream, fills.uniform((1, 4), seed, -1, 1))


def test_arrays_are_cut_with_the_input(read: Read) -> None:
    """Masks and upstream gradients that are written out run over the samples."""
    rows = "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]"
    text = dense(3) + DROPOUT + f"mask = {rows}\n[upstream]\nvalues = {rows}\n"
    step = read(text + "[[steps]]\nsamples = [2, 0]\n").draw("float64").steps[0]
    assert step.masks["drop"].tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert step.upstream is not None
    assert step.upstream.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]


def test_a_mask_of_p_0_keeps_everything(read: Read) -> None:
    """And is no problem."""
    case = read(dense(3) + DROPOUT + "p = 0\n" + UPSTREAM).draw("float64")
    assert case.steps[0].masks["drop"].all()


def test_a_target_fill_is_drawn_once(read: Read) -> None:
    """Over all samples, so that every pass has the same targets."""
    loss = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n'
    text = dense(3) + linear() + loss + "[training]\nsteps = 3\nbatch_size = 2\n"
    steps = read(text).draw("float64").steps
    whole = fills.uniform((3, 2), seed_of_name("target"), -1, 1)
    assert [
        np.array_equal(s.target, whole[list(s.samples)]) for s in steps if s.target is not None
    ] == [
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("CrossEntropyLoss", [1, 0, 1]), ("MSELoss", [[0, 1], [1, 0], [0, 1]])],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_labels_as_the_loss_wants_them(
    read: Read, kind: str, expected: list[object], dtype: str
) -> None:
    """Indices for cross-entropy, one-hot elsewhere."""
    loss = f'[loss]\ntype = "{kind}"\ntarget = {{ classes = [1, 0, 1] }}\n'
    target = read(dense() + linear() + loss).draw(dtype).steps[0].target
    assert target is not None
    assert target.tolist() == expected
    assert target.dtype == (np.int64 if kind == "CrossEntropyLoss" else dtype)


def test_labels_of_images(read: Read) -> None:
    """(N, C, H, W) is compared with (N, H, W), and one-hot goes along axis 1."""
    head = HEAD + '[input]\nfill = "uniform"\nshape = [2, 3, 2, 2]\n[[layers]]\ntype = "Identity"\n'
    labels = read(head + '[loss]\ntype = "CrossEntropyLoss"\ntarget = { fill = "classes" }\n')
    hot = read(head + '[loss]\ntype = "MSELoss"\ntarget = { fill = "classes" }\n')
    a, b = (case.draw("float64").steps[0].target for case in (labels, hot))
    assert a is not None
    assert b is not None
    assert (a.shape, b.shape) == ((2, 2, 2), (2, 3, 2, 2))
    assert np.array_equal(b.argmax(axis=1), a)


def test_a_plain_list_of_labels_is_labels(read: Read) -> None:
    """An array with an axis less than the prediction; with all axes it is probabilities."""
    kind = '[loss]\ntype = "CrossEntropyLoss"\n'
    labels = read(dense() + linear() + kind + "target = [1, 0, -100]\n").draw("float32")
    hot = read(dense() + linear() + kind + "target = [[1, 0], [0.5, 0.5], [0, 1]]\n").draw(
        "float32"
    )
    a, b = labels.steps[0].target, hot.steps[0].target
    assert a is not None
    assert b is not None
    assert (a.dtype.name, a.tolist()) == ("int64", [1, 0, -100])
    assert (b.dtype.name, b.shape) == ("float32", (3, 2))


def test_reduction_none_has_an_upstream_in_the_shape_of_the_loss(read: Read) -> None:
    """One number for each sample of cross-entropy, one for each number elsewhere."""
    text = 'reduction = "none"\nupstream = { fill = "uniform" }\ntarget = { fill = "classes" }\n'
    by_sample = read(dense() + linear() + f'[loss]\ntype = "CrossEntropyLoss"\n{text}')
    by_number = read(dense() + linear() + f'[loss]\ntype = "MSELoss"\n{text}')
    a, b = (case.draw("float64").steps[0].upstream for case in (by_sample, by_number))
    assert a is not None
    assert b is not None
    assert (a.shape, b.shape) == ((3,), (3, 2))


def test_the_loss_has_every_option(read: Read) -> None:
    """Defaults are torch's; class weights are an array."""
    loss = '[loss]\ntype = "CrossEntropyLoss"\ntarget = { fill = "classes" }\nweight = [1, 2]\n'
    case = read(dense() + linear() + loss).draw("float32")
    assert case.loss is not None
    weight = case.loss["weight"]
    assert {k: v for k, v in case.loss.items() if k != "weight"} == {
        "type": "CrossEntropyLoss",
        "reduction": "mean",
        "factor": 1.0,
        "ignore_index": -100,
        "label_smoothing": 0.0,
    }
    assert (weight.dtype, weight.tolist()) == (np.float32, [1, 2])


@pytest.mark.parametrize(
    ("lr", "expected"),
    [
        ("0.5", [0.5, 0.5, None, 0.5]),
        ("[3, 2, 1]", [3, 2, None, 1]),
        ('{ scheduler = "ExponentialLR", lr = 8, gamma = 0.5 }', [8, 4, None, 2]),
    ],
)
def test_learning_rates_count_train_steps(
    read: Read, lr: str, expected: list[float | None]
) -> None:
    """An eval step between them has none."""
    steps = '[[steps]]\n[[steps]]\n[[steps]]\nmode = "eval"\n[[steps]]\n'
    case = read(dense() + linear() + UPSTREAM + SGD + f"lr = {lr}\n" + steps).draw("float64")
    assert [step.lr for step in case.steps] == expected


def test_groups(read: Read) -> None:
    """The first match wins; its own lr holds at every step, also where the step has one."""
    groups = (
        '[[optimizer.groups]]\nparameters = ["*.bias"]\nlr = [3, 2]\nmomentum = 0.5\n'
        '[[optimizer.groups]]\nparameters = ["fc.*"]\nweight_decay = 0.25\n'
    )
    text = dense() + linear() + UPSTREAM + SGD + "lr = 1\n" + groups
    case = read(text + "[[steps]]\nlr = 0.125\n[[steps]]\n").draw("float64")
    assert [dict(step.learning_rates) for step in case.steps] == [
        {"fc.weight": 0.125, "fc.bias": 3},
        {"fc.weight": 1, "fc.bias": 2},
    ]
    assert case.optimizer is not None
    options = case.optimizer["parameters"]
    assert (options["fc.bias"]["momentum"], options["fc.bias"]["weight_decay"]) == (0.5, 0)
    assert (options["fc.weight"]["momentum"], options["fc.weight"]["weight_decay"]) == (0, 0.25)


def test_penalties_name_their_parameters(read: Read) -> None:
    """Patterns are resolved."""
    loss = '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n[[loss.penalty]]\n'
    loss += 'type = "L2"\nfactor = 0.5\nparameters = ["*.weight"]\nper = "batch"\n'
    (penalty,) = read(dense() + linear() + loss).draw("float64").penalties
    assert (penalty.parameters, penalty.per) == (("fc.weight",), "batch")
