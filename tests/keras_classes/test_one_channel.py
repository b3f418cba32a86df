"""A prediction with one channel, of a sigmoid, and predictions that are logits."""

import keras
import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import LOSSES
from tests.keras_classes.common import (
    NAMES,
    every_class,
    fields,
    numbers,
    reference,
    value_and_gradient,
)

BOTH = [loss.class_name for loss in LOSSES.values() if loss.one_channel == "both"]
FOREGROUND = [name for name in NAMES if name not in BOTH]


def cube():
    """A cube of 2³ voxels in 4³."""
    g = np.zeros((1, 4, 4, 4, 1))
    g[:, 1:3, 1:3, 1:3] = 1
    return g


def binary(seed=3):
    g, p = fields(seed=seed, classes=2)
    return g, p, g[..., 1:], p[..., 1:]


def test_which_losses_are_of_both_classes():
    assert BOTH == [
        "WassersteinDice",
        "CrossEntropy",
        "Focal",
        "GeneralizedCrossEntropy",
        "TopKCrossEntropy",
        "UnifiedFocal",
    ]


@pytest.mark.parametrize(
    ("prediction", "value"), [("everywhere", 12.08), ("right", 0.105)], ids=["everywhere", "right"]
)
def test_foreground_everywhere_is_no_good_prediction(prediction, value):
    g = cube()
    everywhere, right = np.full_like(g, 0.999999), np.where(g == 1, 0.9, 0.1)
    p = (everywhere if prediction == "everywhere" else right).astype("f4")
    g = g.astype("f4")
    found = float(our_keras.CrossEntropy()(g, p))
    assert found == pytest.approx(value, abs=5e-3)
    assert found == pytest.approx(float(keras.losses.BinaryCrossentropy()(g, p)), rel=1e-6)


@pytest.mark.parametrize("name", BOTH)
def test_one_channel_stands_for_two_classes(name):
    both_g, both_p, g, p = binary()
    made = getattr(our_keras, name)()
    value, gradient = value_and_gradient(made, g, p)
    expected, slopes = value_and_gradient(made, both_g, both_p)
    assert value == pytest.approx(reference(made, both_g, both_p), rel=1e-5)
    assert value == pytest.approx(expected, rel=1e-5)
    # p is the second class's probability and lowers the first's.
    np.testing.assert_allclose(
        gradient[..., 0], slopes[..., 1] - slopes[..., 0], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("name", FOREGROUND)
def test_one_channel_is_the_foreground(name):
    _, _, g, p = binary()
    made = getattr(our_keras, name)()
    value, gradient = value_and_gradient(made, g, p)
    assert value == pytest.approx(reference(made, g, p), rel=1e-5)
    assert gradient.shape == g.shape
    if any(p.name == "include_background" for p in made.description.parameters):
        both_g, both_p, *_ = binary()
        alone = getattr(our_keras, name)(include_background=False)(
            both_g.astype("f4"), both_p.astype("f4")
        )
        assert value == pytest.approx(float(alone), rel=1e-5)


def test_wasserstein_dice_of_one_channel_is_the_dice_of_the_foreground():
    """W is 1 − p on the object and p beside it: 2A / (2A + E) = 2I / (P + G)."""
    _, _, g, p = binary()
    hits = (g * p).sum(axis=(1, 2, 3, 4))
    expected = np.mean(1 - 2 * hits / (g + p).sum(axis=(1, 2, 3, 4)))
    value, _ = value_and_gradient(our_keras.WassersteinDice(), g, p)
    assert value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("from_logits", [False, True])
def test_binary_cross_entropy_of_keras(smoothing, from_logits):
    _, _, g, p = binary()
    z = np.log(p / (1 - p)) if from_logits else p
    options = {"label_smoothing": smoothing, "from_logits": from_logits}
    theirs = keras.losses.BinaryCrossentropy(**options)
    expected, slopes = value_and_gradient(theirs, g, z)
    value, gradient = value_and_gradient(our_keras.CrossEntropy(**options), g, z)
    assert value == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(gradient, slopes, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("channels", ["exclusive", "independent"])
def test_binary_focal_cross_entropy_of_keras(channels):
    _, _, g, p = binary()
    options = {"gamma": 2.0, "label_smoothing": 0.2}
    theirs = keras.losses.BinaryFocalCrossentropy(**options)(g.astype("f4"), p.astype("f4"))
    found = our_keras.Focal(channels=channels, **options)(g.astype("f4"), p.astype("f4"))
    if channels == "independent":
        assert float(found) == pytest.approx(_focal_of_soft_targets(g, p), rel=1e-5)
    plain = our_keras.Focal(channels=channels)(g.astype("f4"), p.astype("f4"))
    theirs = keras.losses.BinaryFocalCrossentropy(gamma=2.0)(g.astype("f4"), p.astype("f4"))
    assert float(plain) == pytest.approx(float(theirs), rel=1e-5)


@pytest.mark.parametrize("channels", ["exclusive", "independent"])
@pytest.mark.parametrize("alpha", [0.25, 0.9])
def test_alpha_of_one_channel_is_that_of_the_foreground(channels, alpha):
    """Lin et al. 2017: α for the foreground and 1 − α for the background, as Keras balances."""
    _, _, g, p = binary()
    options = {"gamma": 2.0, "alpha": alpha}
    theirs = keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True, **options)
    expected, slopes = value_and_gradient(theirs, g, p)
    ours = our_keras.Focal(channels=channels, **options)
    value, gradient = value_and_gradient(ours, g, p)
    assert value == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(gradient, slopes, rtol=2e-4, atol=1e-7)
    assert ours.get_config()["alpha"] == alpha


def _focal_of_soft_targets(g, p):
    q = 0.8 * g + 0.1
    return np.mean(-q * (1 - p) ** 2 * np.log(p) - (1 - q) * p**2 * np.log(1 - p))


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_the_dice_of_one_channel_in_other_libraries(smooth):
    """MONAI's DiceLoss(sigmoid=True), segmentation_models' DiceLoss: 1 − (2I + s) / (P + G + s)."""
    _, _, g, p = binary()
    z = np.log(p / (1 - p))
    hits = (g * p).sum(axis=(1, 2, 3, 4))
    expected = np.mean(1 - (2 * hits + smooth) / ((g + p).sum(axis=(1, 2, 3, 4)) + smooth))
    found, _ = value_and_gradient(our_keras.Dice(smooth=smooth, from_logits=True), g, z)
    assert found == pytest.approx(expected, rel=1e-5)
    if smooth == 0:
        theirs = keras.losses.Dice(axis=(1, 2, 3))(g.astype("f4"), p.astype("f4"))
        assert found == pytest.approx(float(theirs), rel=1e-5)


def test_numbers_per_class_of_one_channel_are_two():
    both_g, both_p, g, p = binary()
    made = our_keras.CrossEntropy(class_weights=(0.25, 4.0))
    value, _ = value_and_gradient(made, g, p)
    assert value == pytest.approx(reference(made, both_g, both_p), rel=1e-5)
    with pytest.raises(ParameterError, match=r"Dice: class_weights has 2 numbers.* 1 class"):
        our_keras.Dice(class_weights=(0.25, 4.0))(g, p)


@every_class
@pytest.mark.parametrize("classes", [1, 3])
def test_logits_are_those_of_a_sigmoid_or_a_softmax(name, classes):
    g, p = fields(classes=max(classes, 2))
    if classes == 1:
        g, p = g[..., 1:], p[..., 1:]
        z = np.log(p / (1 - p))
    else:
        z = np.log(p) + 3.0  # a softmax does not see what is added
    made = getattr(our_keras, name)(from_logits=True)
    plain = getattr(our_keras, name)()
    value, gradient = value_and_gradient(made, g, z)
    expected, slopes = value_and_gradient(plain, g, p)
    assert value == pytest.approx(expected, rel=2e-5)
    if classes == 1:
        through = slopes * p * (1 - p)
    else:
        through = p * (slopes - (p * slopes).sum(axis=-1, keepdims=True))
    scale = abs(through).max()
    np.testing.assert_allclose(gradient, through, rtol=1e-3, atol=2e-5 * scale)


@pytest.mark.parametrize("classes", [1, 3])
def test_logits_whose_probability_is_below_any_float(classes):
    """Where the softmax rounds to 0, the value is finite, and its slope p − g."""
    z = np.full((1, 1, 1, 1, classes), 0.0)
    z[..., -1] = -200.0 if classes > 1 else 200.0
    g = np.zeros_like(z)
    g[..., -1] = 1.0 if classes > 1 else 0.0
    made = our_keras.CrossEntropy(from_logits=True)
    value, gradient = value_and_gradient(made, g, z)
    assert value == pytest.approx(200 + (np.log(2) if classes > 1 else 0), rel=1e-6)
    assert abs(gradient[..., -1]) == pytest.approx(1, rel=1e-6)


def test_independent_channels_are_sigmoids():
    """As in MONAI's FocalLoss(): each channel of the logits has a sigmoid of its own."""
    g, p = fields()
    made = our_keras.Focal(channels="independent", from_logits=True)
    value, _ = value_and_gradient(made, g, np.log(p / (1 - p)))
    assert value == pytest.approx(
        reference(our_keras.Focal(channels="independent"), g, p), rel=1e-5
    )


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
@pytest.mark.parametrize("from_logits", [False, True])
def test_smoothed_labels_of_keras(smoothing, from_logits):
    g, p = fields()
    z = np.log(p) if from_logits else p
    options = {"label_smoothing": smoothing, "from_logits": from_logits}
    theirs = keras.losses.CategoricalCrossentropy(**options)
    expected, slopes = value_and_gradient(theirs, g, z)
    value, gradient = value_and_gradient(our_keras.CrossEntropy(**options), g, z)
    assert value == pytest.approx(expected, rel=1e-6)
    if from_logits:
        np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-7)
    focal = {"gamma": 2.0, "label_smoothing": smoothing}
    theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, **focal)
    found = our_keras.Focal(**focal)(g.astype("f4"), p.astype("f4"))
    assert float(found) == pytest.approx(float(theirs(g.astype("f4"), p.astype("f4"))), rel=1e-5)


@pytest.mark.parametrize("value", [1, "yes", None])
def test_logits_or_not_is_a_flag(value):
    with pytest.raises(ParameterError, match="Dice: from_logits must be true or false"):
        our_keras.Dice(from_logits=value)


def test_a_shape_without_a_channel_is_no_channel():
    g = np.zeros((2, 3, 4, 5))
    with pytest.raises(ValueError, match="CrossEntropy needs truth, one-hot"):
        our_keras.CrossEntropy()(g, g[..., None])


def test_terms_of_one_channel_are_those_of_its_voxels():
    _, _, g, p = binary()
    found = numbers(our_keras.CrossEntropy(reduction=None)(g.astype("f4"), p.astype("f4")))
    expected = -np.log(np.where(g == 1, p, 1 - p))[..., 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
