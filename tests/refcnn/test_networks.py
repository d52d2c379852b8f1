from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import torch

import refcnn
from refcnn import Graph, Node, Sequential
from tests.refcnn.closeness import assert_all_close, assert_close
from tests.refcnn.torch_twin import drawn

X = (3, 2, 6, 5)


def small(dtype: Any = np.float64, seed: int = 0) -> Sequential:
    """conv, norm, relu, flat, fc: 231 parameters."""
    options: dict[str, Any] = {"dtype": dtype, "generator": np.random.default_rng(seed)}
    return Sequential(
        {
            "conv": refcnn.Conv2d(2, 4, 3, **options),
            "norm": refcnn.BatchNorm2d(4, dtype=dtype),
            "relu": refcnn.ReLU(),
            "flat": refcnn.Flatten(),
            "fc": refcnn.Linear(48, 3, **options),
        }
    )


def torch_small() -> torch.nn.Module:
    """The same in torch."""
    net = torch.nn.Sequential()
    net.add_module("conv", torch.nn.Conv2d(2, 4, 3))
    net.add_module("norm", torch.nn.BatchNorm2d(4))
    net.add_module("relu", torch.nn.ReLU())
    net.add_module("flat", torch.nn.Flatten())
    net.add_module("fc", torch.nn.Linear(48, 3))
    return net.double()


def torch_state(module: torch.nn.Module) -> dict[str, Any]:
    """The state of a torch module as arrays."""
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


def residual(**options: Any) -> Graph:
    """input -> conv1 -> relu -> conv2 -> add(conv1, conv2) -> cat(add, input)."""
    return Graph(
        [
            Node("conv1", refcnn.Conv2d(2, 4, 3, padding=1, **options)),
            Node("relu", refcnn.ReLU()),
            Node("conv2", refcnn.Conv2d(4, 4, 1, **options)),
            Node("add", refcnn.Add(), inputs=["conv1", "conv2"]),
            Node("cat", refcnn.Cat(), inputs=["add", "input"]),
        ]
    )


class TorchResidual(torch.nn.Module):
    """`residual` in torch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 4, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(4, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.conv1(x)
        return torch.cat([a + self.conv2(torch.relu(a)), x], 1)


def test_state_dict_has_torchs_names_shapes_and_dtypes() -> None:
    """The counter of batches included."""
    theirs = torch_state(torch_small())
    ours = small().state_dict()
    assert {k: (v.shape, v.dtype) for k, v in ours.items()} == {
        k: (v.shape, v.dtype) for k, v in theirs.items()
    }


def test_state_dict_makes_the_round_trip_through_torch() -> None:
    """Trained here, loaded there, the same output; and back."""
    ours, theirs = small(), torch_small()
    ours.forward(drawn(X, 1))
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    other = small(seed=9)
    other.load_state_dict(theirs.state_dict())
    x = drawn(X, 2)
    expected = theirs.eval()(torch.from_numpy(x)).detach().numpy()
    assert_close(ours.eval().forward(x), expected)
    assert_close(other.eval().forward(x), expected)


def test_layers_without_names_are_numbered_as_in_torch() -> None:
    """So that an unnamed torch.nn.Sequential loads."""
    net = Sequential(refcnn.Linear(3, 4), refcnn.ReLU(), refcnn.Linear(4, 2, bias=False))
    assert list(net.parameters) == ["0.weight", "0.bias", "2.weight"]


def test_state_dict_is_a_copy() -> None:
    """It keeps its values while the network goes on."""
    net = small()
    state = net.state_dict()
    expected = {name: array.copy() for name, array in state.items()}
    net.forward(drawn(X))
    net.parameters["conv.bias"].data = np.zeros(4)
    assert_all_close(state, expected)


def test_float64_state_becomes_float32_in_a_float32_network() -> None:
    """Loading does not change dtypes."""
    net = small(np.float32)
    net.load_state_dict(small().state_dict())
    assert {array.dtype.name for array in net.state_dict().values()} == {"float32", "int64"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fc.bias": None}, r"^load_state_dict: fc.bias is missing$"),
        ({"fc.scale": np.ones(3)}, r"fc.scale is unknown here"),
        ({"fc.bias": np.ones(4)}, r"fc.bias has shape \(4,\), expected \(3,\)"),
        ({"fc.bias": np.array(["a"] * 3)}, r"fc.bias is not an array of numbers but <U1"),
        ({"fc.bias": None, "x": np.ones(1)}, r"fc.bias is missing; x is unknown here"),
    ],
    ids=["missing", "unknown", "of another shape", "not numbers", "two mistakes"],
)
def test_state_that_does_not_fit_is_refused_and_changes_nothing(
    change: dict[str, Any], message: str
) -> None:
    """Every mistake is listed."""
    net = small()
    before = net.state_dict()
    state = {k: v for k, v in ({**small(seed=5).state_dict(), **change}).items() if v is not None}
    with pytest.raises(ValueError, match=message):
        net.load_state_dict(state)
    assert_all_close(net.state_dict(), before)


def test_file_has_the_state(tmp_path: Path) -> None:
    """Written, overwritten, read by another network; nothing else is left in the folder."""
    net, other = small(), small(seed=5)
    small(seed=7).save(tmp_path / "net.npz")
    net.save(tmp_path / "net.npz")
    other.load(tmp_path / "net.npz")
    assert_all_close(other.state_dict(), net.state_dict())
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]


def test_safetensors_file_is_torchs(tmp_path: Path) -> None:
    """Read by the torch side of the package, and back."""
    safetensors = pytest.importorskip("safetensors.torch", reason="the optional package")
    net, theirs, other = small(), torch_small(), small(seed=5)
    net.save(tmp_path / "net.safetensors")
    theirs.load_state_dict(safetensors.load_file(tmp_path / "net.safetensors"))
    safetensors.save_file(theirs.state_dict(), tmp_path / "back.safetensors")
    other.load(str(tmp_path / "back.safetensors"))
    assert_all_close(other.state_dict(), net.state_dict())


def test_safetensors_without_the_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And .npz needs nothing."""
    monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"net.safetensors: .*pip install safetensors"):
        small().save(tmp_path / "net.safetensors")


def test_other_file_names_are_refused(tmp_path: Path) -> None:
    """The suffix chooses the format."""
    with pytest.raises(ValueError, match=r"must end in .npz or .safetensors, got 'net.pkl'"):
        small().save(tmp_path / "net.pkl")


def test_pickled_files_are_not_read(tmp_path: Path) -> None:
    """A file never runs code."""
    np.savez(tmp_path / "net.npz", weight=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"allow_pickle"):
        small().load(tmp_path / "net.npz")


def test_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    """Whole and readable."""
    net = small()
    net.save(tmp_path / "net.npz")
    with pytest.raises(FileNotFoundError, match="missing"):
        net.save(tmp_path / "missing" / "net.npz")
    small(seed=5).load(tmp_path / "net.npz")


def test_flat_vectors_follow_the_order_of_the_parameters() -> None:
    """Parameters and gradients alike."""
    net = small()
    net.forward(drawn(X))
    net.backward(drawn((3, 3), 1))
    assert_close(
        net.flat_parameters, np.concatenate([p.data.ravel() for p in net.parameters.values()])
    )
    assert_close(
        net.flat_gradients,
        np.concatenate([np.ravel(p.grad) for p in net.parameters.values()]),  # type: ignore[arg-type]
    )


def test_flat_parameters_can_be_set() -> None:
    """All parameters of one network into another."""
    net, other = small(), small(seed=5)
    other.flat_parameters = net.flat_parameters
    assert_all_close(other.state_dict(), net.state_dict())


def test_flat_parameters_of_another_size_are_refused() -> None:
    """With the size that is needed."""
    with pytest.raises(ValueError, match=r"expected a vector of 231 numbers, got shape \(5,\)"):
        small().flat_parameters = np.zeros(5)


def test_flat_gradients_before_backward_are_refused() -> None:
    """With the names of the parameters."""
    with pytest.raises(RuntimeError, match=r"no gradient of conv.weight, .*call backward"):
        _ = small().flat_gradients


def test_flat_parameters_of_a_network_without_any_are_empty() -> None:
    """And may be set to nothing."""
    net = Sequential(refcnn.ReLU())
    net.flat_parameters = np.zeros(0)
    assert net.flat_parameters.shape == net.flat_gradients.shape == (0,)


def test_scipy_fits_a_network() -> None:
    """L-BFGS on the flat vector finds the least-squares solution of a linear network."""
    net = Sequential(refcnn.Linear(3, 2, dtype=np.float64, generator=np.random.default_rng(0)))
    loss, x = refcnn.MSELoss("sum"), drawn((20, 3))
    weight, bias = drawn((2, 3), 1), drawn((2,), 2)
    target = x @ weight.T + bias

    def value_and_gradient(flat: Any) -> tuple[float, Any]:
        net.flat_parameters = flat
        value = loss.forward(net.forward(x), target)
        net.backward(loss.backward())
        return float(value), net.flat_gradients

    found = scipy.optimize.minimize(
        value_and_gradient, net.flat_parameters, jac=True, method="BFGS", options={"gtol": 1e-9}
    )
    expected = np.concatenate([weight.ravel(), bias])
    np.testing.assert_allclose(found.x, expected, atol=1e-8)


def test_flat_gradient_is_the_difference_quotient() -> None:
    """Of a whole network with batch norm, by scipy's check."""
    net, loss = small(), refcnn.CrossEntropyLoss()
    x, target = drawn(X), np.array([0, 2, 1])

    def value(flat: Any) -> float:
        net.flat_parameters = flat
        return float(loss.forward(net.forward(x), target))

    def gradient(flat: Any) -> Any:
        value(flat)
        net.backward(loss.backward())
        return net.flat_gradients

    assert scipy.optimize.check_grad(value, gradient, net.flat_parameters) < 1e-6


def test_graph_with_branches_is_torchs() -> None:
    """Fan-out of conv1 and of the input: gradients are summed."""
    theirs = TorchResidual().double()
    ours = residual(dtype=np.float64)
    ours.load_state_dict(theirs.state_dict())
    x, grad_output = drawn(X), drawn((3, 6, 6, 5), 1)
    tensor = torch.from_numpy(x).requires_grad_()
    output = theirs(tensor)
    output.backward(torch.from_numpy(grad_output))
    assert_close(ours.forward(x), output.detach().numpy())
    assert_close(ours.backward(grad_output), tensor.grad)
    assert_all_close(
        {name: p.grad for name, p in ours.parameters.items()},
        {name: p.grad for name, p in theirs.named_parameters()},
    )


def test_outputs_and_gradients_of_each_layer_can_be_looked_up() -> None:
    """By name, after a pass."""
    net, x = residual(dtype=np.float64), drawn(X)
    y = net.forward(x)
    grad_input = net.backward(np.ones_like(y))
    assert list(net.outputs) == ["input", "conv1", "relu", "conv2", "add", "cat"]
    assert_close(net.outputs["relu"], np.maximum(net.outputs["conv1"], 0))
    assert list(net.grad_inputs) == ["cat", "add", "conv2", "relu", "conv1"]
    to_add, to_input = net.grad_inputs["cat"]
    assert (to_add.shape, to_input.shape) == ((3, 4, 6, 5), (3, 2, 6, 5))
    assert_close(grad_input, net.grad_inputs["conv1"] + to_input)


def test_new_forward_forgets_old_gradients() -> None:
    """No gradient of another batch is left to be read."""
    net, x = small(), drawn(X)
    net.backward(np.ones_like(net.forward(x)))
    net.forward(x)
    assert net.grad_inputs == {}


def test_networks_nest() -> None:
    """A network is a layer of another; names are joined by dots."""
    net = Sequential({"body": small(), "head": refcnn.Linear(3, 2, dtype=np.float64)})
    net.eval().forward(drawn(X))
    net.backward(drawn((3, 2), 1))
    assert list(net.parameters)[-3:] == ["body.fc.bias", "head.weight", "head.bias"]
    assert not net.layers["body"].training
    assert net.flat_gradients.shape == (231 + 8,)


def test_mode_reaches_every_layer_and_back() -> None:
    """`eval()` and `train()` return the network."""
    net = small()
    assert [layer.training for layer in net.eval().layers.values()] == [False] * 5
    assert [layer.training for layer in net.train().layers.values()] == [True] * 5


def test_refusal_says_in_which_layer() -> None:
    """As a note on the exception."""
    with pytest.raises(ValueError, match=r"Conv2d: expected input") as refusal:
        small().forward(np.ones((3, 5, 6, 5)))
    assert refusal.value.__notes__ == ["in forward of layer 'conv'"]


SHARED = refcnn.ReLU()


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([], r"a network needs at least one layer"),
        ([Node("a", refcnn.ReLU()), Node("a", refcnn.ReLU())], r"the name 'a' is given twice"),
        ([Node("input", refcnn.ReLU())], r"the name 'input' is reserved"),
        ([Node("a.b", refcnn.ReLU())], r"must not be empty or contain a dot, got 'a.b'"),
        ([Node("a", refcnn.ReLU(), ["b"])], r"layer 'a' reads 'b', which is not one of input"),
        (
            [Node("a", refcnn.ReLU(), ["input", "input"])],
            r"layer 'a' \(ReLU\) has one input, got \['input', 'input'\]",
        ),
        (
            [Node("a", refcnn.ReLU()), Node("b", refcnn.ReLU(), ["input"])],
            r"nothing reads 'a'",
        ),
        ([Node("a", SHARED), Node("b", SHARED)], r"'a' and 'b' are the same layer object"),
    ],
    ids=[
        "no layers",
        "a name twice",
        "the reserved name",
        "a dot in a name",
        "a later layer",
        "two inputs for one",
        "a layer without reader",
        "a layer twice",
    ],
)
def test_graph_is_refused(nodes: list[Node], message: str) -> None:
    """When it is built, not when it runs."""
    with pytest.raises(ValueError, match=message):
        Graph(nodes)


def test_input_names_as_one_text_are_refused() -> None:
    """A text is a sequence of letters."""
    with pytest.raises(TypeError, match=r"layer 'a': inputs is a list of names, got 'input'"):
        Graph([Node("a", refcnn.Add(), inputs="input")])


def test_what_is_no_layer_is_refused() -> None:
    """With its name and type."""
    with pytest.raises(TypeError, match=r"layer '1' must be a refcnn Layer or Merge, got function"):
        Sequential(refcnn.ReLU(), drawn)  # type: ignore[arg-type]


def test_a_mapping_among_layers_is_refused() -> None:
    """Either layers or one mapping."""
    with pytest.raises(TypeError, match=r"expected layers, or one mapping from names to layers"):
        Sequential(refcnn.ReLU(), {"relu": refcnn.ReLU()})
