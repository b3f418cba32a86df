"""What the plots show, made of answers."""

import math
from dataclasses import replace

import pytest

from lossexplorer.conventions import CONVENTIONS
from lossexplorer.engine.messages import TOTAL, Effort, Request
from lossexplorer.session import Session, response_of
from lossexplorer.session.records import RECORDS, Records
from lossexplorer.volumes import Batch
from tests.session.volumes import answer, case, volume


@pytest.fixture
def session():
    made = Session()
    made.open(case())
    return made


@pytest.fixture
def records(session):
    made = Records()
    made.open(session.case.batch)
    return made


def now(session, value=0.25, **how):
    return answer(Request(session.state.maps()), value, **how)


def test_a_step_for_each_setting_and_none_for_another_slice(session, records):
    records.add(now(session, 0.5))
    session.show(plane=replace(session.state.view.plane, index=0), class_index=0)
    records.add(now(session, 0.5))
    session.set_control("grow", 1.0)
    records.add(now(session, 0.75))
    assert records["history"].series("dice") == [0.5, 0.75]
    assert records["history"].series(TOTAL) == [2.5, 3.75]  # of five losses
    assert records["class_terms"].terms["dice"] == (0.75, 0.75)


def test_a_record_that_was_kept_does_not_change(session, records):
    records.add(now(session, 0.5))
    kept = records["history"], records["class_terms"], records["curves"]
    session.set_control("grow", 1.0)
    records.add(now(session, 0.75))
    assert kept[0].series("dice") == [0.5]
    assert kept[1].terms["dice"] == (0.5, 0.5)


def test_of_more_than_300_steps_the_last_are_kept_with_their_numbers(session, records):
    for number in range(1, 304):
        session.set_control("grow", number / 100)
        records.add(now(session, 1 / number))
    assert records["history"].first == 4
    assert records["history"].series("dice") == [1 / number for number in range(4, 304)]


def test_what_was_pending_completes_its_step(session, records):
    session.add_loss("hausdorff")
    records.add(now(session, 0.5, pending=("hausdorff",)))
    assert math.isnan(records["history"].series("hausdorff")[0])
    assert math.isnan(records["history"].series(TOTAL)[0])
    records.add(now(session, 0.5))
    assert records["history"].series("hausdorff") == [0.5]
    assert records["history"].series(TOTAL) == [3.0]
    assert records["history"].first == 1


def test_an_exact_answer_completes_a_step_that_was_a_preview(session, records):
    """First rows and classes that were left out, then losses of the whole field."""
    session.add_loss("hausdorff")
    records.add(now(session, 0.5, left_out=True, pending=("hausdorff",)))
    records.add(now(session, 0.4, pending=("hausdorff",)))
    assert records["history"].series("dice") == [0.4]
    assert records["class_terms"].terms["dice"] == (0.4, 0.4)
    records.add(now(session, 0.4))
    assert records["history"].series("hausdorff") == [0.4]
    assert records["curves"].hand.losses[0].value == 0.4
    session.show(class_index=0)
    records.add(now(session, 0.5, left_out=True, pending=("hausdorff",)))  # of another class's maps
    assert records["history"].series("dice") == [0.4]


def test_the_class_and_the_loss_that_are_painted_are_those_of_the_newest_answer(session, records):
    records.add(now(session, 0.5))
    for loss, index in (("dice", 0), ("iou", 0), ("iou", 1)):
        session.show(loss=loss, class_index=index)
        records.add(now(session, 0.5))
        assert (records["class_terms"].loss, records["class_terms"].chosen) == (loss, index)
    assert len(records["history"].steps) == 1


def test_a_pending_loss_without_a_weight_takes_no_part_in_the_total(session, records):
    session.add_loss("hausdorff")
    session.set_weight("hausdorff", 0.0)
    records.add(now(session, 0.5, pending=("hausdorff",)))
    assert records["history"].series(TOTAL) == [2.5]


def test_a_loss_that_returns_begins_anew(session, records):
    records.add(now(session, 0.5))
    session.remove_loss("iou")
    records.add(now(session, 0.6))
    session.add_loss("iou")
    records.add(now(session, 0.7))
    series = records["history"].series("iou")
    assert [math.isnan(value) for value in series] == [True, True, False]
    assert records["history"].series("dice") == [0.5, 0.6, 0.7]
    assert "iou" in records["history"].shown


def test_another_volume_begins_the_history_anew_and_keeps_the_classes_names(session, records):
    records.add(now(session))
    records.open(Batch((volume(classes=3),)))
    assert records["history"].steps == ()
    assert records["class_terms"].classes == ("class 0", "class 1", "class 2")
    records.add(now(session))
    assert len(records["history"].steps) == 1


def test_points_are_at_their_places_and_the_hand_where_it_is(session, records):
    response = response_of(session.state, 5)
    records.begin("curves", session.state)
    points = [
        answer(r, abs(r.question.position)) for r in response.requests(session.state.experiment)
    ]
    records.answer({"curves": points[:2]})
    assert records["curves"].points["dice"] == {-1.0: 1.0, 1.0: 1.0}  # four voxels of 0.25 mm
    records.answer({"curves": points[2:]})
    assert sorted(records["curves"].points["iou"].items()) == [
        (-1.0, 1.0), (-0.5, 0.5), (0.0, 0.0), (0.5, 0.5), (1.0, 1.0)
    ]  # fmt: skip
    session.set_control("shift_x", 0.25)
    records.add(now(session))
    assert records["curves"].place == (0.25, 0.25)


def test_the_hand_is_nowhere_on_curves_against_a_loss_that_it_lacks(session, records):
    session.set_parameter("tversky", "alpha", 0.5)
    records.begin("curves", session.state)
    session.remove_loss("tversky")
    records.add(now(session))
    assert records["curves"].place is None


def test_points_of_a_loss_that_is_pending_are_left_out(session, records):
    session.add_loss("hausdorff")
    response = response_of(session.state, 3)
    records.begin("curves", session.state)
    first = response.requests(session.state.experiment)[0]
    records.answer({"curves": [answer(first, pending=("hausdorff",))]})
    assert records["curves"].points["hausdorff"] == {}
    assert list(records["curves"].points["dice"]) == [-1.0]


def test_what_changes_is_said_with_the_new_record(session, records):
    heard = []
    for name in RECORDS:
        records.follow(name, lambda record, name=name: heard.append((name, record)))
    records.add(now(session))
    assert dict(heard) == {
        name: records[name] for name in ("history", "class_terms", "curves", "landscape")
    }
    records.begin("curves", session.state)
    assert heard[4:] == [("curves", records["curves"])]


def test_back_at_former_steps_the_hand_is_where_they_end(session, records):
    against = session.state.view.against.name
    records.begin("curves", session.state)
    session.set_control(against, 1.0)
    records.add(now(session, 0.5))
    desk, kept = now(session, 0.5), records.kept()
    session.set_control(against, 2.0)
    records.add(now(session, 0.75))
    records.put_back(kept)
    records.add(desk)
    assert records["curves"].place[1] == 1.0
    assert records["history"].series("dice") == [0.5]
    session.set_control(against, 3.0)
    records.add(now(session, 0.25))
    records.add(now(session, 0.25))
    assert records["history"].series("dice") == [0.5, 0.25]


def test_conventions_of_a_loss_of_the_whole_field_are_asked_for_together(session):
    requests = RECORDS["conventions"].requests(session.state, Effort())
    groups = [request.question.conventions for request in requests]
    assert sorted(index for group in groups for index in group) == list(range(len(CONVENTIONS)))
    long = [group for group, request in zip(groups, requests, strict=True) if request.takes_long]
    losses = [{CONVENTIONS[index].loss for index in group} for group in long]
    expected = [
        {"boundary"},
        {"hausdorff"},
        {"cl_dice"},
        {"topk_cross_entropy"},
        {"lovasz_softmax"},
    ]
    assert losses == expected
    assert groups[-len(long) :] == long
