"""Phases, batches, margins and soft truth in the engine, with numbers from closed forms."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from lossexplorer import keras as ours
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps, Norms
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES, loss_named
from lossexplorer.predictions import CONTROLS, DEGRADATIONS, complete_controls
from tests import references
from tests.engine.small import SPACING, ask, setting, small_labels
from tests.engine.uncompiled import uncompiled

ISOTROPIC = (1.0, 1.0, 1.0)
FOREGROUND = {"include_background": False}

# Something of everything, of every phase.
EVERYTHING = {
    "missing": 0.2,
    "blobs": 2.0,
    "blob_radius": 1.0,
    "blob_distance": 2.0,
    "holes": 1.0,
    "hole_radius": 1.0,
    "swap": 0.1,
    "swap_to": 2,
    "rotate_z": 10.0,
    "scale": 1.1,
    "shift_x": 0.7,
    "grow": (0.0, 0.3, -0.2),
    "roughness": 0.4,
    "softness": 0.8,
    "blur": 0.5,
    "confusion": ((0.9, 0.1, 0.0), (0.1, 0.9, 0.0), (0.0, 0.2, 0.8)),
    "confidence": 0.99,
    "temperature": 1.5,
    "noise": 0.3,
    "rim": 1.0,
    "margin": 2.0,
}


def boxes(shape=(12, 14, 16)):
    labels = np.zeros(shape, np.uint8)
    labels[3:8, 4:9, 3:9] = 1
    return labels


def pipeline(*samples, classes=2, spacing=ISOTROPIC, predictions=None):
    names = tuple(f"class {index}" for index in range(classes))
    return Pipeline(Volume(np.stack(samples), names, spacing), predictions)


def value(made, name, controls=None, **parameters):
    (result,) = made.results([setting(name, **parameters)], complete_controls(controls or {}))
    return result.value


# Each phase is kept until what it depends on changes


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("name", DEGRADATIONS)
def test_a_control_moved_and_moved_back_gives_the_same_numbers(name):
    """What is kept of one state must not be taken for another one."""
    made = pipeline(small_labels(), classes=3, spacing=SPACING)
    soft = {"softness": 0.7, "confidence": 0.98}
    controls = [control.name for control in DEGRADATIONS[name].controls]
    changed = {each: EVERYTHING[each] for each in controls if each in EVERYTHING}
    changed = changed or {"harden": "argmax"}
    before, after = complete_controls(soft), complete_controls({**soft, **changed})
    fresh = pipeline(small_labels(), classes=3, spacing=SPACING)
    first, moved, again = made.sums(before), made.sums(after), made.sums(before)
    np.testing.assert_array_equal(first.prediction, again.prediction)
    np.testing.assert_array_equal(first.intersection, again.intersection)
    np.testing.assert_array_equal(moved.intersection, fresh.sums(after).intersection)
    different = [
        not np.array_equal(getattr(first, each), getattr(moved, each))
        for each in ("prediction", "truth", "voxels", "intersection")
    ]
    assert any(different)


def test_all_degradations_together_are_reproducible_and_finite():
    every = complete_controls(EVERYTHING)
    idle = [name for name, each in DEGRADATIONS.items() if each.idle(every)]
    assert idle == ["harden"]
    sums = [
        pipeline(small_labels(), classes=3, spacing=SPACING).sums(every, [setting("cross_entropy")])
        for _ in range(2)
    ]
    for first, second in zip(vars(sums[0]).values(), vars(sums[1]).values(), strict=True):
        if isinstance(first, np.ndarray):
            np.testing.assert_array_equal(first, second)
            assert np.isfinite(first).all()
    g, p, log_p = pipeline(small_labels(), classes=3, spacing=SPACING).fields(every)
    np.testing.assert_allclose(np.sum(p, axis=1), 1, atol=3e-6)
    np.testing.assert_allclose(np.sum(g, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(np.exp(log_p), p, atol=2e-6)


SEEDS = [name for name in CONTROLS if name.endswith("seed")]
RANDOM = {
    "missing_seed": {"missing": 0.5, "missing_order": "random"},
    "blob_seed": {"blobs": 2.0, "blob_radius": 0.0, "blob_distance": 1.0},
    "hole_seed": {"holes": 2.0, "hole_radius": 0.0},
    "swap_seed": {"swap": 0.3, "swap_where": "random"},
    "roughness_seed": {"roughness": 1.0, "softness": 1.0},
    "noise_seed": {"noise": 1.0, "softness": 1.0},
}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_random_control_has_a_seed(seed):
    made = pipeline(small_labels(), classes=3, spacing=SPACING)

    def intersection(number):
        fields = made.fields(complete_controls({**RANDOM[seed], seed: number}))
        return np.array(fields[1])

    first, second, again = intersection(1.0), intersection(2.0), intersection(1.0)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


FIELDS = [
    (name, control)
    for name, each in DEGRADATIONS.items()
    if each.noise is not None
    for control in each.controls
    if control.name not in each.strength
]


@pytest.mark.parametrize(("name", "control"), FIELDS, ids=lambda each: getattr(each, "name", each))
def test_a_random_field_is_made_anew_for_each_of_its_controls(name, control):
    made = pipeline(small_labels(), classes=3, spacing=SPACING)
    state = {"softness": 1.0, **dict.fromkeys(DEGRADATIONS[name].strength, 1.0)}
    with uncompiled():
        first, other, again = (
            made.sums(complete_controls({**state, control.name: value})).intersection
            for value in (control.default, control.default + 2.0, control.default)
        )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# Batches


def two():
    large, small = np.zeros((2, 8, 8, 8), np.uint8)
    large[1:7, 1:7, 1:7], small[3:5, 3:5, 3:5] = 1, 1
    return large, small


@pytest.mark.usefixtures("compilation")
def test_sample_and_batch_pooling_differ_visibly():
    """A shift by one voxel costs a small object much and a large one little: n = 6 and 2."""
    made = pipeline(*two())
    moved = {"shift_x": 1.0}
    of_samples = value(made, "dice", moved, **FOREGROUND)
    assert of_samples == pytest.approx((1 / 6 + 1 / 2) / 2, rel=1e-6)
    pooled = value(made, "dice", moved, pooling="batch", **FOREGROUND)
    assert pooled == pytest.approx(1 - (180 + 4) / (216 + 8), rel=1e-6)


def test_the_value_of_each_class_is_the_average_of_the_samples():
    (result,) = pipeline(*two()).results([setting("dice")], complete_controls({"shift_x": 1.0}))
    assert result.per_class[1] == pytest.approx((1 / 6 + 1 / 2) / 2, rel=1e-6)


def test_a_sample_without_the_class_is_named():
    large, empty = two()[0], np.zeros((8, 8, 8), np.uint8)
    (result,) = pipeline(large, empty).results([setting("dice")], complete_controls({}))
    assert np.isnan(result.value)
    assert "0 voxels in the truth of sample 1 and 0 in the prediction" in result.problems[0].text
    assert value(pipeline(large, empty), "dice", smooth=1.0) == pytest.approx(0, abs=1e-9)


POOLED = [
    ("dice", {"pooling": "sample"}),
    ("dice", {"pooling": "batch"}),
    ("focal", {}),
    ("lovasz_softmax", {"pooling": "sample"}),
    ("lovasz_softmax", {"pooling": "batch"}),
]


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize(("name", "parameters"), POOLED)
def test_the_gradient_of_a_batch_is_that_of_the_tape(name, parameters):
    # Noise, because equal errors could be sorted either way.
    controls = complete_controls({"softness": 1.5, "shift_y": 0.5, "noise": 0.3})
    samples = two()
    made = pipeline(*samples)
    _, p, _ = (np.moveaxis(np.array(field), 1, -1) for field in made.fields(controls))
    truth = tf.constant(references.one_hot(np.stack(samples), 2), tf.float64)
    with tf.GradientTape() as tape:
        z = tf.Variable(np.log(p), dtype=tf.float64)
        loss = getattr(ours, loss_named(name).class_name)(**parameters, dtype="float64")
        total = loss(truth, tf.nn.softmax(z))
    expected = np.array(tape.gradient(total, z))
    for sample in (0, 1):
        painted = MapRequest(name, 1, "logit", Plane(0, 4), sample)
        asked = ("v", controls, (setting(name, **parameters),))
        answer, normed = made.answers([Request(Maps(*asked, painted)), Request(Norms(*asked))])
        assert answer.losses[0].value == pytest.approx(float(total), rel=1e-5)
        np.testing.assert_allclose(
            answer.maps.gradient, expected[sample, 4, :, :, 1], rtol=2e-4, atol=1e-9
        )
    assert normed.losses[0].gradient_norm == pytest.approx(np.linalg.norm(expected), rel=1e-4)


@pytest.mark.slow
@settings(max_examples=8)
@given(seed=st.integers(0, 999), cuts=st.tuples(*[st.sampled_from([1, 2, 4])] * 3))
def test_pooled_over_the_batch_patches_give_the_value_of_the_whole(seed, cuts):
    """With a given prediction; a simulated one knows nothing beyond the patch."""
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, 3, (2, 8, 8, 8)).astype(np.uint8)

    def patches(array):
        return [
            corner
            for slab in np.split(array, cuts[0], 0)
            for row in np.split(slab, cuts[1], 1)
            for corner in np.split(row, cuts[2], 2)
        ]

    whole = pipeline(truth, classes=3, predictions=[predicted])
    cut = pipeline(*patches(truth), classes=3, predictions=patches(predicted))
    for name in ("dice", "tversky", "iou"):
        expected = value(whole, name, pooling="batch")
        assert value(cut, name, pooling="batch") == pytest.approx(expected, rel=1e-9)


# Given predictions


def test_probability_controls_act_on_a_given_prediction():
    logits = np.random.default_rng(3).normal(size=(2, 6, 6, 6))
    p = special.softmax(logits, axis=0).astype(np.float32)
    made = pipeline(boxes((6, 6, 6)), predictions=[p])
    _, q, log_q = made.fields(complete_controls({"temperature": 2.0, "confidence": 0.9}))
    mixed = 0.8 * p.astype(np.float64) + 0.1
    expected = special.softmax(np.log(mixed) / 2, axis=0)
    np.testing.assert_allclose(q[0], expected, rtol=1e-5)
    np.testing.assert_allclose(log_q[0], np.log(expected), rtol=1e-5)
    _, q, _ = made.fields(complete_controls({"harden": "argmax"}))
    np.testing.assert_array_equal(np.argmax(q[0], 0), p.argmax(0))
    assert set(np.unique(q)) == {0.0, 1.0}


def test_a_given_prediction_is_not_moved():
    p = special.softmax(np.random.default_rng(3).normal(size=(2, 6, 6, 6)), axis=0).astype("f4")
    made = pipeline(boxes((6, 6, 6)), predictions=[p])
    _, q, _ = made.fields(complete_controls({"shift_x": 2.0, "grow": 1.0, "softness": 3.0}))
    np.testing.assert_array_equal(q[0], p)


# Soft truth


@pytest.mark.parametrize(("widths", "rim"), [(5, 1.0), (9, 2.0), (3, 3.0)])
def test_the_volume_bias_of_dice(widths, rim):
    """Bertels 2019: Dice is indifferent to predicting the rim at p* = 1/(1 + √(1 + b/a))."""
    labels = np.zeros((20, 20, 20), np.uint8)
    start = (20 - widths) // 2
    labels[(slice(start, start + widths),) * 3] = 1
    made = pipeline(labels)
    core = widths**3
    rim_voxels = int(made.sums(complete_controls({"grow": rim})).prediction[0, 1]) - core
    assert rim_voxels > 0
    indifferent = 1 / (1 + math.sqrt(1 + rim_voxels / core))

    def losses(share):
        truth = {"rim": rim, "rim_share": share}
        return (
            value(made, "dice", truth, **FOREGROUND),
            value(made, "dice", {**truth, "grow": rim}, **FOREGROUND),
        )

    without, with_rim = losses(indifferent)
    assert without == pytest.approx(with_rim, abs=1e-6)
    assert np.diff(losses(indifferent - 0.05)) > 0  # below it, the rim is better left out
    assert np.diff(losses(indifferent + 0.05)) < 0


def test_soft_truth_is_summed():
    made = pipeline(boxes())
    sums = made.sums(complete_controls({"rim": 1.0, "rim_share": 0.25}))
    grown = made.sums(complete_controls({"grow": 1.0})).prediction[0, 1]
    assert sums.truth[0, 1] == pytest.approx(150 + 0.25 * (grown - 150), rel=1e-7)
    assert sums.truth.sum() == pytest.approx(boxes().size, rel=1e-7)


# Margins


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("margin", [3.0, -2.0])
def test_padding_and_cropping_change_some_losses_alone(margin):
    """Seghier 2024: background beyond the object is nothing to Dice of it, and much to the mean."""
    made = pipeline(boxes())
    controls = {"shift_x": 1.0, "confidence": 0.99}
    n = boxes().size
    m = math.prod(length + 2 * margin for length in boxes().shape)
    hard = {"shift_x": 1.0}
    assert value(made, "dice", {**hard, "margin": margin}, **FOREGROUND) == pytest.approx(1 / 6)
    wrong = 2 * 25
    expected = -((n - wrong) * math.log(0.99) + wrong * math.log(0.01)) / n
    assert value(made, "cross_entropy", controls) == pytest.approx(expected, rel=1e-6)
    expected = -((m - wrong) * math.log(0.99) + wrong * math.log(0.01)) / m
    found = value(made, "cross_entropy", {**controls, "margin": margin})
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("axis", range(3))
def test_what_is_painted_stays_in_its_place(axis):
    made = pipeline(boxes())
    controls = {"softness": 1.0, "shift_x": 1.0}
    painted = MapRequest("cross_entropy", 1, "logit", Plane(axis, 5))
    losses = [setting("cross_entropy")]
    whole = made.answer(ask(losses, painted, **controls)).maps
    n, shape = boxes().size, np.array(boxes().shape)
    padded = made.answer(ask(losses, painted, **controls, margin=3.0)).maps
    np.testing.assert_array_equal(padded.probability, whole.probability)
    np.testing.assert_allclose(
        padded.gradient * math.prod(shape + 6), whole.gradient * n, rtol=1e-5
    )
    cropped = made.answer(ask(losses, painted, **controls, margin=-2.0)).maps
    inner = (slice(2, -2),) * 2
    np.testing.assert_array_equal(cropped.probability[inner], whole.probability[inner])
    assert np.isnan(cropped.gradient).sum() == whole.gradient.size - whole.gradient[inner].size
    outside = MapRequest("cross_entropy", 1, "logit", Plane(axis, 1))
    blank = made.answer(ask(losses, outside, **controls, margin=-2.0)).maps
    assert blank.gradient.shape == made.answer(ask(losses, outside)).maps.gradient.shape
    assert np.isnan(blank.gradient).all()


def test_a_cropped_slice_is_no_problem_of_the_gradient():
    made = pipeline(boxes())
    painted = MapRequest("dice", 1, "logit", Plane(0, 5))
    found = made.answer(ask([setting("dice")], painted, softness=1.0, margin=-2.0)).maps
    assert found.problem == ""


# What enters, and what is absent

PADDING = 20


def three_boxes():
    """Objects that come near the border and do not reach it."""
    labels = np.zeros((10, 12, 14), np.uint8)
    labels[2:6, 2:7, 1:6], labels[5:9, 6:11, 6:12] = 1, 2
    return labels


@pytest.mark.parametrize(
    "shift",
    [
        {"shift_x": 0.1},
        {"shift_x": -7.3},
        {"shift_y": 5.0, "shift_x": 0.4},
        {"shift_z": 8.6, "shift_y": -9.2, "shift_x": 13.5},
        {"rotate_z": 30.0, "shift_x": 2.5},
    ],
    ids="-".join,
)
def test_a_moved_prediction_is_that_of_the_volume_padded_and_cropped(shift):
    controls = {"softness": 1.6, **shift}
    made = pipeline(three_boxes(), classes=3)
    padded = pipeline(np.pad(three_boxes(), PADDING), classes=3)
    with uncompiled():
        for name in ("cross_entropy", "dice"):
            found = value(made, name, controls)
            expected = value(padded, name, {**controls, "margin": -PADDING})
            assert found == pytest.approx(expected, rel=2e-6)


def at_the_border():
    """Objects that the border cuts."""
    labels = np.zeros((8, 20, 24), np.uint8)
    labels[:5, 3:9, :8], labels[2:, 12:, 10:20] = 1, 2
    return labels


@pytest.mark.parametrize("axis", "zyx")
def test_the_value_is_continuous_in_the_shift(axis):
    """A score changes by at most 1 mm per mm, so −log p by at most 2 mm per mm over the softness.

    The scores that entered were ±10⁴ mm: 0.5, 122, 850 for the sample nuclei at 0.9, 1 and 8.
    """
    made, softness, step = pipeline(at_the_border(), classes=3), 1.6, 0.25
    shifts = np.arange(-9.0, 9.0, step)
    with uncompiled():
        found = [
            value(made, "cross_entropy", {"softness": softness, f"shift_{axis}": shift})
            for shift in shifts
        ]
    assert np.all(np.isfinite(found))
    assert np.abs(np.diff(found)).max() <= 2 * step / softness


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("softness", [0.1, 1.0, 10.0])
def test_a_missed_class_is_certainly_not_predicted(softness):
    """Cross-entropy is infinite whatever the softness, and the sentence says where and why."""
    labels = three_boxes()
    made, missed = pipeline(labels, classes=3), int((labels > 0).sum())
    controls = {"softness": softness, "missing": 1.0, "shift_x": 0.7}
    (result,) = made.results([setting("cross_entropy")], complete_controls(controls))
    assert result.value == math.inf
    assert result.per_class[0] == 0
    texts = [each.text for each in result.problems]
    for index, text in enumerate(texts, start=1):
        count = int((labels == index).sum())
        assert text.startswith(f"class {index}: log 0 in {count} voxels, where the prediction")
        assert text.endswith("confidence = 0.999999 makes it finite.")
    assert len(texts) == 2
    cured = value(made, "cross_entropy", {**controls, "confidence": 1 - 1e-6})
    expected = (missed * math.log(5e-7) + (labels.size - missed) * math.log1p(-1e-6)) / labels.size
    assert cured == pytest.approx(-expected, rel=1e-6)


@pytest.mark.parametrize("controls", [{}, {"softness": 1.3}, {"softness": 1.3, "shift_y": 2.5}])
@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.kind != "field"])
def test_a_class_absent_from_truth_and_prediction_costs_what_it_costs_a_hard_prediction(
    name, controls
):
    """A class more, which nothing has: p = 0 and g = 0, and −log p does not count."""
    labels = at_the_border()
    every = complete_controls(controls)
    with uncompiled():
        found = pipeline(labels, classes=4).sums(every, [setting(name)])
        expected = pipeline(labels, classes=3).sums(every, [setting(name)])
    for key in ("intersection", "prediction", "truth", "squared_prediction"):
        table = getattr(found, key)
        assert table[0, 3] == 0
        np.testing.assert_allclose(table[:, :3], getattr(expected, key), rtol=1e-6)
    for key, table in found.own.items():
        assert table[0, 3] == 0
        np.testing.assert_allclose(table[:, :3], expected.own[key], rtol=1e-5)


def test_the_gradient_of_an_absent_class_is_0_and_the_others_are_finite():
    made = pipeline(at_the_border(), classes=4)
    controls = complete_controls({"softness": 1.3, "shift_x": 1.5})
    chosen = (setting("cross_entropy"),)
    asked = ("v", controls, chosen)
    for index in (3, 1):
        painted = MapRequest("cross_entropy", index, "logit", Plane(0, 3), 0)
        answer = made.answer(Request(Maps(*asked, painted)))
        assert np.isfinite(answer.maps.gradient).all()
        assert answer.maps.gradient.any() == (index == 1)
        assert answer.maps.problem == ""
    (normed,) = made.answers([Request(Norms(*asked))])
    assert 0 < normed.losses[0].gradient_norm < math.inf


# What does not fit


def test_a_control_that_does_not_fit_the_classes_is_said():
    made = pipeline(small_labels(), classes=3, spacing=SPACING)
    wrong = complete_controls({"confusion": ((1.0, 0.0), (0.0, 1.0))})
    with pytest.raises(ParameterError, match="table of 3 rows"):
        made.sums(wrong)
    assert np.isfinite(made.sums(complete_controls({})).truth).all()
