"""The same loss shown twice: each with its own parameters, and what they have in common once."""

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.engine import pipeline as pipelines
from lossexplorer.engine import values
from lossexplorer.engine.messages import TOTAL, Descent, LossSetting, MapRequest, Plane, Reference
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Descended
from lossexplorer.engine.step import summing
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import loss_named
from lossexplorer.predictions import complete_controls
from tests.engine.small import ask, named, setting, small_labels

SPACING = (2.0, 0.75, 1.25)
LABELS = (small_labels() == 1).astype(np.uint8)
GROWN = ndimage.binary_dilation(LABELS, iterations=2).astype(np.uint8)
GROWN[LABELS.argmax(axis=0)[None] == np.arange(len(LABELS))[:, None, None]] = 0


def shown(name, number=1, weight=1.0, title="", **changed):
    parameters = loss_named(name).complete(changed)
    return LossSetting(name, parameters, weight, name if number == 1 else f"{name}_{number}", title)


def of_given():
    """A prediction with more false positives than false negatives."""
    return Pipeline(Volume(LABELS, ("background", "liver"), SPACING), [GROWN])


def simulated():
    return Pipeline(Volume(LABELS, ("background", "liver"), SPACING))


def tversky(alpha, beta):
    """Salehi et al. 2017, counted in the labels."""
    hit, low = ((GROWN & LABELS).sum(), (GROWN & ~LABELS & 1).sum())
    missed = (LABELS & ~GROWN & 1).sum()
    return 1 - hit / (hit + alpha * low + beta * missed)


FEW = {"alpha": 0.3, "beta": 0.7, "smooth": 0.0, "include_background": False}
MANY = {**FEW, "alpha": 0.7, "beta": 0.3}


def test_each_has_the_value_of_its_own_parameters():
    losses = (shown("tversky", **FEW), shown("tversky", 2, 0.25, **MANY))
    answer = of_given().answer(ask(losses))
    assert [result.name for result in answer.losses] == ["tversky", "tversky_2"]
    expected = [tversky(0.3, 0.7), tversky(0.7, 0.3)]
    assert expected[1] - expected[0] > 0.1
    assert [result.value for result in answer.losses] == pytest.approx(expected, rel=1e-6)
    assert answer.total == pytest.approx(expected[0] + 0.25 * expected[1], rel=1e-6)
    assert [result.parameters["alpha"] for result in answer.losses] == [0.3, 0.7]


def test_a_curve_against_a_parameter_of_one_leaves_the_other_where_it_is():
    alphas = (0.0, 0.2, 0.5, 0.9, 1.0)
    requests = [
        ask((shown("tversky", **FEW), shown("tversky", 2, **{**MANY, "alpha": alpha})))
        for alpha in alphas
    ]
    for alpha, answer in zip(alphas, of_given().answers(requests), strict=True):
        found = named(answer)
        assert found["tversky"].value == pytest.approx(tversky(0.3, 0.7), rel=1e-6)
        assert found["tversky_2"].value == pytest.approx(tversky(alpha, 0.3), rel=1e-6)


def test_the_gradient_is_that_of_the_one_that_is_named():
    """With L = 1 − I/D, ∂L/∂p is α I/D² where the truth is 0, and (1 − β) I/D² − 1/D where 1."""
    losses = (shown("tversky", **FEW), shown("tversky", 2, **MANY))
    hit, low = (GROWN & LABELS).sum(), (GROWN & ~LABELS & 1).sum()
    missed = (LABELS & ~GROWN & 1).sum()
    pipeline = of_given()
    for each, alpha, beta in ((losses[0], 0.3, 0.7), (losses[1], 0.7, 0.3)):
        painted = MapRequest(each.name, 1, "probability", Plane(0, 3))
        gradient = pipeline.answer(ask(losses, painted)).maps.gradient
        below = hit + alpha * low + beta * missed
        true = LABELS[3] == 1
        outside = alpha * hit / below**2
        inside = -1 / below + hit * (1 - beta) / below**2
        assert gradient[~true] == pytest.approx(outside, rel=1e-5)
        assert gradient[true] == pytest.approx(inside, rel=1e-5)


def test_the_total_s_gradient_has_both():
    losses = (shown("tversky", weight=2.0, **FEW), shown("tversky", 2, 0.5, **MANY))
    pipeline = of_given()

    def gradient(name):
        return pipeline.answer(ask(losses, MapRequest(name, 1, "logit", None))).maps.gradient

    each = 2 * gradient("tversky") + 0.5 * gradient("tversky_2")
    assert gradient(TOTAL) == pytest.approx(each, rel=1e-5, abs=1e-12)


@pytest.fixture
def summed(monkeypatch):
    """The own maps that are summed, call by call."""
    calls, original = [], summing.sample_sums

    def counting(plan, mapped):
        calls.append([each.loss for each in mapped])
        return original(plan, mapped)

    monkeypatch.setattr(summing, "sample_sums", counting)
    return calls


def test_the_class_sums_are_summed_once_for_both(summed):
    losses = (shown("tversky", **FEW), shown("tversky", 2, **MANY), shown("dice"))
    simulated().answer(ask(losses, grow=1.0))
    assert summed == [[]]


def test_own_maps_that_are_the_same_are_summed_once(summed):
    focal = (shown("focal", gamma=2.0), shown("focal", 2, 3.0, gamma=2.0))
    answer = simulated().answer(ask(focal, confidence=0.9))
    assert summed == [["focal"]]
    assert answer.losses[0].value == answer.losses[1].value
    assert answer.total == pytest.approx(4 * answer.losses[0].value)


def test_own_maps_that_differ_are_summed_in_one_pass(summed):
    focal = (shown("focal", gamma=0.0), shown("focal", 2, gamma=2.0))
    found = named(simulated().answer(ask(focal, confidence=0.9)))
    assert summed == [["focal", "focal"]]
    # All voxels have the true class at 0.9: −(1 − p)^γ log p.
    assert found["focal"].value == pytest.approx(-np.log(0.9), rel=1e-5)
    assert found["focal_2"].value == pytest.approx(-(0.1**2) * np.log(0.9), rel=1e-4)


def test_both_are_evaluated_in_one_call(monkeypatch):
    calls, original = [], values._of_each

    def counting(single, losses, sums):
        calls.append([losses[place].name for place in single])
        return original(single, losses, sums)

    monkeypatch.setattr(values, "_of_each", counting)
    monkeypatch.setattr(values, "_of_many", None)
    losses = (shown("tversky", **FEW), shown("tversky", 2, **MANY), shown("dice"))
    of_given().answer(ask(losses))
    assert len(calls) == 1
    assert sorted(calls[0]) == ["dice", "tversky", "tversky_2"]


def test_a_loss_of_the_whole_field_is_computed_once_for_equal_parameters(monkeypatch):
    calls, original = [], pipelines.evaluate_field

    def counting(setting, *arguments, **more):
        calls.append(setting.name)
        return original(setting, *arguments, **more)

    monkeypatch.setattr(pipelines, "evaluate_field", counting)
    losses = (shown("boundary"), shown("boundary", 2))
    first, second = simulated().answer(ask(losses, grow=1.0)).losses
    assert calls == ["boundary"]
    assert first.value == second.value
    assert (first.name, second.name) == ("boundary", "boundary_2")


def test_each_of_the_whole_field_has_its_own_gradient():
    losses = (shown("hausdorff", alpha=1.0), shown("hausdorff", 2, alpha=3.0))
    both, alone = simulated(), simulated()
    for number, each in enumerate(losses):
        painted = MapRequest(each.name, 1, "logit", None)
        expected = alone.answer(
            ask(
                (setting("hausdorff", alpha=1.0 + 2 * number),),
                MapRequest("hausdorff", 1, "logit", None),
                grow=1.0,
            )
        )
        found = both.answer(ask(losses, painted, grow=1.0))
        assert np.array_equal(found.maps.gradient, expected.maps.gradient)
        assert found.losses[number].value == expected.losses[0].value


def test_a_cure_names_the_one_that_needs_it():
    absent = Volume(np.zeros((2, 3, 4), np.uint8), ("background", "gone"), SPACING)
    losses = (shown("dice", smooth=1.0), shown("dice", 2, smooth=0.0))
    first, second = Pipeline(absent).answer(ask(losses)).losses
    assert not first.problems
    (problem,) = second.problems
    assert problem.cure.reference == Reference("smooth", "dice_2")
    assert problem.cure.reference.parameter.name == "smooth"


def test_sentences_have_the_title_that_the_user_gave():
    losses = (shown("boundary"), shown("boundary", 2, title="Far away"))
    painted = MapRequest("boundary_2", 1, "logit", Plane(0, 3))
    request = ask(losses, painted, grow=1.0)
    preview = type(request)(request.question, type(request.effort)(whole_field=False))
    answer = simulated().answer(preview)
    assert "without Boundary and Far away, which need" in answer.preview
    assert answer.maps.problem == "The gradient of Far away is computed when nothing moves."


def test_a_title_changes_no_number_and_takes_no_step_of_a_descent_again():
    def asked(title, number):
        losses = (shown("tversky", **FEW), shown("tversky", 2, title=title, **MANY))
        painted = MapRequest("tversky_2", 1, "logit", Plane(0, 3))
        descent = Descent(follows="tversky_2", rate=1.0)
        controls = complete_controls({"confidence": 0.9})
        return Descended("v", controls, losses, painted, descent, number)

    assert asked("", 3).subject == asked("Mine", 3).subject
    pipeline = simulated()
    request = ask()
    first = pipeline.answer(type(request)(asked("", 3)))
    kept = pipeline._kept[1]
    second = pipeline.answer(type(request)(asked("Mine", 3)))
    assert pipeline._kept[1] is kept
    assert [each.value for each in second.losses] == [each.value for each in first.losses]
    values_of = [step.values[1] for step in first.descent.steps]
    assert values_of == sorted(values_of, reverse=True)
