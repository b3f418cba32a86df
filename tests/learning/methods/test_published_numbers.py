"""What the methods make of gradients for which the answer is known in closed form."""

import math

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.methods import METHODS, PLAIN_SUMS, method_named, what_each_would_do
from lossexplorer.learning.methods.uncertainty import total

ROWS = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
"""The two conflicting gradients of TorchJD's examples: cosine −22/√(18 · 38)."""
GRAM = ROWS @ ROWS.T
ONES = (1.0, 1.0)
TOLERANCE = 1e-6


def near(numbers):
    return pytest.approx(numbers, rel=0, abs=TOLERANCE)


def direction(name, **values):
    return np.array(METHODS[name].combine(GRAM, ONES, ONES, values=values).weights) @ ROWS


def of_norms(*norms):
    """The Gram matrix of orthogonal gradients of these norms."""
    return np.diag(np.square(norms))


def test_the_gradients_are_those_that_the_numbers_are_about():
    assert GRAM.tolist() == [[18, -22], [-22, 38]]


DIRECTIONS = {
    "weighted_sum": (2.0, 2.0, 2.0),
    "pcgrad": (0.584795, 3.801170, 3.801170),
    "mgda": (0.0, 1.0, 1.0),
    "cagrad": (0.183503, 1.204124, 1.204124),
    "imtl_g": (0.076697, 1.0, 1.0),
}


@pytest.mark.parametrize(("name", "expected"), DIRECTIONS.items(), ids=DIRECTIONS)
def test_directions(name, expected):
    assert direction(name) == near(expected)


def test_nash_mtl_has_the_direction_of_imtl_g_and_the_norm_that_the_bargain_gives():
    d = direction("nash_mtl")
    assert d / np.linalg.norm(d) == near((0.054153, 0.706069, 0.706069))
    assert np.linalg.norm(d) == near(math.sqrt(2))


WEIGHTS = {
    "pcgrad": (2.222222, 1.578947),
    "mgda": (0.6, 0.4),
    "imtl_g": (0.592330, 0.407670),
}


@pytest.mark.parametrize(("name", "expected"), WEIGHTS.items(), ids=WEIGHTS)
def test_weights(name, expected):
    assert METHODS[name].combine(GRAM, ONES, ONES).weights == near(expected)


PROJECTIONS = {
    "weighted_sum": (-4.0, 16.0),
    "pcgrad": (5.263158, 11.111111),
    "mgda": (2.0, 2.0),
    "imtl_g": tuple(0.399094 * norm for norm in np.linalg.norm(ROWS, axis=1)),
}


def test_projections_side_by_side():
    done = {each.name: each for each in what_each_would_do(GRAM, ONES, ONES)}
    assert list(done) == list(METHODS)
    for name, expected in PROJECTIONS.items():
        assert done[name].projections == near(expected)
    assert done["weighted_sum"].rising == (True, False)
    assert not any(done["pcgrad"].rising)


def test_cagrad_lies_on_its_ball_around_the_mean_gradient():
    assert np.linalg.norm(direction("cagrad") - 1.0) == near(0.5 * math.sqrt(3))


def test_cagrad_without_a_ball_is_the_mean():
    assert direction("cagrad", c=0.0) == near((1.0, 1.0, 1.0))


def test_mgda_favours_the_smaller_gradient():
    weights = METHODS["mgda"].combine(of_norms(10.0, 1.0), ONES, ONES).weights
    assert weights == near((1 / 101, 100 / 101))


@pytest.mark.parametrize("alpha", [0.0, 0.12, 1.5])
def test_gradnorm_at_the_first_step_has_inverse_norms(alpha):
    done = METHODS["gradnorm"].combine(of_norms(1, 100), ONES, ONES, values={"alpha": alpha})
    assert done.weights == near((1.980198, 0.019802))


@pytest.mark.parametrize("alpha", [0.12, 1.5])
def test_gradnorm_gives_a_slow_loss_a_larger_gradient(alpha):
    method, values = METHODS["gradnorm"], {"alpha": alpha}
    first = method.combine(of_norms(1, 100), (4.0, 10.0), ONES, values=values)
    later = method.combine(
        of_norms(1, 100), (4.0, 5.0), ONES, memory=first.memory, step=2, values=values
    )
    # L/L₀ = (1, .5), so r = (4/3, 2/3): the norms w‖g‖ stand as rᵅ.
    norms = np.multiply(later.weights, (1, 100))
    assert norms[0] / norms[1] == near(2**alpha)
    assert sum(later.weights) == near(2.0)


def test_uncertainty_weights_settle_at_half_the_inverse_loss():
    settled = METHODS["uncertainty"].settle(GRAM, (4.0, 0.01), ONES)
    assert settled.weights == near((0.125, 50.0))
    assert total((4.0, 0.01), settled.memory["log_variances"]) == near(-0.609438)


def test_uncertainty_weights_are_learned_towards_that():
    method, memory = METHODS["uncertainty"], {}
    first = method.combine(GRAM, (4.0, 0.25), ONES)
    assert first.weights == (0.5, 0.5)
    # ½ − ½ e⁰ L, at the rate of .025.
    assert first.memory["log_variances"] == near((0.0375, -0.009375))
    for step in range(1, 400):
        done = method.combine(GRAM, (4.0, 0.25), ONES, memory, step, values={"rate": 1.0})
        memory = done.memory
    assert done.weights == near((0.125, 2.0))


def dwa_after(*losses):
    method, memory = METHODS["dwa"], {}
    for step, each in enumerate(losses, 1):
        done = method.combine(GRAM, each, ONES, memory, step)
        memory = done.memory
    return done.weights


def test_dwa_weighs_by_the_ratio_of_the_two_losses_before():
    assert dwa_after((3.0, 8.0), (3.0, 4.0), (9.0, 9.0)) == near((1.124353, 0.875647))


def test_dwa_does_not_see_the_scale_of_a_loss():
    assert dwa_after((1000.0, 1.0), (900.0, 0.9), (1.0, 1.0)) == near((1.0, 1.0))


def test_dwa_begins_with_ones():
    assert dwa_after((3.0, 8.0)) == (1.0, 1.0)
    assert dwa_after((3.0, 8.0), (1.0, 1.0)) == (1.0, 1.0)


def test_methods_that_mend_the_sum_see_lambda_and_the_others_do_not():
    lambdas, twice = (2.0, 1.0), np.array([[2.0], [1.0]]) * ROWS
    for name, method in METHODS.items():
        with_lambda = method.combine(GRAM, ONES, lambdas).weights
        if name == "weighted_sum":
            assert with_lambda == lambdas
        elif method.mends_the_sum:
            # The direction of the gradients that are twice as long, whatever they are called.
            scaled = method.combine(twice @ twice.T, ONES, ONES).weights
            assert with_lambda @ ROWS == near(scaled @ twice)
        else:
            assert with_lambda == method.combine(GRAM, ONES, ONES).weights


def test_a_learned_weight_is_shown_as_it_is_and_otherwise_where_it_would_settle():
    memories = {"uncertainty": {"log_variances": (0.0, 0.0)}}
    trained = {r.name: r for r in what_each_would_do(GRAM, (4.0, 0.01), ONES, memories)}
    other = {r.name: r for r in what_each_would_do(GRAM, (4.0, 0.01), ONES)}
    assert trained["uncertainty"].weights == (0.5, 0.5)
    assert other["uncertainty"].weights == near((0.125, 50.0))


def test_an_unknown_name_or_value_is_refused():
    with pytest.raises(ParameterError, match="did you mean 'mgda'"):
        method_named("mgad")
    with pytest.raises(ParameterError, match="c = 2 is out of range"):
        METHODS["cagrad"].combine(GRAM, ONES, ONES, values={"c": 2.0})


def test_the_findings_name_their_source():
    assert ["2201.04122" in f.source or "2311.04698" in f.source for f in PLAIN_SUMS] == [True] * 2
