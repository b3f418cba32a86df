"""What is compiled ahead: beside the main thread, once, and so that a hand need not wait for it."""

import logging
import threading

import numpy as np
import pytest

from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step import summing
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.volume import Volume
from tests.engine.small import ask, setting
from tests.patience import PATIENCE


def test_each_thing_is_done_once_and_in_order():
    ahead, go_on, done = Ahead(), threading.Event(), []

    def first():
        assert go_on.wait(PATIENCE)
        done.append("first")

    jobs = [ahead.do("first", first), ahead.do("second", lambda: done.append("second"))]
    assert ahead.do("second", lambda: done.append("again")) is jobs[1]
    assert ahead.is_busy
    go_on.set()
    assert all(job.wait(PATIENCE) for job in jobs)
    assert done == ["first", "second"]
    assert ahead.do("first", first) is jobs[0]
    assert done == ["first", "second"]


def test_what_waits_is_dropped_and_may_be_done_later():
    """What holds the memory of a batch must not begin once another one is loaded."""
    ahead, begun, go_on, done = Ahead(), threading.Event(), threading.Event(), []

    def first():
        begun.set()
        assert go_on.wait(PATIENCE)
        done.append("first")

    ahead.do("first", first)
    assert begun.wait(PATIENCE)
    ahead.do("second", lambda: done.append("second"))
    threading.Timer(0.0, go_on.set).start()
    ahead.stop()
    assert "first" in done
    if done == ["first"]:  # it was dropped
        assert ahead.do("second", lambda: done.append("second")).wait(PATIENCE)
    assert done == ["first", "second"]


def test_what_is_raised_is_logged_and_the_next_thing_is_done(caplog):
    ahead, done = Ahead(), []
    with caplog.at_level(logging.ERROR):
        assert ahead.do("wrong", lambda: 1 / 0).wait(PATIENCE)
    assert "ZeroDivisionError" in caplog.text
    assert ahead.do("right", lambda: done.append("right")).wait(PATIENCE)
    assert done == ["right"]


@pytest.fixture
def traces(monkeypatch):
    """Counts how often something is traced in order to be compiled, sums anew."""
    count, original = [], backend.compiled
    summing._sums.cache.clear()

    def compiled(function):
        def traced(*arguments):
            count.append(function)
            return function(*arguments)

        return original(traced)

    monkeypatch.setattr(backend, "compiled", compiled)
    yield count
    summing._sums.cache.clear()


@pytest.mark.skipif(not backend.FUSES, reason="compiles nothing")
@pytest.mark.parametrize("others", [{}, {"shift_x": 1.3}], ids=["in place", "shifted"])
def test_a_slider_that_moves_to_where_all_rows_are_computed_compiles_nothing(traces, others):
    labels = np.zeros((6, 48, 48), np.uint8)
    labels[2:4, 10:14, 10:14] = 1
    made = Pipeline(Volume(labels, ("background", "object"), (1.0, 1.0, 1.0)))
    losses = [setting("dice"), setting("cross_entropy")]

    def move(softness, **more):
        """Move the slider; return the question, and whether only some rows were computed."""
        request = ask(losses, softness=softness, **others, **more)
        made.answer(request)
        return request, made._totals.plans[0].counted.are_chosen

    near, far = 0.1, 20.0
    request, are_chosen = move(near)
    assert are_chosen
    ahead = Ahead()
    made.compile_ahead(request, ahead)
    assert ahead.do("behind it", lambda: None).wait(PATIENCE)
    before = len(traces)
    assert not move(far)[1]
    assert len(traces) == before

    # Where nothing is compiled ahead, the hand waits for it.
    move(near, confidence=0.9)
    before = len(traces)
    move(far, confidence=0.9)
    assert len(traces) == before + 1
