"""Whose norm a line shows."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.app.network.folding import Box, fold
from lossexplorer.app.network.reach import Line, Reach, combined
from lossexplorer.learning.reports import LayerRow
from tests.app.network.networks import NORMS, cut, joined, layer, plain, table, u_net


def rows(norms=NORMS):
    return {name: LayerRow(name, 1, tuple(each), {}, 0.0) for name, each in norms.items()}


def lines(graph, norms=NORMS):
    """What each link carries, by its ends."""
    reach, found = Reach(graph), rows(norms)
    return {(e.source, e.target): reach.lines(e, found) for e in fold(graph).links}


def test_a_line_shows_the_norm_of_the_layer_it_leads_to():
    shown = lines(u_net())
    assert shown["image", "x1_conv1"] == (Line(0.1), Line(0.05))
    assert shown["x1_conv3", "x2_conv"] == (Line(0.03), Line(0.0))
    assert shown["x1_conv3", "x3_conv"] == (Line(0.0), Line(0.1))


def test_into_a_layer_without_weights_it_shows_the_next_with_weights():
    shown = lines(u_net())
    assert shown["x1_conv1", "x1_pool"] == (Line(0.02), Line(0.06))
    assert shown["x1_up", "x1_join"] == shown["x1_conv1", "x1_join"] == (Line(0.04), Line(0.08))


def test_behind_the_last_weights_it_shows_the_last_with_weights():
    nodes = [
        plain("image", "InputLayer", ["y"]),
        layer("conv", ["y"]),
        plain("y", "Softmax", ["y"]),
    ]
    graph = joined(nodes, ["image > conv > y"], {"y": "y"})
    assert lines(graph, {"conv": (0.7,)})["conv", "y"] == (Line(0.7),)
    assert Reach(graph).norm("y", "y", rows({"conv": (0.7,)})) == 0.7


def test_a_layer_without_weights_before_a_cut_has_no_line():
    nodes = [
        plain("image", "InputLayer"),
        layer("trunk"),
        plain("relu", "Activation"),
        layer("a", ["y1"]),
        layer("b", ["y2"]),
    ]
    graph = joined(nodes, ["image > trunk > relu > a", "relu > b"], {"y1": "a", "y2": "b"})
    norms = {"trunk": (0.5, 0.0), "a": (0.3, 0.0), "b": (0.0, 0.2)}
    shown = lines(cut(graph, "y2"), norms)
    assert shown["trunk", "relu"] == (Line(0.3), Line(0.0))
    assert shown["relu", "b"] == (Line(0.0), Line(0.2, is_cut=True))


def test_a_head_without_weights_that_is_cut_has_no_line():
    nodes = [plain("image", "InputLayer"), layer("trunk"), layer("a", ["y1"])]
    nodes.append(plain("b", "Activation", ["y2"]))
    graph = joined(nodes, ["image > trunk > a", "trunk > b"], {"y1": "a", "y2": "b"})
    norms = {"trunk": (0.5, 0.0), "a": (0.3, 0.0)}
    assert lines(cut(graph, "y2"), norms)["trunk", "b"] == (Line(0.0), Line(0.0, is_cut=True))


def test_of_several_next_layers_the_largest_norm_is_shown_and_nan_before_any():
    nodes = [plain("image", "InputLayer", ["y"]), plain("split", "Activation", ["y"])]
    nodes += [layer("a", ["y"]), layer("b", ["y"]), plain("y", "Add", ["y"])]
    graph = joined(nodes, ["image > split > a > y", "split > b > y"], {"y": "y"})
    assert lines(graph, {"a": (0.2,), "b": (0.7,)})["image", "split"] == (Line(0.7),)
    (line,) = lines(graph, {"a": (math.nan,), "b": (0.7,)})["image", "split"]
    assert math.isnan(line.norm)


def test_only_ways_to_the_loss_count():
    """The pool of the trunk leads to y1 by `a` alone, however large the other's norm is."""
    nodes = [plain("image", "InputLayer"), plain("pool", "MaxPooling3D")]
    nodes += [layer("a", ["y1"]), layer("b", ["y2"])]
    graph = joined(nodes, ["image > pool > a", "pool > b"], {"y1": "a", "y2": "b"})
    assert lines(graph, {"a": (0.1, 0.0), "b": (9.0, 0.4)})["image", "pool"] == (
        Line(0.1),
        Line(0.4),
    )


def test_a_table_of_another_network_does_not_fit():
    graph = u_net()
    reach = Reach(graph)
    assert reach.fits(table(graph))
    assert not reach.fits(replace(table(graph), rows=table(graph).rows[1:]))
    assert not reach.fits(replace(table(graph), outputs=("y2", "y1")))


def test_the_row_of_several_layers_is_that_of_their_weights_together():
    rng = np.random.default_rng(3)
    gradients = {name: rng.normal(size=(3, size)) for name, size in (("a", 5), ("b", 7), ("c", 2))}
    updates = {name: rng.normal(size=each.shape[1]) for name, each in gradients.items()}
    outputs = ("y1", "y2", "y3")
    pairs = [(0, 1), (0, 2), (1, 2)]

    def row(name, g, update):
        norms = np.linalg.norm(g, axis=1)
        cosines = {
            (outputs[i], outputs[j]): float(g[i] @ g[j] / norms[i] / norms[j]) for i, j in pairs
        }
        return LayerRow(
            name, g.shape[1], tuple(norms.tolist()), cosines, float(np.linalg.norm(update))
        )

    found = {name: row(name, gradients[name], updates[name]) for name in gradients}
    box = Box("a … c", tuple(layer(name, outputs, weights=1) for name in gradients))
    whole = row("", np.hstack(list(gradients.values())), np.hstack(list(updates.values())))
    made = combined(box, found, outputs)
    assert made.norms == pytest.approx(whole.norms, rel=1e-12)
    assert made.update == pytest.approx(whole.update, rel=1e-12)
    for pair, cosine in whole.cosines.items():
        assert made.cosines[pair] == pytest.approx(cosine, rel=1e-12)


def test_several_layers_that_a_loss_does_not_reach_have_no_cosine():
    found = {name: LayerRow(name, 1, (0.5, 0.0), {("y1", "y2"): None}, 0.0) for name in "ab"}
    box = Box("a … b", (layer("a"), layer("b")))
    made = combined(box, found, ("y1", "y2"))
    assert made.norms[1] == 0.0
    assert made.cosines == {("y1", "y2"): None}
