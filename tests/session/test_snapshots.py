"""Snapshots: kept, gone back to, looked at, put in order, and what is known of them."""

from dataclasses import replace

import pytest

from lossexplorer.engine.messages import Plane, Reference
from lossexplorer.engine.questions import CurvePoint, Numbers
from lossexplorer.session.snapshots import Snapshots
from tests.session.test_controller import Bench
from tests.session.volumes import case


class Album(Bench):
    """A controller with snapshots, whose engine answers when it is told."""

    def __init__(self):
        super().__init__()
        self.snapshots = Snapshots(self.controller)
        self.store = self.session.store

    def set(self, grow, value=0.25):
        """Set a control and have it answered."""
        self.session.set_control("grow", grow)
        self.controller.ask()
        self.engine.answer(value=value)

    @property
    def grow(self):
        return self.session.state.experiment.controls["grow"]

    @property
    def names(self):
        return [snapshot.name for snapshot in self.snapshots.kept]


@pytest.fixture
def album():
    made = Album()
    made.session.open(case())
    return made


@pytest.fixture
def three(album):
    """Three snapshots: grown by 1, 2 and 3 mm, with values 0.1, 0.2 and 0.3."""
    for grow in (1.0, 2.0, 3.0):
        album.set(grow, value=grow / 10)
        album.snapshots.keep(b"picture")
    return album


def test_a_snapshot_has_the_state_and_the_values_of_then(three):
    first = three.snapshots[1]
    assert first.state.experiment.controls["grow"] == 1.0
    assert [result.value for result in first.answer.losses] == [0.1] * 5
    assert (first.name, first.picture, first.answer.maps) == ("Snapshot 1", b"picture", None)
    with pytest.raises(KeyError):
        three.snapshots[4]


def test_going_back_is_one_edit_that_can_be_undone(three):
    three.session.show(class_index=0)
    three.snapshots.go_back(1)
    assert (three.grow, three.session.state.view.class_index) == (1.0, 1)
    assert three.store.undo_label == "Back to snapshot 1"
    three.store.undo()
    assert three.grow == 3.0
    three.store.redo()
    assert three.grow == 1.0


def test_going_back_shows_the_slice_of_then(album):
    album.session.show(plane=Plane(0, 1))
    album.snapshots.keep()
    album.session.show(plane=Plane(2, 3))
    album.snapshots.go_back(1)
    assert album.session.state.view.plane == Plane(0, 1)
    assert not album.store.undo_label  # what is looked at is no part of the history


def test_other_volumes_are_open_again_and_the_edit_history_begins_anew(three):
    first = three.session.case
    three.session.open(case(seed=2, name="other"))
    three.session.set_control("grow", 4.0)
    three.snapshots.go_back(2)
    assert three.session.case is first
    assert three.grow == 2.0
    assert not three.store.undo_label
    assert three.engine.loaded[-1] is first


def test_other_classes_of_the_same_volumes_are_an_edit(album):
    album.session.open(case(classes=3))
    album.snapshots.keep()
    album.session.see(album.session.case.with_classes("foreground"))
    album.snapshots.go_back(1)
    assert album.session.case.classes == "each"
    album.store.undo()
    assert album.session.case.classes == "foreground"


def test_a_drag_after_going_back_is_an_edit_of_its_own(three):
    three.session.set_control("grow", 4.0, merge=7)
    three.snapshots.go_back(1)
    three.session.set_control("grow", 5.0, merge=7)
    labels = []
    while three.store.undo_label:
        labels.append(three.store.undo_label)
        three.store.undo()
    assert labels[:3] == ["Grow +1 → +5 mm", "Back to snapshot 1", "Grow +3 → +4 mm"]


# Order and names


def test_snapshots_are_renamed_removed_put_back_and_moved(three):
    kept = three.snapshots
    kept.rename(2, "  Tversky\n 0.7 ")
    assert three.names == ["Snapshot 1", "Tversky 0.7", "Snapshot 3"]
    kept.move(3, 0)
    assert three.names == ["Snapshot 3", "Snapshot 1", "Tversky 0.7"]
    kept.move(3, 99)
    assert three.names == ["Snapshot 1", "Tversky 0.7", "Snapshot 3"]
    removed = kept[2]
    kept.remove(2)
    assert three.names == ["Snapshot 1", "Snapshot 3"]
    kept.put_back(removed, 1)
    assert three.names == ["Snapshot 1", "Tversky 0.7", "Snapshot 3"]
    kept.go_back(2)
    assert three.store.undo_label == "Back to Tversky 0.7"
    kept.rename(2, " ")
    assert kept[2].name == "Snapshot 2"


def test_a_number_is_never_another_snapshot_s(three):
    three.snapshots.remove(3)
    assert three.snapshots.keep().number == 4


# The comparison


def test_a_snapshot_is_compared_with_what_is_set(three):
    three.set(4.0, value=0.4)
    three.snapshots.choose(1)
    first, second = three.snapshots.compared
    assert (first.name, second.name) == ("Now", "Snapshot 1")
    assert (first.answer.losses[0].value, second.answer.losses[0].value) == (0.4, 0.1)
    three.snapshots.choose(1)
    assert three.snapshots.compared is None


def test_of_two_that_are_chosen_the_first_is_gone_back_to(three):
    three.snapshots.choose(1)
    three.snapshots.choose(2)
    assert three.grow == 1.0
    assert [each.name for each in three.snapshots.compared] == ["Snapshot 1", "Snapshot 2"]


def test_going_to_the_one_that_is_compared_swaps_the_two(three):
    three.snapshots.choose(1)
    three.snapshots.go_back(1)
    assert [each.name for each in three.snapshots.compared] == ["Snapshot 1", "Snapshot 3"]


def test_removing_what_is_compared_ends_the_comparison(three):
    three.snapshots.choose(1)
    three.snapshots.remove(1)
    assert three.snapshots.compared is None


def test_while_an_answer_is_due_the_newest_values_are_compared(three):
    three.snapshots.choose(1)
    three.session.set_control("grow", 5.0)
    first, _ = three.snapshots.compared
    assert first.answer.losses[0].value == 0.3


def test_what_lacks_of_the_one_compared_is_asked_behind_all_else(three):
    """Its curves against what has been moved since, and values that are not known yet."""
    three.session.set_control("shift_x", 1.0)
    unknown = three.snapshots.keep()
    assert unknown.answer is None
    three.set(4.0)
    three.session.set_control("softness", 1.0)
    three.controller.ask()
    three.engine.answer()
    three.snapshots.choose(unknown.number)
    numbers = [r for r in three.engine.exploring if isinstance(r.question, Numbers)]
    assert [r.question.controls["grow"] for r in numbers] == [3.0]
    place = three.engine.exploring.index(numbers[0])
    behind = three.engine.exploring[place + 1 :]
    assert len(behind) == 41
    assert {type(r.question) for r in behind} == {CurvePoint}
    assert {r.question.controls["grow"] for r in behind} == {3.0}
    three.engine.explore_next(place + 1 + len(behind), value=0.5)
    _, second = three.snapshots.compared
    assert second.answer.losses[0].value == 0.5
    assert second.curves.response.reference == Reference("softness")
    assert len(second.curves.points["dice"]) == 41
    three.controller.explore()
    assert three.engine.exploring == []


def test_previews_of_the_one_compared_become_exact(three):
    three.session.set_control("softness", 1.0)
    three.controller.ask()
    three.engine.answer()
    three.snapshots.choose(1)
    three.engine.explore_next(len(three.engine.exploring) - 1, value=0.5)
    three.engine.explore_next(value=0.4, left_out=True, preview="Preview: few voxels.")
    (exact,) = three.engine.exploring
    assert exact.effort.exact
    _, second = three.snapshots.compared
    assert second.curves.previews == {exact.question.position}
    three.engine.explore_next(value=0.6)
    _, second = three.snapshots.compared
    assert not second.curves.previews
    assert second.curves.points["dice"][exact.question.position] == 0.6
    three.controller.explore()
    assert three.engine.exploring == []


def test_curves_without_previews_replace_those_with(album):
    album.set(1.0)
    album.controller.explore()
    album.engine.explore_next(len(album.engine.exploring), left_out=True, preview="Preview: few.")
    kept = album.snapshots.keep()
    assert len(album.snapshots[kept.number].curves.previews) == 41
    album.engine.explore_next(41, value=0.75)
    curves = album.snapshots[kept.number].curves
    assert not curves.previews
    assert set(curves.points["dice"].values()) == {0.75}


def test_of_other_volumes_nothing_is_asked(three):
    three.session.open(case(seed=2, name="other"))
    three.controller.ask()
    three.engine.answer()
    three.snapshots.choose(1)
    keys = {request.question.volume for request in three.engine.exploring}
    assert keys == {three.session.case.key}


def test_what_becomes_known_later_is_added(album):
    album.session.set_control("grow", 1.0)
    album.controller.ask()
    album.engine.answer(value=0.5, preview="a preview")
    album.controller.explore()
    kept = album.snapshots.keep()
    assert kept.answer.preview
    while album.engine.exploring:
        album.engine.explore_next(value=0.25)
    known = album.snapshots[kept.number]
    assert (known.answer.preview, known.answer.losses[0].value) == ("", 0.25)
    assert len(known.curves.points["dice"]) == 41
    album.set(2.0, value=0.75)  # of another state nothing is added
    assert album.snapshots[kept.number] == known


def test_curves_are_not_lost_where_they_begin_anew(album):
    album.set(1.0)
    album.controller.explore()
    album.engine.explore_next(len(album.engine.exploring))
    kept = album.snapshots.keep()
    album.set(2.0)
    album.session.set_control("shift_x", 1.0)
    album.snapshots.go_back(kept.number)
    album.controller.explore()  # without a point
    assert len(album.snapshots[kept.number].curves.points["dice"]) == 41


# Flips


def test_a_flip_is_no_edit_and_goes_back_to_all_that_was(three):
    three.session.show(class_index=0)
    before, label = three.session.state, three.store.undo_label
    three.snapshots.flip()
    assert three.grow == 2.0  # the newest that is not shown
    assert three.snapshots.here.number == 3
    assert three.store.undo_label == label
    three.session.show(plane=Plane(1, 0))  # what is looked at meanwhile is forgotten
    three.snapshots.flip_back()
    assert three.session.state == before
    three.snapshots.flip_back()
    assert three.session.state == before


def test_a_flip_shows_the_one_that_is_compared(three):
    three.snapshots.choose(1)
    three.snapshots.flip()
    assert three.grow == 1.0
    three.snapshots.flip_back()
    assert three.grow == 3.0


def test_without_another_one_nothing_flips(album):
    before = album.session.state
    album.snapshots.flip()
    assert album.session.state == before
    album.snapshots.keep()
    album.snapshots.flip()
    assert album.session.state == before
    assert album.snapshots.other is None


def test_what_is_set_during_a_flip_is_not_lost(three):
    three.snapshots.flip()
    three.session.set_control("shift_x", 1.0)
    three.snapshots.flip_back()
    assert (three.grow, three.session.state.experiment.controls["shift_x"]) == (2.0, 1.0)
    three.store.undo()
    assert three.store.undo_label == "Back to snapshot 2"
    three.store.undo()
    assert three.grow == 3.0


def test_undo_during_a_flip_undoes_what_was_done_before_it(three):
    three.snapshots.flip()
    three.store.undo()
    assert three.grow == 2.0  # of the edit before the third was kept
    assert three.store.left is None
    three.store.redo()
    assert three.grow == 3.0


def test_a_flip_to_other_volumes_and_back_keeps_the_edit_history(three):
    three.session.open(case(seed=2, name="other"))
    other = three.session.case
    three.session.set_control("grow", 4.0)
    three.snapshots.flip()
    assert three.session.case is not other
    three.snapshots.flip_back()
    assert three.session.case is other
    assert three.store.undo_label == "Grow +3 → +4 mm"


def test_what_is_set_in_a_flip_to_other_volumes_begins_a_new_edit_history(three):
    three.session.open(case(seed=2, name="other"))
    three.session.set_control("grow", 4.0)
    three.snapshots.flip()
    three.session.set_control("shift_x", 1.0)
    three.store.undo()
    assert not three.store.undo_label
    assert three.grow == 3.0


def test_stored_snapshots_replace_those_that_are_there(three):
    kept = three.snapshots.kept
    three.snapshots.choose(1)
    three.snapshots.restore([replace(kept[2], number=0), kept[0]])
    assert [(each.number, each.name) for each in three.snapshots.kept] == [
        (1, "Snapshot 3"),
        (2, "Snapshot 1"),
    ]
    assert three.snapshots.compared is None
    assert three.snapshots.keep().number == 3
