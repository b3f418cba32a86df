"""What two snapshots differ in."""

import math
from dataclasses import replace

import pytest

from lossexplorer.engine.messages import TOTAL, Request
from lossexplorer.session.comparison import (
    ComparedText,
    ComparedValue,
    settings_compared,
    values_compared,
)
from lossexplorer.session.snapshots import Snapshots
from tests.session.test_controller import Bench
from tests.session.volumes import answer, case


@pytest.fixture
def bench():
    made = Bench()
    made.snapshots = Snapshots(made.controller)
    made.session.open(case())
    return made


def both(bench, change, value=(0.25, 0.75), **of):
    """Keep a snapshot, change something, and return it with what is set then."""
    values = iter(value)

    def answered():
        request = Request(bench.session.state.maps())
        return replace(bench.snapshots.now, answer=answer(request, next(values), **of))

    first = answered()
    change(bench.session)
    return first, answered()


def texts(bench, change):
    return [(each.title, each.first, each.second) for each in texts_of(bench, change)]


def texts_of(bench, change):
    return settings_compared(*both(bench, change))


def test_values_are_side_by_side_with_their_differences(bench):
    found = values_compared(*both(bench, lambda session: session.set_control("grow", 1.0)))
    dice = [each for each in found if each.name == "dice"]
    assert dice == [
        ComparedValue("dice", "Dice", None, 0.25, 0.75),
        ComparedValue("dice", "class 0", 0, 0.25, 0.75),
        ComparedValue("dice", "class 1", 1, 0.25, 0.75),
    ]
    assert dice[0].difference == 0.5
    total = found[-1]
    assert (total.name, total.first, total.second) == (TOTAL, 5 * 0.25, 5 * 0.75)
    assert total.difference == 2.5


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        (0.25, 0.75, 0.5),
        (math.inf, math.inf, 0.0),
        (0.5, math.inf, math.inf),
        (math.inf, 0.5, -math.inf),
        (None, 0.5, None),
        (0.5, None, None),
    ],
)
def test_a_difference_is_the_second_less_the_first(first, second, difference):
    assert ComparedValue("dice", "Dice", None, first, second).difference == difference


def test_a_difference_from_nan_is_nan():
    assert math.isnan(ComparedValue("dice", "Dice", None, math.nan, 0.5).difference)


def test_a_loss_that_only_one_shows_has_no_difference(bench):
    found = values_compared(*both(bench, lambda session: session.remove_loss("iou")))
    (iou,) = [each for each in found if each.name == "iou" and each.class_index is None]
    assert (iou.first, iou.second, iou.difference) == (0.25, None, None)


def test_what_is_pending_is_no_value_and_leaves_no_total(bench):
    pair = both(bench, lambda session: session.set_control("grow", 1.0), pending=("dice",))
    found = values_compared(*pair)
    assert [each.first for each in found if each.name == "dice"] == [None]
    assert found[-1].first is None


def test_without_values_there_are_none(bench):
    first, second = both(bench, lambda session: session.set_control("grow", 1.0))
    found = values_compared(replace(first, answer=None), second)
    assert {each.first for each in found} == {None}
    assert len([each for each in found if each.class_index is None]) == 6


def test_classes_of_two_volumes_are_compared_by_name(bench):
    first, second = both(bench, lambda session: session.open(case(classes=3)))
    three = replace(second, answer=answer(second.answer.request, 0.75, classes=3))
    found = [each for each in values_compared(first, three) if each.name == "dice"]
    assert [(each.title, each.first) for each in found] == [
        ("Dice", 0.25),
        ("class 0", 0.25),
        ("class 1", 0.25),
        ("class 2", None),
    ]


CHANGES = [
    (lambda s: s.set_control("shift_x", 3.125), [("Shift x", "0 mm", "+3.12 mm")]),
    (lambda s: s.set_control("confidence", 0.9), [("1 − confidence", "0", "0.1")]),
    (
        lambda s: s.set_parameter("tversky", "alpha", 0.7),
        [("Tversky, false positives α", "0.3", "0.7")],
    ),
    (lambda s: s.set_weight("iou", 0.5), [("IoU λ", "1", "0.5")]),
    (lambda s: s.remove_loss("iou"), [("IoU", "shown", "not shown")]),
    (lambda s: s.add_loss("focal"), [("Focal", "not shown", "shown")]),
    (lambda s: s.set_descent("steps", 5), [("Descent, steps a frame", "1", "5")]),
    (lambda s: s.show(class_index=0, wrt="probability"), []),
    (
        lambda s: s.see(s.case.with_patch((2, 3, 2))),
        [("Patches", "none", "2 × 3 × 2")],
    ),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_what_is_set_otherwise_is_said_and_nothing_else(bench, change, said):
    assert texts(bench, change) == said


def test_values_that_read_the_same_have_all_digits(bench):
    bench.session.set_control("shift_x", 3.1211)
    found = texts_of(bench, lambda session: session.set_control("shift_x", 3.1212))
    assert found == (ComparedText("Shift x", "3.1211", "3.1212"),)
