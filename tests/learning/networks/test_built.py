import math
import zlib

import keras
import numpy as np
import pytest

from lossexplorer.learning.networks.built import build, initialise
from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.networks.network import make_network
from lossexplorer.learning.setup import BuiltNetwork, LossChoice, Output, Setup, Training
from tests.learning.networks.gradients import forward, numbers
from tests.learning.networks.models import image

TWO = {"y1": Head(2, "softmax"), "y2": Head(1, "linear")}
DEEP = {"y1": Head(4, "softmax"), "y2": Head(4, "softmax", 2), "y3": Head(4, "softmax", 4)}


def setup_of(network, names=("y1", "y2"), **training):
    outputs = tuple(Output(name, "segmentation", LossChoice("dice")) for name in names)
    return Setup(network=network, outputs=outputs, training=Training(**training))


def convolution_weights(size, inputs, outputs, bias=True):
    """Of a convolution: size³ · inputs · outputs, and a bias for each output."""
    return size**3 * inputs * outputs + (outputs if bias else 0)


def weights_by_formula(network, heads):
    f, has_norm = network.filters, network.normalization == "batch"
    inner = convolution_weights(3, f, f, bias=not has_norm) + (4 * f if has_norm else 0)
    first = convolution_weights(3, 1, f, bias=not has_norm) + (4 * f if has_norm else 0)
    ways = 2 * (network.depth - 1) - 1 if network.depth > 1 else 0
    inner_count = network.trunk - 1 + ways + network.branch * len(heads)
    tops = sum(convolution_weights(1, f, head.channels) for head in heads.values())
    return first + inner_count * inner + tops


@pytest.mark.parametrize(
    ("network", "heads"),
    [
        (BuiltNetwork(), TWO),
        (BuiltNetwork(depth=1), TWO),
        (BuiltNetwork(filters=5, depth=3, trunk=1, branch=0), DEEP),
        (BuiltNetwork(filters=4, depth=4, trunk=4, branch=2, normalization="batch"), DEEP),
    ],
)
def test_it_has_as_many_weights_as_the_formula_says(network, heads):
    assert build(network, heads, 0).count_params() == weights_by_formula(network, heads)


def test_the_default_has_the_layers_and_outputs_that_are_promised():
    model = build(BuiltNetwork(), TWO, 7)
    convolutions = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv3D)]
    assert convolutions == [
        *("x1_conv1", "x1_level2_conv", "x1_conv2", "x1_conv3"),
        *("x2_conv", "x3_conv", "y1", "y2"),
    ]
    assert model.output_names == ["y1", "y2"]
    assert {variable.dtype for variable in model.variables} == {"float32"}


def test_the_initial_values_are_those_that_numpy_draws():
    model = build(BuiltNetwork(filters=3), TWO, 11)
    kernel = numbers(model.get_layer("x2_conv").kernel)
    limit = math.sqrt(6 / (27 * 3 + 27 * 3))  # Glorot and Bengio 2010, equation 16
    drawn = np.random.default_rng([11, zlib.crc32(b"x2_conv")]).uniform(-limit, limit, (3,) * 5)
    assert np.array_equal(kernel, drawn.astype("float32"))
    assert not numbers(model.get_layer("x2_conv").bias).any()


def test_a_seed_gives_the_same_network_and_another_seed_another():
    x = image()
    one, same, other = (forward(build(BuiltNetwork(), TWO, seed), x) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_further_output_leaves_the_start_of_the_others_as_it_is():
    three = {**TWO, "y3": Head(2, "softmax")}
    x = image()
    one, other = (forward(build(BuiltNetwork(), heads, 3), x) for heads in (TWO, three))
    assert np.array_equal(one[0], other[0])


def test_initialise_goes_back_to_the_start():
    model = build(BuiltNetwork(), TWO, 3)
    start = numbers(model.get_layer("y1").kernel)
    model.get_layer("y1").kernel.assign(start + 1)
    initialise(model, 3)
    assert np.array_equal(numbers(model.get_layer("y1").kernel), start)


def test_deep_supervision_takes_the_levels_of_the_decoder():
    network = make_network(setup_of(BuiltNetwork(depth=3), DEEP, patch=(8, 16, 16)), DEEP)
    shapes = [tuple(y.shape) for y in network.model(image(size=(8, 16, 16)))]
    assert shapes == [(2, 8, 16, 16, 4), (2, 4, 8, 8, 4), (2, 2, 4, 4, 4)]
    sources = {(e.source, e.target) for e in network.graph.edges}
    assert ("x1_conv3", "x2_conv") in sources
    assert ("x1_level2_up_conv", "x3_conv") in sources
    assert ("x1_level3_conv", "x4_conv") in sources
    # What only the finest output needs is no part of the trunk.
    assert network.trunk == ("x1_conv1", "x1_level2_conv", "x1_level3_conv", "x1_level2_up_conv")


def test_the_penalty_is_the_sum_of_squares_of_all_kernels():
    model = build(BuiltNetwork(l2=0.01), TWO, 3)
    kernels = [numbers(v).astype("f8") for v in model.variables if v.name == "kernel"]
    expected = 0.01 * sum((kernel**2).sum() for kernel in kernels)
    assert len(kernels) == 8
    assert float(numbers(sum(model.losses))) == pytest.approx(expected, rel=1e-6)
    assert build(BuiltNetwork(), TWO, 3).losses == []


def test_a_softmax_gives_probabilities():
    y1, _ = forward(build(BuiltNetwork(), TWO, 3), image())
    assert y1.min() > 0
    assert y1.sum(axis=-1) == pytest.approx(np.ones((2, 4, 8, 8)), abs=1e-6)


REFUSED = [
    (BuiltNetwork(depth=0), TWO, "at least 1 of levels, not 0"),
    (BuiltNetwork(l2=-1.0), TWO, "cannot be negative"),
    (BuiltNetwork(), {"y1": Head(2, "softmax")}, "at least two outputs"),
    (BuiltNetwork(), {**TWO, "x1_conv1": Head(1, "linear")}, "called 'x1_conv1'"),
    (BuiltNetwork(), {**TWO, "a/b": Head(1, "linear")}, "called 'a/b'"),
    (BuiltNetwork(), {**TWO, "y3": Head(1, "linear", 3)}, "not 1/3"),
    (BuiltNetwork(), {**TWO, "y3": Head(1, "linear", 4)}, "Give it a depth of 3"),
]


@pytest.mark.parametrize(("network", "heads", "words"), REFUSED)
def test_what_cannot_be_built_is_refused(network, heads, words):
    with pytest.raises(NetworkError, match=words):
        build(network, heads, 0)


def test_a_negative_seed_is_refused():
    with pytest.raises(NetworkError, match="seed cannot be negative, as -1 is"):
        build(BuiltNetwork(), TWO, -1)


def test_a_patch_that_cannot_be_halved_is_refused_with_the_multiple():
    network = BuiltNetwork(depth=3)
    with pytest.raises(NetworkError, match=r"15 × 32 × 32 .* must be a multiple of 4"):
        make_network(setup_of(network, patch=(15, 32, 32)), TWO)
    make_network(setup_of(BuiltNetwork(depth=1), patch=(15, 31, 33)), TWO)
