"""Weights of samples and of voxels, as `model.fit` hands them on."""

import numpy as np
import pytest

from lossexplorer import keras as our_keras
from tests.keras_classes.common import (
    NAMES,
    apart,
    every_class,
    fields,
    is_mean_over_voxels,
    numbers,
    reference,
    value_and_gradient,
)

OVER_VOXELS = [name for name in NAMES if is_mean_over_voxels(name)]
POOLING = [
    name
    for name in NAMES
    if any(p.name == "pooling" for p in getattr(our_keras, name).description.parameters)
]


def test_there_are_losses_of_either_kind():
    assert "CrossEntropy" in OVER_VOXELS
    assert "Dice" in POOLING
    assert not set(OVER_VOXELS) & set(POOLING)


@every_class
@pytest.mark.parametrize("reduction", [None, "sum", "mean", "mean_with_sample_weight"])
def test_a_weight_per_sample(name, reduction):
    """As many samples as classes: one taken for the other would not be seen by its shape."""
    g, p = fields(batch=3)
    made = apart(name, reduction=reduction)
    weights = np.array([0.0, 1.0, 3.0])
    found = numbers(made(g, p, sample_weight=weights))
    samples = np.array([reference(made, g[i : i + 1], p[i : i + 1]) for i in range(3)])
    if reduction is None:
        found = found.reshape(3, -1).mean(axis=1)
        np.testing.assert_allclose(found, samples * weights, rtol=1e-5)
        return
    terms = 60 if is_mean_over_voxels(name) else 1
    divisor = {"sum": 1 / terms, "mean": 3, "mean_with_sample_weight": 4}[reduction]
    assert float(found) == pytest.approx((samples * weights).sum() / divisor, rel=1e-5)


@pytest.mark.parametrize("name", OVER_VOXELS)
def test_a_weight_per_voxel(name):
    """What is 0 outside a region, the loss of the region alone: N stays all voxels."""
    g, p = fields()
    made = getattr(our_keras, name)()
    weights = np.zeros(g.shape[:-1])
    weights[:, :2] = 1
    expected = reference(made, g[:, :2], p[:, :2]) * 2 / 3
    assert float(made(g, p, weights)) == pytest.approx(expected, rel=1e-5)
    plane = (g[:, 0], p[:, 0], weights[:, 0] * 2)
    assert float(made(*plane)) == pytest.approx(2 * reference(made, g[:, :1], p[:, :1]), rel=1e-5)


@pytest.mark.parametrize("name", ["CrossEntropy", "Focal"])
@pytest.mark.parametrize("of_samples", [False, True], ids=["voxels", "samples"])
def test_what_has_the_weight_0_may_have_an_infinite_loss(name, of_samples):
    """The probability of the true class is 0 there, and log 0 times 0 would be no number."""
    g, p = fields()
    weights = np.ones(len(g) if of_samples else g.shape[:-1])
    weights[(0,) if of_samples else (0, 1, 2)] = 0
    wrong = np.where(
        (weights == 0).reshape(*weights.shape, *[1] * (g.ndim - weights.ndim)), 1 - g, p
    )
    made = getattr(our_keras, name)()
    voxelwise = np.broadcast_to(
        weights.reshape(*weights.shape, *[1] * (4 - weights.ndim)), g.shape[:-1]
    )
    alone = [field[voxelwise > 0][None, None, None] for field in (g, p)]
    expected = reference(made, *alone) * voxelwise.mean()
    value, gradient = value_and_gradient(lambda *both: made(*both, weights), g, wrong)
    assert value == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(gradient).all()
    assert (gradient[voxelwise == 0] == 0).all()
    assert (gradient[voxelwise > 0] != 0).any()


@every_class
def test_one_weight_for_all(name):
    g, p = fields()
    made = getattr(our_keras, name)()
    assert float(made(g, p, 0.25)) == pytest.approx(reference(made, g, p) / 4, rel=1e-5)


@every_class
@pytest.mark.parametrize("shape", [(3, 1), (3, 1, 1, 1), (3, 1, 1, 1, 1)])
def test_a_weight_per_sample_with_axes_of_length_1(name, shape):
    """As Keras hands on weights that were given as a column."""
    g, p = fields(batch=3)
    made = apart(name)
    weights = np.array([0.0, 1.0, 3.0])
    samples = np.array([reference(made, g[i : i + 1], p[i : i + 1]) for i in range(3)])
    found = made(g, p, sample_weight=weights.reshape(shape))
    assert float(found) == pytest.approx((samples * weights).mean(), rel=1e-5)


@every_class
@pytest.mark.parametrize("shape", [(2, 3, 4, 5, 3), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 4)])
def test_weights_that_fit_no_sample_and_no_voxel_are_refused(name, shape):
    g, p = fields()
    words = rf"{name} needs weights of samples of shape \(batch,\) or \(batch, 1\), or of voxels"
    with pytest.raises(ValueError, match=words):
        apart(name)(g, p, np.ones(shape))


@every_class
def test_weights_of_voxels_may_have_an_axis_of_length_1_for_the_classes(name):
    g, p = fields()
    made = getattr(our_keras, name)()
    weights = np.random.default_rng(7).random(g.shape[:-1])
    found, column = made(g, p, weights), made(g, p, weights[..., None])
    assert float(found) == float(column)


@pytest.mark.parametrize("name", POOLING)
def test_where_samples_are_pooled_none_has_a_weight(name):
    g, p = fields()
    with pytest.raises(ValueError, match=f"{name} takes no weights .* with pooling = batch"):
        getattr(our_keras, name)(pooling="batch")(g, p, np.ones(2))
