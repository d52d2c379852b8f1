"""refcnn's plug, on a case with everything: every entry that PyTorch has, equal."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import refcnn
from oracles.contract.case import Case, Layer, Penalty, Step
from oracles.contract.errors import Unsupported
from oracles.contract.trace import Trace
from oracles.references.pytorch import evaluate
from tests.refcnn.closeness import assert_all_close
from tests.refcnn.torch_twin import drawn

SAMPLES, BATCH = 6, 3
PIXELS = (2, 6, 5)
IMAGES = (4, 6, 5)


def layer(kind: str, name: str, inputs: tuple[str, ...], **details: Any) -> Layer:
    """A layer as the contract has it, with few words."""
    return Layer(
        type=kind,
        name=name,
        attributes=details.get("attributes", {}),
        parameters=details.get("parameters", {}),
        buffers=details.get("buffers", {}),
        inputs=inputs,
        input_shapes=details["input_shapes"],
        output_shape=details["output_shape"],
    )


def layers() -> tuple[Layer, ...]:
    """input -> conv -> norm -> relu -> drop -> add(drop, conv) -> cat(add, input) -> flat -> fc."""
    unchanged: dict[str, Any] = {"input_shapes": (IMAGES,), "output_shape": IMAGES}
    conv = {
        "in_channels": 2, "out_channels": 4, "kernel_size": (3, 3), "stride": (1, 1),
        "padding": (1, 1), "dilation": (1, 1), "groups": 1, "bias": True,
    }  # fmt: skip
    norm = {
        "num_features": 4, "eps": 1e-5, "momentum": 0.1, "affine": True,
        "track_running_stats": True,
    }  # fmt: skip
    return (
        layer(
            "Conv2d", "conv", ("input",), attributes=conv,
            parameters={"weight": drawn((4, 2, 3, 3), 1), "bias": drawn((4,), 2)},
            input_shapes=(PIXELS,), output_shape=IMAGES,
        ),
        layer(
            "BatchNorm2d", "norm", ("conv",), attributes=norm,
            parameters={"weight": drawn((4,), 3), "bias": drawn((4,), 4)},
            buffers={"running_mean": drawn((4,), 5), "running_var": drawn((4,), 6) ** 2 + 0.5},
            **unchanged,
        ),
        layer("ReLU", "relu", ("norm",), **unchanged),
        layer("Dropout", "drop", ("relu",), attributes={"p": 0.25, "mask": None}, **unchanged),
        layer(
            "Add", "add", ("drop", "conv"), input_shapes=(IMAGES, IMAGES), output_shape=IMAGES
        ),
        layer(
            "Cat", "cat", ("add", "input"), attributes={"dim": 1},
            input_shapes=(IMAGES, PIXELS), output_shape=(6, 6, 5),
        ),
        layer(
            "Flatten", "flat", ("cat",), attributes={"start_dim": 1, "end_dim": -1},
            input_shapes=((6, 6, 5),), output_shape=(180,),
        ),
        layer(
            "Linear", "fc", ("flat",),
            attributes={"in_features": 180, "out_features": 3, "bias": False},
            parameters={"weight": drawn((3, 180), 7) / 10},
            input_shapes=((180,),), output_shape=(3,),
        ),
    )  # fmt: skip


PARAMETERS = ("conv.weight", "conv.bias", "norm.weight", "norm.bias", "fc.weight")
RAW = np.random.default_rng(0).integers(0, 256, (SAMPLES, 60)).astype(np.uint8)
PREPARATION = ({"reshape": PIXELS}, {"divide": 255.0}, {"subtract": (0.25, 0.5)})


def step(index: int, mode: Any, backward: bool, upstream: Any = None) -> Step:
    """Half of the samples; inputs are prepared here a second time."""
    samples = tuple(range(BATCH * (index % 2), BATCH * (index % 2) + BATCH))
    raw = RAW[list(samples)]
    centre = np.array([0.25, 0.5])[:, None, None]
    return Step(
        index=index,
        mode=mode,
        backward=backward,
        update=mode == "train",
        samples=samples,
        raw=raw,
        input=raw.reshape(BATCH, *PIXELS) / 255.0 - centre,
        target=np.array([2, 0, 1]),
        upstream=upstream,
        masks={"drop": (drawn((BATCH, *IMAGES), 20 + index) > -0.5).astype(float)},
        lr=0.1,
        learning_rates={
            name: 0.0 if name == "norm.bias" else 0.1 / (index + 1) for name in PARAMETERS
        },
    )


def case(**changes: Any) -> Case:
    """Two train steps, an eval step, an eval step with backward, another train step."""
    options: dict[str, Any] = {
        "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.01, "nesterov": True,
        "maximize": False,
    }  # fmt: skip
    plain = {**options, "momentum": 0.0, "nesterov": False}
    whole = Case(
        id="everything",
        title="everything",
        why="every stage of the protocol",
        dtype=np.dtype(np.float64),
        layers=layers(),
        loss={
            "type": "CrossEntropyLoss", "weight": np.array([1.0, 2.0, 0.5]), "ignore_index": -100,
            "label_smoothing": 0.1, "reduction": "mean", "factor": 0.5,
        },
        penalties=(
            Penalty("L2", 0.3, ("conv.weight", "fc.weight"), "batch"),
            Penalty("L1", 0.2, ("conv.bias",), "dataset"),
        ),
        optimizer={
            "type": "SGD", "clip_grad_norm": 1.0, "clip_grad_value": None, "lr": 0.1,
            "parameters": {name: plain if name == "fc.weight" else options for name in PARAMETERS},
        },
        steps=(
            step(0, "train", True), step(1, "train", True), step(2, "eval", False),
            step(3, "eval", True), step(4, "train", True),
        ),
        preparation=PREPARATION,
        samples=SAMPLES,
        drawn=False,
    )  # fmt: skip
    return replace(whole, **changes)


def without_updates(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of a case without optimizer."""
    return tuple(replace(s, update=False) for s in steps)


def upstream_steps(shape: tuple[int, ...]) -> tuple[Step, ...]:
    """One step with an upstream gradient."""
    return without_updates((step(0, "train", True, drawn(shape, 8)),))


CASES: dict[str, Case] = {
    "everything": case(),
    "clipped by value": case(
        optimizer={**(case().optimizer or {}), "clip_grad_norm": None, "clip_grad_value": 0.01}
    ),
    "not clipped": case(optimizer={**(case().optimizer or {}), "clip_grad_norm": None}),
    "without optimizer": case(optimizer=None, steps=without_updates(case().steps)),
    "batchmean": case(loss={**(case().loss or {}), "reduction": "batchmean"}),
    "a loss per sample": case(
        loss={**(case().loss or {}), "reduction": "none"},
        penalties=(),
        optimizer=None,
        steps=upstream_steps((BATCH,)),
    ),
    "an upstream gradient": case(
        loss=None, penalties=(), optimizer=None, steps=upstream_steps((BATCH, 3))
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_entry_is_pytorchs(case: Case) -> None:
    """The trace has every entry of the case but the masks, which are given, not drawn."""
    trace = Trace(case)
    refcnn.implementation.run(case, trace)
    expected = {name: array for name, array in evaluate(case).items() if ".mask." not in name}
    assert {*expected} == {entry for entry in trace.entries if ".mask." not in entry}
    assert_all_close({name: trace[name] for name in trace}, expected)


def test_float32_stays_float32_in_every_entry() -> None:
    """From operands rounded to float32."""
    narrow = in_float32(case())
    trace = Trace(narrow)
    refcnn.implementation.run(narrow, trace)
    assert {trace[name].dtype.name for name in trace} == {"float32"}


def in_float32(wide: Case) -> Case:
    """The case as it is handed out for float32."""
    return replace(
        wide,
        dtype=np.dtype(np.float32),
        layers=tuple(
            replace(spec, parameters=rounded(spec.parameters), buffers=rounded(spec.buffers))
            for spec in wide.layers
        ),
        steps=tuple(replace(s, input=s.input.astype(np.float32)) for s in wide.steps),
    )


def rounded(arrays: dict[str, Any]) -> dict[str, Any]:
    """Each array as float32."""
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def first(changed: Layer) -> tuple[Layer, ...]:
    """The layers with another first one."""
    return (changed, *layers()[1:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": first(replace(layers()[0], type="ConvTranspose2d"))}, "no ConvTranspose2d"),
        ({"loss": {**(case().loss or {}), "type": "HuberLoss"}}, "no HuberLoss"),
        ({"optimizer": {**(case().optimizer or {}), "type": "Adam"}}, "no Adam"),
    ],
    ids=["layer", "loss", "optimizer"],
)
def test_what_refcnn_does_not_have_is_unsupported(changes: dict[str, Any], message: str) -> None:
    """Said by the exception of the case, before anything is computed."""
    changed = case(**changes)
    with pytest.raises(Unsupported, match=message):
        refcnn.implementation.run(changed, {})


def test_parameters_of_a_wrong_shape_are_refused() -> None:
    """By name."""
    bent = replace(layers()[0], parameters={"weight": drawn((4, 2, 3, 2)), "bias": drawn((4,))})
    with pytest.raises(ValueError, match=r"conv.weight has shape \(4, 2, 3, 2\), expected"):
        refcnn.implementation.run(case(layers=first(bent)), {})


def test_what_was_computed_before_a_refusal_is_recorded() -> None:
    """The fully connected layer does not fit: everything before it is in the trace."""
    *others, fc = layers()
    small = {"in_features": 9, "out_features": 3, "bias": False}
    bent = replace(fc, attributes=small, parameters={"weight": drawn((3, 9))})
    trace: dict[str, Any] = {}
    with pytest.raises(ValueError, match=r"Linear: expected input with 9 features"):
        refcnn.implementation.run(case(layers=(*others, bent)), trace)
    assert list(trace)[-1] == "step0.forward.flat"
