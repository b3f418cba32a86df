"""Voxels that count nowhere: Keras's mask, weights of 0, and a class that is ignored.

A loss of a volume with such voxels is the loss of the volume without them, and their gradient is 0.
"""

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.keras_classes.weights import voxel_mask
from lossexplorer.losses import LOSSES
from tests import field_references
from tests.keras_classes.common import (
    BACKEND,
    NAMES,
    apart,
    every_class,
    fields,
    is_mean_over_voxels,
    numbers,
    reference,
    value_and_gradient,
)

NEIGHBOURS = [
    loss.class_name for loss in LOSSES.values() if loss.character in ("distance", "shape")
]
PLACELESS = [name for name in NAMES if name not in NEIGHBOURS]
NOT_OVER_VOXELS = [name for name in NAMES if not is_mean_over_voxels(name)]
OF_SAMPLES = [name for name in NOT_OVER_VOXELS if name not in NEIGHBOURS]


def masked_fields(batch=1):
    """Truth, prediction and which voxels count; what does not count holds what is no number."""
    g, p = fields(seed=12, batch=batch)
    counts = np.random.default_rng(4).random(g.shape[:-1]) < 0.6
    counts[:, 0, 0, :3] = True  # every class has a voxel there
    g[:, 0, 0, :3] = np.eye(3)
    return g, p, counts


def spoilt(p, counts):
    found = p.copy()
    found[~counts] = np.nan
    return found


def without(counts, *arrays):
    """The voxels of one sample that count, as a volume of one row."""
    return [array[counts][None, None, None] for array in arrays]


class Given:
    """A loss that is given a weight of each voxel."""

    def __init__(self, made, weight):
        self.made, self.weight = made, weight

    def __call__(self, g, p):
        return self.made(g, p, self.weight)


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_a_weight_of_0_removes_a_voxel_from_any_loss_but_a_mean_over_voxels(name):
    g, p, counts = masked_fields()
    made = getattr(our_keras, name)()
    value, gradient = value_and_gradient(Given(made, counts.astype("f4")), g, spoilt(p, counts))
    left = without(counts, g, p)
    expected, slopes = value_and_gradient(made, *left)
    assert value == pytest.approx(reference(made, *left), rel=1e-5)
    assert value == pytest.approx(expected, rel=1e-6)
    assert (gradient[~counts] == 0).all()
    np.testing.assert_allclose(
        gradient[counts], slopes[0, 0, 0], rtol=1e-5, atol=1e-6 * abs(slopes).max()
    )


@pytest.mark.parametrize("name", PLACELESS)
@pytest.mark.parametrize("drops", [False, True], ids=["predicted", "dropped"])
def test_an_ignored_class_removes_its_voxels(name, drops):
    """Its channel is predicted, too, and then has no voxels, or the prediction lacks it."""
    g, p, counts = masked_fields()
    truth = np.concatenate([g * counts[..., None], ~counts[..., None]], axis=-1)
    if not drops:
        p = np.concatenate([0.75 * p, np.full((*p.shape[:-1], 1), 0.25)], axis=-1)
        g = np.concatenate([g, 0 * g[..., :1]], axis=-1)
    made, plain = getattr(our_keras, name)(ignore_class=3), getattr(our_keras, name)()
    left = without(counts, g, p)
    value, gradient = value_and_gradient(made, truth, spoilt(p, counts))
    expected, slopes = value_and_gradient(plain, *left)
    assert value == pytest.approx(reference(plain, *left), rel=1e-5)
    assert value == pytest.approx(expected, rel=1e-6)
    assert (gradient[~counts] == 0).all()
    np.testing.assert_allclose(
        gradient[counts], slopes[0, 0, 0], rtol=1e-5, atol=1e-6 * abs(slopes).max()
    )


@pytest.mark.parametrize("name", NEIGHBOURS)
@pytest.mark.parametrize("spacing", [None, (2.5, 0.75, 1.0)])
def test_a_removed_voxel_is_nobody_s_neighbour(name, spacing):
    """No distance is measured to it; it neither erodes nor dilates."""
    g, p, counts = masked_fields(batch=2)
    changed = {} if spacing is None or name == "CenterlineDice" else {"spacing": spacing}
    made = getattr(our_keras, name)(ignore_class=3, **changed)
    truth = np.concatenate([g * counts[..., None], ~counts[..., None]], axis=-1)
    value, gradient = value_and_gradient(made, truth, spoilt(p, counts))
    expected = field_references.loss(made.description.name, made.parameters, g, p, counts)
    assert value == pytest.approx(expected, rel=1e-5)
    assert (gradient[~counts] == 0).all()
    assert gradient[counts].any()


@pytest.mark.parametrize("name", PLACELESS)
def test_a_batch_whose_samples_lack_different_voxels(name):
    """And one lacks all of them: the mean is that of the others."""
    g, p, counts = masked_fields(batch=3)
    counts[1] = False
    made = apart(name, ignore_class=3)
    truth = np.concatenate([g * counts[..., None], ~counts[..., None]], axis=-1)
    value, gradient = value_and_gradient(made, truth, spoilt(p, counts))
    each = [reference(made, *without(counts[i], g[i], p[i])) for i in (0, 2)]
    # A mean over voxels is one over those of the batch, as Keras takes it.
    voxels = counts[[0, 2]].sum(axis=(1, 2, 3)) if is_mean_over_voxels(name) else None
    assert value == pytest.approx(np.average(each, weights=voxels), rel=1e-5)
    assert (gradient[~counts] == 0).all()


POOLING = [
    name
    for name in PLACELESS
    if any(p.name == "pooling" for p in getattr(our_keras, name).description.parameters)
]


@pytest.mark.parametrize("name", POOLING)
def test_where_a_batch_is_pooled_the_voxels_left_are(name):
    g, p, counts = masked_fields(batch=2)
    made = getattr(our_keras, name)(pooling="batch", ignore_class=3)
    truth = np.concatenate([g * counts[..., None], ~counts[..., None]], axis=-1)
    value, _ = value_and_gradient(made, truth, spoilt(p, counts))
    assert value == pytest.approx(reference(made, *without(counts, g, p)), rel=1e-5)


@pytest.mark.parametrize("name", ["Dice", "LovaszSoftmax", "SensitivitySpecificity", "MCC"])
def test_a_weight_of_2_is_a_voxel_twice(name):
    g, p, counts = masked_fields()
    made = getattr(our_keras, name)()
    found = made(g.astype("f4"), p.astype("f4"), 1.0 + counts)
    twice = [np.concatenate([field.reshape(1, 1, 1, -1, 3), *without(counts, field)], axis=3)
             for field in (g, p)]  # fmt: skip
    assert float(found) == pytest.approx(reference(made, *twice), rel=1e-5)


def carrying(p, mask):
    """The prediction with a mask, as Keras hands it to a loss."""
    from keras.src.backend import set_keras_mask

    tensor = keras.ops.convert_to_tensor(p.astype("f4"))
    set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    return tensor


@pytest.mark.parametrize("name", PLACELESS)
def test_a_mask_of_keras_counts_in_every_loss(name):
    g, p, counts = masked_fields()
    made = getattr(our_keras, name)()
    found = made(g.astype("f4"), carrying(p, counts))
    assert float(found) == pytest.approx(reference(made, *without(counts, g, p)), rel=1e-5)


@pytest.mark.parametrize("name", ["LovaszSoftmax", "Dice", "CrossEntropy", "Boundary"])
def test_the_mask_of_a_layer_reaches_the_loss(name):
    g, p = fields()
    g, p = g.reshape(2, 60, 3).astype("f4"), p.reshape(2, 60, 3).astype("f4")
    g[:, 40:] = p[:, 40:] = 0
    model = keras.Sequential([keras.Input((60, 3)), keras.layers.Masking()])
    made = getattr(our_keras, name)()
    model.compile(loss=made, jit_compile=False)
    left = [field[:, :40].reshape(2, 1, 1, 40, 3).astype("f8") for field in (g, p)]
    assert model.evaluate(p, g, verbose=0) == pytest.approx(reference(made, *left), rel=1e-5)


@pytest.mark.parametrize("reduction", [None, "sum", "mean", "mean_with_sample_weight"])
@pytest.mark.parametrize("name", ["Dice", "CrossEntropy"])
def test_reductions_of_what_a_mask_leaves(name, reduction):
    """Those of Keras: a sample, or a voxel, that is left out is not in the divisor either."""
    g, p, counts = masked_fields(batch=3)
    counts[1] = False
    made = getattr(our_keras, name)(reduction=reduction)
    weights = np.array([0.5, 7.0, 2.0])
    found = numbers(made(g.astype("f4"), carrying(p, counts), weights))
    each = [reference(made, *without(counts[i], g[i], p[i])) * weights[i] for i in (0, 2)]
    kept = counts[[0, 2]].sum(axis=(1, 2, 3)) if name == "CrossEntropy" else np.ones(2)
    if reduction is None:
        sums = found.reshape(3, -1).sum(axis=1)
        np.testing.assert_allclose(sums[[0, 2]], each * kept, rtol=1e-5)
        assert sums[1] == 0
        return
    divisor = {
        "sum": 1,
        "mean": kept.sum(),
        "mean_with_sample_weight": (kept * weights[[0, 2]]).sum(),
    }[reduction]
    assert float(found) == pytest.approx((each * kept).sum() / divisor, rel=1e-5)


def test_a_mask_of_the_first_axes_is_one_of_all_their_voxels():
    mask = np.array([[True, False, True], [False, True, True]])
    found = numbers(voxel_mask(keras.ops.convert_to_tensor(mask), np.zeros((2, 3, 4, 5, 2), "f4")))
    assert (found == np.broadcast_to(mask[:, :, None, None], (2, 3, 4, 5))).all()


@every_class
def test_nothing_that_counts_is_a_loss_of_0(name):
    g, p, counts = masked_fields()
    made = getattr(our_keras, name)(ignore_class=3)
    truth = np.concatenate([0 * g, np.ones_like(counts)[..., None]], axis=-1)
    value, gradient = value_and_gradient(made, truth, p)
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("ignored", [-1, 1.5, True, "one"])
def test_what_is_no_channel_is_not_ignored(ignored):
    with pytest.raises(ValueError, match="Dice: ignore_class must be the index of a channel"):
        our_keras.Dice(ignore_class=ignored)


def test_a_channel_that_the_truth_lacks_is_refused():
    g, p = fields()
    with pytest.raises(ValueError, match=r"Dice: ignore_class = 3, but .* channels 0 to 2"):
        our_keras.Dice(ignore_class=3)(g, p)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="a variable of TensorFlow")
@pytest.mark.parametrize("name", ["Dice", "CrossEntropy", "LovaszSoftmax"])
def test_a_variable_is_a_prediction(name):
    import tensorflow as tf

    g, p = fields()
    made = getattr(our_keras, name)()
    variable = tf.Variable(p.astype("f4"))
    with tf.GradientTape() as tape:
        value = made(g.astype("f4"), variable)
    assert float(value) == pytest.approx(reference(made, g, p), rel=1e-5)
    expected = value_and_gradient(made, g, p)[1]
    np.testing.assert_allclose(tape.gradient(value, variable), expected, rtol=1e-6)
