"""Words about which loss reaches what, vectors with given dot products, and cells of tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.app.learn.reach_words import reach_words, reached
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.learn.table_cells import layer_cells, norm_text, trunk_cells
from lossexplorer.app.network import output_color
from lossexplorer.app.plots.trunk_gradients import plane_of
from lossexplorer.app.stage.run_titles import run_titles
from lossexplorer.app.theme import DARK
from lossexplorer.learning.network_graph import LayerEdge, LayerNode, NetworkGraph
from lossexplorer.learning.reports import GradientTable, LayerRow
from lossexplorer.learning.setup import LossChoice, Output, Setup
from lossexplorer.session import State
from lossexplorer.session.run import Run
from tests.app.stub_training import graph_of, table_of


def output(name, **how):
    return Output(name, "segmentation", LossChoice("dice"), **how)


def own_graph(cut=()):
    """A model of another naming: two encoders, merged, and two heads, one on the first alone."""
    outputs = {"edge": ("edge",), "both": ("both", "edge")}

    def node(name, leads, weights=10):
        return LayerNode(name, "Conv3D", "", weights, (None,), leads)

    nodes = (
        node("input", ("both", "edge"), 0),
        node("left", outputs["both"]),
        node("right", ("both",)),
        node("merge", ("both",), 0),
        node("edge_head", ("edge",)),
        node("both_head", ("both",)),
    )
    pairs = [
        ("input", "left"), ("input", "right"), ("left", "merge"), ("right", "merge"),
        ("merge", "both_head"), ("left", "edge_head"),
    ]  # fmt: skip
    edges = tuple(LayerEdge(a, b, cut if (a, b) == ("left", "edge_head") else ()) for a, b in pairs)
    return NetworkGraph(nodes, edges, {"both": "both_head", "edge": "edge_head"}, ("input",))


def test_a_loss_reaches_what_is_before_its_output_and_not_past_a_cut():
    assert reached(own_graph(), "edge") == {"edge_head", "left", "input"}
    assert reached(own_graph(), "both") == {
        "both_head", "merge", "left", "right", "input"
    }  # fmt: skip
    assert reached(own_graph(cut=("edge",)), "edge") == {"edge_head"}
    assert reached(own_graph(cut=("both",)), "edge") == {"edge_head", "left", "input"}


def test_the_words_name_what_is_reached_and_what_is_not():
    assert reach_words(own_graph(), output("edge"), None) == (
        "edge's loss reaches left. It never reaches right: that block's gradient is exactly 0 in "
        "every step."
    )
    assert reach_words(own_graph(), output("both"), None) == "both's loss reaches left and right."
    cut = own_graph(cut=("edge",))
    assert reach_words(cut, output("edge", is_cut=True), None).startswith(
        "edge's loss reaches the output's own layer alone. It never reaches left and right: their "
        "gradients are exactly 0 in every step. stop_gradient"
    )
    assert "Its λ is 0" in reach_words(own_graph(), output("both", weight=0.0), None)


def test_numbers_that_say_otherwise_are_said():
    rows = [
        LayerRow("left", 10, (1.0, 1.0), {("both", "edge"): 0.5}, 0.1),
        LayerRow("right", 10, (1.0, 1e-9), {("both", "edge"): 0.5}, 0.1),
    ]
    table = GradientTable(("both", "edge"), tuple(rows), rows[0], ((1.0, 0.5), (0.5, 1.0)))
    words = reach_words(own_graph(), output("edge"), table)
    assert words.endswith("But in this step right got a gradient of it that is not 0.")


# Vectors

numbers = st.floats(-10, 10, allow_nan=False)


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=5))
def test_vectors_of_a_plane_are_found_again_by_their_dot_products(vectors):
    vectors = np.array(vectors)
    gram = vectors @ vectors.T
    found = plane_of(gram)
    np.testing.assert_allclose(found @ found.T, gram, atol=1e-6 * (1 + np.abs(gram).max()))


def test_the_first_vector_lies_to_the_right_and_the_second_above():
    # Of L5: rows (−4, 1, 1) and (6, 1, 1), whose cosine is −0.841191.
    found = plane_of(np.array([[18.0, -22.0], [-22.0, 38.0]]))
    assert found[0] == pytest.approx([18**0.5, 0.0])
    assert found[1, 0] / 38**0.5 == pytest.approx(-0.841191, abs=1e-6)
    assert found[1, 1] > 0


def test_vectors_of_no_length_stay_at_the_origin():
    assert not plane_of(np.zeros((3, 3))).any()


# Cells


def shown(setup=None, table=None):
    state = State()
    setup = setup or Setup()
    experiment = state.experiment.__class__(setup=setup)
    return Shown(Run(graph=graph_of(setup), table=table), State(experiment), DARK)


def test_colours_are_those_of_the_picture():
    assert shown().colors == {"y1": output_color(0, DARK), "y2": output_color(1, DARK)}


def test_a_conflict_is_marked():
    row = LayerRow("x1_conv1", 10, (1.0, 2.0), {("y1", "y2"): -0.25}, 0.0)
    table = GradientTable(("y1", "y2"), (row,), row, ((1.0, -0.5), (-0.5, 4.0)))
    _, rows = layer_cells(table, shown())
    assert [cell.text for cell in rows[0]] == ["x1 conv1", "1.0000", "2.0000", "−0.25", "0"]
    assert rows[0][3].color == DARK.warning
    assert rows[0][4].color == DARK.quiet
    # The cosine of the Gram matrix: −0.5 / (1 · 2).
    _, trunk = trunk_cells(table, shown())
    assert [cell.text for cell in trunk[0]] == ["y1", "1.0000", "1.0000", "1.00", "−0.25"]


def test_three_outputs_have_a_cosine_for_each_two():
    setup = Setup(outputs=tuple(output(f"y{n}") for n in range(1, 4)))
    headers, _ = layer_cells(table_of(setup), shown(setup))
    assert [cell.text for cell in headers][4:] == ["cos ₁₂", "cos ₁₃", "cos ₂₃", "update"]
    assert headers[5].tip == "between y1 and y3"


def test_four_outputs_have_their_lowest_cosine():
    setup = Setup(outputs=tuple(output(f"y{n}") for n in range(1, 5)))
    headers, rows = layer_cells(table_of(setup), shown(setup))
    assert [cell.text for cell in headers] == [
        "layer", "‖λ₁ g₁‖", "‖λ₂ g₂‖", "‖λ₃ g₃‖", "‖λ₄ g₄‖", "lowest cos", "update"
    ]  # fmt: skip
    assert rows[0][5].text == "0.11"


@pytest.mark.parametrize(
    ("norm", "text"),
    [(0.0, "0"), (1e-300, "1.0e-300"), (0.5, "0.5000"), (1234.5, "1.2e3"), (float("inf"), "∞")],
)
def test_only_0_is_written_0(norm, text):
    assert norm_text(norm) == text


def test_a_title_says_what_is_differentiated():
    setup = Setup(outputs=tuple(output(f"y{n}") for n in range(1, 5)))
    titles = run_titles(setup, "y2", "tumour", 3, has_image=False)
    assert titles["gradient"] == "∂ (Σ λ L) / ∂ logit y2"
    assert titles["truth"] == "Truth y2"
