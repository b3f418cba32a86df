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
    Grid,
    class_scores,
    complete_controls,
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
    scores = moved(class_scores(labels, classes, spacing), spacing, **controls)
    chosen = recipe(values, simulated=True)
    p, log_p = follow(chosen, scores, tensors(chosen, values, grid), {})
    return np.asarray(p), np.asarray(log_p)


def moved(scores, spacing, **controls):
    """Return shifted scores."""
    values, grid = complete_controls(controls), Grid(spacing, len(scores))
    return DEGRADATIONS["shift"].apply(keras.ops.convert_to_tensor(scores), grid, values)


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
    expected = np.zeros_like(labels)
    count = min(abs(voxels), labels.shape[axis])
    read, written = [slice(None)] * 3, [slice(None)] * 3
    kept = slice(0, labels.shape[axis] - count), slice(count, None)
    read[axis], written[axis] = kept if voxels > 0 else kept[::-1]
    expected[tuple(written)] = labels[tuple(read)]
    name = f"shift_{'zyx'[axis]}"
    found = decided(labels, 3, spacing, **{name: voxels * spacing[axis]})
    np.testing.assert_array_equal(found, expected)
    if abs(voxels) == 100:
        assert not found.any()


def test_a_shift_along_all_axes():
    labels = blobs(3, 3)
    expected = np.zeros_like(labels)
    expected[2:, :-1, 3:] = labels[:-2, 1:, :-3]
    found = decided(labels, 3, (2.0, 1.0, 0.5), shift_z=4.0, shift_y=-1.0, shift_x=1.5)
    np.testing.assert_array_equal(found, expected)


def test_a_number_of_voxels_that_rounding_spoils_is_whole():
    """0.3 / 0.1 is 2.9999999999999996 voxels."""
    labels = blobs(4, 2)
    expected = np.zeros_like(labels)
    expected[..., 3:] = labels[..., :-3]
    np.testing.assert_array_equal(decided(labels, 2, (1.0, 1.0, 0.1), shift_x=0.3), expected)


@pytest.mark.parametrize("share", [0.25, -0.25, 1.5])
def test_part_of_a_voxel_blends_the_moves_around_it(share):
    scores = class_scores(blobs(5, 3), 3, (1.0, 1.0, 2.0))
    whole = int(np.floor(share))
    below, above = (
        np.asarray(moved(scores, (1.0, 1.0, 2.0), shift_x=2.0 * n)) for n in (whole, whole + 1)
    )
    found = np.asarray(moved(scores, (1.0, 1.0, 2.0), shift_x=2.0 * share))
    fraction = share - whole
    inner = slice(2, -2)  # the border is another test's
    blend = (1 - fraction) * below + fraction * above
    np.testing.assert_allclose(found[..., inner], blend[..., inner], rtol=1e-6)


@pytest.mark.parametrize("axis", range(3), ids=list("zyx"))
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_class_at_the_border_leaves_it_at_half_a_voxel(axis, sign):
    """The upper half of a cube is moved away from the border that it touches."""
    spacing = (2.0, 1.0, 0.5)
    labels = np.zeros((6, 6, 6), np.uint8)
    half = [slice(None)] * 3
    half[axis] = slice(0, 3) if sign > 0 else slice(3, None)
    labels[tuple(half)] = 1
    for share, gone in ((1e-6, 0), (0.01, 0), (0.49, 0), (0.51, 1), (0.99, 1), (1, 1), (1.49, 1)):
        name = f"shift_{'zyx'[axis]}"
        found = decided(labels, 2, spacing, **{name: sign * share * spacing[axis]})
        expected = np.roll(labels, sign * gone, axis=axis)
        entering = [slice(None)] * 3
        entering[axis] = slice(0, gone) if sign > 0 else slice(6 - gone, None)
        expected[tuple(entering)] = 0
        np.testing.assert_array_equal(found, expected, err_msg=f"{share}")


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


def test_a_class_moved_out_of_the_volume_has_a_finite_logarithm():
    labels = blobs(8, 2)
    p, log_p = simulate(labels, 2, softness=1.0, shift_x=100.0)
    assert (p[1] == 0).all()
    assert np.isfinite(log_p).all()


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
