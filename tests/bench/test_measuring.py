"""Times are taken in turn, and only of what is to be timed."""

import time

import numpy as np
import pytest

from lossexplorer.bench.measuring import Side, Timing, in_turn


@pytest.fixture
def clock(monkeypatch):
    """A clock that only stands where it is put; a list of one number."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def test_sides_take_turns_and_no_number_comes_twice(clock):
    done = []
    sides = [
        Side(lambda n: done.append(("a", n))),
        Side(lambda n: done.append(("b", n))),
    ]
    times = in_turn(*sides, repetitions=5)
    numbers = [n for who, n in done if who == "a"]
    assert [who for who, _ in done] == ["a", "b"] * len(numbers)
    assert len(set(numbers)) == len(numbers) > 5  # there is a warm-up
    assert [len(each.seconds) for each in times] == [5, 5]


def test_preparing_is_not_timed(clock):
    def prepare(number):
        clock[0] += 100
        return number

    def run(number):
        clock[0] += 2 + number

    (times,) = in_turn(Side(run, prepare), repetitions=3)
    assert np.diff(times.seconds).tolist() == [1, 1]
    assert max(times.seconds) < 100


def test_quartiles_are_those_of_numpy():
    seconds = tuple(np.random.default_rng(3).random(11).tolist())
    timing = Timing(seconds)
    assert timing.median == np.median(seconds)
    assert timing.quartiles == pytest.approx(np.percentile(seconds, [25, 75]), rel=1e-12)


def test_one_repetition_has_no_spread():
    assert Timing((2.0,)).quartiles == (2.0, 2.0)
