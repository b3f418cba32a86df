"""The time left is what the rest takes at the pace of the last seconds."""

import pytest

from lossexplorer.core.numbers import time_left
from lossexplorer.core.pace import Pace


def test_nothing_is_said_before_something_was_seen_to_be_done():
    pace = Pace()
    assert pace.left(9, 0.0) is None
    pace.note(3, 1.0)
    assert pace.left(9, 1.5) is None
    pace.note(3, 2.0)
    assert pace.left(9, 2.0) is None


def test_a_slow_start_is_forgotten_after_a_while():
    """One of 100 in the first minute, then one each second."""
    pace = Pace()
    pace.note(0, 0.0)
    pace.note(1, 60.0)
    assert pace.left(100, 60.0) == pytest.approx(99 * 60)
    for second in range(1, 31):
        pace.note(1 + second, 60.0 + second)
    assert pace.left(100, 90.0) == pytest.approx(69)


def test_what_goes_on_after_a_pause_is_measured_anew():
    pace = Pace()
    pace.note(0, 0.0)
    pace.note(10, 1.0)
    pace.begin()
    pace.note(10, 1000.0)
    pace.note(15, 1001.0)
    assert pace.left(20, 1001.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.6, "5 s"), (16, "20 s"), (89, "90 s"), (100, "2 min"), (7200, "2.0 h")]
)
def test_it_is_said_as_exactly_as_it_is_known(seconds, said):
    assert time_left(seconds) == said
