"""Losses of the whole field: what they need is known before they start, and taken in groups."""

import math

import numpy as np
import pytest

from lossexplorer.engine import limits
from lossexplorer.engine.class_fields import ClassFields
from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.limits import TooLargeError, classes_at_once
from lossexplorer.engine.messages import LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps, Norms, Numbers
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls

CLASSES, SHAPE = 7, (5, 6, 7)
VOXELS = math.prod(SHAPE)
CONTROLS = complete_controls({"shift_x": 1.5, "softness": 0.9, "confidence": 0.98})


class Memory:
    """What psutil says of a machine with so much memory free."""

    def __init__(self, available):
        self.available = available


def with_free(monkeypatch, fields):
    """Let the machine have memory free for so many float32 fields of one class."""
    free = int(fields * 4 * VOXELS)
    monkeypatch.setattr(limits.psutil, "virtual_memory", lambda: Memory(free))


def pipeline_of():
    rng = np.random.default_rng(3)
    labels = rng.integers(0, CLASSES, SHAPE).astype(np.uint8)
    return Pipeline(Volume(labels, tuple(map(str, range(CLASSES))), (1.0, 1.0, 1.0)))


def setting(name, **changed):
    return LossSetting(name, LOSSES[name].complete(changed))


def maps(*losses):
    painted = MapRequest(losses[0].name, 1, "logit", Plane(0, 2))
    return Request(Maps("v", CONTROLS, losses, painted))


@pytest.fixture
def fields(monkeypatch):
    """The fields of all classes, made with so many at once, and how many passes that took."""
    pipeline = pipeline_of()
    pipeline.answer(maps(setting("dice")))

    def made(at_once):
        passes = []
        found = ClassFields(pipeline.plans, pipeline.relation, 1, CLASSES, at_once)
        make = found._made
        monkeypatch.setattr(found, "_made", lambda start: passes.append(start) or make(start))
        columns = [found.of(slice(k, k + 1)) for k in range(CLASSES)]
        return [np.concatenate(each, axis=1) for each in zip(*columns, strict=True)], passes

    return made


def test_groups_of_classes_are_the_fields_of_all_classes(fields):
    every, passes = fields(CLASSES)
    assert passes == [0]
    g, p, log_p = every
    np.testing.assert_array_equal(g.sum(axis=1), 1)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-5)
    for at_once, starts in ((1, list(range(7))), (3, [0, 3, 6]), (4, [0, 4]), (6, [0, 4])):
        found, passes = fields(at_once)
        assert passes == starts
        for one, other in zip(found, every, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("painted", [1, 200, 700])
def test_where_a_region_ends_changes_no_bit(fields, painted, monkeypatch):
    every, _ = fields(CLASSES)
    monkeypatch.setattr("lossexplorer.engine.step.plan._PAINTED", painted)
    for one, other in zip(fields(CLASSES)[0], every, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        *((n, {}) for n, loss in LOSSES.items() if loss.kind == "field" and not loss.coupled),
        ("hausdorff", {"form": "log(1+L)"}),
    ],
)
def test_what_a_loss_gives_does_not_depend_on_the_memory(name, changed, monkeypatch):
    asked = maps(setting(name, **changed))
    much = pipeline_of().answer(asked)
    pipeline = pipeline_of()
    with_free(monkeypatch, 400)
    little = pipeline.answer(asked)
    assert little.losses[0].value == much.losses[0].value
    assert not little.losses[0].problems
    np.testing.assert_array_equal(little.maps.gradient, much.maps.gradient)


def test_a_quarter_of_the_free_memory_is_filled(monkeypatch):
    with_free(monkeypatch, 4 * (CLASSES + 67 + 3 * 5))
    asked = ("clDice", VOXELS, CLASSES, 1, 67)
    assert classes_at_once(*asked, gradient=True) == 5
    with_free(monkeypatch, 4 * (67 + 3 * 5))
    assert classes_at_once(*asked, gradient=False) == 5
    with_free(monkeypatch, 1e6)
    assert classes_at_once(*asked, gradient=True) == CLASSES


def test_what_does_not_fit_even_class_by_class_is_refused_with_the_numbers(monkeypatch):
    needed = 84 + 70  # the derivatives of all classes, three fields and what is worked with
    voxels = 155 * 182 * 146
    free = 0.89 * needed * 4 * voxels / 0.9
    monkeypatch.setattr(limits.psutil, "virtual_memory", lambda: Memory(int(free)))
    with pytest.raises(TooLargeError) as refused:
        classes_at_once("clDice", voxels, 84, 1, 67, gradient=True)
    # 154 float32 fields of 4,118,660 voxels are 2.36 GiB.
    assert "84 classes in 4,118,660 voxels needs 2.4 GiB" in str(refused.value)
    assert "2.1 GiB are free" in str(refused.value)


def test_a_loss_that_does_not_fit_says_so_on_its_card_and_the_others_answer(monkeypatch):
    pipeline = pipeline_of()
    with_free(monkeypatch, 5)
    dice, field = pipeline.answer(maps(setting("dice"), setting("cl_dice"))).losses
    assert dice.value == pytest.approx(1, abs=1)
    assert math.isnan(field.value)
    assert "of memory" in field.problems[0].text


def test_the_norm_does_not_hold_all_classes(monkeypatch):
    pipeline = pipeline_of()
    monkeypatch.delattr("lossexplorer.engine.totals.Totals.whole")
    (norms,) = pipeline.answer(Request(Norms("v", CONTROLS, (setting("cl_dice"),)))).losses
    assert norms.gradient_norm > 0


def test_derivatives_of_a_loss_that_is_shown_no_more_are_freed():
    pipeline = pipeline_of()
    both = setting("cl_dice"), setting("dice")
    pipeline.answer(maps(*both))
    assert "cl_dice" in pipeline._fields._partials
    pipeline.answer(maps(setting("dice")))
    assert not pipeline._fields._partials


def test_derivatives_are_freed_before_those_of_other_parameters_are_computed(monkeypatch):
    """Else there are twice as many while the new ones are computed."""
    pipeline, held = pipeline_of(), []
    computed = pipeline._evaluate_field

    def look(*asked, **options):
        held.append("cl_dice" in pipeline._fields._partials)
        return computed(*asked, **options)

    monkeypatch.setattr(pipeline, "_evaluate_field", look)
    pipeline.answer(maps(setting("cl_dice")))
    assert "cl_dice" in pipeline._fields._partials
    del held[:]
    pipeline.answer(maps(setting("cl_dice", include_background=False)))
    assert held
    assert not any(held)


@pytest.fixture
def looked_at(monkeypatch):
    """The classes whose fields were looked at, in order."""
    found, of = [], ClassFields.of

    def noted(self, which):
        found.append(which.start)
        return of(self, which)

    monkeypatch.setattr(ClassFields, "of", noted)
    return found


def numbers(*losses):
    return Request(Numbers("v", CONTROLS, losses))


def test_what_puts_the_same_terms_together_otherwise_computes_none(looked_at):
    pipeline = pipeline_of()
    every, mean = setting("boundary"), setting("hausdorff", include_background=False)
    (all_classes,) = pipeline.answer(numbers(every)).losses
    (of_mean,) = pipeline.answer(numbers(mean)).losses
    assert looked_at == [*range(CLASSES), *range(1, CLASSES)]
    foreground = setting("boundary", include_background=False)
    logarithm = setting("hausdorff", include_background=False, form="log(1+L)")
    weights = (0.0, *range(1, CLASSES))
    found = [
        pipeline.answer(numbers(each)).losses[0]
        for each in (foreground, logarithm, setting("boundary", class_weights=weights))
    ]
    assert len(looked_at) == 2 * CLASSES - 1
    terms = all_classes.per_class
    assert found[0].value == pytest.approx(sum(terms[1:]) / (CLASSES - 1), rel=1e-12)
    assert found[1].value == pytest.approx(math.log1p(of_mean.value), rel=1e-12)
    weighted = sum(weight * term for weight, term in zip(weights, terms, strict=True))
    assert found[2].value == pytest.approx(weighted / CLASSES, rel=1e-12)
    (background,) = pipeline.answer(numbers(setting("hausdorff"))).losses
    assert looked_at[2 * CLASSES - 1 :] == [0]
    (alone,) = pipeline_of().answer(numbers(setting("hausdorff"))).losses
    assert background.value == alone.value


def test_one_sample_is_pooled_with_no_other(looked_at):
    pipeline = pipeline_of()
    values = [
        pipeline.answer(numbers(setting("lovasz_softmax", pooling=pooling))).losses[0].value
        for pooling in ("sample", "batch")
    ]
    assert looked_at == list(range(CLASSES))
    assert values[0] == values[1]


def test_what_was_interrupted_goes_on_where_it_was(looked_at, monkeypatch):
    pipeline, of = pipeline_of(), ClassFields.of

    def interrupted(self, which):
        if which.start == 4:
            raise Interrupted
        return of(self, which)

    with monkeypatch.context() as patched:
        patched.setattr(ClassFields, "of", interrupted)
        with pytest.raises(Interrupted):
            pipeline.answer(numbers(setting("boundary")))
    (found,) = pipeline.answer(numbers(setting("boundary"))).losses
    assert looked_at == list(range(CLASSES))
    (alone,) = pipeline_of().answer(numbers(setting("boundary"))).losses
    assert found.value == alone.value


def test_other_controls_have_other_terms(looked_at):
    pipeline = pipeline_of()
    first = pipeline.answer(numbers(setting("boundary"))).losses[0].value
    moved = Request(Numbers("v", {**CONTROLS, "shift_x": 3.0}, (setting("boundary"),)))
    assert pipeline.answer(moved).losses[0].value != first
    assert len(looked_at) == 2 * CLASSES
