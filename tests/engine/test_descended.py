"""Questions about a prediction that has descended: to a pipeline, and to the engine's process."""

import os
import signal
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine import limits
from lossexplorer.engine.descent.descending import Descending
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import TOTAL, Descent, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Descended, Numbers
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests import references
from tests.engine.small import DEFAULTS, NAMES, SOFT, SPACING, setting, small_labels
from tests.engine.test_interrupting import make_engine, volume  # noqa: F401 - fixtures

PLANE = Plane(0, 3)


def asked(number, descent=None, *, losses=DEFAULTS, loss="dice", key="v", controls=None, **of):
    painted = MapRequest(loss, 1, "logit", of.get("plane", PLANE))
    values = complete_controls(SOFT if controls is None else controls)
    how = descent or Descent(rate=0.05, steps=2)
    return Request(Descended(key, values, losses, painted, how, number))


@pytest.fixture
def pipeline():
    return Pipeline(Volume(small_labels(), NAMES[:3], SPACING))


def alone(pipeline, request, follows=TOTAL):
    question = request.question
    numbers = Request(Numbers(question.volume, question.controls, question.losses))
    return Descending(pipeline, numbers, question.descent, follows)


def test_an_answer_has_the_values_the_steps_and_the_maps_of_its_step(pipeline):
    request = asked(5)
    answer = pipeline.answer(request)
    expected = alone(pipeline, request)
    steps = expected.reach(5).steps
    assert answer.request == request
    assert answer.descent.steps == steps[3:]
    assert answer.descent.number == 5
    assert tuple(result.value for result in answer.losses) == steps[5].values
    assert answer.total == steps[5].total
    assert not answer.preview
    p = references.softmax(np.moveaxis(expected.logits()[0], 0, -1).astype("f8"))[PLANE.index]
    np.testing.assert_allclose(answer.maps.probability, p[..., 1], atol=1e-6)
    np.testing.assert_array_equal(answer.maps.decided, p.argmax(-1))


def test_the_painted_gradient_is_that_of_the_prediction_shown(pipeline):
    """Of cross-entropy: (p − g)/N where the prediction has come to, and not where it started."""
    losses = (setting("cross_entropy"),)
    request = asked(4, losses=losses, loss="cross_entropy")
    answer = pipeline.answer(request)
    g = small_labels()[PLANE.index] == 1
    expected = (answer.maps.probability - g) / small_labels().size
    np.testing.assert_allclose(answer.maps.gradient, expected, atol=1e-9)
    start = pipeline.answer(asked(0, losses=losses, loss="cross_entropy"))
    assert abs(answer.maps.probability - start.maps.probability).max() > 1e-3


def test_two_that_do_not_fit_side_by_side_are_refused(pipeline, monkeypatch):
    """For SGD one needs 56 bytes in each voxel and class, a second one 12 more."""
    scores = small_labels().size * 3
    free = SimpleNamespace(available=(56 + 6) * scores)
    monkeypatch.setattr(limits, "_SHARE", 1)
    monkeypatch.setattr(limits.psutil, "virtual_memory", lambda: free)
    assert pipeline.answer(asked(0)).descent.number == 0
    with pytest.raises(TooLargeError, match="one loss instead of two"):
        pipeline.answer(asked(0, Descent(rate=0.05, beside="dice")))


def test_the_volume_as_a_whole_is_painted_too(pipeline):
    whole, slice_ = pipeline.answer(asked(2, plane=None)), pipeline.answer(asked(2))
    np.testing.assert_array_equal(whole.maps.probability[PLANE.index], slice_.maps.probability)


def test_a_second_descent_starts_where_the_first_does(pipeline):
    descent = Descent(follows="dice", beside="cross_entropy", rate=0.2, steps=10)
    answer = pipeline.answer(asked(6, descent))
    for report, follows in ((answer.descent, "dice"), (answer.beside, "cross_entropy")):
        assert report == alone(pipeline, asked(6, descent), follows).reach(6)
    assert answer.descent.steps[0].values == answer.beside.steps[0].values
    assert answer.descent.steps[6].values != answer.beside.steps[6].values
    start = pipeline.answer(asked(0, descent))
    np.testing.assert_array_equal(start.maps.probability, start.maps_beside.probability)
    assert (answer.maps.probability != answer.maps_beside.probability).any()


def test_logits_are_kept_while_the_controls_stay(pipeline, monkeypatch):
    made = []
    first = Descending._first
    monkeypatch.setattr(Descending, "_first", lambda self: made.append(self) or first(self))
    far = pipeline.answer(asked(4))
    pipeline.answer(asked(4, replace(asked(4).question.descent, steps=9)))
    assert pipeline.answer(asked(4)).descent == far.descent
    assert len(made) == 1
    pipeline.answer(asked(1, controls={**SOFT, "grow": 0.4}))
    assert pipeline.answer(asked(4)).descent == far.descent
    assert len(made) == 3


def test_what_cannot_descend_is_said(pipeline):
    with pytest.raises(ParameterError, match="rate = -1 is out of range"):
        pipeline.answer(asked(1, Descent(rate=-1.0)))


# In the engine's process


def explored(engine, *requests):
    engine.client.explore(requests)
    engine.until(lambda: len(engine.explored) >= len(requests))
    found, engine.explored[:] = list(engine.explored), []
    return found


def test_a_killed_engine_comes_to_the_same_step(make_engine, volume):  # noqa: F811
    """It begins at the start again, and what was reported holds."""
    engine = make_engine()
    descent = Descent("adam", 0.1, steps=5)
    far = asked(40, descent, key=volume.key)
    (near,) = explored(engine, asked(20, descent, key=volume.key))
    engine.client.explore([far])
    os.kill(engine.client.status.info.pid, signal.SIGKILL)
    engine.until(lambda: engine.explored)
    (answer,) = engine.explored
    names = tuple(each.name for each in volume.classes)
    expected = Pipeline(Volume(volume.labels, names, volume.spacing))
    assert answer.descent == expected.answer(far).descent
    assert answer.descent.number == 40
    assert near.descent.steps == alone(expected, far).reach(20).steps[-6:]
    assert engine.states.count("restarting") == 1


def test_a_moved_control_interrupts_a_descent(make_engine, volume):  # noqa: F811
    """A million steps would take hours; the answer about the control comes in between."""
    engine = make_engine()
    explored(engine, asked(1, key=volume.key))
    engine.client.explore([asked(10**6, key=volume.key)])
    engine.during(0.3)
    question = engine.request(["dice"], "dice", shift_x=1.0)
    engine.client.explore([])
    engine.client.ask(question)
    answer = engine.next(engine.answered)
    assert answer.question == question.question
    assert engine.explored == []
    assert engine.states.count("restarting") == 0
    (again,) = explored(engine, asked(3, key=volume.key))
    assert again.descent.number == 3
