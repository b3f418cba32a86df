"""Classes that overlap, against arrays of binary problems in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import MapRequest, Plane
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes.model.overlapping import overlapping_labels
from tests.engine.small import ask, setting

SHAPE = (6, 9, 40)
NAMES = ("background", "whole", "core", "other")
SPACING = (2.0, 1.0, 0.5)
DEFAULTS = complete_controls({})


def masks():
    """Three masks: one within another, and one that overlaps both."""
    found = np.zeros((3, *SHAPE), bool)
    found[0, 1:5, 2:8, 5:30] = True
    found[1, 2:4, 3:6, 10:20] = True
    found[2, 3:, 4:, 15:36] = True
    return found


def volume(ignored=None):
    labels, overlap = overlapping_labels(masks())
    return Volume(labels, NAMES, SPACING, ignored, overlap.members)


def logits():
    rng = np.random.default_rng(3)
    return (2 * masks() - 1 + rng.normal(0, 1.5, (3, *SHAPE))).astype("f4")


def given(z):
    p = 1 / (1 + np.exp(-z.astype("f8")))
    return np.concatenate([np.zeros((1, *SHAPE)), p]).astype("f4")


def dice(g, z):
    """MONAI's DiceLoss(sigmoid=True) without smoothing: the mean over the channels."""
    p = tf.sigmoid(z)
    over = (1, 2, 3)
    both = tf.reduce_sum(p, over) + tf.reduce_sum(g, over)
    return tf.reduce_mean(1 - 2 * tf.reduce_sum(p * g, over) / both)


def cross_entropy(g, z):
    """The sum over channels of the mean over voxels."""
    each = tf.nn.sigmoid_cross_entropy_with_logits(g, z)
    return tf.reduce_sum(tf.reduce_mean(each, (1, 2, 3)))


def focal(g, z):
    """As `keras.losses.BinaryFocalCrossentropy`, summed over channels."""
    each = tf.nn.sigmoid_cross_entropy_with_logits(g, z)
    p = tf.sigmoid(z)
    wrong = g * (1 - p) + (1 - g) * p
    return tf.reduce_sum(tf.reduce_mean(wrong**2 * each, (1, 2, 3)))


REFERENCES = {"dice": dice, "cross_entropy": cross_entropy, "focal": focal}


def reference(name, z):
    g = tf.constant(masks(), tf.float64)
    with tf.GradientTape() as tape:
        wide = tf.constant(z, tf.float64)
        tape.watch(wide)
        value = REFERENCES[name](g, wide)
    return float(value), tape.gradient(value, wide).numpy()


@pytest.fixture(scope="module")
def predicted():
    return Pipeline(volume(), [given(logits())])


@pytest.mark.parametrize("name", REFERENCES)
def test_values_and_norms_are_those_of_sigmoids(predicted, name):
    (found,) = predicted.results([setting(name)], DEFAULTS)
    value, gradient = reference(name, logits())
    assert found.value == pytest.approx(value, rel=1e-6)
    assert found.gradient_norm == pytest.approx(np.sqrt((gradient**2).sum()), rel=1e-5)
    assert found.per_class[0] is None
    assert len(found.per_class) == len(NAMES)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("class_index", [1, 2, 3])
def test_painted_gradients_are_those_of_sigmoids(predicted, name, class_index):
    _, gradient = reference(name, logits())
    maps = painted(predicted, name, class_index, "logit")
    expected = gradient[class_index - 1, 3]
    np.testing.assert_allclose(maps.gradient, expected, rtol=1e-4, atol=1e-9)
    p = given(logits())[class_index, 3]
    np.testing.assert_allclose(maps.probability, p, rtol=1e-6)
    np.testing.assert_array_equal(maps.decided, np.where(p > 0.5, class_index, 0))
    of_p = painted(predicted, name, class_index, "probability").gradient
    np.testing.assert_allclose(of_p, expected / (p * (1 - p)), rtol=1e-3, atol=1e-9)


def painted(pipeline, name, class_index, wrt):
    request = MapRequest(name, class_index, wrt, Plane(0, 3))
    return pipeline.answer(ask([setting(name)], request)).maps


def test_cross_entropy_over_classes_is_that_of_keras(predicted):
    (found,) = predicted.results([setting("cross_entropy", over_classes="mean")], DEFAULTS)
    p = np.moveaxis(given(logits())[1:].astype("f8"), 0, -1)
    g = np.moveaxis(masks().astype("f8"), 0, -1)
    theirs = float(tf.reduce_mean(keras.losses.BinaryCrossentropy()(g, p)))
    assert found.value == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("name", ["boundary", "hausdorff", "lovasz_softmax", "cl_dice"])
def test_a_loss_of_the_whole_field_is_the_mean_of_its_classes(predicted, name):
    """Each class alone is a volume of two classes, without the background as a class."""
    (found,) = predicted.results([setting(name)], DEFAULTS)
    alone = [
        Pipeline(
            Volume(mask.astype(np.uint8), ("background", "object"), SPACING),
            [np.stack([1 - p, p])],
        ).results([setting(name, include_background=False)], DEFAULTS)[0]
        for mask, p in zip(masks(), given(logits())[1:], strict=True)
    ]
    values = [each.value for each in alone]
    assert found.value == pytest.approx(np.mean(values), rel=1e-6)
    assert found.per_class[1:] == pytest.approx(values, rel=1e-6)
    # A softmax of two logits moves both by as much as the sigmoid its one.
    squares = sum(each.gradient_norm**2 / 2 for each in alone) / 3**2
    assert found.gradient_norm == pytest.approx(np.sqrt(squares), rel=1e-5)


@pytest.mark.parametrize("controls", [{}, {"shift_x": 1.25, "softness": 0.7}, {"missing": 0.5}])
def test_a_simulated_prediction_is_that_of_each_class_alone(controls):
    """What a class's prediction is does not depend on the others, and Dice is the mean."""
    values = complete_controls(controls)
    (found,) = Pipeline(volume()).results([setting("dice")], values)
    alone = []
    for mask in masks():
        one = Volume(mask.astype(np.uint8), ("background", "object"), SPACING)
        dice_of = setting("dice", include_background=False)
        alone.append(Pipeline(one).results([dice_of], values)[0].value)
    if "missing" in controls:  # each class draws its own objects
        assert found.per_class[1] in (pytest.approx(0, abs=1e-6), pytest.approx(1))
    else:
        assert found.value == pytest.approx(np.mean(alone), rel=1e-7)


def test_dense_sums_are_those_of_the_fast_step():
    controls = complete_controls({"shift_y": 0.7, "softness": 0.4})
    losses = [setting(name) for name in REFERENCES]
    fast, dense = (Pipeline(volume(), dense=d).results(losses, controls) for d in (False, True))
    for one, other in zip(fast, dense, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-6)


def test_blobs_are_of_their_class_alone():
    controls = complete_controls(
        {"blobs": 2, "blob_radius": 1, "blob_distance": 1, "blob_class": 3}
    )
    (found,) = Pipeline(volume()).results([setting("dice")], controls)
    assert found.per_class[1:3] == pytest.approx((0, 0), abs=1e-6)
    assert found.per_class[3] > 0.001


def test_growth_is_a_number_for_each_class():
    """Of 6 × 4 × … voxels: a mask grown by half a voxel along x alone keeps its voxels."""
    controls = complete_controls({"grow": (0.0, 1.0, 0.0, 0.0)})
    (found,) = Pipeline(volume()).results([setting("dice")], controls)
    assert found.per_class[1] > 0.01
    assert found.per_class[2:] == pytest.approx((0, 0), abs=1e-6)


@pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.exclusive])
def test_a_loss_that_needs_exclusive_classes_says_so(predicted, name):
    with pytest.raises(ParameterError, match="exclude each other, and these overlap"):
        predicted.results([setting(name)], DEFAULTS)


def test_a_degradation_that_needs_exclusive_classes_says_so():
    controls = complete_controls({"swap": 0.5})
    with pytest.raises(ParameterError, match="exclude each other, and these overlap"):
        Pipeline(volume()).results([setting("dice")], controls)
