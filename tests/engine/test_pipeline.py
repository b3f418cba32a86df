"""The pipeline, in this process: known numbers, float64 references, caches, edges."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lossexplorer.engine import slice_fields, values
from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.messages import TOTAL, MapRequest, Plane
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step import rows, summing
from lossexplorer.engine.step.chunks import in_chunks, numbered
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import SUM_NAMES
from lossexplorer.predictions import complete_controls
from tests.engine.small import (
    DEFAULTS,
    NAMES,
    SOFT,
    SPACING,
    ask,
    named,
    of_sample,
    setting,
    small_labels,
)
from tests.engine.uncompiled import uncompiled


@pytest.fixture(scope="module")
def tumour():
    return of_sample("tumour")


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
    # The class of the nearest voxel, 5 voxels beyond every side: no shift reaches farther.
    axes = [np.arange(-5, length + 5).clip(0, length - 1) for length in labels.shape]
    continued = labels[np.ix_(*axes)]
    scores = []
    for index in range(classes):
        member = continued == index
        inside, outside = (
            ndimage.distance_transform_edt(side, sampling=SPACING) for side in (member, ~member)
        )
        scores.append((inside - outside) / 2)
    scores = np.stack(scores)
    for axis, name in enumerate(("shift_z", "shift_y", "shift_x"), start=1):
        voxels = controls[name] / SPACING[axis - 1]
        whole = int(np.floor(voxels))
        near, further = (np.roll(scores, step, axis) for step in (whole, whole + 1))
        scores = (1 - (voxels - whole)) * near + (voxels - whole) * further
    scores = scores[:, 5:-5, 5:-5, 5:-5]
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
    surprise = np.where(g, -log_p, 0)
    focus = -np.expm1(np.where(g, log_p, 0))
    fields = {
        "intersection": p * g,
        "prediction": p,
        "truth": g * 1.0,
        "squared_prediction": p * p,
        "voxels": np.ones_like(p),
        "cross_entropy": surprise,
        "focal": focus**2 * surprise,
    }
    return {name: field.sum(axis=(1, 2, 3)) for name, field in fields.items()}


def assert_sums_close(found, expected, rtol=1e-6):
    for name in SUM_NAMES:
        assert getattr(found, name).shape == getattr(expected, name).shape
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=rtol)
    assert found.own.keys() == expected.own.keys()
    for name, table in found.own.items():
        np.testing.assert_allclose(table, expected.own[name], rtol=rtol)


# Shares of a voxel below 1e-6 count as none.
lengths = st.integers(-300, 300).map(lambda hundredths: hundredths / 100)
log_scale = st.floats(-1, 1.3).map(lambda exponent: 10**exponent)
nearly_one = st.one_of(st.just(1.0), st.floats(-6, -0.31).map(lambda e: 1 - 10**e))


states = st.fixed_dictionaries(
    {
        "shift_x": lengths,
        "shift_y": lengths,
        "shift_z": lengths,
        "grow": lengths,
        "softness": log_scale,
        "confidence": nearly_one,
    }
)


@given(controls=states)
@settings(max_examples=15)
def test_sums_are_those_of_float64(present, controls):
    with uncompiled():
        assert_sums_are_those_of_float64(present, controls)


def test_a_weight_alone_is_not_kept_from_the_former_question(present):
    """Of Dice with λ = 1 and then 3 nothing is computed anew, but the weight and the total."""
    first, second = (
        present.answer(ask([setting("dice", weight)], softness=0.7)) for weight in (1.0, 3.0)
    )
    assert [answer.losses[0].weight for answer in (first, second)] == [1.0, 3.0]
    assert second.losses[0].value == first.losses[0].value
    assert second.total == pytest.approx(3 * first.losses[0].value, rel=1e-12)


STATE = {"shift_x": -1.3, "shift_y": 0.6, "shift_z": 2.2, "grow": 0.4, "softness": 0.7}


@pytest.mark.parametrize("confidence", [1.0, 0.93])
def test_compiled_sums_are_those_of_float64(present, confidence):
    assert_sums_are_those_of_float64(present, {**STATE, "confidence": confidence})


@pytest.mark.slow
@given(controls=states)
@settings(max_examples=15)
def test_compiled_sums_of_any_state_are_those_of_float64(present, controls):
    assert_sums_are_those_of_float64(present, controls)


def assert_sums_are_those_of_float64(present, controls):
    expected = reference_sums(controls)
    # Scores are float32 lengths of up to 4 mm, and what is far is exp of them over the softness.
    tolerance = 1e-6 + 4 * np.finfo("f4").eps / controls["softness"]
    for name in ("cross_entropy", "focal"):
        found = present.sums(complete_controls(controls), [setting(name)])
        tables = {n: getattr(found, n) for n in SUM_NAMES} | {name: found.own["positive"]}
        for key, mine in tables.items():
            assert mine.shape == (1, 3)
            assert mine.dtype == np.float64
            # 1 − p is what float32 keeps of it.
            slack = 2e-7 * present.volume.labels.size if key == "focal" else 1e-30
            np.testing.assert_allclose(mine[0], expected[key], rtol=tolerance, atol=slack)


def sums_of_powers(field, weights, count):
    """What the engine makes of rows of voxels (k, row, 32) and of their powers up to one."""
    chunk = rows.chunk_rows(len(field))
    tensors = dict(numbered(np.arange(len(weights)), weights, chunk, len(weights)).tensors)
    del tensors["index"]  # all rows, as they lie
    length = tensors["row_weights"].shape[0] + chunk
    padded = tf.pad(field, ((0, 0), (0, length - len(weights)), (0, 0)))

    @tf.function(jit_compile=True)
    def function(voxels, tensors):
        def powers(taken):
            every = [taken["basis"] ** (k + 1) for k in range(count)]
            return [every[:3], *([each] for each in every[3:])]

        return in_chunks(voxels, tensors, powers, (count, len(field)))

    return function({"basis": padded}, tensors).numpy()


@pytest.mark.parametrize("rows_there", [40, 5000])
def test_sums_of_weighted_rows(rows_there):
    """Of fields that are summed in one pass and of one in its own, in one chunk and in several."""
    rng = np.random.default_rng(3)
    field, weights = rng.random((3, rows_there, 32), dtype="f4"), rng.random(rows_there)
    weights[7], field[:, 7] = 0, np.inf  # what does not count is not looked at
    counted, left = np.delete(field, 7, axis=1).astype("f8"), np.delete(weights, 7)
    expected = [(counted ** (k + 1) * left[:, None]).sum(axis=(1, 2)) for k in range(4)]
    found = sums_of_powers(field, weights, 4)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_sum_over_52_million_voxels_under_xla():
    """1e-6 at 512 × 512 × 200, where one running float32 total is percents off."""
    count = 200 * 512 * 512
    field = tf.fill((1, count // 32, 32), np.float32(0.3))
    exact = count * float(np.float32(0.3))
    ((found,),) = sums_of_powers(field, np.ones(count // 32), 1)
    assert found == pytest.approx(exact, rel=1e-6)
    # What XLA makes of a plain sum depends on its version; TensorFlow 2.21 runs one total.
    running = np.cumsum(np.full(count, 0.3, "f4"), dtype="f4")[-1]
    assert abs(float(running) / exact - 1) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("elements", [1, 1000, 2000, 10**6])
def test_the_sums_do_not_depend_on_the_chunks(monkeypatch, present, elements):
    summing._sums.cache.clear()
    monkeypatch.setattr(rows, "_CHUNK", elements)
    controls = complete_controls({"softness": 1.1, "shift_z": 0.7, "confidence": 0.97})
    chosen = [setting("focal")]
    found = Pipeline(present.volume).sums(controls, chosen)
    monkeypatch.undo()
    summing._sums.cache.clear()
    assert_sums_close(found, Pipeline(present.volume).sums(controls, chosen))


# What is computed anew


@pytest.fixture
def counted(monkeypatch, present):
    """Counts the steps from scores to sums."""
    calls = []
    original = summing.sample_sums

    def counting(*arguments):
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(summing, "sample_sums", counting)
    present.answer(ask(softness=0.37))
    calls.clear()
    return calls


def test_a_loss_parameter_sums_nothing_again(counted, present):
    before = named(present.answer(ask(softness=0.37)))
    for alpha in (0.1, 0.5, 0.9):
        after = present.answer(ask([setting("tversky", alpha=alpha)], softness=0.37))
        assert after.losses[0].value != before["tversky"].value
    present.answer(ask([setting("dice", weight=0.2, pooling="all")], softness=0.37))
    present.answer(ask([setting("cross_entropy", class_weights=(1.0, 2.0, 3.0))], softness=0.37))
    assert not counted


def test_a_parameter_of_its_own_maps_sums_a_loss_again_and_only_then(counted, present):
    for count, gamma in enumerate((1.0, 2.0, 3.0), start=1):
        for alpha in (0.3, 0.7):
            present.answer(ask([setting("focal", gamma=gamma, alpha=alpha)], softness=0.37))
        assert len(counted) == count


def test_a_plane_sums_nothing_again(counted, present):
    for index in range(3):
        for axis in range(3):
            painted = MapRequest("dice", 1, "logit", Plane(axis, index))
            present.answer(ask(painted=painted, softness=0.37))
    assert not counted


def test_a_control_sums_again(counted, present):
    present.answer(ask(softness=0.38))
    assert len(counted) == 1


@pytest.fixture
def traces(monkeypatch):
    """Counts how often a function is traced in order to be compiled, in a fresh pipeline."""
    count = []
    of_values = (values._alone, values._together, values._at_many)
    compiled = (*of_values, summing._sums, slice_fields._prediction, slice_fields._slice)
    for cached in compiled:
        cached.cache.clear()
    for name in ("compiled", "value_and_slopes"):
        original = getattr(backend, name)

        def counting(function, original=original):
            def traced(*arguments):
                count.append(function)
                return function(*arguments)

            return original(traced)

        monkeypatch.setattr(backend, name, counting)
    yield count
    for cached in compiled:
        cached.cache.clear()


def test_moving_sliders_compiles_nothing(present, traces):
    """Tracing takes a hundred times as long as computing."""
    painted = MapRequest(TOTAL, 1, "logit", Plane(0, 3))

    def move(amount):
        moved = [
            setting("dice", smooth=amount),
            setting("generalized_dice", eps=amount, smooth=amount),
            setting("tversky", alpha=amount, beta=2 * amount),
            setting("iou", eps=amount),
            setting("cross_entropy", weight=amount),
            setting("focal", gamma=amount, weight=amount),
        ]
        for softness in (0.0, amount):
            present.answer(
                ask(moved, painted, softness=softness, grow=amount, confidence=1 - amount / 3,
                    shift_x=amount, shift_z=-amount)
            )  # fmt: skip

    move(0.3)
    traced = len(traces)
    assert traced
    for amount in (0.1, 0.4, 1.0):
        move(amount)
    assert len(traces) == traced


def test_points_against_a_parameter_are_what_each_is_alone(present):
    """And the closed form I / (I + α (P − I) + β (G − I)) of their sums."""
    requests = [
        ask([setting("dice"), setting("tversky", alpha=alpha), setting("focal")], softness=0.41)
        for alpha in np.linspace(0, 1, 41)
    ]
    answers = present.answers(requests)
    sums = present.sums(requests[0].question.controls)
    i, p, g = (table[0] for table in (sums.intersection, sums.prediction, sums.truth))
    for request, answer in zip(requests, answers, strict=True):
        assert answer.request is request
        parameters = request.question.losses[1].parameters
        false = parameters["alpha"] * (p - i) + parameters["beta"] * (g - i)
        found = named(answer)["tversky"]
        assert found.value == pytest.approx(1 - (i / (i + false)).mean(), rel=1e-12)
        assert found.per_class == pytest.approx(tuple(1 - i / (i + false)), rel=1e-12)
    alone = present_again().answer(requests[7])
    for together, one in zip(answers[7].losses, alone.losses, strict=True):
        assert together.value == pytest.approx(one.value, rel=1e-12)


def present_again():
    return Pipeline(Volume(small_labels(), NAMES[:3], SPACING))


@pytest.mark.slow
def test_a_volume_of_about_the_same_size_compiles_nothing(traces):
    """Fields are padded to few lengths, so the next patient's volume answers as fast as moves."""

    def open_volume(shape):
        labels = np.zeros(shape, np.uint8)
        labels[2:5, 3:7, 2:6] = 1
        opened = Pipeline(Volume(labels, ("background", "object"), (2.0, 1.0, 1.0)))
        losses = [setting("dice"), setting("cross_entropy")]
        painted = MapRequest(TOTAL, 1, "logit", Plane(0, 3))
        for softness in (0.0, 1.0):
            opened.answer(ask(losses, painted, softness=softness))
            opened.answer(ask(losses, painted, softness=softness, shift_x=1.0))

    open_volume((8, 16, 20))
    traced = len(traces)
    assert traced
    open_volume((9, 15, 23))
    assert len(traces) == traced


# Predictions from files


@pytest.mark.slow
def test_given_labels_are_the_simulated_hard_prediction(present):
    shifted = {"shift_y": SPACING[1]}
    painted = MapRequest("dice", 1, "logit", None)
    decided = present.answer(ask(painted=painted, **shifted)).maps.decided
    given_labels = Pipeline(present.volume, [decided])
    chosen = [setting("cross_entropy")]
    controls = complete_controls(shifted)
    found, expected = (p.sums(controls, chosen) for p in (given_labels, present))
    assert_sums_close(found, expected, rtol=0)
    assert found.own["positive"].max() == np.inf


def test_given_labels_that_are_the_truth_are_perfect(present):
    perfect = Pipeline(present.volume, [present.volume.labels])
    results = perfect.results(DEFAULTS, complete_controls({}))
    assert [result.value for result in results] == pytest.approx([0] * 5, abs=1e-12)


@pytest.mark.parametrize(
    "controls",
    [
        SOFT,
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"shift_x": 2.5}, marks=pytest.mark.slow),
    ],
    ids=["soft", "truth", "hard"],
)
def test_given_probabilities_are_the_simulated_prediction(present, controls):
    shown = [
        present.answer(ask(painted=MapRequest("dice", c, "logit", None), **controls)).maps
        for c in range(3)
    ]
    same = Pipeline(present.volume, [np.stack([fields.probability for fields in shown])])
    chosen = [setting("cross_entropy")]
    simulated = present.sums(complete_controls(controls), chosen)
    assert_sums_close(same.sums(complete_controls({}), chosen), simulated)


# Edges


def test_a_volume_of_one_class():
    lonely = Pipeline(Volume(np.zeros((2, 3, 4), np.uint8), ("background",), (1.0, 1.0, 1.0)))
    answer = lonely.answer(ask(painted=MapRequest("dice", 0, "probability", Plane(0, 1))))
    assert [result.value for result in answer.losses] == pytest.approx([0] * 5, abs=1e-12)
    np.testing.assert_array_equal(answer.maps.probability, 1)


@pytest.mark.slow
def test_more_than_256_classes():
    labels = np.arange(300, dtype=np.uint16).reshape(3, 10, 10)
    many = Pipeline(Volume(labels, tuple(map(str, range(300))), (1.0, 1.0, 1.0)))
    painted = MapRequest("dice", 299, "logit", None)
    answer = many.answer(ask(painted=painted, softness=0.3))
    np.testing.assert_array_equal(answer.maps.decided, labels)
    assert answer.maps.decided.dtype == np.uint16
    assert 0 < named(answer)["dice"].value < 1


def test_the_engine_computes_with_tensorflow():
    assert keras.backend.backend() == "tensorflow"
