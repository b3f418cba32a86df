"""What is painted: fields, their gradients and the total's."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from lossexplorer.engine.messages import TOTAL, MapRequest, Plane
from lossexplorer.engine.questions import Norms
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from tests import references
from tests.engine.small import SHAPE, SOFT, ask, of_kind, setting

WEIGHTS = {"dice": 1.0, "tversky": 0.5, "focal": 2.0, "iou": 0.0, "lovasz_softmax": 0.25}
SEVERAL = [setting(name, weight) for name, weight in WEIGHTS.items()]
"""Of sums, of voxels, of the whole field, and one that does not count."""

# Fields


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("wrt", ["probability", "logit"])
@pytest.mark.parametrize("loss", [*LOSSES, TOTAL])
def test_planes_are_slices_of_the_volume(present, loss, wrt):
    losses = SEVERAL if loss == TOTAL else [setting(loss)]
    whole = present.answer(ask(losses, MapRequest(loss, 2, wrt, None), **SOFT)).maps
    assert whole.probability.shape == whole.decided.shape == whole.gradient.shape == SHAPE
    assert whole.gradient.any()
    for axis in range(3):
        for index in (0, 4, SHAPE[axis] - 1):
            painted = MapRequest(loss, 2, wrt, Plane(axis, index))
            plane = present.answer(ask(losses, painted, **SOFT)).maps
            assert plane.request == painted
            assert plane.problem == ""
            for name in ("probability", "decided", "gradient"):
                expected = getattr(whole, name)
                # A logit's gradient is a difference: float32 keeps it to its terms' size.
                slack = 1e-6 * abs(expected).max()
                np.testing.assert_allclose(
                    getattr(plane, name), expected.take(index, axis), rtol=1e-6, atol=slack
                )


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("wrt", ["probability", "logit"])
@pytest.mark.parametrize("controls", [SOFT, {**SOFT, "margin": -1.5}, {**SOFT, "rim": 1.0}])
@pytest.mark.parametrize(
    "losses",
    [
        ["dice"],
        ["generalized_dice", "tversky", "iou"],
        ["dice", "cross_entropy"],
        ["lovasz_softmax"],
    ],
)
def test_a_gradient_alone_is_the_same_as_with_the_other_maps(present, losses, controls, wrt):
    chosen = [setting(name, 0.5 + k) for k, name in enumerate(losses)]
    painted = MapRequest(TOTAL, 1, wrt, None)
    both = present.answer(ask(chosen, painted, **controls)).maps
    alone = present.answer(ask(chosen, replace(painted, gradient_only=True), **controls)).maps
    assert alone.probability is None
    assert alone.decided is None
    assert alone.gradient.dtype == np.float32
    np.testing.assert_allclose(alone.gradient, both.gradient, rtol=1e-6)


def test_the_gradient_of_dice_is_its_closed_form(present):
    """1 − 2I/(P + G) of each class, averaged: −2 (g (P + G) − I) / (P + G)² / 3."""
    plain = setting("dice", 1.0, smooth=0.0)
    painted = MapRequest("dice", 1, "probability", None, gradient_only=True)
    found = present.answer(ask([plain], painted, **SOFT)).maps.gradient
    maps = present.answer(ask([plain], replace(painted, gradient_only=False), **SOFT)).maps
    p, g = maps.probability.astype(float), present.volume.labels == 1
    total, common = p.sum() + g.sum(), p[g].sum()
    expected = -2 * (g * total - common) / total**2 / 3
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_fields_have_their_types_and_meaning(present):
    fields = present.answer(ask(painted=MapRequest("dice", 1, "logit", None), **SOFT)).maps
    assert fields.probability.dtype == fields.gradient.dtype == np.float32
    assert fields.decided.dtype == present.volume.labels.dtype
    others = [
        present.answer(ask(painted=MapRequest("dice", c, "logit", None), **SOFT)).maps
        for c in range(3)
    ]
    stack = np.stack([other.probability for other in others])
    np.testing.assert_allclose(stack.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_array_equal(stack.argmax(axis=0), fields.decided)
    # The logits' gradients of all classes add up to nothing: adding to all logits changes nothing.
    total = np.sum([other.gradient for other in others], axis=0)
    assert abs(total).max() < 1e-6 * abs(fields.gradient).max()


@pytest.mark.parametrize("wrt", [pytest.param("probability", marks=pytest.mark.slow), "logit"])
@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.kind != "field"])
def test_the_painted_gradient_is_the_tape_of_the_reference(present, name, wrt):
    shown = [
        present.answer(ask([setting(name)], MapRequest(name, c, wrt, None), **SOFT)).maps
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

    def painted(loss):
        request = MapRequest(loss, 1, "probability", Plane(0, 3))
        return present.answer(ask(SEVERAL, request, **SOFT)).maps.gradient

    expected = sum(weight * painted(name).astype("f8") for name, weight in WEIGHTS.items())
    np.testing.assert_allclose(painted(TOTAL), expected, rtol=1e-5, atol=1e-9)


def test_the_total_is_the_weighted_sum(present):
    answer = present.answer(ask(SEVERAL, **SOFT))
    assert answer.total == pytest.approx(sum(r.weight * r.value for r in answer.losses), rel=1e-12)
    assert present.answer(ask([], **SOFT)).total == 0


# The gradient's norm


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("name", LOSSES)
def test_the_norm_is_that_of_the_painted_gradients(present, name):
    (result,) = present.results([setting(name)], complete_controls(SOFT))
    painted = [
        present.answer(ask([setting(name)], MapRequest(name, c, "logit", None), **SOFT)).maps
        for c in range(3)
    ]
    expected = np.sqrt(sum((fields.gradient.astype("f8") ** 2).sum() for fields in painted))
    assert result.gradient_norm == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_the_norm_is_only_computed_when_it_is_asked_for(present):
    assert {r.gradient_norm for r in present.answer(ask(**SOFT)).losses} == {None}
    asked = present.answer(of_kind(Norms, ask(**SOFT)))
    assert all(result.gradient_norm > 0 for result in asked.losses)


@pytest.mark.usefixtures("compilation")
def test_one_loss_with_two_settings_has_two_norms(present):
    twice = [setting("dice"), setting("dice", smooth=9.0), setting("boundary"), setting("dice")]
    results = present.results(twice, complete_controls(SOFT))
    alone = [present.results([each], complete_controls(SOFT))[0] for each in twice]
    found, expected = ([r.gradient_norm for r in group] for group in (results, alone))
    assert found == pytest.approx(expected, rel=1e-6)
    assert found[0] == found[3] != found[1]
