"""The pipeline, in this process: known numbers, float64 references, caches, fields."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lossexplorer.engine import pipeline as module
from lossexplorer.engine import values
from lossexplorer.engine.limits import MAX_SCORE_BYTES, TooLargeError, check_size
from lossexplorer.engine.messages import (
    TOTAL,
    Answer,
    FieldRequest,
    LossSetting,
    Plane,
    Request,
)
from lossexplorer.engine.pipeline import Pipeline, Volume, given_sums, sum_over_voxels
from lossexplorer.losses import LOSSES, Sums, gradient_field, loss_named
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes import open_volume
from tests import references


def setting(name, weight=1.0, **given):
    return LossSetting(name, loss_named(name).complete(given), weight)


DEFAULTS = tuple(setting(name) for name in LOSSES)


def ask(losses=DEFAULTS, painted=None, **controls):
    return Request("v", complete_controls(controls), tuple(losses), painted)


def named(answer: Answer):
    return {result.name: result for result in answer.losses}


def of_sample(name):
    opened = open_volume(f"sample:{name}")
    return Pipeline(Volume(opened.labels, tuple(c.name for c in opened.classes), opened.spacing))


@pytest.fixture(scope="module")
def tumour():
    return of_sample("tumour")


SHAPE = (7, 9, 11)
SPACING = (2.0, 0.75, 1.25)
NAMES = ("background", "liver", "vessel", "gone")


def small_labels():
    rng = np.random.default_rng(21)
    field = ndimage.gaussian_filter(rng.normal(size=(3, *SHAPE)), (0, 1, 1, 1))
    field[0] += 0.05
    return field.argmax(axis=0).astype(np.uint8)


@pytest.fixture(scope="module")
def small():
    """Three classes and an absent one, on an anisotropic grid."""
    return Pipeline(Volume(small_labels(), NAMES, SPACING))


@pytest.fixture(scope="module")
def present():
    """The same without the absent class."""
    return Pipeline(Volume(small_labels(), NAMES[:3], SPACING))


# Known numbers


def test_the_tumour_shifted_by_one_voxel(tumour):
    """facts/field.md 0.10: D = 0.949 in x, 0.503 in z; here the loss to six digits."""
    edges = dict(zip("zyx", tumour.volume.spacing, strict=True))
    losses = (setting("dice"), setting("dice", include_background=False))
    result, foreground = tumour.answer(ask(losses, shift_x=edges["x"])).losses
    assert result.value == pytest.approx(0.025324, abs=5e-7)
    assert foreground.value == pytest.approx(0.050520, abs=5e-7)
    assert result.per_class[1] == foreground.value
    assert foreground.per_class == (None, foreground.value)
    assert 1 - foreground.value == pytest.approx(0.949, abs=5e-4)
    _, foreground = tumour.answer(ask(losses, shift_z=edges["z"])).losses
    assert 1 - foreground.value == pytest.approx(0.503, abs=5e-4)


def test_background_haze_in_the_nodule():
    """facts/field.md 0.7: 837 of 12.6 million voxels, confidence .99: Dice 0.0130, CE 0.01005."""
    nodule = of_sample("nodule")
    for confidence, dice in ((0.99, 0.0129995), (0.999, 0.117313)):
        answer = nodule.answer(
            ask(
                (setting("dice", include_background=False), setting("cross_entropy")),
                confidence=confidence,
            )
        )
        found = named(answer)
        assert 1 - found["dice"].value == pytest.approx(dice, rel=5e-6)
        assert found["cross_entropy"].value == pytest.approx(-np.log(confidence), rel=1e-6)


def test_background_haze_in_the_tumour(tumour):
    for confidence, dice in ((0.9, 0.0434745), (0.99, 0.333313), (0.999, 0.834574)):
        answer = tumour.answer(
            ask((setting("dice", include_background=False),), confidence=confidence)
        )
        assert 1 - answer.losses[0].value == pytest.approx(dice, rel=5e-6)


def test_no_control_moved_costs_nothing(tumour):
    answer = tumour.answer(ask())
    assert [result.value for result in answer.losses] == pytest.approx([0] * 5, abs=1e-12)
    assert not any(result.problems for result in answer.losses)
    assert answer.total == pytest.approx(0, abs=1e-12)


# Sums


def reference_sums(controls):
    """The whole way from labels to sums in float64, with scipy's distances."""
    labels = small_labels()
    classes = len(NAMES) - 1
    scores = []
    for index in range(classes):
        member = labels == index
        inside, outside = (
            ndimage.distance_transform_edt(part, sampling=SPACING) for part in (member, ~member)
        )
        scores.append((inside - outside) / 2)
    scores = np.stack(scores)
    for axis, name in enumerate(("shift_z", "shift_y", "shift_x"), start=1):
        voxels = controls[name] / SPACING[axis - 1]
        whole = int(np.floor(voxels))
        far = np.array([1e4] + [-1e4] * (classes - 1))[:, None, None]
        planes, size = np.moveaxis(scores, axis, 0), scores.shape[axis]
        moved = np.empty_like(planes)
        for to in range(size):
            near, further = (
                planes[to - step] if 0 <= to - step < size else None for step in (whole, whole + 1)
            )
            # A plane is blended with background as far beyond the border as it lies inside.
            if voxels != whole and near is None and further is not None:
                near = np.sign(far) * abs(further)
            elif voxels != whole and further is None and near is not None:
                further = np.sign(far) * abs(near)
            near = far if near is None else near
            further = far if further is None else further
            moved[to] = (1 - (voxels - whole)) * near + (voxels - whole) * further
        scores = np.moveaxis(moved, 0, axis)
    scores[0] -= controls["grow"]
    logits = scores / controls["softness"]
    ordered = np.sort(logits, axis=0)
    # log softmax of the best score from the others alone: 1 + 1e-20 is 1.
    below = np.exp(ordered[:-1] - ordered[-1]).sum(axis=0)
    log_p = logits - ordered[-1] - np.log1p(below)
    confidence = controls["confidence"]
    p = np.exp(log_p)
    if confidence < 1:
        rest = (1 - confidence) / (classes - 1)
        missing = (1 - confidence) - (confidence - rest) * np.expm1(log_p)
        p = (confidence - rest) * p + rest
        log_p = np.where(p > 0.5, np.log1p(-np.where(p > 0.5, missing, 0)), np.log(p))
    g = labels == np.arange(classes)[:, None, None, None]
    fields = (p * g, p, g * 1.0, p * p, np.where(g, -log_p, 0), np.ones_like(p))
    return [field.sum(axis=(1, 2, 3)) for field in fields]


# Shares of a voxel below 1e-6 count as none.
lengths = st.integers(-300, 300).map(lambda hundredths: hundredths / 100)
log_scale = st.floats(-1, 1.3).map(lambda exponent: 10**exponent)
nearly_one = st.one_of(st.just(1.0), st.floats(-6, -0.31).map(lambda e: 1 - 10**e))


@given(
    controls=st.fixed_dictionaries(
        {
            "shift_x": lengths,
            "shift_y": lengths,
            "shift_z": lengths,
            "grow": lengths,
            "softness": log_scale,
            "confidence": nearly_one,
        }
    )
)
@settings(deadline=None, max_examples=40)
def test_sums_are_those_of_float64(present, controls):
    expected = reference_sums(controls)
    # Scores are float32 lengths of up to 4 mm, and what is far is exp of them over the softness.
    tolerance = 1e-6 + 4 * np.finfo("f4").eps / controls["softness"]
    found = present.sums(complete_controls(controls))
    for mine, exact in zip(vars(found).values(), expected, strict=True):
        assert mine.shape == (1, 3)
        assert mine.dtype == np.float64
        np.testing.assert_allclose(mine[0], exact, rtol=tolerance, atol=1e-30)


@pytest.mark.parametrize("row", [1, 11, 512, 4096])
def test_a_sum_over_voxels(row):
    rng = np.random.default_rng(3)
    field = rng.random((3, 40 * row), dtype="f4")
    compiled = tf.function(lambda x: sum_over_voxels(x, row), jit_compile=True)
    found = compiled(field)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found, field.sum(axis=1, dtype="f8")[None], rtol=1e-6)


def test_a_sum_over_52_million_voxels_under_xla():
    """1e-6 at 512 × 512 × 200, where one running float32 total is percents off."""
    count = 200 * 512 * 512
    field = tf.fill((1, count), np.float32(0.3))
    exact = count * float(np.float32(0.3))
    ours = tf.function(lambda x: sum_over_voxels(x, 512), jit_compile=True)
    assert float(ours(field)[0, 0]) == pytest.approx(exact, rel=1e-6)
    # What XLA makes of a plain sum depends on its version; TensorFlow 2.21 runs one total.
    running = np.cumsum(np.full(count, 0.3, "f4"), dtype="f4")[-1]
    assert abs(float(running) / exact - 1) > 0.01


@pytest.mark.parametrize("slab", [1, 100, 250, 300])
def test_the_sums_do_not_depend_on_the_slabs(monkeypatch, present, slab):
    monkeypatch.setattr(module, "_SLAB", slab)
    sliced = Pipeline(present.volume)
    controls = complete_controls({"softness": 1.1, "shift_z": 0.7, "confidence": 0.97})
    for mine, whole in zip(
        vars(sliced.sums(controls)).values(), vars(present.sums(controls)).values(), strict=True
    ):
        np.testing.assert_allclose(mine, whole, rtol=1e-6)


# What is computed anew


@pytest.fixture
def counted(monkeypatch, present):
    """Counts the steps from scores to sums."""
    calls = []
    original = module._step

    def counting(*arguments):
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(module, "_step", counting)
    present.answer(ask(softness=0.37))
    calls.clear()
    return calls


def test_a_loss_parameter_sums_nothing_again(counted, present):
    before = named(present.answer(ask(softness=0.37)))
    for alpha in (0.1, 0.5, 0.9):
        after = present.answer(ask([setting("tversky", alpha=alpha)], softness=0.37))
        assert after.losses[0].value != before["tversky"].value
    present.answer(ask([setting("dice", weight=0.2, pooling="all")], softness=0.37))
    assert not counted


def test_a_plane_sums_nothing_again(counted, present):
    for index in range(3):
        for axis in range(3):
            painted = FieldRequest("dice", 1, "logit", Plane(axis, index))
            present.answer(ask(painted=painted, softness=0.37))
    assert not counted


def test_a_control_sums_again(counted, present):
    present.answer(ask(softness=0.38))
    assert len(counted) == 1


def test_moving_sliders_compiles_nothing(present):
    """Tracing takes a hundred times as long as computing."""
    step = module._step(SHAPE[-1], min(SPACING))
    painted = FieldRequest(TOTAL, 1, "logit", Plane(0, 3))

    def move(amount):
        moved = [
            setting("dice", smooth=amount),
            setting("generalized_dice", eps=amount, smooth=amount),
            setting("tversky", alpha=amount, beta=2 * amount),
            setting("iou", eps=amount),
            setting("cross_entropy", weight=amount),
        ]
        for softness in (0.0, amount):
            present.answer(
                ask(moved, painted, softness=softness, grow=amount, confidence=1 - amount / 3,
                    shift_x=amount, shift_z=-amount)
            )  # fmt: skip

    move(0.3)
    functions = {
        name: values._function(
            name,
            tuple((k, v) for k, v in loss.complete({}).items() if not isinstance(v, float)),
            tuple(k for k, v in loss.complete({}).items() if isinstance(v, float)),
        )
        for name, loss in LOSSES.items()
    }
    compiled = [step, *functions.values()]
    before = [function.experimental_get_tracing_count() for function in compiled]
    assert all(before)
    for amount in (0.1, 0.4, 1.0):
        move(amount)
    assert [function.experimental_get_tracing_count() for function in compiled] == before


# Fields


SOFT = {"softness": 0.9, "shift_y": 0.5, "grow": 0.2, "confidence": 0.98}


@pytest.mark.parametrize("wrt", ["probability", "logit"])
@pytest.mark.parametrize("loss", [*LOSSES, TOTAL])
def test_planes_are_slices_of_the_volume(present, loss, wrt):
    losses = [setting(name, weight) for name, weight in zip(LOSSES, (1, 0.5, 2, 0, 3), strict=True)]
    whole = present.answer(ask(losses, FieldRequest(loss, 2, wrt, None), **SOFT)).fields
    assert whole.probability.shape == whole.decided.shape == whole.gradient.shape == SHAPE
    assert whole.gradient.any() or LOSSES.get(loss) is None
    for axis in range(3):
        for index in (0, 4, SHAPE[axis] - 1):
            painted = FieldRequest(loss, 2, wrt, Plane(axis, index))
            plane = present.answer(ask(losses, painted, **SOFT)).fields
            assert plane.request == painted
            assert plane.problem == ""
            for part in ("probability", "decided", "gradient"):
                np.testing.assert_allclose(
                    getattr(plane, part), getattr(whole, part).take(index, axis), rtol=1e-6
                )


def test_fields_have_their_types_and_meaning(present):
    fields = present.answer(ask(painted=FieldRequest("dice", 1, "logit", None), **SOFT)).fields
    assert fields.probability.dtype == fields.gradient.dtype == np.float32
    assert fields.decided.dtype == present.volume.labels.dtype
    others = [
        present.answer(ask(painted=FieldRequest("dice", c, "logit", None), **SOFT)).fields
        for c in range(3)
    ]
    stack = np.stack([other.probability for other in others])
    np.testing.assert_allclose(stack.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_array_equal(stack.argmax(axis=0), fields.decided)
    # The logits' gradients of all classes add up to nothing: adding to all logits changes nothing.
    total = np.sum([other.gradient for other in others], axis=0)
    assert abs(total).max() < 1e-6 * abs(fields.gradient).max()


@pytest.mark.parametrize("wrt", ["probability", "logit"])
@pytest.mark.parametrize("name", LOSSES)
def test_the_painted_gradient_is_the_tape_of_the_reference(present, name, wrt):
    shown = [
        present.answer(ask([setting(name)], FieldRequest(name, c, wrt, None), **SOFT)).fields
        for c in range(3)
    ]
    p = np.stack([fields.probability for fields in shown], axis=-1)[None].astype("f8")
    g = references.one_hot(present.volume.labels, 3)[None]
    x = tf.constant(np.log(p) if wrt == "logit" else p)
    with tf.GradientTape() as tape:
        tape.watch(x)
        prediction = tf.nn.softmax(x) if wrt == "logit" else x
        value = references.loss(
            name, LOSSES[name].complete({}), tf.constant(g), prediction, tf.experimental.numpy
        )
    expected = tape.gradient(value, x).numpy()[0]
    found = np.stack([fields.gradient for fields in shown], axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * abs(expected).max())


def test_the_total_s_gradient_is_the_weighted_sum(present):
    weights = dict(zip(LOSSES, (1.0, 0.5, 2.0, 0.0, 0.25), strict=True))
    losses = [setting(name, weight) for name, weight in weights.items()]

    def painted(loss):
        request = FieldRequest(loss, 1, "probability", Plane(0, 3))
        return present.answer(ask(losses, request, **SOFT)).fields.gradient

    expected = sum(weight * painted(name).astype("f8") for name, weight in weights.items())
    np.testing.assert_allclose(painted(TOTAL), expected, rtol=1e-5, atol=1e-9)


def test_the_total_is_the_weighted_sum(present):
    losses = [setting(name, weight) for name, weight in zip(LOSSES, (1, 0.5, 2, 0, 3), strict=True)]
    answer = present.answer(ask(losses, **SOFT))
    assert answer.total == pytest.approx(sum(r.weight * r.value for r in answer.losses), rel=1e-12)
    assert present.answer(ask([], **SOFT)).total == 0


# What is not finite


def test_an_absent_class_is_said_with_operation_and_cure(small):
    found = named(small.answer(ask()))
    for name in ("dice", "tversky"):
        result = found[name]
        assert np.isnan(result.value)
        assert [np.isnan(term) for term in result.per_class] == [False, False, False, True]
        (sentence,) = result.problems
        assert sentence.startswith("gone: 0/0, with 0 voxels in the truth")
        assert "smooth" in sentence
    for name in ("generalized_dice", "iou", "cross_entropy"):
        assert found[name].value == pytest.approx(0, abs=1e-12)
        assert not found[name].problems


@pytest.mark.parametrize("name", ["dice", "tversky"])
def test_the_cure_of_0_over_0_cures(small, name):
    assert "smooth above 0, such as 1e-5" in LOSSES[name].cure
    (result,) = small.answer(ask([setting(name, smooth=1e-5)])).losses
    assert result.value == pytest.approx(0, abs=1e-9)
    assert not result.problems


def test_iou_without_eps_is_0_over_0_and_eps_cures_it(small):
    (result,) = small.answer(ask([setting("iou", eps=0.0)])).losses
    assert np.isnan(result.value)
    assert "gone" in result.problems[0]
    assert "eps above 0, such as 1e-6" in result.problems[0]
    (cured,) = small.answer(ask([setting("iou", eps=1e-6)])).losses
    assert np.isfinite(cured.value)


@pytest.mark.parametrize("cure", [{"eps": 1e-5}, {"eps": 0.0, "absent": "ignore"}])
def test_generalized_dice_without_eps_and_its_cures(small, cure):
    (result,) = small.answer(ask([setting("generalized_dice", eps=0.0)])).losses
    assert np.isnan(result.value)
    assert any("gone" in sentence for sentence in result.problems)
    assert all("eps above 0, such as 1e-5, or absent = ignore" in s for s in result.problems)
    (cured,) = small.answer(ask([setting("generalized_dice", **cure)])).losses
    assert cured.value == pytest.approx(0, abs=1e-12)
    assert not cured.problems


def test_generalized_dice_names_the_class_whose_weight_is_infinite(small):
    """Its NaN spreads to every class, but only one is absent."""
    (result,) = small.answer(ask([setting("generalized_dice", eps=0.0)])).losses
    assert len(result.problems) == 1
    assert "gone" in result.problems[0]


def test_tversky_without_a_weight_on_what_is_missed(small):
    """A class that is wholly missed is 0/0 with β = 0: a cure of the smooth, too."""
    shifted = {"shift_x": 1000.0}
    (result,) = small.answer(ask([setting("tversky", beta=0.0)], **shifted)).losses
    blamed = {sentence.partition(":")[0] for sentence in result.problems}
    assert blamed == {"liver", "vessel", "gone"}
    (cured,) = small.answer(ask([setting("tversky", beta=0.0, smooth=1e-5)], **shifted)).losses
    assert np.isfinite(cured.value)


def test_one_ratio_of_all_classes_has_no_class_to_blame(small):
    (result,) = small.answer(ask([setting("dice", pooling="all")])).losses
    assert result.per_class == (None,) * 4
    assert result.value == pytest.approx(0, abs=1e-12)


def test_a_certain_mistake_is_infinite_in_the_cross_entropy(present):
    shifted = {"shift_x": 2 * SPACING[2]}
    (result,) = present.answer(ask([setting("cross_entropy")], **shifted)).losses
    assert result.value == np.inf
    assert result.problems
    assert all("log 0" in sentence for sentence in result.problems)
    assert any(sentence.startswith("liver: ") for sentence in result.problems)
    for cure in ({"confidence": 0.99}, {"softness": 0.5}):
        (cured,) = present.answer(ask([setting("cross_entropy")], **shifted, **cure)).losses
        assert np.isfinite(cured.value)
        assert not cured.problems


def test_where_the_field_is_not_finite_is_said(small, present):
    painted = FieldRequest("dice", 3, "probability", Plane(0, 2))
    fields = small.answer(ask(painted=painted)).fields
    assert np.isnan(fields.gradient).all()
    assert fields.problem == (
        f"The gradient of Dice is undefined (0/0) in {SHAPE[1] * SHAPE[2]} of the voxels shown."
    )
    painted = FieldRequest("cross_entropy", 1, "probability", Plane(0, 2))
    fields = present.answer(ask(painted=painted, shift_x=2 * SPACING[2])).fields
    truth = present.volume.labels[2] == 1
    infinite = np.isinf(fields.gradient)
    np.testing.assert_array_equal(infinite, truth & (fields.decided != 1))
    assert fields.problem == (
        f"The gradient of Cross-entropy is infinite in {infinite.sum()} of the voxels shown."
    )


def test_a_hard_mistake_leaves_the_gradient_of_a_region_loss_finite(present):
    for name in ("dice", "generalized_dice", "tversky", "iou"):
        painted = FieldRequest(name, 1, "probability", None)
        fields = present.answer(ask(painted=painted, shift_x=2 * SPACING[2])).fields
        assert np.isfinite(fields.gradient).all()
        assert fields.problem == ""


def test_a_loss_without_weight_takes_no_part_in_the_total(small):
    losses = [setting("dice", 0.0), setting("iou", 2.0), setting("cross_entropy", 1.0)]
    painted = FieldRequest(TOTAL, 1, "probability", Plane(0, 2))
    answer = small.answer(ask(losses, painted, softness=1.0))
    without = small.answer(ask(losses[1:], painted, softness=1.0))
    assert (
        answer.total
        == without.total
        == pytest.approx(
            2 * named(answer)["iou"].value + named(answer)["cross_entropy"].value, rel=1e-12
        )
    )
    hard = small.answer(ask(losses))
    assert np.isnan(named(hard)["dice"].value)
    assert np.isfinite(hard.total)
    np.testing.assert_array_equal(answer.fields.gradient, without.fields.gradient)
    (nan,) = small.answer(ask([setting("dice", 1.0)])).losses
    assert np.isnan(values.total([nan, named(hard)["iou"]]))


# Predictions from files


def test_given_labels_are_the_simulated_hard_prediction(present):
    shifted = {"shift_y": SPACING[1]}
    painted = FieldRequest("dice", 1, "logit", None)
    decided = present.answer(ask(painted=painted, **shifted)).fields.decided
    expected = present.sums(complete_controls(shifted))
    found = given_sums(present.volume, decided)
    for field in dataclasses.fields(Sums):
        mine, theirs = getattr(found, field.name), getattr(expected, field.name)
        assert mine.shape == theirs.shape == (1, 3)
        np.testing.assert_array_equal(mine, theirs)


def test_given_labels_that_are_the_truth_are_perfect(present):
    found = given_sums(present.volume, present.volume.labels)
    np.testing.assert_array_equal(found.negative_log, 0)
    results = [values.evaluate(s, found, list(NAMES[:3])).result for s in DEFAULTS]
    assert [result.value for result in results] == pytest.approx([0] * 5, abs=1e-12)


@pytest.mark.parametrize("controls", [SOFT, {}, {"shift_x": 2.5}], ids=["soft", "truth", "hard"])
def test_given_probabilities_are_the_simulated_prediction(present, controls):
    shown = [
        present.answer(ask(painted=FieldRequest("dice", c, "logit", None), **controls)).fields
        for c in range(3)
    ]
    found = given_sums(present.volume, np.stack([fields.probability for fields in shown]))
    expected = present.sums(complete_controls(controls))
    for mine, theirs in zip(vars(found).values(), vars(expected).values(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


# Edges


def test_a_volume_of_one_class():
    lonely = Pipeline(Volume(np.zeros((2, 3, 4), np.uint8), ("background",), (1.0, 1.0, 1.0)))
    answer = lonely.answer(ask(painted=FieldRequest("dice", 0, "probability", Plane(0, 1))))
    assert [result.value for result in answer.losses] == pytest.approx([0] * 5, abs=1e-12)
    np.testing.assert_array_equal(answer.fields.probability, 1)


def test_more_than_256_classes():
    labels = np.arange(300, dtype=np.uint16).reshape(3, 10, 10)
    many = Pipeline(Volume(labels, tuple(map(str, range(300))), (1.0, 1.0, 1.0)))
    painted = FieldRequest("dice", 299, "logit", None)
    answer = many.answer(ask(painted=painted, softness=0.3))
    np.testing.assert_array_equal(answer.fields.decided, labels)
    assert answer.fields.decided.dtype == np.uint16
    assert 0 < named(answer)["dice"].value < 1


def test_what_would_not_fit_is_refused_before_anything_is_allocated():
    fits = MAX_SCORE_BYTES // 4  # of one float32 each
    check_size(fits, 1)
    check_size(fits // 2, 2)
    with pytest.raises(TooLargeError, match=f"1 classes of {fits + 1:,} voxels need"):
        check_size(fits + 1, 1)
    with pytest.raises(TooLargeError, match=r"200 classes of 52,428,800 voxels need 39\.1 GiB"):
        check_size(512 * 512 * 200, 200)
    huge = np.broadcast_to(np.uint8(0), (2000, 2000, 2000))
    with pytest.raises(TooLargeError, match="If this is an intensity image"):
        Pipeline(Volume(huge, ("a", "b"), (1.0, 1.0, 1.0)))


def test_the_engine_computes_with_tensorflow():
    assert keras.backend.backend() == "tensorflow"
    assert gradient_field.__module__ == "lossexplorer.losses._gradient"
