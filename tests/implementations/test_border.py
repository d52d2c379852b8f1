"""Arrays are converted both ways, for every order of axes."""

from itertools import permutations

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.implementations.border import Border
from oracles.implementations.layouts import declared
from tests.implementations.networks import NETWORKS, definition

_IMAGES = ["".join(letters) for letters in permutations("NCHW")]
_KERNELS = ["".join(letters) for letters in permutations("OIHW")]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A convolution, a Flatten and a dense layer."""
    return definition(tmp_path_factory.mktemp("border"), NETWORKS["gradients"]).draw("float64")


def _border(
    case: Case, layout: str, flatten: str, kernel: str = "OIHW", dense: str = "OI"
) -> Border:
    return Border(case, declared(layout, {"Conv2d": kernel, "Linear": dense}, flatten))


def _numbered(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.arange(np.prod(shape), dtype=np.float64).reshape(shape)


@pytest.mark.parametrize("flatten", ["C", "F"])
@pytest.mark.parametrize("layout", _IMAGES)
def test_what_is_handed_over_and_taken_back_is_the_same(
    layout: str, flatten: str, case: Case
) -> None:
    """At the input, behind the convolution, behind the Flatten and behind the dense layer."""
    border = _border(case, layout, flatten)
    for place, shape in border.shapes.items():
        array = _numbered(7, *shape)
        handed = border.hand(array, place)
        assert np.array_equal(border.take(handed, place, 7, "it"), array)


@pytest.mark.parametrize("flatten", ["C", "F"])
@pytest.mark.parametrize("layout", _IMAGES)
def test_a_flatten_of_the_declared_layout_gives_the_features_as_declared(
    layout: str, flatten: str, case: Case
) -> None:
    """The order of features is that of flattening, sample by sample, an image in this layout."""
    border = _border(case, layout, flatten)
    images = _numbered(7, 5, 6, 8)
    own = np.moveaxis(border.hand(images, "relu"), layout.index("N"), 0)
    expected = np.stack([image.ravel(order="F" if flatten == "F" else "C") for image in own])
    handed = border.hand(images.reshape(7, -1), "flatten")
    assert np.array_equal(handed if layout[-1] != "N" else handed.T, expected)


@pytest.mark.parametrize("dense", ["OI", "IO"])
@pytest.mark.parametrize("flatten", ["C", "F"])
@pytest.mark.parametrize("layout", _IMAGES)
def test_the_dense_weight_behind_a_flatten_reads_the_features_in_their_order(
    layout: str, flatten: str, dense: str, case: Case
) -> None:
    """Product of converted features and converted weight is the product of both in PyTorch."""
    border = _border(case, layout, flatten, dense=dense)
    layer = case.layer("dense")
    weight, features = _numbered(11, 240), _numbered(7, 240)
    own_weight = border.hand_parameter(layer, "weight", weight)
    own_features = border.hand(features, "flatten")
    product = (own_features.T if layout[-1] == "N" else own_features) @ (
        own_weight.T if dense == "OI" else own_weight
    )
    assert np.array_equal(product, features @ weight.T)
    assert np.array_equal(border.take_parameter(layer, "weight", own_weight, "it"), weight)


@pytest.mark.parametrize("kernel", _KERNELS)
def test_kernels_are_converted_both_ways(kernel: str, case: Case) -> None:
    """The element o i h w is where the declared letters say."""
    border = _border(case, "NCHW", "C", kernel=kernel)
    layer = case.layer("conv")
    weight = _numbered(5, 2, 4, 3)
    own = border.hand_parameter(layer, "weight", weight)
    position = {"O": 3, "I": 1, "H": 2, "W": 0}
    assert own[tuple(position[letter] for letter in kernel)] == weight[3, 1, 2, 0]
    assert np.array_equal(border.take_parameter(layer, "weight", own, "it"), weight)


def test_a_true_convolution_gets_its_kernels_turned(case: Case) -> None:
    """Rows and columns are reversed on the way in and on the way out; biases are not touched."""
    border = Border(case, declared("NCHW", true_convolution=True))
    layer = case.layer("conv")
    weight = _numbered(5, 2, 4, 3)
    own = border.hand_parameter(layer, "weight", weight)
    assert np.array_equal(own[:, :, 0, 0], weight[:, :, 3, 2])
    assert np.array_equal(own[:, :, 1, 2], weight[:, :, 2, 0])
    assert np.array_equal(border.take_parameter(layer, "weight", own, "it"), weight)
    assert np.array_equal(border.hand_parameter(layer, "bias", _numbered(5)), _numbered(5))
