"""Gradients that vanish, are equal, opposite or not finite have a defined result, silently."""

import math

import numpy as np
import pytest

from lossexplorer.learning.methods import METHODS, what_each_would_do

pytestmark = pytest.mark.filterwarnings("error")
EVERY = pytest.mark.parametrize("name", METHODS)
COUNTS = pytest.mark.parametrize("count", range(1, 7))
DIRECTIONS = [name for name, method in METHODS.items() if method.kind == "direction"]


def combined(name, rows):
    rows = np.asarray(rows, np.float64)
    ones = np.ones(len(rows))
    return np.array(METHODS[name].combine(rows @ rows.T, ones, ones).weights)


@EVERY
@COUNTS
def test_all_gradients_are_0(name, count):
    w = combined(name, np.zeros((count, 3)))
    assert np.isfinite(w).all()


@EVERY
@COUNTS
def test_equal_gradients_keep_their_direction(name, count):
    g = np.array([1.0, -2.0, 3.0])
    d = combined(name, np.tile(g, (count, 1))) @ np.tile(g, (count, 1))
    assert d / np.linalg.norm(d) == pytest.approx(g / np.linalg.norm(g))


@EVERY
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_gradient_is_0(name, place):
    rows = np.array([[1.0, 2.0, 0.0], [-1.0, 0.5, 1.0], [0.5, 1.0, 3.0]])
    rows[place] = 0.0
    w = combined(name, rows)
    assert np.isfinite(w).all()
    d = w @ rows
    if name == "mgda":  # the shortest vector in the hull is that 0
        assert d == pytest.approx(0, abs=1e-12)
    elif name in ("imtl_g", "nash_mtl"):  # the others go on without it
        others = np.delete(rows, place, axis=0)
        assert d == pytest.approx(combined(name, others) @ others)
        assert w[place] == 0


@pytest.mark.parametrize("name", ["pcgrad", "mgda", "imtl_g", "nash_mtl"])
@pytest.mark.parametrize("scale", [1.0, 7.0, 1e-6])
def test_opposite_gradients_leave_no_direction(name, scale):
    rows = np.array([[1.0, -2.0, 3.0]]) * np.array([[1.0], [-scale]])
    w = combined(name, rows)
    assert np.isfinite(w).all()
    assert w @ rows == pytest.approx(0, abs=1e-12)


def test_cagrad_of_opposite_gradients_stays_on_the_side_of_the_mean():
    rows = np.array([[4.0, 0.0], [-2.0, 0.0]])  # mean (1, 0), radius 1/2
    assert combined("cagrad", rows) @ rows == pytest.approx([0.5, 0.0])
    even = np.array([[4.0, 0.0], [-4.0, 0.0]])  # mean 0, so the ball is a point
    assert combined("cagrad", even) @ even == pytest.approx(0)


def test_cagrad_takes_no_step_where_no_direction_lowers_all_losses():
    # The first and the last are opposite, so 0 lies in the hull, at its edge, away from the mean.
    rows = np.array([[0.0005, 0.0005], [0.0, 0.001375], [-0.0015, -0.0015]])
    assert combined("cagrad", rows).tolist() == [0.0, 0.0, 0.0]


@EVERY
@COUNTS
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_is_not_finite_makes_the_weights_nan_where_it_is_looked_at(name, count, broken):
    method, ones = METHODS[name], np.ones(count)
    gram, losses = np.eye(count), np.ones(count)
    gram[-1, -1] = broken
    w = method.combine(gram, losses, ones).weights
    assert np.isnan(w).all() == ("gram" in method.looks_at)
    losses[-1] = broken
    w = method.combine(np.eye(count), losses, ones, memory={"kept": (1.0,)})
    assert np.isnan(w.weights).all() == ("losses" in method.looks_at)
    if "losses" in method.looks_at:
        assert w.memory == {"kept": (1.0,)}


def test_nothing_rises_by_a_number_that_is_none():
    gram = np.array([[1.0, math.nan], [math.nan, 1.0]])
    for done in what_each_would_do(gram, (1.0, math.nan), (1.0, 1.0)):
        assert done.rising == (False, False)
        assert np.isnan(done.projections).all()


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("scale", [1e-140, 1e-30, 1e30, 1e140])
def test_the_scale_of_all_gradients_does_not_turn_the_direction(name, scale):
    rows = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0], [1.0, 3.0, -2.0]])
    expected, d = combined(name, rows) @ rows, combined(name, rows * scale) @ (rows * scale)
    assert d / np.linalg.norm(d) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-9)


@pytest.mark.parametrize("name", ["mgda", "cagrad", "imtl_g", "nash_mtl", "gradnorm"])
def test_nearly_equal_and_nearly_opposite_gradients(name):
    for sign in (1.0, -1.0):
        for apart in (1e-3, 1e-6, 1e-9, 1e-12):
            rows = np.array([[1.0, 0.0, 0.0], [sign, apart, 0.0], [sign, 0.0, apart]])
            w = combined(name, rows)
            assert np.isfinite(w).all()


def test_lambda_of_0_takes_a_loss_out_of_the_methods_that_mend_the_sum():
    rows = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
    for name in ("weighted_sum", "pcgrad", "cagrad"):
        w = METHODS[name].combine(rows @ rows.T, (1.0, 1.0), (1.0, 0.0)).weights
        assert w[1] == 0
        assert math.isfinite(w[0])


def test_a_loss_of_0_has_no_settled_uncertainty_weight():
    settled = METHODS["uncertainty"].settle(np.eye(2), (0.0, 1.0), (1.0, 1.0))
    assert math.isnan(settled.weights[0])
    assert settled.weights[1] == 0.5


def test_gradnorm_leaves_a_loss_without_gradient_alone():
    w = combined("gradnorm", np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 1.0]]))
    assert w == pytest.approx([1.0, 0.5, 1.5])


def test_gradnorm_of_a_loss_that_began_at_0_or_turned_negative():
    method = METHODS["gradnorm"]
    for first, later in (((0.0, 1.0), (0.5, 1.0)), ((1.0, 1.0), (-0.5, 1.0))):
        memory = method.combine(np.eye(2), first, (1.0, 1.0)).memory
        w = method.combine(np.eye(2), later, (1.0, 1.0), memory, 2).weights
        assert np.isfinite(w).all()
        assert sum(w) == pytest.approx(2)
