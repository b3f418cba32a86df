"""Shapes, types and reductions of the Keras classes, on any backend."""

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.losses import LOSSES
from tests import references
from tests.keras_classes.common import (
    BACKEND,
    DISTANCES,
    NAMES,
    apart,
    class_of,
    every_class,
    every_setting,
    fields,
    is_mean_over_voxels,
    numbers,
    reference,
    value_and_gradient,
)


@every_class
@pytest.mark.parametrize("space", [(60,), (12, 5)])
def test_one_and_two_axes_of_space(name, space):
    """A 2D or 1D field is the 3D one with axes of length 1."""
    g, p = fields()
    made = getattr(our_keras, name)()
    volume = (2, *[1] * (3 - len(space)), *space, 3)
    expected = reference(made, g.reshape(volume), p.reshape(volume))
    found = made(g.reshape(2, *space, 3), p.reshape(2, *space, 3))
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
@every_class
@pytest.mark.parametrize("truth", ["bool", "uint8", "int64", "float16"])
def test_types_of_the_inputs(name, truth):
    """Narrow numbers are taken as they are and computed with in float32."""
    g, p = fields()
    p = p.astype("float16")
    made = getattr(our_keras, name)()
    found = made(g.astype(truth), p)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert float(found) == pytest.approx(reference(made, g, p.astype("f8")), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "changed"),
    [("CrossEntropy", {"class_weights": (0.0, 2.0, 0.5)}), ("Focal", {"alpha": (0.0, 1.0, 0.5)})],
)
def test_a_class_of_weight_0_may_be_impossible(name, changed):
    """Where its probability is 0, too, its logarithm counts neither in value nor in gradient."""
    g, p = fields()
    p[0, 0, 0, 0], g[0, 0, 0, 0] = (0.0, 0.25, 0.75), (1.0, 0.0, 0.0)
    made = getattr(our_keras, name)(**changed)
    value, gradient = value_and_gradient(made, g, p)
    assert (gradient[0, 0, 0, 0] == 0).all()
    assert np.isfinite(gradient).all()
    # Any other probability gives the same.
    p[0, 0, 0, 0, 0] = 0.5
    assert value == pytest.approx(reference(made, g, p), rel=1e-5)


@pytest.fixture
def double_precision():
    """JAX has float64 only where it is asked for."""
    if BACKEND != "jax":
        yield
        return
    import jax

    with jax.enable_x64():
        yield


@pytest.mark.parametrize("channels", ["exclusive", "independent"])
def test_focal_of_a_certain_prediction_that_is_right(channels):
    """(1 − p)² log p and its slope are 0 at p = 1, and p² log(1 − p) at p = 0, not 0 · ∞."""
    g, _ = fields()
    value, gradient = value_and_gradient(our_keras.Focal(channels=channels), g, g)
    assert value == 0
    assert not gradient.any()


@pytest.mark.slow
@every_setting
def test_a_loss_of_float64(double_precision, loss, changed):
    g, p = fields()
    # The mean over samples is Keras's, which PyTorch computes in float32.
    made = class_of(loss)(dtype="float64", reduction=None, **changed)
    terms = numbers(made(g, p))
    assert terms.dtype == "float64"
    # Maps of distances are in float32; so are Keras's maximum with PyTorch and its sinh with JAX.
    narrow = BACKEND != "tensorflow" or type(made).__name__ in DISTANCES
    exact = 2e-7 if narrow else 1e-11
    assert terms.mean() == pytest.approx(reference(made, g, p), rel=exact)


@pytest.fixture(scope="module")
def many_voxels():
    """41³ = 68921 voxels: as a float16 sum, infinite."""
    assert float(np.finfo(np.float16).max) < 41**3
    rng = np.random.default_rng(5)
    g = references.one_hot(rng.integers(0, 2, (1, 41, 41, 41)), 2)
    return g, references.softmax(rng.normal(size=g.shape)).astype("f2")


SUMMED = [loss.class_name for loss in LOSSES.values() if loss.kind != "field"]


@pytest.mark.parametrize("name", SUMMED)
def test_many_voxels_of_float16(many_voxels, name):
    g, p = many_voxels
    made = getattr(our_keras, name)()
    expected = reference(made, g, p.astype("f8"))
    assert float(made(g.astype("f2"), p)) == pytest.approx(expected, rel=1e-5)


# Not the means over voxels: these are Keras's, in the type that was asked for.
@pytest.mark.parametrize("name", [name for name in SUMMED if not is_mean_over_voxels(name)])
def test_a_loss_of_float16_sums_in_float32(many_voxels, name):
    g, p = many_voxels
    made = getattr(our_keras, name)(dtype="float16")
    expected = reference(made, g, p.astype("f8"))
    assert float(made(g.astype("f2"), p)) == pytest.approx(expected, rel=2e-3)


@every_class
@pytest.mark.parametrize("reduction", [None, "sum", "mean", "sum_over_batch_size"])
def test_reductions(name, reduction):
    g, p = fields(batch=3)
    made = apart(name, reduction=reduction)
    found = numbers(made(g, p))
    samples = np.array([reference(made, g[i : i + 1], p[i : i + 1]) for i in range(3)])
    per_voxel = is_mean_over_voxels(name)
    if reduction is None:
        assert found.shape == ((3, 3, 4, 5) if per_voxel else (3,))
        np.testing.assert_allclose(found.reshape(3, -1).mean(1), samples, rtol=1e-5)
    elif reduction == "sum":
        count = 60 if per_voxel else 1
        assert float(found) == pytest.approx(count * samples.sum(), rel=1e-5)
    else:
        assert float(found) == pytest.approx(samples.mean(), rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_pooled_loss_has_one_value(name):
    made = getattr(our_keras, name)
    options = [p.options for p in made.description.parameters if p.name == "pooling"]
    g, p = fields()
    for pooling in [option for each in options for option in each if option != "sample"]:
        found = made(pooling=pooling, reduction=None)(g, p)
        assert tuple(found.shape) == (1,)
        pooled = made(pooling=pooling)
        assert float(found[0]) == pytest.approx(reference(pooled, g, p), rel=1e-5)
