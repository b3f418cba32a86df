"""An answer says whether functions were compiled for it, and its task says so while they are."""

import threading

import numpy as np
import pytest
import tensorflow as tf

from lossexplorer.core import compiling
from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.messages import PREVIEW, Compiling, MapRequest, Plane, Request
from lossexplorer.engine.questions import Warm
from lossexplorer.engine.step import summing
from lossexplorer.engine.transport import task
from tests.engine.small import ask, asking, of_sample, setting


def test_it_is_noted_for_each_set_of_shapes_once_and_by_thread():
    doubled = backend.compiled(lambda x: 2 * x)
    counts = [compiling.traced()]
    for length in (3, 3, 4, 3):
        assert doubled(tf.ones(length)).shape == (length,)
        counts.append(compiling.traced())
    assert np.diff(counts).tolist() == [1, 0, 1, 0]
    other = threading.Thread(target=lambda: doubled(tf.ones(5)))
    other.start()
    other.join()
    assert compiling.traced() == counts[-1]
    assert doubled.experimental_get_tracing_count() == 3  # as TensorFlow counts


@pytest.fixture
def tumour():
    summing._sums.cache.clear()  # what other tests have compiled
    return of_sample("tumour")


def test_the_first_use_of_a_control_is_said_in_its_answer_and_no_other(tumour):
    losses = (setting("dice"),)
    first = tumour.answer(ask(losses, softness=1.0))
    again = tumour.answer(ask(losses, softness=1.5))
    other = tumour.answer(ask(losses, softness=1.5, temperature=2.0))
    assert [each.compiled for each in (first, again, other)] == [True, False, True]


def test_the_task_says_it_once_before_its_answer(tumour, monkeypatch):
    said = []
    monkeypatch.setattr(task._task, "say", said.append)

    def answered(number, softness):
        request = ask((setting("dice"),), softness=softness)
        return task.run(number, lambda: said.append(tumour.answer(request).compiled))

    answered(7, 1.0)
    assert said == [(7, Compiling()), True]
    answered(8, 1.5)
    assert said[2:] == [False]


@pytest.mark.parametrize("control", ["noise", "shift_x"])
def test_the_first_move_of_a_warm_control_compiles_nothing(tumour, control):
    """By another way and value than those that it was compiled with."""
    painted = MapRequest("total", 1, "logit", Plane(0, 20))
    still = ask((setting("dice"), setting("cross_entropy")), painted, softness=1.0)
    moved, further = (
        asking(still, controls={**still.question.controls, control: x}) for x in (1.0, 2.5)
    )
    assert tumour.answer(still).compiled
    assert not tumour.answer(still).compiled
    asked = moved.question
    warm = Warm(asked.volume, asked.controls, asked.losses, control, painted)
    answer = tumour.answer(Request(warm, PREVIEW))
    assert answer.compiled
    assert answer.maps is None
    first = tumour.answer(Request(further.question, PREVIEW))
    assert not first.compiled
    assert first.maps.gradient.any()
