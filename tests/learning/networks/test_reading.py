import keras
import pytest
from keras import layers

from lossexplorer.learning.networks.calls import calls
from lossexplorer.learning.networks.network import Network
from tests.learning.networks.models import SIZE, convolution, long_chain, nested, three_outputs
from tests.learning.networks.test_switching import setup_of


def graph_of(model, **switches):
    return Network(model, setup_of(model, **switches)).graph


def by_name(graph):
    return {node.name: node for node in graph.nodes}


def edges(graph):
    return {(edge.source, edge.target) for edge in graph.edges}


def is_in_order(graph):
    place = {node.name: index for index, node in enumerate(graph.nodes)}
    return all(place[edge.source] < place[edge.target] for edge in graph.edges)


def test_a_shared_layer_is_one_node_with_two_calls():
    nodes = by_name(graph_of(three_outputs()))
    assert nodes["shared"].calls == 2
    assert nodes["shared"].outputs == ("a", "b")
    assert nodes["encoder"].outputs == ("a", "b", "c")
    assert nodes["b_conv"].outputs == ("b",)
    assert nodes["encoder"].calls == nodes["join"].calls == 1


def test_merges_and_operations_are_nodes():
    graph = graph_of(three_outputs())
    relu, multiply = (
        next(node.name for node in graph.nodes if node.kind == kind)
        for kind in ("Relu", "Multiply")
    )
    assert edges(graph) == {
        *(("scan", "encoder"), ("encoder", "shared"), ("encoder", relu), (relu, multiply)),
        *((multiply, "shared"), ("shared", "join"), ("encoder", "join"), ("join", "a")),
        *(("shared", "b_conv"), ("b_conv", "b"), ("encoder", "pool"), ("pool", "c")),
    }
    assert graph.outputs == {"a": "a", "b": "b", "c": "c"}
    assert graph.inputs == ("scan",)
    assert graph.trunk == ("encoder", "shared")
    assert is_in_order(graph)


def test_nodes_say_kind_detail_weights_and_shape():
    nodes = by_name(graph_of(three_outputs()))
    assert (nodes["encoder"].kind, nodes["encoder"].detail) == ("Conv3D", "3³, 3")
    assert nodes["encoder"].weights == 3**3 * 1 * 3 + 3
    assert nodes["encoder"].shape == (None, 4, 8, 8, 3)
    assert nodes["a"].detail == "1³, 2, softmax"
    assert nodes["b"].detail == "1³, 1"
    assert nodes["pool"].detail == "2³"
    assert nodes["pool"].shape == (None, 2, 4, 4, 3)
    assert nodes["scan"].detail == "1 channel"
    assert nodes["join"].weights == 0


@pytest.mark.parametrize(
    ("layer", "detail"),
    [
        (layers.Conv3D(4, (1, 3, 3), padding="same"), "1 × 3 × 3, 4"),
        (layers.Dense(6), "6"),
        (layers.Dropout(0.25), "0.25"),
        (layers.Activation("tanh"), "tanh"),
        (layers.Softmax(), ""),
        (layers.UpSampling3D((1, 2, 2)), "1 × 2 × 2"),
    ],
)
def test_details(layer, detail):
    x = keras.Input((None, None, None, 1))
    y = layer(x)
    nodes = by_name(graph_of(keras.Model(x, [convolution("a")(y), convolution("b")(y)])))
    assert nodes[layer.name].detail == detail


def test_nested_models_are_one_node_with_their_layers_inside():
    nodes = by_name(graph_of(nested(), frozen=["block"]))
    assert set(nodes) == {"scan", "encoder", "block", "sum", "a", "b"}
    inside = {node.name: node for node in nodes["encoder"].inside}
    assert list(inside) == ["inner_scan", "inner1", "inner_norm", "inner2"]
    assert inside["inner1"].shape == (None, 4, 8, 8, 3)
    assert inside["inner1"].outputs == ("a", "b")
    assert inside["inner_norm"].weights == 6  # scale and offset; the statistics are not trained
    assert nodes["encoder"].weights == sum(node.weights for node in inside.values()) == 84 + 6 + 12
    assert nodes["encoder"].detail == "3 layers"
    assert [node.name for node in nodes["block"].inside][1:] == ["s1", "s2"]
    assert nodes["block"].is_frozen
    assert nodes["block"].weights == 12
    assert [node.is_frozen for node in nodes["block"].inside] == [False, True, False]
    assert not nodes["encoder"].is_frozen


def test_what_a_merge_is_given_twice_is_one_edge():
    graph = graph_of(nested())
    assert [edge.target for edge in graph.edges if edge.source == "encoder"] == ["block", "sum"]


def test_two_hundred_layers_are_read_in_order():
    graph = graph_of(long_chain(200))
    assert len(graph.nodes) == 203
    assert [node.name for node in graph.nodes[1:201]] == [f"layer{i}" for i in range(200)]
    assert is_in_order(graph)
    assert len(graph.trunk) == 200


def test_order_holds_where_a_shared_layer_is_called_early_and_late():
    x = keras.Input((None, None, None, 1), name="scan")
    shared = convolution("shared", 1)
    deep = convolution("d3", 1)(convolution("d2", 1)(convolution("d1", 1)(shared(x))))
    late = shared(convolution("before_late", 1)(x))
    model = keras.Model(x, [convolution("a")(deep), convolution("b")(late)])
    assert is_in_order(graph_of(model))


def test_a_layer_that_is_called_on_what_came_of_it_leads_back():
    x = keras.Input((None, None, None, 1), name="scan")
    again, between = convolution("again", 1), convolution("between", 1)
    y = again(again(between(again(x))))
    graph = graph_of(keras.Model(x, [convolution("a")(y), convolution("b")(y)]))
    assert by_name(graph)["again"].calls == 3
    assert edges(graph) >= {("scan", "again"), ("again", "between"), ("between", "again")}
    assert [node.name for node in graph.nodes] == ["scan", "again", "between", "a", "b"]


def test_keras_keeps_what_is_read_of_its_models():
    """Assumed of Keras: nodes by depth, the history of tensors, and the nodes of a layer."""
    model = three_outputs()
    nodes = [node for depth in model._nodes_by_depth.values() for node in depth]
    assert len(nodes) == len(calls(model)) == 12
    for tensor, name in zip(model.outputs, "abc", strict=True):
        layer, index, place = tensor._keras_history
        assert (layer.name, place) == (name, 0)
        assert layer._inbound_nodes[index].outputs[0] is tensor
    assert {node.is_input for node in nodes} == {True, False}
    assert model._flatten_layers()[0] is model


def test_the_patch_gives_the_shapes():
    assert by_name(graph_of(three_outputs()))["a"].shape[1:4] == SIZE
