"""Norms, cosines and the Gram matrix, of gradients whose numbers are known."""

import math

import numpy as np
import pytest

from lossexplorer.learning.table import LayerPlace, gradient_table

OUTPUTS = ("y1", "y2", "y3")


def dots(gradients):
    """The dot products of the gradients of each loss in one variable."""
    rows = np.array(gradients, "f8")
    return rows @ rows.T


def table(layers, gradients, lambdas, changes=None):
    products = np.array([dots(rows) for rows in gradients])
    changes = np.zeros(len(gradients)) if changes is None else np.array(changes, "f8")
    return gradient_table(OUTPUTS[: len(lambdas)], layers, lambdas, products, changes)


def test_a_layer_is_all_its_variables():
    """g₁ = (3, 0 | 4), g₂ = (0, 1 | 0): norms 5 and 1, λ g₂ = 10, orthogonal."""
    layers = [LayerPlace("x1", 3, (0, 1), True)]
    found = table(layers, [[(3, 0), (0, 1)], [(4,), (0,)]], (1.0, 10.0), changes=(9, 16))
    (row,) = found.rows
    assert (row.name, row.weights, row.norms, row.update) == ("x1", 3, (5.0, 10.0), 5.0)
    assert row.cosines == {("y1", "y2"): 0.0}


def test_the_trunk_is_all_its_layers():
    """The gradients (−4, 1, 1) and (6, 1, 1) over two layers: cosine −0.841191."""
    layers = [
        LayerPlace("x1", 1, (0,), True),
        LayerPlace("x2", 1, (1,), False),
        LayerPlace("x1_b", 2, (2,), True),
    ]
    gradients = [[(-4,), (6,)], [(7,), (0,)], [(1, 1), (1, 1)]]
    found = table(layers, gradients, (1.0, 1.0), changes=(1, 100, 3))
    assert found.gram == ((18.0, -22.0), (-22.0, 38.0))
    assert found.trunk.weights == 3
    assert found.trunk.norms == pytest.approx((math.sqrt(18), math.sqrt(38)))
    assert found.trunk.cosines["y1", "y2"] == pytest.approx(-0.841191, abs=1e-6)
    assert found.trunk.update == 2.0
    assert [row.name for row in found.rows] == ["x1", "x2", "x1_b"]


def test_without_a_gradient_there_is_no_cosine():
    layers = [LayerPlace("x2", 2, (0,), False)]
    (row,) = table(layers, [[(1, 2), (0, 0), (2, 4)]], (1.0, 1.0, 0.0)).rows
    assert row.norms == (math.sqrt(5), 0.0, 0.0)
    assert row.cosines == {
        ("y1", "y2"): None,
        ("y1", "y3"): pytest.approx(1.0),  # of ∂L/∂weights, whatever λ is
        ("y2", "y3"): None,
    }


def test_no_trunk_is_a_row_of_zeros():
    found = table([LayerPlace("x2", 1, (0,), False)], [[(1,), (0,)]], (1.0, 1.0))
    assert found.gram == ((0.0, 0.0), (0.0, 0.0))
    assert (found.trunk.weights, found.trunk.norms, found.trunk.update) == (0, (0.0, 0.0), 0.0)


def test_what_is_not_a_number_stays_where_it_is():
    layers = [LayerPlace("x1", 1, (0,), True), LayerPlace("x2", 1, (1,), False)]
    products = np.array([[[1.0, np.nan], [np.nan, np.nan]], [[4.0, 0.0], [0.0, 0.0]]])
    found = gradient_table(("y1", "y2"), layers, (1.0, 0.0), products, np.array([np.nan, 1.0]))
    trunk, private = found.rows
    assert trunk.norms[0] == 1.0
    assert math.isnan(trunk.norms[1])
    assert math.isnan(trunk.cosines["y1", "y2"])
    assert math.isnan(trunk.update)
    assert (private.norms, private.cosines["y1", "y2"], private.update) == ((2.0, 0.0), None, 1.0)
