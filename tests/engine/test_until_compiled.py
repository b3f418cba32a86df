"""A hand that uses a control for the first time is answered before its functions are compiled."""

import contextlib
import threading

import numpy as np
import pytest

from lossexplorer.engine import slice_fields, worker
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.messages import EXACT, PREVIEW, MapRequest, Plane, Request
from lossexplorer.engine.step import summing
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.transport.shared_array import from_shared_memory
from lossexplorer.engine.until_compiled import between_steps, compiled, meanwhile
from lossexplorer.volumes import open_volume
from tests.engine.small import ask, setting
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(not backend.FUSES, reason="compiles nothing")


class Gate:
    """Holds the compiler, once it is closed, until it is opened; counts what came through."""

    def __init__(self, monkeypatch):
        self.open, self.traced = threading.Event(), 0
        self.open.set()
        original = backend.compiled

        def held(function):
            made = original(function)
            kept = set()

            def called(*arguments):
                if threading.current_thread().name == "compiles" and function not in kept:
                    kept.add(function)
                    assert self.open.wait(PATIENCE)
                return made(*arguments)

            return called

        monkeypatch.setattr(backend, "compiled", held)


@pytest.fixture
def gate(monkeypatch):
    made = Gate(monkeypatch)
    yield made
    made.open.set()


@pytest.fixture
def ahead():
    made = Ahead()
    yield made
    made.stop()


def test_it_answers_by_steps_and_compiled_once_it_is(gate, ahead):
    function = compiled(lambda x: ops.sum(x * x))
    gate.open.clear()
    x = backend.to_device(np.arange(4, dtype=np.float32))
    with meanwhile(ahead):
        assert float(function(x)) == 14
        assert not function.is_ready(x)
        gate.open.set()
        job = ahead.do("behind it", lambda: None)
        assert job.wait(PATIENCE)
        assert function.is_ready(x)
        assert float(function(x)) == 14
        assert not function.is_ready(backend.to_device(np.zeros(5, np.float32)))


def test_a_long_loop_is_left_for_what_is_compiled_by_now(ahead):
    """Of a large volume the steps would take longer than the compiler."""
    ready, passed = threading.Event(), []

    def function(x):
        if threading.current_thread().name != "compiles":
            passed.append("begun")
            assert ready.wait(PATIENCE)
            while True:
                between_steps()
        ready.set()
        return 2 * x

    made = compiled(function)
    with meanwhile(ahead):
        assert float(made(backend.to_device(np.float32(3)))) == 6
    assert passed == ["begun"]


def test_what_cannot_be_compiled_says_why(ahead, monkeypatch):
    def refuse(*_):
        raise ValueError("no such thing")

    monkeypatch.setattr(backend, "compiled", lambda _: refuse)
    made = compiled(lambda x: x)
    with meanwhile(ahead):
        with contextlib.suppress(ValueError):  # unless it was refused before the first step
            made(1.0)
        assert ahead.do("behind it", lambda: None).wait(PATIENCE)
        with pytest.raises(ValueError, match="no such thing"):
            made(1.0)


@pytest.mark.parametrize(
    "controls",
    [{"softness": 1.5, "shift_x": 2.0, "temperature": 1.3}, {"softness": 25.0, "shift_y": 3.0}],
    ids=["chosen rows", "all rows"],
)
def test_the_answers_of_a_hand_are_those_that_are_compiled(gate, controls):
    volume = open_volume("sample:tumour")
    names = tuple(each.name for each in volume.classes)
    for kept in (summing._sums, slice_fields._prediction):
        kept.cache.clear()  # what other tests have compiled
    worker.load("v", (volume.labels[None],), names, volume.spacing)
    losses = (setting("dice"), setting("cross_entropy"), setting("focal"))
    painted = MapRequest("cross_entropy", 1, "logit", Plane(0, 12))
    asked = ask(losses, painted, **controls).question

    def answered(effort):
        return from_shared_memory(worker.answers((Request(asked, effort),))[0])

    gate.open.clear()
    by_steps = answered(PREVIEW)
    plan = worker._batches["v"].pipeline._totals.plans[0]
    assert plan.counted.are_chosen == ("temperature" in controls)
    assert worker._ahead.is_busy
    assert by_steps.compiled  # its seconds are not those of a step
    gate.open.set()
    assert worker._ahead.do(object(), lambda: None).wait(PATIENCE)
    assert by_steps.preview  # so that it is asked about once more at rest
    exactly = answered(EXACT)
    assert not exactly.compiled
    assert not exactly.preview
    worker._batches["v"].pipeline._totals = None  # else the sums are known
    again = answered(EXACT)
    assert [each.value for each in again.losses] == [each.value for each in exactly.losses]
    for one, other in zip(by_steps.losses, exactly.losses, strict=True):
        assert one.value == pytest.approx(other.value, rel=2e-6)
    for name in ("probability", "gradient"):
        one, other = getattr(by_steps.maps, name), getattr(exactly.maps, name)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6 * np.abs(other).max())
