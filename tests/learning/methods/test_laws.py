"""What each method promises, for gradients that hypothesis makes up."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossexplorer.learning.methods import METHODS

SCALES = (1e-3, 1.0, 1e3)


@st.composite
def gradients(draw, counts=(2, 3, 4, 5, 6), dimensions=(2, 8)):
    """Gradients of several losses as rows, alike or with norms that differ a thousandfold."""
    count = draw(st.sampled_from(counts))
    dimension = draw(st.integers(*dimensions))
    entry = st.integers(-40, 40).map(lambda number: number / 8)
    rows = draw(arrays(np.float64, (count, dimension), elements=entry))
    scale = draw(arrays(np.float64, (count, 1), elements=st.sampled_from(SCALES)))
    return rows * scale


def reaching(rows):
    """Keep the gradients that are not 0; without them a loss takes no part."""
    there = rows[rows.any(axis=1)]
    assume(len(there))
    return there


def independent(rows):
    """Keep gradients of which none is nearly a combination of the others."""
    norms = np.linalg.norm(rows, axis=1)
    assume((norms > 0).all())
    assume(np.linalg.eigvalsh(cosines(rows))[0] > 1e-3)
    return rows


def cosines(rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def weights(name, rows, **values):
    ones = np.ones(len(rows))
    return np.array(METHODS[name].combine(rows @ rows.T, ones, ones, values=values).weights)


def largest(rows):
    """The largest square of a norm, which dot products are compared with."""
    return max(float(np.max(np.sum(rows**2, axis=1))), 1e-300)


@given(gradients().map(reaching))
def test_mgda_is_the_shortest_vector_in_the_hull(rows):
    w = weights("mgda", rows)
    assert (w >= 0).all()
    assert w.sum() == pytest.approx(1, abs=1e-12)
    d = w @ rows
    # d · g ≥ |d|² for every gradient, and equal where it counts: the conditions of the minimum.
    excess = rows @ d - d @ d
    assert excess.min() >= -1e-9 * largest(rows)
    assert np.abs(w * excess).max() <= 1e-9 * largest(rows)


@given(gradients(counts=(2,)))
def test_pcgrad_of_two_that_conflict_leaves_the_square_of_the_sine(rows):
    gram = rows @ rows.T
    projections = gram @ weights("pcgrad", rows)
    if gram[0, 1] >= 0:
        assert projections == pytest.approx(gram.sum(axis=1))
    else:
        sine = 1 - cosines(rows)[0, 1] ** 2
        assert projections == pytest.approx(gram.diagonal() * sine, abs=1e-12 * largest(rows))


def projected(rows, orders):
    """PCGrad as the article writes it, on the gradients themselves, in given orders."""
    total = np.zeros(rows.shape[1])
    for own, order in enumerate(orders):
        g = rows[own].copy()
        for other in order:
            if (dot := g @ rows[other]) < 0:
                g -= dot / (rows[other] @ rows[other]) * rows[other]
        total += g
    return total


@given(gradients(counts=(3,), dimensions=(3, 4)))
def test_pcgrad_of_three_follows_some_order(rows):
    orders = [itertools.permutations([k for k in range(3) if k != own]) for own in range(3)]
    expected = [projected(rows, each) for each in itertools.product(*orders)]
    d = weights("pcgrad", rows) @ rows
    assert min(np.abs(d - each).max() for each in expected) <= 1e-9 * math.sqrt(largest(rows))


def test_pcgrad_draws_the_order_from_seed_and_step():
    rows = np.array([[1.0, 0.0, 0.3], [-1.0, 1.0, 0.0], [-0.2, -1.0, 1.0], [0.5, -0.7, -1.0]])
    ones = np.ones(4)

    def drawn(step, seed):
        return METHODS["pcgrad"].combine(rows @ rows.T, ones, ones, step=step, seed=seed).weights

    assert drawn(3, 7) == drawn(3, 7)
    assert len({drawn(step, 7) for step in range(1, 20)}) > 1
    assert len({drawn(1, seed) for seed in range(20)}) > 1


@given(gradients().map(reaching), st.sampled_from([0.1, 0.5, 0.9]))
def test_cagrad_lies_on_the_ball_and_raises_the_worst_projection_most(rows, c):
    w = weights("cagrad", rows, c=c)
    mean = rows.mean(axis=0)
    assume(w.any() and np.linalg.norm(mean) > 1e-6 * math.sqrt(largest(rows)))
    d, radius = w @ rows, c * np.linalg.norm(mean)
    assert np.linalg.norm(d - mean) == pytest.approx(radius, rel=1e-6)
    # The dual bounds the primal, so where both are equal neither can be better.
    dual = w - 1 / len(rows)
    assert dual.min() >= -1e-12
    dual = dual / dual.sum()
    bound = dual @ rows @ mean + radius * np.linalg.norm(dual @ rows)
    assert (rows @ d).min() == pytest.approx(bound, abs=1e-8 * largest(rows))


@given(gradients().map(independent))
def test_imtl_g_projects_alike_on_the_unit_gradients(rows):
    w = weights("imtl_g", rows)
    assume(w.any() and np.abs(w).max() < 1e6)
    assert w.sum() == pytest.approx(1)
    d = w @ rows
    projections = rows @ d / np.linalg.norm(rows, axis=1)
    assert projections == pytest.approx(projections[0], rel=1e-6, abs=1e-9 * np.linalg.norm(d))


@given(gradients().map(independent))
def test_nash_mtl_solves_the_bargain(rows):
    w = weights("nash_mtl", rows)
    assert (w > 0).all()
    assert rows @ rows.T @ w * w == pytest.approx(1, rel=1e-9)


@given(gradients().map(independent))
def test_bargain_and_impartial_projection_do_not_see_norms(rows):
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    for name in ("imtl_g", "nash_mtl"):
        w, unit = weights(name, rows), weights(name, rows / norms)
        assume(w.any() and unit.any())
        d, expected = w @ rows, unit @ (rows / norms)
        parallel = d @ expected / (np.linalg.norm(d) * np.linalg.norm(expected))
        assert abs(parallel) == pytest.approx(1, abs=1e-6)


@given(gradients())
def test_gradnorm_makes_the_norms_alike(rows):
    norms = np.linalg.norm(rows, axis=1)
    assume((norms > 0).all())
    w = weights("gradnorm", rows)
    assert w.sum() == pytest.approx(len(rows))
    assert w * norms == pytest.approx(w[0] * norms[0])


@given(gradients())
def test_no_loss_rises_where_a_method_promises_it(rows):
    for name in ("mgda", "nash_mtl"):
        projections = rows @ (weights(name, rows) @ rows)
        assert projections.min() >= -1e-9 * max(largest(rows), 1.0)
