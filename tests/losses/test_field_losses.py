"""The losses of the whole field against their references, closed forms, and the engine."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.whole_field import evaluate_field
from lossexplorer.losses import LOSSES, Domain, class_sums, gradient_field, loss_named
from lossexplorer.losses.lovasz_softmax import _slopes
from tests import field_references, references

NAMES = list(field_references.LOSSES)
DISTANT = {"boundary", "hausdorff"}
every_setting = pytest.mark.parametrize(
    ("name", "changed"), field_references.LOSS_SETTINGS, ids=field_references.SETTING_IDS
)

one_of_each = pytest.mark.parametrize(
    ("name", "changed"),
    references.others_slow(field_references.LOSS_SETTINGS, field_references.SETTING_IDS),
)


def exactness(name):
    """Distances are float32, all else is float64."""
    return 2e-7 if name in DISTANT else 1e-12


def made(name, **changed):
    return getattr(our_keras, loss_named(name).class_name)(dtype="float64", **changed)


def evaluated(name, g, p, **changed):
    """A Keras loss and its gradient in p, in float64."""
    x = tf.constant(p)
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = made(name, **changed)(g, x)
    return float(result), tape.gradient(result, x).numpy()


def random_fields(seed=0, shape=(2, 3, 3), batch=2, absent=True):
    g, z = references.random_fields(seed, 4, batch=batch, shape=shape, absent=absent)
    return g, references.softmax(z)


def binary(truth, prediction):
    """Fields of one foreground class."""
    g, q = (np.asarray(field, float)[None] for field in (truth, prediction))
    return np.stack([1 - g, g], axis=-1), np.stack([1 - q, q], axis=-1)


def foreground(name, truth, prediction, **changed):
    """A loss without the background, and its gradient in the foreground's probability."""
    g, p = binary(truth, prediction)
    value, slopes = evaluated(name, g, p, include_background=False, **changed)
    return value, slopes[0, ..., 1]


def test_every_loss_of_the_whole_field_has_a_reference_and_settings():
    assert set(NAMES) == {name for name, loss in LOSSES.items() if loss.kind == "field"}
    assert {name for name, _ in field_references.LOSS_SETTINGS} == set(NAMES)


# Against the references.


@every_setting
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 5, 6)], ids=["3D", "2D"])
def test_values_are_the_references(name, changed, shape):
    (g, p), changed = random_fields(1, shape), references.fitted(changed, 4)
    expected = field_references.loss(name, loss_named(name).complete(changed), g, p)
    assert evaluated(name, g, p, **changed)[0] == pytest.approx(expected, rel=exactness(name))


@every_setting
def test_values_of_one_hot_predictions_are_the_references(name, changed):
    g, p = references.confused_fields(2, 4, batch=2, shape=(3, 4, 5), absent=True)
    changed = references.fitted(changed, 4)
    with np.errstate(divide="ignore"):
        expected = field_references.loss(name, loss_named(name).complete(changed), g, p)
    assert np.isinf(expected) == (name == "topk_cross_entropy")
    assert evaluated(name, g, p, **changed)[0] == pytest.approx(expected, rel=exactness(name))


@pytest.mark.slow
@every_setting
def test_gradients_are_central_differences_of_the_references(name, changed):
    (g, p), changed = random_fields(3), references.fitted(changed, 4)
    complete = loss_named(name).complete(changed)
    _, slopes = evaluated(name, g, p, **changed)
    assert np.abs(slopes).max() > 1e-3
    step, rng = 1e-6, np.random.default_rng(4)
    for flat in rng.choice(p.size, 40, replace=False):
        place = np.unravel_index(flat, p.shape)
        values = []
        for sign in (1, -1):
            moved = p.copy()
            moved[place] += sign * step
            values.append(field_references.loss(name, complete, g, moved))
        difference = (values[0] - values[1]) / (2 * step)
        assert slopes[place] == pytest.approx(difference, rel=1e-6, abs=1e-8)


@one_of_each
@pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
def test_the_engine_gives_what_the_keras_class_gives(name, changed, hard):
    changed = references.fitted(changed, 4)
    if hard:
        g, p = references.confused_fields(5, 4, shape=(3, 4, 5), absent=True)
    else:
        g, p = random_fields(5, (3, 4, 5), batch=1)
    g, p = g.astype("f4"), p.astype("f4")
    value, expected = evaluated(name, g, p, **changed)
    found, slopes = engine(name, g, p, (1.0, 1.0, 1.0), **changed)
    assert found.value == pytest.approx(value, rel=1e-6)
    finite = np.isfinite(expected)
    assert finite.all() or (hard and name == "topk_cross_entropy")
    np.testing.assert_array_equal(slopes[~finite], expected[~finite])
    scale = np.abs(expected[finite]).max()
    np.testing.assert_allclose(slopes[finite], expected[finite], rtol=1e-5, atol=1e-6 * scale)


def engine(name, g, p, edges, **changed):
    """What the engine makes of fields of one sample, with the gradient in p, class last."""
    setting = LossSetting(name, loss_named(name).complete(changed))
    sums = class_sums(g, p).map(np.asarray)
    with np.errstate(divide="ignore"):
        fields = [tf.constant(np.moveaxis(f, -1, 1)) for f in (g, p, np.log(p))]
    asked = (setting, sums, lambda which: [f[:, which] for f in fields], fields[0].shape)
    found = evaluate_field(*asked, Domain(edges), gradient=True)
    without = evaluate_field(*asked, Domain(edges), gradient=False)
    assert without.partials is None
    assert without.evaluated == found.evaluated
    partials = found.partials.map(lambda field: field[0])
    planes = [
        np.asarray(gradient_field(partials, fields[1][0], c, "probability"))
        for c in range(g.shape[-1])
    ]
    return found.evaluated, np.stack(planes, axis=-1)[None]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_shapes_may_be_unknown_before_data_flow(name):
    g, p = random_fields(6, (3, 4, 5))
    unknown = tf.TensorSpec((None, None, None, None, 4), "float64")
    found = tf.function(made(name), input_signature=[unknown] * 2)(g, p)
    assert float(found) == pytest.approx(evaluated(name, g, p)[0], rel=1e-12)


# Top-k cross-entropy.


@pytest.mark.parametrize("background", [True, False])
def test_top_100_percent_is_cross_entropy(background):
    g, p = random_fields(7)
    every, all_slopes = evaluated("cross_entropy", g, p, include_background=background)
    for pooling in ("sample", "batch"):
        value, slopes = evaluated(
            "topk_cross_entropy", g, p, k=100.0, pooling=pooling, include_background=background
        )
        assert value == pytest.approx(every, rel=1e-12)
        np.testing.assert_allclose(slopes, all_slopes, rtol=1e-12)


def test_the_chosen_voxels_pull_n_over_k_times_as_much_as_in_cross_entropy():
    g, p = random_fields(8, (3, 4, 5))
    _, all_slopes = evaluated("cross_entropy", g, p)
    _, slopes = evaluated("topk_cross_entropy", g, p, k=25.0)
    certainty = (g * p).sum(axis=-1)
    chosen = certainty <= np.sort(certainty, axis=None)[29]
    assert chosen.sum() == 30 == 2 * 60 // 4
    np.testing.assert_allclose(slopes[chosen], 4 * all_slopes[chosen], rtol=1e-12)
    assert not slopes[~chosen].any()


def test_voxels_that_tie_share_the_last_places():
    """Two of eight voxels are chosen: one that is worse, and a seventh of each of the others."""
    q = np.full((2, 2, 2), 0.5)
    q[0, 0, 0] = 0.25
    value, slopes = foreground("topk_cross_entropy", np.ones((2, 2, 2)), q, k=25.0)
    assert value == pytest.approx((np.log(4) + np.log(2)) / 2, rel=1e-12)
    expected = np.full((2, 2, 2), -(1 / 0.5) / 7 / 2)
    expected[0, 0, 0] = -(1 / 0.25) / 2
    np.testing.assert_allclose(slopes, expected, rtol=1e-12)


def test_the_batch_chooses_its_worst_sample():
    g = np.ones((2, 2, 2, 2, 1))
    p = np.stack([np.ones((2, 2, 2, 1)), np.full((2, 2, 2, 1), 0.5)])
    found = {
        pooling: evaluated("topk_cross_entropy", g, p, k=50.0, pooling=pooling)[0]
        for pooling in ("sample", "batch")
    }
    assert found["batch"] == pytest.approx(np.log(2), rel=1e-12)
    assert found["sample"] == pytest.approx(np.log(2) / 2, rel=1e-12)


def test_the_shares_of_top_k_add_up_to_it():
    g, p = (field.astype("f4") for field in random_fields(9, (3, 4, 5), batch=1))
    found, _ = engine("topk_cross_entropy", g, p, (1.0, 1.0, 1.0), k=40.0)
    surprise = -np.log((g * p).sum(axis=-1).astype("f8")).ravel()
    chosen = np.argsort(-surprise)[:24]
    expected = [surprise[chosen][g.reshape(-1, 4)[chosen, c] == 1].sum() / 24 for c in range(4)]
    np.testing.assert_allclose(found.per_class, expected, rtol=1e-6)
    assert found.value == pytest.approx(sum(expected), rel=1e-6)


# Lovász-softmax.


def iou_losses(g, p, axes):
    with np.errstate(invalid="ignore"):
        return 1 - (g * p).sum(axis=axes) / np.maximum(g, p).sum(axis=axes)


@pytest.mark.parametrize(("pooling", "axes"), [("batch", (0, 1, 2, 3)), ("sample", (1, 2, 3))])
def test_lovasz_of_a_one_hot_prediction_is_the_iou_loss_of_the_present_classes(pooling, axes):
    g, p = references.confused_fields(10, 5, batch=3, absent=True)
    present = g.any(axis=axes)
    expected = np.nanmean(np.where(present, iou_losses(g, p, axes), np.nan), axis=-1).mean()
    assert evaluated("lovasz_softmax", g, p, pooling=pooling)[0] == pytest.approx(
        expected, rel=1e-12
    )


def test_lovasz_of_an_absent_class_is_its_largest_probability():
    rng = np.random.default_rng(11)
    q = rng.random((3, 4, 5))
    value, slopes = foreground("lovasz_softmax", np.zeros(q.shape), q, classes="all")
    assert value == q.max()
    np.testing.assert_array_equal(slopes, q == q.max())
    value, slopes = foreground("lovasz_softmax", np.zeros(q.shape), q)
    assert value == 0
    assert not slopes.any()


def test_the_slopes_of_lovasz_are_one_over_u_and_i_over_two_u():
    """Errors 0.9 on the object, 0.8 beside it, 0.6 on it, 0.1 beside it: U = 2, 3, 3, 4."""
    truth, q = [[[1, 0, 1, 0]]], [[[0.1, 0.8, 0.4, 0.1]]]
    value, slopes = foreground("lovasz_softmax", truth, q)
    expected = np.array([-1 / 2, 1 / (2 * 3), -1 / 3, 0])
    np.testing.assert_allclose(slopes[0, 0], expected, rtol=1e-12)
    assert value == pytest.approx(0.9 / 2 + 0.8 / 6 + 0.6 / 3, rel=1e-12)


def test_a_soft_truth_is_counted_softly():
    """J after each error, with I and U of a truth of ¼ and ¾ whose errors are ½ and ¼."""
    value, _ = foreground("lovasz_softmax", [[[0.25, 0.75]]], [[[0.75, 1.0]]])
    first = 1 - 0.75 / (1 + 0.75)
    assert value == pytest.approx(0.5 * first + 0.25 * (1 - first), rel=1e-12)


def test_more_voxels_are_ranked_than_float32_can_count():
    """Their slopes add up to 1: not if a running total stops at 2²⁴."""
    objects, others = 2**20, 2**24 + 2**20
    truth = tf.concat([tf.zeros((1, 1, others)), tf.ones((1, 1, objects))], axis=2)
    assert float(keras.ops.sum(_slopes(truth))) == pytest.approx(1, rel=1e-9)


# Distances.


def cube():
    truth = np.zeros((9, 9, 9))
    truth[3:6, 3:6, 3:6] = 1
    return truth


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [(cube(), -1 / 729), (np.zeros((9, 9, 9)), 0), (np.ones((9, 9, 9)), 2.83)],
    ids=["perfect", "background", "foreground"],
)
def test_the_boundary_loss_of_a_cube(prediction, expected):
    """The numbers that the authors' code gives."""
    value, _ = foreground("boundary", cube(), prediction)
    assert value == pytest.approx(expected, abs=0.005 if expected > 1 else 1e-12)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [("000111000", -1), ("000010000", -1), ("001111100", 1), ("000011100", 0)],
    ids=["perfect", "only the centre", "grown", "shifted"],
)
def test_the_boundary_loss_of_three_voxels_of_nine(prediction, expected):
    row = [[[float(c) for c in prediction]]]
    value, slopes = foreground("boundary", [[[0, 0, 0, 1, 1, 1, 0, 0, 0]]], row)
    assert value == pytest.approx(expected / 9, abs=1e-15)
    np.testing.assert_allclose(slopes[0, 0] * 9, [3, 2, 1, 0, -1, 0, 1, 2, 3], rtol=1e-12)


def blobs(seed):
    """A truth and a prediction of one object, 7 × 8 × 9 voxels."""
    noise = np.random.default_rng(seed).normal(size=(2, 7, 8, 9))
    smooth = ndimage.gaussian_filter(noise, (0, 1.5, 1.5, 1.5))
    return (smooth[0] > 0).astype(float), 1 / (1 + np.exp(-30 * smooth[1]))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (6.5, 0.78125, 0.5)])
def test_the_gradient_of_the_boundary_loss_is_the_signed_distance(spacing):
    truth, q = blobs(12)
    outside = ndimage.distance_transform_edt(1 - truth, sampling=spacing)
    inside = ndimage.distance_transform_edt(truth, sampling=spacing)
    phi = outside - np.where(truth == 1, inside - min(spacing), 0)
    value, slopes = foreground("boundary", truth, q, spacing=spacing)
    np.testing.assert_allclose(slopes, phi / phi.size, rtol=2e-7, atol=1e-9)
    assert value == pytest.approx((q * phi).mean(), rel=1e-6)
    _, others = foreground("boundary", truth, 1 - q, spacing=spacing)
    np.testing.assert_array_equal(others, slopes)


def to_other_side(mask, spacing):
    """Distances by SciPy."""
    return sum(ndimage.distance_transform_edt(side, sampling=spacing) for side in (mask, ~mask))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (6.5, 0.78125, 0.5)])
@pytest.mark.parametrize("alpha", [2.0, 0.5])
def test_the_gradient_of_the_hausdorff_loss(spacing, alpha):
    truth, q = blobs(13)
    d_g, d_p = (to_other_side(field > 0.5, spacing) for field in (truth, q))
    weight = (d_p**alpha + d_g**alpha) / q.size
    expected = ((q - truth) ** 2 * weight).sum()
    value, slopes = foreground("hausdorff", truth, q, spacing=spacing, alpha=alpha)
    assert value == pytest.approx(expected, rel=5e-7)
    np.testing.assert_allclose(slopes, 2 * (q - truth) * weight, rtol=1e-6, atol=1e-12)
    changed = {"spacing": spacing, "alpha": alpha, "form": "log(1+L)"}
    value, damped = foreground("hausdorff", truth, q, **changed)
    assert value == pytest.approx(np.log(1 + expected), rel=5e-7)
    np.testing.assert_allclose(damped, slopes / (1 + expected), rtol=1e-6)


def test_a_prediction_that_nowhere_passes_one_half_has_no_distances():
    truth = cube()
    value, _ = foreground("hausdorff", truth, 0.25 + 0.25 * truth)
    squares = np.where(truth == 1, 0.5, 0.25) ** 2 * to_other_side(truth == 1, (1, 1, 1)) ** 2
    assert value == pytest.approx(squares.mean(), rel=1e-6)


@pytest.mark.parametrize("name", sorted(DISTANT))
@pytest.mark.parametrize("full", [0.0, 1.0])
def test_a_class_without_boundary_costs_nothing(name, full):
    truth = np.full((3, 4, 5), full)
    q = 0.5 * np.random.default_rng(14).random(truth.shape)
    value, slopes = foreground(name, truth, q)
    assert value == 0
    assert not slopes.any()


@pytest.mark.parametrize(("name", "power"), [("boundary", 1), ("hausdorff", 2)])
def test_distances_are_in_the_units_of_the_spacing(name, power):
    truth, q = blobs(15)
    one, _ = foreground(name, truth, q, spacing=(1.0, 2.0, 0.5))
    ten, _ = foreground(name, truth, q, spacing=(10.0, 20.0, 5.0))
    assert ten == pytest.approx(one * 10**power, rel=1e-6)


@pytest.mark.parametrize("name", sorted(DISTANT))
def test_the_engine_measures_in_mm_or_in_voxels(name):
    g, p = (field.astype("f4") for field in random_fields(16, (3, 4, 5), batch=1))
    edges = (5.0, 0.75, 1.25)
    for changed, measured in (
        ("volume", edges),
        ("voxels", (1.0, 1.0, 1.0)),
        ((2.0, 3.0, 4.0),) * 2,
    ):
        values = {**loss_named(name).complete({}), "spacing": measured}
        expected = field_references.loss(name, values, g.astype("f8"), p.astype("f8"))
        found, _ = engine(name, g, p, edges, spacing=changed)
        assert found.value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", sorted(DISTANT))
def test_a_spacing_has_three_numbers(name):
    with pytest.raises(ParameterError, match="spacing has 2 numbers, but needs three: z:y:x"):
        foreground(name, cube(), cube(), spacing=(1.0, 2.0))


# clDice.


def tube(radius, length=6):
    """A square tube through the whole volume, 2 radius + 1 voxels thick."""
    truth = np.zeros((length, 15, 15))
    truth[:, 7 - radius : 8 + radius, 7 - radius : 8 + radius] = 1
    return truth


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_a_line_that_is_found_costs_nothing(smooth):
    value, _ = foreground("cl_dice", tube(0), tube(0), smooth=smooth)
    assert value == 0


def test_a_line_that_is_cut_costs_what_is_missing_of_its_length():
    cut = tube(0)
    cut[2] = 0
    value, _ = foreground("cl_dice", tube(0), cut, smooth=0.0)
    sensitivity = 5 / 6
    assert value == pytest.approx(1 - 2 * sensitivity / (1 + sensitivity), rel=1e-12)


@pytest.mark.parametrize("radius", [1, 3, 5])
def test_a_tube_needs_as_many_iterations_as_its_radius(radius):
    """Before, it has no skeleton, and missing it costs nothing; then a line of six voxels."""
    nothing = np.zeros_like(tube(radius))
    too_few, enough = (
        foreground("cl_dice", tube(radius), nothing, iterations=float(count))[0]
        for count in (max(radius - 1, 1), radius)
    )
    sensitivity = 1 / (6 + 1)
    assert enough == pytest.approx(1 - 2 * sensitivity / (1 + sensitivity), rel=1e-12)
    assert radius == 1 or too_few == 0


def test_a_thicker_tube_has_the_same_skeleton():
    value, _ = foreground("cl_dice", tube(1), tube(3), smooth=0.0)
    assert value == 0
    value, _ = foreground("cl_dice", tube(3), tube(1), smooth=0.0)
    assert value == 0


def test_without_smoothing_an_absent_class_is_zero_over_zero():
    nothing = np.zeros((3, 4, 5))
    assert np.isnan(foreground("cl_dice", nothing, nothing, smooth=0.0)[0])
    assert foreground("cl_dice", nothing, nothing)[0] == 0
