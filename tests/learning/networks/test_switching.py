import keras
import numpy as np
import pytest

from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.networks.network import Network
from lossexplorer.learning.networks.switching import cut_edges
from lossexplorer.learning.setup import BuiltNetwork, LossChoice, Output, Setup, Training
from tests.learning.networks.gradients import forward, gradients, numbers
from tests.learning.networks.models import SIZE, convolution, image, nested, three_outputs
from tests.learning.networks.test_built import TWO, build


def setup_of(model, cut=(), frozen=()):
    outputs = tuple(
        Output(name, "image", LossChoice("mean_squared_error"), is_cut=name in cut)
        for name in model.output_names
    )
    return Setup(outputs=outputs, training=Training(patch=SIZE), frozen=tuple(frozen))


def listed(model):
    return keras.Model(model.inputs[0], list(model.outputs))


def built():
    return build(BuiltNetwork(filters=2), TWO, 7)


MODELS = {"built": built, "three outputs": three_outputs, "nested": nested}
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


def table(network, x):
    """The sum of the absolute gradients for each output and layer."""
    rows = network.layers_with_weights
    variables = [each for _, row in rows for each in row]
    found = [iter(each) for each in gradients(network.model, x, variables)]
    return {
        name: [sum(float(np.abs(next(values)).sum()) for _ in row) for values in found]
        for name, row in rows
    }


@every_model
def test_without_switches_each_loss_reaches_exactly_what_leads_to_it(make):
    network = Network(listed(make()), setup_of(make()))
    leads_to = {node.name: node.outputs for node in network.graph.nodes}
    names = network.model.output_names
    for layer, row in table(network, image()).items():
        assert [value > 0 for value in row] == [name in leads_to[layer] for name in names], layer
        assert all(
            value == 0.0
            for value, name in zip(row, names, strict=True)
            if name not in leads_to[layer]
        )


@every_model
@pytest.mark.parametrize("place", [0, 1])
def test_a_cut_makes_the_trunks_row_exactly_zero_and_leaves_the_others(make, place):
    network = Network(listed(make()), setup_of(make()))
    name = network.model.output_names[place]
    cut = network.with_switches(setup_of(network.model, cut=[name]))
    before, after = table(network, image()), table(cut, image())
    for layer, row in before.items():
        expected = list(row)
        if layer in network.trunk:
            expected[place] = 0.0
        assert after[layer] == expected, layer
    assert network.trunk


@every_model
def test_cut_and_freeze_leave_what_the_network_computes_to_the_bit(make):
    network = Network(listed(make()), setup_of(make()))
    names = network.model.output_names
    frozen = [name for name, _ in network.layers_with_weights][:2]
    before = forward(network.model, image())
    switched = network.with_switches(setup_of(network.model, cut=names, frozen=frozen))
    after = forward(switched.model, image())
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert switched.model is not network.model


def test_the_same_cuts_give_the_same_model():
    network = Network(built(), setup_of(built()))
    cut = network.with_switches(setup_of(built(), cut=["y2"]))
    frozen = cut.with_switches(setup_of(built(), cut=["y2"], frozen=["y1"]))
    assert frozen.model is cut.model
    assert frozen.with_switches(setup_of(built())).model is network.model


def test_a_nested_model_with_two_outputs_is_cut_as_a_whole():
    inner_x, x = (keras.Input((None, None, None, 1), name=name) for name in ("inner", "scan"))
    inner = keras.Model(inner_x, [convolution("i1")(inner_x), convolution("i2")(inner_x)])
    left, right = inner(x)
    model = keras.Model(x, [convolution("a")(left), convolution("b")(right)])
    network = Network(model, setup_of(model))
    before = table(network, image())
    after = table(network.with_switches(setup_of(model, cut=["a"])), image())
    assert before[inner.name][0] > 0
    assert after[inner.name] == [0.0, before[inner.name][1]]


def test_a_cut_leaves_what_is_added_to_the_total():
    model = build(BuiltNetwork(filters=2, l2=0.01), TWO, 7)
    network = Network(model, setup_of(model))
    cut = network.with_switches(setup_of(model, cut=["y1", "y2"]))
    added = [[float(numbers(each)) for each in of.model.losses] for of in (network, cut)]
    assert len(added[0]) == 8
    assert sorted(added[0]) == sorted(added[1])


def test_the_variables_are_the_same_objects():
    network = Network(built(), setup_of(built()))
    cut = network.with_switches(setup_of(built(), cut=["y2"], frozen=["x1_conv1"]))
    assert [id(v) for v in cut.model.variables] == [id(v) for v in network.model.variables]
    assert cut.layers_with_weights == network.layers_with_weights


def test_a_frozen_layer_has_its_gradient_and_passes_it_on():
    network = Network(built(), setup_of(built()))
    before = table(network, image())
    frozen = network.with_switches(setup_of(built(), frozen=["x1_conv2", "y1"]))
    assert table(frozen, image()) == before
    trained = {id(v) for v in frozen.model.trainable_variables}
    for name, variables in frozen.layers_with_weights:
        assert all((id(v) in trained) == (name not in ("x1_conv2", "y1")) for v in variables)


def test_what_is_frozen_can_be_thawed():
    network = Network(built(), setup_of(built()))
    count = len(network.model.trainable_variables)
    frozen = network.with_switches(setup_of(built(), frozen=["x1_conv2"]))
    assert len(frozen.model.trainable_variables) == count - 2
    assert len(frozen.with_switches(setup_of(built())).model.trainable_variables) == count


def test_a_layer_that_the_user_has_frozen_inside_a_nested_model_stays_so():
    model = listed(nested(trainable_inner=False))
    network = Network(model, setup_of(model))
    weights = dict(network.layers_with_weights)["encoder"]
    assert len(weights) == 6  # two convolutions and the normalization's scale and offset
    frozen = network.with_switches(setup_of(model, frozen=["encoder"]))
    assert not frozen.model.get_layer("encoder").trainable_variables
    thawed = frozen.with_switches(setup_of(model))
    assert len(thawed.model.get_layer("encoder").trainable_variables) == 4


def test_batch_normalization_moves_behind_a_cut_and_rests_when_frozen():
    model = build(BuiltNetwork(filters=2, normalization="batch"), TWO, 7)
    cut = Network(model, setup_of(model, cut=["y2"]))
    mean = model.get_layer("x3_conv_norm").moving_mean

    def moved(network):
        before = numbers(mean)
        forward(network.model, image(), training=True)
        return not np.array_equal(before, numbers(mean))

    assert moved(cut)
    assert not moved(cut.with_switches(setup_of(model, frozen=["x3_conv_norm"])))
    assert moved(cut.with_switches(setup_of(model)))


def test_the_edges_that_are_cut_lead_into_the_branch():
    model = listed(three_outputs())
    multiply = next(o.name for o in model.operations if type(o).__name__ == "Multiply")
    assert cut_edges(model, "a") == {("shared", "join"), ("encoder", "join")}
    assert cut_edges(model, "b") == {("shared", "b_conv")}
    assert cut_edges(model, "c") == {("encoder", "pool")}
    graph = Network(model, setup_of(model, cut=["a"])).graph
    assert {(e.source, e.target) for e in graph.edges if e.cut == ("a",)} == cut_edges(model, "a")
    assert (multiply, "shared") in {(e.source, e.target) for e in graph.edges}


def test_a_branch_that_takes_the_image_itself_needs_no_cut_there():
    x = keras.Input((None, None, None, 1), name="scan")
    features = convolution("encoder")(x)
    a = convolution("a")(keras.layers.Concatenate(name="join")([x, features]))
    model = keras.Model(x, [a, convolution("b")(features)])
    assert cut_edges(model, "a") == {("encoder", "join")}


def test_an_output_that_leads_to_another_cannot_be_cut():
    x = keras.Input((None, None, None, 1), name="scan")
    a = convolution("a")(x)
    model = keras.Model(x, [a, convolution("b")(a)])
    with pytest.raises(NetworkError, match="a cannot be cut: its last layer leads to b, too"):
        cut_edges(model, "a")
    assert cut_edges(model, "b") == {("a", "b")}


def test_a_layer_used_in_a_nested_model_and_beside_it_belongs_to_the_trunk():
    x, inner_x = (keras.Input((None, None, None, 1), name=name) for name in ("scan", "inner"))
    layer = convolution("both", 1)
    inner = keras.Model(inner_x, layer(inner_x), name="nested")
    model = keras.Model(x, [convolution("a")(inner(x)), convolution("b")(layer(x))])
    network = Network(model, setup_of(model))
    assert network.trunk == ("nested", "both")
    assert [name for name, _ in network.layers_with_weights] == ["nested", "a", "b"]
    cut = network.with_switches(setup_of(model, cut=["b"]))
    assert table(cut, image())["nested"][1] == 0.0
    assert table(cut, image())["nested"][0] > 0


def test_a_private_layer_beside_a_shared_one_still_learns_when_its_output_is_cut():
    x = keras.Input((None, None, None, 1), name="scan")
    shared = convolution("shared", 1)
    features = convolution("encoder", 1)(x)
    private = convolution("private", 1)(features)
    joined = keras.layers.Concatenate(name="join")([shared(private), private])
    model = keras.Model(x, [convolution("a")(joined), convolution("b")(shared(features))])
    assert cut_edges(model, "a") == {("shared", "join"), ("encoder", "private")}
    network = Network(model, setup_of(model))
    after = table(network.with_switches(setup_of(model, cut=["a"])), image())
    assert after["private"][0] > 0
    assert after["shared"][0] == after["encoder"][0] == 0.0


def test_a_refused_switch_leaves_the_others_as_they_are():
    network = Network(built(), setup_of(built(), frozen=["y1"]))
    with pytest.raises(NetworkError):
        network.with_switches(setup_of(built(), frozen=["nothing"]))
    assert not network.model.get_layer("y1").trainable


def test_what_cannot_be_frozen_is_refused():
    network = Network(built(), setup_of(built()))
    with pytest.raises(NetworkError, match=r"no layer 'x1_con1' to freeze\. Did you mean x1_conv1"):
        network.with_switches(setup_of(built(), frozen=["x1_con1"]))
    with pytest.raises(NetworkError, match="image has no weights"):
        network.with_switches(setup_of(built(), frozen=["image"]))
