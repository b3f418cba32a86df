"""Of a hand that moves, numbers come first, and maps as often as a screen shows them."""

import pytest

from lossexplorer.engine import asked as module
from lossexplorer.engine.asked import Asked
from lossexplorer.engine.messages import PREVIEW, Answer, Effort, MapRequest, Plane, Request
from lossexplorer.engine.questions import Maps, Numbers


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def asked(clock):
    return Asked()


def question(grow, index=0):
    return Maps("v", {"grow": grow}, (), MapRequest("dice", 1, "logit", Plane(0, index)))


def moved(grow, generation, index=0):
    effort = Effort(exact=False, whole_field=False, generation=generation)
    return Request(question(grow, index), effort)


def answered(request, seconds=0.01, *, compiled=False):
    return Answer(request, (), 0.0, None, seconds, compiled=compiled)


def taken(asked):
    """What is asked now: the value of the control, and whether maps are to be painted."""
    request = asked.take()
    return request and (request.question.controls["grow"], request.effort.painted)


def test_maps_are_asked_for_once_the_numbers_are_known_and_nothing_newer_waits(asked):
    asked.put(moved(1, 1))
    request = asked.take()
    assert (request.question, request.effort.painted) == (question(1), False)
    assert asked.take() is None
    asked.know(answered(request))
    assert asked.take() == moved(1, 1)
    assert asked.take() is None


def test_newer_numbers_come_before_maps_until_these_are_due(asked, clock):
    asked.put(moved(1, 1))
    asked.know(answered(asked.take()))
    asked.put(moved(2, 2))
    assert taken(asked) == (1, True)  # none were painted yet
    clock.now += 0.03
    asked.know(answered(asked.take()))
    asked.put(moved(3, 3))
    clock.now += 0.02
    assert taken(asked) == (3, False)
    asked.know(answered(moved(3, 3)))
    asked.put(moved(4, 4))
    clock.now += 0.011
    assert taken(asked) == (3, True)
    assert taken(asked) == (4, False)


def test_in_another_slice_the_numbers_are_known(asked):
    asked.put(moved(1, 1))
    asked.know(answered(asked.take()))
    assert taken(asked) == (1, True)
    asked.put(moved(1, 2, index=5))
    assert asked.take() == moved(1, 2, index=5)


@pytest.mark.parametrize(
    "request_", [Request(question(1)), Request(Numbers("v", {"grow": 1}, ()), PREVIEW)]
)
def test_what_is_exact_or_has_no_maps_is_asked_for_at_once(asked, request_):
    asked.put(request_)
    assert asked.take() is request_


def test_the_newest_replaces_one_that_waits_and_what_is_put_back_does_not(asked):
    asked.put(moved(1, 1))
    first = asked.take()
    asked.put(moved(2, 2))
    asked.put(moved(3, 3))
    asked.put_back(first)
    assert asked.is_waiting
    assert taken(asked) == (3, False)
    asked.put_back(moved(3, 3))
    assert taken(asked) == (3, False)


def test_an_answer_takes_as_long_as_numbers_and_maps(asked):
    asked.put(moved(1, 1))
    asked.know(answered(asked.take(), 0.25, compiled=True))
    found = asked.whole(answered(moved(1, 1), 0.5))
    assert (found.seconds, found.compiled) == (0.75, True)
    assert asked.whole(answered(moved(2, 2), 0.5)) == answered(moved(2, 2), 0.5)


def test_nothing_is_asked_of_a_volume_that_is_left(asked):
    asked.put(moved(1, 1))
    asked.know(answered(asked.take()))
    asked.put(moved(2, 2))
    asked.clear()
    assert asked.take() is None
