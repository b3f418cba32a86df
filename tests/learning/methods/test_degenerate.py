"""Gradients that vanish, are equal, opposite or not finite have a defined result, silently."""

import math

import numpy as np
import pytest

from lossexplorer.learning.methods import METHODS, left_out_words, what_each_would_do

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
    if name in DIRECTIONS:  # the others go on without it
        others = np.delete(rows, place, axis=0)
        assert w @ rows == pytest.approx(combined(name, others) @ others)
        assert w[place] == 0


NORMS = (10.0, 1.0)  # of two orthogonal gradients
INVERSE = (1 / 11, 10 / 11)  # 1/n over their sum
CAGRAD_OF_ONE = (1 + 0.5) * 0.4  # the mean of one gradient is λ g, and d is c |λ g| longer
ALONE = {
    "uncertainty": (1 / 8, 25.0),  # 1/(2L)
    "gradnorm": (2 * INVERSE[0], 2 * INVERSE[1]),
    "dwa": (1.0, 1.0),
    "pcgrad": (0.4, 0.2),
    "mgda": (1 / 101, 100 / 101),
    "imtl_g": INVERSE,
    "nash_mtl": (1 / 10, 1.0),  # G w = 1/w
}
"""The weights for two losses of 4 and 0.02 with λ 0.4 and 0.2, in closed form."""


def would_do(norms, losses, lambdas):
    done = what_each_would_do(np.diag(np.square(norms)), losses, lambdas)
    return {each.name: each for each in done}


@pytest.mark.parametrize(("name", "expected"), ALONE.items(), ids=ALONE)
def test_a_loss_whose_lambda_is_0_counts_for_no_method(name, expected):
    done = would_do((*NORMS, 3.0), (4.0, 0.02, 7.0), (0.4, 0.2, 0.0))[name]
    assert done.weights == pytest.approx((*expected, 0.0), rel=1e-9)
    assert done.left_out == (False, False, True)


@pytest.mark.parametrize(("name", "expected"), ALONE.items(), ids=ALONE)
def test_a_loss_that_is_cut_from_the_trunk_holds_no_method_there(name, expected):
    """Its own branch goes by its λ where the gradients are weighed, by its own loss elsewhere."""
    done = would_do((*NORMS, 0.0), (4.0, 0.02, 8.0), (0.4, 0.2, 0.3))[name]
    own = {"uncertainty": 1 / 16, "gradnorm": 0.3, "dwa": 1.0}.get(name, 0.0)
    assert done.weights == pytest.approx((*expected, own), rel=1e-9)
    assert done.left_out == (False, False, "gram" in METHODS[name].looks_at)


def test_cagrad_counts_the_losses_that_take_part():
    for norms, lambdas in (((10.0, 1.0), (0.4, 0.0)), ((10.0, 0.0), (0.4, 0.2))):
        done = would_do(norms, (1.0, 1.0), lambdas)["cagrad"]
        assert done.weights == pytest.approx((CAGRAD_OF_ONE, 0.0))
        assert done.left_out == (False, True)


@pytest.mark.parametrize("name", METHODS)
def test_where_no_loss_is_left_the_trunk_stands_still(name):
    done = would_do((3.0, 0.0), (1.0, 1.0), (0.0, 0.3))[name]
    assert done.projections == (0.0, 0.0)


def test_the_sum_leaves_out_no_loss_that_is_nan():
    gram = np.array([[1.0, math.nan], [math.nan, math.nan]])
    done = {each.name: each for each in what_each_would_do(gram, (1.0, math.nan), (1.0, 0.0))}
    assert done["weighted_sum"].left_out == (False, False)
    assert np.isnan(done["weighted_sum"].projections).all()  # NaN · 0 is NaN
    assert done["mgda"].weights == (1.0, 0.0)


def test_a_loss_that_comes_back_goes_on_from_where_it_was_left():
    method = METHODS["uncertainty"]
    first = method.combine(np.eye(2), (4.0, 0.5), (1.0, 1.0), values={"rate": 0.1})
    second = method.combine(np.eye(2), (9.0, 9.0), (1.0, 0.0), first.memory, 2)
    assert second.weights[1] == 0
    third = method.combine(np.eye(2), (4.0, 0.5), (1.0, 1.0), second.memory, 3)
    # s = −0.1 · (½ − ½ · ½) after the one step that it took part in.
    assert third.weights[1] == pytest.approx(math.exp(0.025) / 2)


def test_the_reason_is_said():
    gram = ((4.0, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 4.0))
    done = what_each_would_do(gram, (1.0,) * 3, (1.0, 1.0, 0.0))
    assert left_out_words(("a", "b", "c"), gram, done) == (
        "b is left out: its gradient in the trunk is exactly 0. c is left out: its λ is 0."
    )
    assert (
        left_out_words(("a", "b"), np.eye(2), what_each_would_do(np.eye(2), *((1.0, 1.0),) * 2))
        == ""
    )


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


def test_a_loss_of_0_has_no_settled_uncertainty_weight():
    settled = METHODS["uncertainty"].settle(np.eye(2), (0.0, 1.0), (1.0, 1.0))
    assert math.isnan(settled.weights[0])
    assert settled.weights[1] == 0.5


def test_gradnorm_of_a_loss_that_began_at_0_or_turned_negative():
    method = METHODS["gradnorm"]
    for first, later in (((0.0, 1.0), (0.5, 1.0)), ((1.0, 1.0), (-0.5, 1.0))):
        memory = method.combine(np.eye(2), first, (1.0, 1.0)).memory
        w = method.combine(np.eye(2), later, (1.0, 1.0), memory, 2).weights
        assert np.isfinite(w).all()
        assert sum(w) == pytest.approx(2)
