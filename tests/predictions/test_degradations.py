"""Every degradation's exact effect, from closed forms and counts."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, special

from lossexplorer.core.lengths import VolumeSize
from lossexplorer.core.parameters import ParameterError
from lossexplorer.predictions import (
    DEGRADATIONS,
    NO_PLANES,
    Grid,
    class_scores,
    complete_controls,
    continued,
)
from lossexplorer.predictions._fields import gaussian_field

ISOTROPIC = (1.0, 1.0, 1.0)
bounded = settings(max_examples=25)

# Numbers of lattice points x with |x| ≤ r (the number of voxels of a ball), OEIS A000605.
BALLS = {0: 1, 1: 7, 2: 33, 3: 123, 4: 257, 5: 515, 10: 4169}


def apply(name, labels, spacing=ISOTROPIC, classes=None, sample=0, **controls):
    """Return what a degradation of labels makes of them."""
    grid = Grid(spacing, classes or int(labels.max()) + 1, sample)
    return DEGRADATIONS[name].apply(labels, grid, complete_controls(controls))


def fused(name, p, field=None, **controls):
    """Return probabilities and logarithms after a degradation of probabilities."""
    each, values = DEGRADATIONS[name], complete_controls(controls)
    arrays = each.prepared(values, Grid(ISOTROPIC, len(p)))
    options = {option: values[option] for option in each.options}
    with np.errstate(divide="ignore"):
        log_p = np.log(p)
    found = each.apply(
        keras.ops.convert_to_tensor(p),
        keras.ops.convert_to_tensor(log_p),
        {**arrays, **options},
        field,
    )
    return tuple(np.asarray(each) for each in found)


def some_probabilities(classes=3, seed=4):
    logits = np.random.default_rng(seed).normal(size=(classes, 4, 5, 6))
    return special.softmax(logits, axis=0).astype(np.float32)


def ball(radius, shape, centre, spacing=ISOTROPIC):
    axes = np.ogrid[tuple(slice(n) for n in shape)]
    squares = sum(
        ((axis - c) * edge) ** 2 for axis, c, edge in zip(axes, centre, spacing, strict=True)
    )
    return squares <= radius**2 + 1e-9


def three_objects():
    """Boxes of 2, 12 and 60 voxels of two classes, apart from each other."""
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[1, 1, 1:3] = 1
    labels[1:4, 5:7, 5:7] = 2
    labels[6:11, 1:5, 8:11] = 1
    return labels


# Objects


@pytest.mark.parametrize(
    ("controls", "left"),
    [
        ({}, 74),
        ({"missing": 1 / 3}, 72),
        ({"missing": 2 / 3}, 60),
        ({"missing": 1.0}, 0),
        ({"missing": 0.5}, 60),  # one and a half objects are two
        ({"missing": 1 / 3, "missing_order": "largest"}, 14),
        ({"missing_below": 12.0}, 72),
        ({"missing_below": 12.1}, 60),
        ({"missing_below": 12.0, "missing": 0.5}, 60),
    ],
)
def test_missing_objects(controls, left):
    found = apply("missing_objects", three_objects(), **controls)
    assert (found > 0).sum() == left
    kept = found > 0
    np.testing.assert_array_equal(found[kept], three_objects()[kept])


def test_the_size_of_an_object_is_in_cubic_millimetres():
    spacing = (6.5, 0.5, 0.5)  # 1.625 mm³ a voxel
    found = apply("missing_objects", three_objects(), spacing, missing_below=12 * 1.625 + 0.1)
    assert (found > 0).sum() == 60


def test_voxels_that_share_a_corner_are_one_object():
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1, 1, 1] = labels[2, 2, 2] = 1
    assert not apply("missing_objects", labels, missing=0.5).any()


@pytest.mark.parametrize("seed", range(6))
def test_objects_are_missed_at_random_by_the_seed(seed):
    chosen = {"missing": 1 / 3, "missing_order": "random", "missing_seed": float(seed)}
    found = [apply("missing_objects", three_objects(), **chosen) for _ in range(2)]
    np.testing.assert_array_equal(*found)
    assert (found[0] > 0).sum() in {14, 62, 72}


def test_seeds_and_samples_differ():
    def places(seed, sample):
        labels = np.zeros((30, 30, 30), np.uint8)
        labels[15, 15, 15] = 1
        found = apply("false_blobs", labels, sample=sample, blobs=3.0, blob_seed=seed)
        return tuple(np.argwhere(found > 0).mean(axis=0))

    assert len({places(float(seed), sample) for seed in range(3) for sample in range(3)}) == 9


@pytest.mark.parametrize("radius", [0, 1, 2, 3])
@pytest.mark.parametrize("count", [1, 4])
def test_false_positive_blobs_are_balls(radius, count):
    labels = np.zeros((48, 48, 48), np.uint8)
    labels[24, 24, 24] = 1
    chosen = {"blobs": count, "blob_radius": float(radius), "blob_distance": 12.0}
    found = apply("false_blobs", labels, **chosen)
    numbered, number = ndimage.label(found - labels, np.ones((3, 3, 3)))
    assert number == count
    assert (np.bincount(numbered.ravel())[1:] == BALLS[radius]).all()
    assert found[24, 24, 24] == 1
    # From the labelled voxel to the centres: the distance and the radius, to half a voxel.
    centres = ndimage.center_of_mass(numbered > 0, numbered, range(1, count + 1))
    away = np.linalg.norm(np.array(centres) - 24, axis=1)
    np.testing.assert_allclose(away, 12 + radius, atol=0.5)


def test_blobs_are_of_the_chosen_class_and_take_background_alone():
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[:, :, :10], labels[0, 0, 0] = 1, 2
    chosen = {"blobs": 3.0, "blob_radius": 4.0, "blob_distance": 0.0, "blob_class": 2}
    found = apply("false_blobs", labels, **chosen)
    changed = found != labels
    assert changed.any()
    assert (labels[changed] == 0).all()
    assert (found[changed] == 2).all()


def test_blobs_do_not_overlap_while_there_is_room():
    """Centres are two radii apart at least, where two balls share one voxel at most."""
    labels = np.zeros((40, 40, 40), np.uint8)
    labels[20, 20, 20] = 1
    chosen = {"blobs": 4.0, "blob_radius": 3.0, "blob_distance": 8.0}
    for seed in range(10):
        found = apply("false_blobs", labels, **chosen, blob_seed=float(seed))
        assert np.count_nonzero(found != labels) >= 4 * BALLS[3] - 6


def test_blobs_with_anisotropic_voxels():
    spacing = (6.0, 1.0, 1.0)
    labels = np.zeros((9, 40, 40), np.uint8)
    labels[4, 20, 20] = 1
    found = apply("false_blobs", labels, spacing, blobs=1.0, blob_radius=5.0, blob_distance=8.0)
    # Within 5 mm lies no neighbouring slice: the ball is a disc of 81 voxels.
    assert (found != labels).sum() == 81


def test_where_there_is_no_room_a_blob_comes_as_near_as_possible():
    labels = np.zeros((5, 5, 5), np.uint8)
    labels[2, 2, 2] = 1
    found = apply("false_blobs", labels, blobs=1.0, blob_radius=0.0, blob_distance=500.0)
    (place,) = np.argwhere(found != labels)
    assert np.linalg.norm(place - 2) == pytest.approx(math.sqrt(12), abs=0.51)


@pytest.mark.parametrize(("count", "radius"), [(1, 0), (1, 2), (3, 1)])
def test_holes_are_balls_of_background(count, radius):
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[5:25, 5:25, 5:25] = 1
    found = apply("holes", labels, holes=count, hole_radius=float(radius))
    assert 8000 - found.sum() == count * BALLS[radius]


def test_a_hole_larger_than_the_object():
    labels = np.zeros((9, 9, 9), np.uint8)
    labels[4, 4, 3:6] = 1
    assert not apply("holes", labels, holes=1.0, hole_radius=9.0).any()


# Classes


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("where", ["x", "y", "z", "random"])
def test_a_share_of_a_class_is_taken_for_another(share, where):
    labels = three_objects()
    found = apply(
        "class_swap", labels, swap=share, swap_where=where, swap_from=1, swap_to=2, swap_seed=3.0
    )
    changed = found != labels
    assert changed.sum() == round(share * 62)
    assert (labels[changed] == 1).all()
    assert (found[changed] == 2).all()
    if where != "random" and changed.any():
        axis = "zyx".index(where)
        left = np.argwhere((labels == 1) & ~changed)
        assert not left.size or np.argwhere(changed)[:, axis].max() <= left[:, axis].min()


def test_a_confusion_matrix_multiplies_the_probabilities():
    p = some_probabilities()
    table = ((8.0, 1.0, 1.0), (0.0, 1.0, 0.0), (0.2, 0.0, 0.6))
    q, log_q = fused("confusion", p, confusion=table)
    matrix = np.array(table) / np.sum(table, axis=1, keepdims=True)
    expected = np.einsum("azyx,ab->bzyx", p.astype(np.float64), matrix)
    np.testing.assert_allclose(q, expected, rtol=2e-6)
    np.testing.assert_allclose(log_q, np.log(expected), atol=2e-6)


@pytest.mark.parametrize(
    "table", [((1.0, 0.0), (0.0, 1.0)), ((1.0, 0.0, 0.0), (0.0,) * 3, (0.0, 0.0, 1.0))]
)
def test_a_matrix_that_does_not_fit_is_said(table):
    with pytest.raises(ParameterError, match="confusion must be a table of 3 rows of 3 numbers"):
        fused("confusion", some_probabilities(), confusion=table)


# Place


def turned(labels, spacing=ISOTROPIC, **controls):
    """Return the labels of the rotated and scaled hard prediction, and its scores."""
    classes, each, values = (
        int(labels.max()) + 1,
        DEGRADATIONS["rotation"],
        complete_controls(controls),
    )
    grid = Grid(spacing, classes)
    given = each.reach(labels, grid, values, NO_PLANES)
    scores = class_scores(continued(labels, given), classes, spacing)
    moved = np.stack([each.apply(one, labels, grid, values, given, NO_PLANES) for one in scores])
    return moved.argmax(axis=0), moved


def arrow():
    """An object without symmetry whose centre of mass is the middle voxel."""
    labels = np.zeros((11, 11, 11), np.uint8)
    labels[5, 5, [5, 9, 4, 2]] = 1
    labels[5, [8, 4, 3], 5] = 1
    labels[[9, 4, 2], 5, 5] = 1
    return labels


@pytest.mark.parametrize(
    ("axis", "plane"), [("z", (1, 2)), ("y", (0, 2)), ("x", (0, 1))], ids=["z", "y", "x"]
)
@pytest.mark.parametrize("quarters", [-1, 1, 2])
def test_a_quarter_turn_turns_the_array(axis, plane, quarters):
    found, _ = turned(arrow(), **{f"rotate_{axis}": 90.0 * quarters})
    assert not np.array_equal(found, arrow())
    # From the second axis of the plane towards the first one.
    np.testing.assert_array_equal(found, np.rot90(arrow(), quarters, axes=plane[::-1]))


@pytest.mark.parametrize("factor", [0.5, 1.5, 2.0])
def test_scaling_scales_widths_and_distances(factor):
    """A plate of 9 voxels ends 4.5 from its middle, and 4.5 times the factor when it is scaled."""
    labels = np.zeros((9, 9, 45), np.uint8)
    labels[..., 18:27] = 1
    found, scores = turned(labels, scale=factor)
    expected = np.abs(np.arange(45) - 22) < 4.5 * factor
    np.testing.assert_array_equal(found[4, 4], expected)
    # From the middle voxel to the nearest one outside of the plate are 5 voxels.
    assert np.diff(scores[:, 4, 4, 22])[0] == pytest.approx(5 * factor)


def test_a_rotation_is_one_of_the_body_and_not_of_the_array():
    """A rod along y with voxels of 1 x 2 mm, turned by 90°, lies along x with twice the voxels."""
    labels = np.zeros((3, 21, 41), np.uint8)
    labels[1, 6:15, 20] = 1  # 9 voxels of 2 mm
    found, _ = turned(labels, (1.0, 2.0, 1.0), rotate_z=90.0)
    row = np.flatnonzero(found[1, 10])
    assert len(row) == pytest.approx(18, abs=1)
    assert row.mean() == pytest.approx(20, abs=0.5)


def test_what_enters_continues_the_classes_at_the_border():
    """A scaled object that reaches the border still does, and so does the plane beside it."""
    labels = np.ones((9, 9, 9), np.uint8)
    labels[0] = 0
    found, _ = turned(labels, scale=0.5)
    # The object's middle is at z = 5 and its boundary at 0.5, 4.5 from it: half of it is 2.25.
    assert found[3:].all()
    assert not found[:3].any()


@pytest.mark.parametrize(
    "controls", [{"rotate_z": 33.0}, {"rotate_x": -70.0}, {"scale": 0.6}, {"scale": 1.7}]
)
def test_a_rotation_is_that_of_the_volume_padded_by_20_voxels_and_cropped(controls):
    labels = np.zeros((11, 12, 13), np.uint8)
    labels[3:6, 4:9, 2:7], labels[6:9, 2:8, 7:11] = 1, 2
    cut = (slice(None), *[slice(20, -20)] * 3)
    _, found = turned(labels, (1.5, 1.0, 0.8), **controls)
    _, expected = turned(np.pad(labels, 20), (1.5, 1.0, 0.8), **controls)
    np.testing.assert_allclose(found, expected[cut], rtol=1e-5, atol=1e-5)


def test_an_absent_class_stays_absent_when_it_is_turned():
    labels = np.zeros((5, 6, 7), np.uint8)
    labels[1:3, 2:4, 2:5] = 2
    _, scores = turned(labels, rotate_z=20.0, scale=1.3)
    assert np.isneginf(scores[1]).all()
    assert np.isfinite(scores[[0, 2]]).all()


# Boundary


@pytest.mark.parametrize("length", [0.0, 4.0, 8.0])
def test_a_gaussian_field_has_variance_one_and_the_correlation_of_its_formula(length):
    spacing = (2.0, 1.0, 1.0)
    field = gaussian_field(np.random.default_rng(1), (40, 96, 96), length, spacing)
    assert field.var() == pytest.approx(1, abs=0.02)
    assert field.mean() == pytest.approx(0, abs=0.03)
    for axis, edge in enumerate(spacing):
        for steps in (2, 4):
            lag = np.roll(field, steps, axis=axis)
            expected = math.exp(-((steps * edge / length) ** 2)) if length else 0.0
            assert (field * lag).mean() == pytest.approx(expected, abs=0.06)


def test_a_rough_boundary_is_displaced_by_the_amplitude():
    """Over a plane the scores' difference is the distance; where it is 0 lies the boundary."""
    distance = np.broadcast_to(np.arange(-20.0, 20.0), (64, 64, 40)).astype(np.float32)
    scores = np.stack([-distance / 2, distance / 2])
    each = DEGRADATIONS["roughness"]
    values = complete_controls({"roughness": 1.5, "roughness_length": 8.0})
    grid = Grid(ISOTROPIC, 2)
    noise = each.noise(distance.shape, grid, values)
    rough = np.asarray(each.apply(scores, each.prepared(values, grid), noise))
    np.testing.assert_array_equal(rough[0], scores[0])
    moved = (rough[1] - rough[0]) - distance
    assert moved.std() == pytest.approx(1.5, rel=1e-3)
    place = (np.diff(np.sign(rough[1] - rough[0]), axis=2) != 0).argmax(axis=2)
    assert place.std() == pytest.approx(1.5, rel=0.15)


def test_no_two_classes_roughen_alike():
    each = DEGRADATIONS["roughness"]
    shares = each.prepared(complete_controls({"roughness": 2.0}), Grid(ISOTROPIC, 40))["roughness"]
    np.testing.assert_allclose(np.linalg.norm(shares[1:], axis=1), 2.0)
    assert not shares[0].any()
    apart = np.linalg.norm(shares[1:, None] - shares[None, 1:], axis=2)
    assert apart[~np.eye(39, dtype=bool)].min() > 0.05


@pytest.mark.parametrize("sigma", [1.5, 3.0])
@pytest.mark.parametrize("edge", [1.0, 0.5])
def test_blur_smooths_an_edge_in_millimetres(sigma, edge):
    """The step's response is the running sum of the Gaussian, close to the error function."""
    p = np.zeros((2, 3, 3, 81), np.float32)
    p[0, ..., :40], p[1, ..., 40:] = 1, 1
    spacing = (1e6, 1e6, edge)  # so far apart that only x is smoothed
    values = complete_controls({"blur": sigma})
    q = DEGRADATIONS["blur"].apply(p, Grid(spacing, 2), values)
    x = (np.arange(81) - 39.5) * edge
    reach = int(4 * sigma / edge + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) * edge / sigma) ** 2)
    place = np.arange(81) - 40 + reach
    running = np.cumsum(weights)[np.clip(place, 0, 2 * reach)] * (place >= 0) / weights.sum()
    inner = slice(reach + 1, -reach - 1)
    np.testing.assert_allclose(q[1, 1, 1, inner], running[inner], atol=1e-6)
    np.testing.assert_allclose(q[1, 1, 1, inner], special.ndtr(x / sigma)[inner], atol=6e-3)
    np.testing.assert_allclose(q.sum(axis=0), 1, atol=1e-6)


def test_beyond_the_volume_is_background_for_blur():
    p = np.stack([np.zeros((1, 1, 41)), np.ones((1, 1, 41))]).astype(np.float32)
    q = DEGRADATIONS["blur"].apply(p, Grid((1e6, 1e6, 1.0), 2), complete_controls({"blur": 4.0}))
    assert q[1, 0, 0, 20] == pytest.approx(1, abs=1e-4)
    assert q[1, 0, 0, 0] == pytest.approx(0.5, abs=0.06)


# Probability


@pytest.mark.parametrize("temperature", [0.3, 2.0, 10.0])
def test_temperature_divides_the_logits(temperature):
    p = some_probabilities()
    q, log_q = fused("temperature", p, temperature=temperature)
    expected = special.softmax(np.log(p.astype(np.float64)) / temperature, axis=0)
    np.testing.assert_allclose(q, expected, rtol=3e-5)
    np.testing.assert_allclose(log_q, np.log(expected), rtol=1e-5, atol=1e-6)


def test_what_is_certain_stays_certain():
    p = np.zeros((3, 2, 2, 2), np.float32)
    p[1] = 1
    noise = np.random.default_rng(0).normal(size=p.shape).astype(np.float32)
    for q, log_q in (
        fused("temperature", p, temperature=5.0),
        fused("logit_noise", p, noise, noise=3.0),
    ):
        np.testing.assert_array_equal(q, p)
        assert (log_q[1] == 0).all()
        assert (log_q[0] == -np.inf).all()


def test_noise_is_added_to_the_logits():
    p = some_probabilities()
    each, values = DEGRADATIONS["logit_noise"], complete_controls({"noise": 0.7})
    noise = each.noise(p.shape[1:], Grid(ISOTROPIC, 3), values)
    assert noise.shape == p.shape
    assert noise.std() == pytest.approx(1, abs=0.1)
    q, _ = fused("logit_noise", p, noise, noise=0.7)
    np.testing.assert_allclose(q, special.softmax(np.log(p) + 0.7 * noise, axis=0), rtol=2e-5)


@pytest.mark.parametrize(("rule", "threshold"), [("argmax", 0.5), ("threshold", 0.25)])
def test_hardening_decides(rule, threshold):
    p = some_probabilities()
    q, log_q = fused("harden", p, harden=rule, threshold=threshold)
    winner = p.argmax(axis=0)
    if rule == "threshold":
        winner = np.where(p[1:].max(axis=0) > threshold, p[1:].argmax(axis=0) + 1, 0)
    np.testing.assert_array_equal(q, np.eye(3)[winner].transpose(3, 0, 1, 2))
    np.testing.assert_array_equal(log_q == 0, q == 1)


@bounded
@given(
    seed=st.integers(0, 2**16),
    controls=st.fixed_dictionaries(
        {
            "confidence": st.floats(0.5, 1),
            "temperature": st.floats(0.1, 10),
            "noise": st.floats(0, 5),
            "harden": st.sampled_from(["no", "argmax", "threshold"]),
        }
    ),
)
def test_probabilities_stay_probabilities(seed, controls):
    p = some_probabilities(seed=seed)
    noise = np.random.default_rng(seed).normal(size=p.shape).astype(np.float32)
    for name in ("confidence", "temperature", "logit_noise", "harden"):
        if not DEGRADATIONS[name].idle(complete_controls(controls)):
            p, log_p = fused(name, p, noise, **controls)
            np.testing.assert_allclose(p.sum(axis=0), 1, atol=2e-6)
            assert (log_p <= 1e-6).all()


# Truth and extent


def test_the_rim_reaches_as_far_as_its_width():
    labels = np.zeros((21, 21, 21), np.uint8)
    labels[10, 10, 10] = 2
    found = apply("rim", labels, rim=3.0)
    np.testing.assert_array_equal(found, 2 * ball(3, labels.shape, (10, 10, 10)))
    assert (found > 0).sum() == BALLS[3]


def test_the_rim_belongs_to_the_nearest_object():
    labels = np.zeros((1, 1, 9), np.uint8)
    labels[..., 0], labels[..., 8] = 1, 2
    np.testing.assert_array_equal(apply("rim", labels, rim=3.0)[0, 0], [1, 1, 1, 1, 0, 2, 2, 2, 2])
    assert not apply("rim", np.zeros((2, 2, 2), np.uint8), classes=2, rim=3.0).any()


@pytest.mark.parametrize(
    ("margin", "expected"), [(2.0, (0, 2, 4)), (-3.0, (0, -3, -4)), (-1e4, (-1, -4, -4))]
)
def test_margins_are_whole_voxels_and_leave_some(margin, expected):
    grid, values = Grid((6.5, 1.0, 0.5), 2), complete_controls({"margin": margin})
    assert DEGRADATIONS["margin"].apply((4, 10, 9), grid, values) == expected


# All of them


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_degradation_is_idle_at_its_defaults(name):
    each, values = DEGRADATIONS[name], complete_controls({})
    assert each.idle(values)
    assert each.summary.endswith(".")
    assert each.strength
    for control in each.controls:
        assert control.meaning.endswith(".")
    for strength in each.strength:
        changed = {"harden": "argmax", "confusion": ((1.0, 0.0), (0.0, 1.0))}.get(strength, 0.9)
        changed = 1.0 if strength in ("blobs", "holes") else changed
        assert not each.idle(complete_controls({strength: changed}))


@pytest.mark.parametrize(
    "each", [each for each in DEGRADATIONS.values() if each.displacement], ids=lambda e: e.name
)
def test_what_declares_a_displacement_does_nothing_else(each):
    """Where nothing else acts on the scores, the engine reads this in place of `apply`."""
    grid = Grid((2.0, 1.0, 0.5), 2)
    idle = complete_controls({})
    values = {**idle, **dict.fromkeys(each.strength, 1.3)}
    assert each.acts_on == "scores"
    assert each.lead is None
    assert each.displacement(idle, grid).axes == ()
    score = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)
    labels = np.zeros((1, 2, 3), np.uint8)
    displacement = each.displacement(values, grid)
    given = displacement.planes((1, 2, 3), NO_PLANES)
    assert each.reach(labels, grid, values, NO_PLANES) == given
    np.testing.assert_array_equal(
        each.apply(score, labels, grid, values, given, NO_PLANES),
        displacement.apply(score, given, NO_PLANES),
    )


# Scales


@pytest.mark.parametrize(
    ("name", "controls", "expected"),
    [("holes", {"holes": 1, "hole_radius": 1.0}, 0), ("false_blobs", {"blobs": 1}, 1)],
)
def test_a_ball_larger_than_the_volume_fills_it(name, controls, expected):
    """A ball of 1 mm in a volume of 6 µm: it was a mask of 6 × 10¹¹ voxels."""
    labels = np.full((8, 20, 24), 1 - expected, np.uint8)
    controls = {"blob_radius": 1.0, "hole_radius": 1.0, **controls}
    found = apply(name, labels, (0.002, 0.00025, 0.00025), classes=2, **controls)
    np.testing.assert_array_equal(found, np.full(labels.shape, expected))


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 4, 5])
def test_a_ball_that_is_cut_is_the_part_of_it_in_the_volume(radius):
    shape = (3, 5, 4)
    labels = np.zeros(shape, np.uint8)
    labels[1, 2, 0] = 1
    found = apply("holes", labels, hole_radius=float(radius), holes=1)
    assert not found.any()
    everywhere = np.ones(shape, np.uint8)
    distance = np.zeros(shape)
    for seed in range(5):
        found = apply("holes", everywhere, hole_radius=float(radius), holes=1, hole_seed=seed)
        inside = np.argwhere(found == 0)
        # Some voxel is the middle of the ball: what is within the radius of it is missing.
        for centre in inside:
            axes = np.ogrid[tuple(slice(n) for n in shape)]
            distance = sum((a - c) ** 2 for a, c in zip(axes, centre, strict=True))
            if np.array_equal(distance <= radius**2, found == 0):
                break
        else:
            pytest.fail(f"no ball of radius {radius}")


@pytest.mark.parametrize("edge", [1e-6, 0.00025, 0.05, 8.0, 1000.0])
def test_the_defaults_err_by_as_many_voxels_at_every_scale(edge):
    """A volume with other voxels is the same prediction, if the lengths are those of its scale."""
    labels = np.zeros((24, 24, 24), np.uint8)
    labels[4:14, 5:15, 6:18] = 1
    size = VolumeSize((edge,) * 3, labels.shape)
    values = complete_controls({"blobs": 2, "holes": 1}, size)
    for name, radius in (("false_blobs", values["blob_radius"]), ("holes", values["hole_radius"])):
        found = DEGRADATIONS[name].apply(labels, Grid(size.spacing, 2), values)
        changed = int((found != labels).sum())
        # Between a ball of two and one of five voxels: as many as of 1 mm, whatever they measure.
        assert BALLS[1] <= changed <= 2 * BALLS[5]
        assert 1.0 <= radius / edge <= 4.0
