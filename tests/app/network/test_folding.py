"""Which layers share a box."""

import pytest

from lossexplorer.app.network.folding import MOST_LAYERS, fold
from tests.app.network.networks import cut, deep, joined, layer, plain, u_net


def members(folded):
    return [node.name for box in folded.boxes for node in box.layers]


def test_a_small_network_has_a_box_for_each_layer():
    graph = u_net()
    folded = fold(graph)
    assert [box.name for box in folded.boxes] == [node.name for node in graph.nodes]
    assert [(each.source, each.target) for each in folded.links] == [
        (edge.source, edge.target) for edge in graph.edges
    ]


@pytest.mark.parametrize("blocks", [45, 500])
def test_a_large_network_has_few_boxes_whose_layers_meet_the_same_losses(blocks):
    graph = deep(blocks)
    assert len(graph.nodes) > 200
    folded = fold(graph)
    assert len(folded.boxes) < MOST_LAYERS
    assert sorted(members(folded)) == sorted(node.name for node in graph.nodes)
    for box in folded.boxes:
        assert len({node.outputs for node in box.layers}) == 1


def test_inputs_and_outputs_keep_their_own_boxes():
    names = {box.name for box in fold(deep()).boxes}
    assert {"image", "y1", "y2", "y3"} <= names


@pytest.mark.parametrize("opened", ["nothing", "one", "all"])
def test_boxes_come_after_what_they_are_given(opened):
    graph = deep()
    names = [box.name for box in fold(graph).boxes if box.is_folded]
    folded = fold(graph, {"nothing": [], "one": names[2:3], "all": names}[opened])
    order = {box.name: place for place, box in enumerate(folded.boxes)}
    assert all(order[link.source] < order[link.target] for link in folded.links)


def test_an_opened_box_shows_its_layers_and_the_rest_stays():
    graph = deep(blocks=8)
    closed = fold(graph)
    box = next(box for box in closed.boxes if box.is_folded)
    opened = fold(graph, [box.name])
    assert members(opened) == members(closed)
    assert {node.name for node in box.layers} <= {each.name for each in opened.boxes}
    assert set(closed.boxes) - {box} <= set(opened.boxes)


def test_of_many_layers_an_opened_box_has_boxes_again():
    graph = deep(blocks=500)
    box = max(fold(graph).boxes, key=lambda box: len(box.layers))
    inner = set(fold(graph, [box.name]).boxes) - set(fold(graph).boxes)
    assert 2 <= len(inner) < MOST_LAYERS
    assert sum(len(each.layers) for each in inner) == len(box.layers)


def test_only_where_a_head_begins_can_it_be_cut():
    heads = {(e.source, e.target): e.head for e in fold(u_net()).links if e.head}
    assert heads == {("x1_conv3", "x2_conv"): "y1", ("x1_conv3", "x3_conv"): "y2"}


def test_a_link_of_several_edges_is_cut_where_all_of_them_are():
    graph = cut(deep(), "y2")
    cuts = [(link.cut, link.head) for link in fold(graph).links if link.cut]
    assert cuts == [(("y2",), "y2")]


def test_an_input_of_a_head_alone_is_no_place_to_cut():
    nodes = [plain("image", "InputLayer"), layer("a", ["y1"]), layer("b", ["y2"])]
    graph = joined(nodes, ["image > a", "image > b"], {"y1": "a", "y2": "b"})
    assert [link.head for link in fold(graph).links] == ["", ""]


def test_a_layer_is_found_in_its_box():
    folded = fold(deep())
    assert "b3_norm" in {node.name for node in folded.box_of("b3_norm").layers}
    with pytest.raises(KeyError):
        folded.box_of("b3")
