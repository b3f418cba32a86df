"""The simulated prediction against slicing, morphology and closed forms."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from lossexplorer.predictions import (
    DEGRADATIONS,
    NO_PLANES,
    Grid,
    class_scores,
    complete_controls,
    continued,
    follow,
    recipe,
    tensors,
)
from tests import references

SPACINGS = [(1.0, 1.0, 1.0), (2.0, 1.0, 0.5), (6.5, 0.78125, 0.78125)]
bounded = settings(max_examples=40)
masks = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=7), elements=st.integers(0, 1)
)


def simulate(labels, classes, spacing=(1.0, 1.0, 1.0), **controls):
    """Return probabilities and logarithms of the prediction of `labels`."""
    values, grid = complete_controls(controls), Grid(spacing, classes)
    scores = keras.ops.convert_to_tensor(moved(labels, classes, spacing, **controls))
    chosen = recipe(values, simulated=True)
    p, log_p = follow(chosen, scores, tensors(chosen, values, grid), {})
    return np.asarray(p), np.asarray(log_p)


def moved(labels, classes, spacing, **controls):
    """Return shifted scores."""
    values, grid = complete_controls(controls), Grid(spacing, classes)
    shift = DEGRADATIONS["shift"]
    given = shift.reach(labels, grid, values, NO_PLANES)
    scores = class_scores(continued(labels, given), classes, spacing)
    return np.stack([shift.apply(each, labels, grid, values, given, NO_PLANES) for each in scores])


def slid(array, voxels, axis):
    """Return an array moved by whole voxels; its first or last plane is what enters."""
    length = array.shape[axis]
    return np.take(array, np.clip(np.arange(length) - voxels, 0, length - 1), axis)


def decided(labels, classes, spacing=(1.0, 1.0, 1.0), **controls):
    """Return the labels of a hard prediction."""
    p, _ = simulate(labels, classes, spacing, **controls)
    assert set(np.unique(p)) <= {0, 1}
    assert (p.sum(axis=0) == 1).all()
    return p.argmax(axis=0)


def blobs(seed, classes, shape=(5, 8, 9)):
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=(classes, *shape)), (0, 1, 1, 1))
    return field.argmax(axis=0).astype(np.uint8)


@pytest.mark.parametrize("classes", [1, 2, 5])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_all_controls_at_their_defaults_are_the_truth(classes, spacing):
    labels = blobs(1, classes)
    p, log_p = simulate(labels, classes, spacing)
    truth = np.moveaxis(references.one_hot(labels, classes), -1, 0)
    np.testing.assert_array_equal(p, truth)
    np.testing.assert_array_equal(log_p[truth == 1], 0)


@pytest.mark.parametrize("axis", range(3), ids=list("zyx"))
@pytest.mark.parametrize("voxels", [-100, -3, -1, 1, 2, 100])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_whole_voxel_shift_is_array_slicing(axis, voxels, spacing):
    labels = blobs(2, 3)
    name = f"shift_{'zyx'[axis]}"
    found = decided(labels, 3, spacing, **{name: voxels * spacing[axis]})
    np.testing.assert_array_equal(found, slid(labels, voxels, axis))


def test_a_shift_along_all_axes():
    labels = blobs(3, 3)
    expected = slid(slid(slid(labels, 2, 0), -1, 1), 3, 2)
    found = decided(labels, 3, (2.0, 1.0, 0.5), shift_z=4.0, shift_y=-1.0, shift_x=1.5)
    np.testing.assert_array_equal(found, expected)


def test_a_number_of_voxels_that_rounding_spoils_is_whole():
    """0.3 / 0.1 is 2.9999999999999996 voxels."""
    labels = blobs(4, 2)
    found = decided(labels, 2, (1.0, 1.0, 0.1), shift_x=0.3)
    np.testing.assert_array_equal(found, slid(labels, 3, 2))


@pytest.mark.parametrize("share", [0.25, -0.25, 1.5, -30.75])
def test_part_of_a_voxel_blends_the_moves_around_it(share):
    labels, spacing = blobs(5, 3, (5, 8, 40)), (1.0, 1.0, 2.0)
    whole = int(np.floor(share))
    below, above, found = (
        moved(labels, 3, spacing, shift_x=2.0 * voxels) for voxels in (whole, whole + 1, share)
    )
    fraction = share - whole
    np.testing.assert_allclose(found, (1 - fraction) * below + fraction * above, rtol=1e-6)


@pytest.mark.parametrize("axis", range(3), ids=list("zyx"))
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_class_at_the_border_continues_and_leaves_its_other_end_at_half_a_voxel(axis, sign):
    """The upper half of a cube is moved away from the border that it touches."""
    spacing = (2.0, 1.0, 0.5)
    labels = np.zeros((6, 6, 6), np.uint8)
    half = [slice(None)] * 3
    half[axis] = slice(0, 3) if sign > 0 else slice(3, None)
    labels[tuple(half)] = 1
    for share, gone in ((1e-6, 0), (0.01, 0), (0.49, 0), (0.51, 1), (0.99, 1), (1, 1), (1.49, 1)):
        name = f"shift_{'zyx'[axis]}"
        found = decided(labels, 2, spacing, **{name: sign * share * spacing[axis]})
        expected = slid(labels, sign * gone, axis)
        np.testing.assert_array_equal(found, expected, err_msg=f"{share}")


@pytest.mark.parametrize("millimetres", [0.0, 0.25, 1.0, 7.5, 12.0, 20.0])
def test_a_plate_moved_away_from_the_border_is_a_sigmoid_of_its_distance(millimetres):
    """A plate of 3 voxels in a line of 20; half a voxel beside a boundary lies no voxel centre."""
    labels = np.zeros((1, 1, 20), np.uint8)
    labels[..., 5:8] = 1
    p, log_p = simulate(labels, 2, softness=1.5, shift_x=millimetres)
    whole = int(np.floor(millimetres))

    def distance(place):
        """From a voxel to the nearest on the other side, positive in the plate."""
        inside = np.minimum(place - 4, 8 - place)
        return np.where(inside > 0, inside, -np.maximum(5 - place, place - 7))

    x = np.arange(20.0)
    share = millimetres - whole
    d = (1 - share) * distance(x - whole) + share * distance(x - whole - 1)
    np.testing.assert_allclose(log_p[1, 0, 0], -np.logaddexp(0, -d / 1.5), rtol=2e-6)
    np.testing.assert_allclose(p[1, 0, 0], 1 / (1 + np.exp(-d / 1.5)), rtol=4e-6)


def scene(padding):
    """Three classes in voxels of 2 × 1 × 0.5 mm, padded with planes of background."""
    labels = np.zeros((8, 12, 14), np.uint8)
    labels[2:5, 3:8, 1:6], labels[3:7, 6:10, 6:12], labels[1, 10, 12] = 1, 2, 3
    return np.pad(labels, padding)


@pytest.mark.parametrize("softness", [0.3, 1.6, 10.0])
@pytest.mark.parametrize(
    "shift", [(0, 0, 4), (0, 0, -9), (0, 7, 0), (6, 0, 0), (-7, 0, 0), (3, -5, 11), (-8, 12, -14)]
)
def test_a_shift_is_that_of_the_volume_padded_by_20_voxels_and_cropped(softness, shift):
    """Against distances in float64 of scipy, in a volume in which nothing reaches the border."""
    spacing = (2.0, 1.0, 0.5)
    padded, cut = scene(20), slice(20, -20)
    scores = []
    for index in range(4):
        sides = (padded == index, padded != index)
        inside, outside = (ndimage.distance_transform_edt(m, sampling=spacing) for m in sides)
        scores.append((inside - outside) / 2)
    rolled = np.roll(scores, shift, axis=(1, 2, 3))[:, cut, cut, cut]
    logits = rolled / softness
    expected = logits - np.logaddexp.reduce(logits, axis=0)
    lengths = {f"shift_{a}": n * e for a, n, e in zip("zyx", shift, spacing, strict=True)}
    p, log_p = simulate(scene(0), 4, spacing, softness=softness, **lengths)
    np.testing.assert_allclose(log_p, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(p, np.exp(expected), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["shift", "rotation"])
def test_a_prediction_changes_as_little_as_what_changes_it(name):
    """Objects at the border, too: a score changes by at most 1 mm for each mm of movement."""
    labels, spacing = blobs(8, 3, (9, 10, 11)), (1.0, 1.0, 1.0)
    each, grid = DEGRADATIONS[name], Grid(spacing, 3)

    def scores(amount):
        control = "shift_x" if name == "shift" else "rotate_z"
        values = complete_controls({control: amount})
        given = each.reach(labels, grid, values, NO_PLANES)
        still = class_scores(continued(labels, given), 3, spacing)
        return [each.apply(one, labels, grid, values, given, NO_PLANES) for one in still]

    # In mm per mm, or per degree: no voxel is 7.5 mm from the axis, and two edges may be crossed.
    farthest = 1.0 if name == "shift" else np.pi / 180 * 15
    steps = np.arange(0.0, 12.0, 0.25)
    found = np.stack([scores(amount) for amount in steps])
    assert abs(np.diff(found, axis=0)).max() <= 0.25 * farthest + 1e-5


def test_a_class_without_a_voxel_has_probability_0():
    labels = blobs(9, 3)
    present = np.where(labels == 2, 0, labels)
    for controls in ({}, {"softness": 2.0}, {"softness": 2.0, "shift_x": 1.5, "grow": 3.0}):
        p, log_p = simulate(present, 4, **controls)
        assert (p[2:] == 0).all()
        assert np.isneginf(log_p[2:]).all()
        without, _ = simulate(present, 2, **controls)
        np.testing.assert_allclose(p[:2], without, rtol=1e-6)


@pytest.mark.parametrize("filling", [0, 1])
def test_a_class_that_fills_the_volume_has_probability_1(filling):
    labels = np.full((3, 4, 5), filling, np.uint8)
    for controls in ({}, {"softness": 5.0}, {"softness": 5.0, "grow": -30.0, "shift_z": 2.5}):
        p, log_p = simulate(labels, 3, **controls)
        np.testing.assert_array_equal(p[filling], 1)
        np.testing.assert_array_equal(log_p[filling], 0)
        assert (np.delete(p, filling, axis=0) == 0).all()


def ball(radius, spacing):
    """Offsets within the radius, both included, as a structuring element."""
    half = [int(radius / edge) + 1 for edge in spacing]
    axes = np.meshgrid(*[np.arange(-h, h + 1) for h in half], indexing="ij")
    squared = sum((axis * edge) ** 2 for axis, edge in zip(axes, spacing, strict=True))
    return squared <= radius**2 * (1 + 1e-9)


@given(
    labels=masks, spacing=st.sampled_from(SPACINGS), axis=st.integers(0, 2), count=st.integers(1, 3)
)
@bounded
def test_growing_is_dilation_by_a_ball(labels, spacing, axis, count):
    """Nothing is known of what lies outside the volume, so nothing grows in from there."""
    radius = count * spacing[axis]
    grown = ndimage.binary_dilation(labels, ball(radius, spacing), border_value=0)
    np.testing.assert_array_equal(decided(labels, 2, spacing, grow=radius), grown)


@given(
    labels=masks, spacing=st.sampled_from(SPACINGS), axis=st.integers(0, 2), count=st.integers(1, 3)
)
@bounded
def test_shrinking_is_erosion_by_a_ball(labels, spacing, axis, count):
    """Nothing is known of what lies outside the volume, so nothing is eaten away from there."""
    radius = count * spacing[axis]
    shrunk = ndimage.binary_erosion(labels, ball(radius, spacing), border_value=1)
    np.testing.assert_array_equal(decided(labels, 2, spacing, grow=-radius), shrunk)


@given(labels=masks, radius=st.floats(0.05, 3))
@bounded
def test_growing_by_part_of_a_voxel(labels, radius):
    squared = np.arange(12.0)
    if abs(np.sqrt(squared) - radius).min() < 1e-3:
        radius += 2e-3  # beside, not at, a distance between voxels
    grown = ndimage.binary_dilation(labels, ball(radius, (1, 1, 1)), border_value=0)
    np.testing.assert_array_equal(decided(labels, 2, grow=radius), grown)


def test_classes_that_grow_keep_their_common_boundary():
    labels = np.zeros((1, 1, 12), np.uint8)
    labels[..., 4:6], labels[..., 6:8] = 1, 2
    found = decided(labels, 3, grow=2.0)[0, 0]
    np.testing.assert_array_equal(found, [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0])


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99, 0.999999])
def test_confidence_takes_from_the_decided_class_and_spreads_evenly(classes, confidence):
    labels = blobs(6, classes)
    p, log_p = simulate(labels, classes, confidence=confidence)
    truth = np.moveaxis(references.one_hot(labels, classes), -1, 0) == 1
    rest = (1 - confidence) / (classes - 1)
    np.testing.assert_allclose(p[truth], confidence, rtol=1e-6)
    np.testing.assert_allclose(p.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(log_p[~truth], np.log(rest), rtol=1e-6)


@pytest.mark.parametrize("missing", [1e-2, 1e-4, 1e-6])
def test_what_is_missing_to_certainty_is_precise(missing):
    """It makes the background haze, and the cross-entropy: both are proportional to it."""
    labels = blobs(6, 2)
    p, log_p = simulate(labels, 2, confidence=1 - missing)
    truth = np.moveaxis(references.one_hot(labels, 2), -1, 0) == 1
    np.testing.assert_allclose(p[~truth], missing, rtol=1e-6)
    np.testing.assert_allclose(log_p[truth], np.log1p(-missing), rtol=1e-6)


@pytest.mark.parametrize("softness", [0.0, 1.3])
def test_full_confidence_changes_nothing(softness):
    labels = blobs(7, 3)
    without = simulate(labels, 3, softness=softness)
    np.testing.assert_array_equal(without, simulate(labels, 3, softness=softness, confidence=1.0))


@pytest.mark.parametrize(("softness", "grow"), [(0.5, 0.0), (1.0, 0.0), (3.0, 1.5), (3.0, -2.0)])
def test_a_plane_is_a_sigmoid_of_the_distance(softness, grow):
    """Distances are to the nearest voxel on the other side: … −2 −1 | 1 2 … edges."""
    labels = np.zeros((1, 1, 20), np.uint8)
    labels[..., 10:] = 1
    distance = 2.0 * np.concatenate([np.arange(-10, 0), np.arange(1, 11)])
    p, log_p = simulate(labels, 2, (1.0, 1.0, 2.0), softness=softness, grow=grow)
    expected = 1 / (1 + np.exp(-(distance + grow) / softness))
    np.testing.assert_allclose(p[1, 0, 0], expected, rtol=2e-6)
    np.testing.assert_allclose(
        log_p[1, 0, 0], -np.logaddexp(0, -(distance + grow) / softness), rtol=2e-6
    )


@pytest.mark.parametrize("missing", [0.3, 1e-2, 1e-4, 1e-6])
def test_confidence_on_top_of_softness(missing):
    """q = (1 − 2m) p + m, and its logarithm where 1 − q is as small as m."""
    labels = np.zeros((1, 1, 20), np.uint8)
    labels[..., 10:] = 1
    distance = np.concatenate([np.arange(-10.0, 0), np.arange(1.0, 11)])
    q, log_q = simulate(labels, 2, softness=0.5, confidence=1 - missing)
    wrong = 1 / (1 + np.exp(distance / 0.5))
    rest = (1 - 2 * missing) * wrong + missing  # 1 − q of class 1
    np.testing.assert_allclose(q[1, 0, 0], 1 - rest, rtol=2e-6)
    np.testing.assert_allclose(log_q[1, 0, 0, 10:], np.log1p(-rest[10:]), rtol=2e-6)
    np.testing.assert_allclose(log_q[0, 0, 0, 10:], np.log(rest[10:]), rtol=2e-6)


@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 4),
    controls=st.fixed_dictionaries(
        {
            "softness": st.floats(0.01, 50),
            "confidence": st.floats(0.5, 1),
            "grow": st.floats(-5, 5),
            "shift_x": st.floats(-3, 3),
        }
    ),
)
@settings(max_examples=25)
def test_probabilities_add_up_to_1_and_logarithms_are_finite(seed, classes, controls):
    p, log_p = simulate(blobs(seed, classes), classes, **controls)
    assert p.dtype == log_p.dtype == np.float32
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=0, dtype="f8"), 1, rtol=2e-6)
    assert np.isfinite(log_p).all()
    assert (log_p <= 0).all()


def test_a_logarithm_is_finite_where_the_probability_underflows():
    labels = np.zeros((1, 1, 40), np.uint8)
    labels[..., 20:] = 1
    p, log_p = simulate(labels, 2, softness=0.01)
    assert p[1, 0, 0, 0] == 0
    assert log_p[1, 0, 0, 0] == pytest.approx(-20 / 0.01, rel=1e-6)


def test_beyond_the_volumes_length_a_shift_changes_nothing_any_more():
    """The plate is 25 to 6 voxels away then, in single precision without a probability."""
    labels = np.zeros((1, 1, 20), np.uint8)
    labels[..., 5:8] = 1
    p, log_p = simulate(labels, 2, softness=0.1, shift_x=1000.0)
    expected = -(np.arange(20.0, 0.0, -1.0) + 5) / 0.1
    assert p[1, 0, 0, 0] == 0
    np.testing.assert_allclose(log_p[1, 0, 0], expected, rtol=1e-6)


def test_the_smallest_softness_is_nearly_hard():
    labels = blobs(9, 3)
    for softness in (1e-3, 1e-12, 1e-30, 1e-44, 1e-300):
        p, _ = simulate(labels, 3, softness=softness)
        np.testing.assert_array_equal(p.argmax(axis=0), labels)
        np.testing.assert_array_equal(p.max(axis=0), 1)


def test_same_controls_same_numbers():
    labels = blobs(10, 4)
    controls = {"softness": 0.7, "grow": -0.3, "shift_y": 0.4, "confidence": 0.97}
    np.testing.assert_array_equal(simulate(labels, 4, **controls), simulate(labels, 4, **controls))
