"""The groups of controls: what is open, marked, reset, and what differs between classes."""

import pytest
from qtpy.QtCore import QEvent, QPointF, Qt, QTimer
from qtpy.QtGui import QCursor, QEnterEvent
from qtpy.QtWidgets import QApplication, QLabel

from lossexplorer.app.widgets.prediction_section import PredictionSection
from lossexplorer.core.lengths import VolumeSize
from lossexplorer.predictions import CONTROLS, DEGRADATIONS, GROUPS, complete_controls

RIGHT = Qt.Key.Key_Right
SIZE = VolumeSize((6.5, 0.78125, 0.78125), (25, 256, 256))


@pytest.fixture
def section(qtbot):
    section = PredictionSection()
    section.setFixedWidth(264)
    qtbot.addWidget(section)
    QCursor.setPos(section.screen().geometry().bottomRight())  # where it rests over no control
    with qtbot.waitActive(section):  # else keys may be shortcuts of a window beside it
        section.show()
        section.activateWindow()
    return section


def values(**changed):
    return complete_controls(changed)


def test_every_control_has_its_row_in_the_group_of_its_degradation(section):
    assert list(section.groups) == list(GROUPS)
    assert set(section.rows) == set(CONTROLS)
    for name, degradation in DEGRADATIONS.items():
        parent = section.blocks[name]
        while parent is not None and parent is not section.groups[degradation.group]:
            parent = parent.parentWidget()
        assert parent is section.groups[degradation.group]
        titles = [label.text() for label in section.blocks[name].findChildren(QLabel)]
        assert (degradation.title in titles) or len(degradation.controls) == 1
        assert [c.title for c in degradation.controls] == [
            title for title in titles if title in {c.title for c in degradation.controls}
        ][-len(degradation.controls) :]


def test_at_the_start_the_first_groups_are_open(section):
    assert [name for name, group in section.groups.items() if group.is_open] == [
        "place", "boundary", "probability"
    ]  # fmt: skip
    assert section.rows["shift_x"].isVisible()
    assert not section.rows["holes"].isVisible()


def test_a_group_is_opened_and_closed_by_mouse_and_key(section, qtbot):
    group = section.groups["objects"]
    qtbot.mouseClick(group.button, Qt.MouseButton.LeftButton)
    assert section.rows["holes"].isVisible()
    qtbot.keyClick(group.button, Qt.Key.Key_Space)
    assert not section.rows["holes"].isVisible()


def test_a_closed_group_is_marked_if_something_in_it_was_changed(section):
    group = section.groups["objects"]
    section.show_values(values(holes=2), {})
    assert group.mark.isVisible()
    assert "changed" in group.button.accessibleName()
    group.open()
    assert not group.mark.isVisible()  # there the button says it
    assert section.blocks["holes"].resetter.isVisible()
    assert not section.blocks["missing_objects"].resetter.isVisible()
    assert not section.groups["extent"].mark.isVisible()
    section.show_values(values(), {})
    assert not section.blocks["holes"].resetter.isVisible()
    group.button.click()
    assert not group.mark.isVisible()


def test_a_degradation_is_put_back_as_a_whole(section, qtbot):
    names = []
    section.reset.connect(names.append)
    section.show_values(values(shift_x=1.0, shift_y=2.0), {})
    assert section.blocks["shift"].resetter.toolTip() == "Back to the default"
    qtbot.mouseClick(section.blocks["shift"].resetter, Qt.MouseButton.LeftButton)
    assert names == [("shift_x", "shift_y", "shift_z")]


def test_whole_numbers_move_and_are_written_as_such(section, qtbot):
    section.groups["objects"].open()
    chosen = []
    section.changed.connect(lambda name, value: chosen.append((name, value)))
    row = section.rows["holes"]
    qtbot.keyClick(row.slider, RIGHT)
    assert chosen == [("holes", 1.0)]
    assert row.line.text() == "1"
    row.line.setText("2.5")
    qtbot.keyClick(row.line, Qt.Key.Key_Return)
    assert row.line.property("problem") is True
    assert "whole number" in row.line.toolTip()
    assert len(chosen) == 1


# Numbers that differ between classes


@pytest.fixture
def grow(section):
    section.set_volume(SIZE, ("background", "organ", "lesion"))
    chosen = []
    section.changed.connect(lambda _name, value: chosen.append(value))
    return section.rows["grow"], chosen


def test_with_one_class_there_is_none_to_choose(section):
    section.set_volume(SIZE, ("background", "tumour"))
    assert not section.rows["grow"].classes.isVisible()
    section.set_volume(SIZE, ("background", "organ", "lesion"))
    assert section.rows["grow"].classes.isVisible()
    assert not section.rows["softness"].classes.isVisible()


def test_all_classes_or_one_are_set(grow, qtbot):
    row, chosen = grow
    assert [row.classes.itemText(i) for i in range(row.classes.count())] == [
        "all classes", "background", "organ", "lesion"
    ]  # fmt: skip
    qtbot.keyClick(row.slider, RIGHT)
    assert chosen[-1] == pytest.approx(0.2)  # a hundredth of −10 … 10 mm
    for _ in range(3):
        qtbot.keyClick(row.classes, Qt.Key.Key_Down)
    assert row.classes.currentText() == "lesion"
    assert row.line.text() == "+0.2"
    qtbot.keyClick(row.slider, RIGHT)
    assert chosen[-1] == pytest.approx((0.2, 0.2, 0.4))
    qtbot.keyClick(row.classes, Qt.Key.Key_Up)
    assert row.line.text() == "+0.2"
    qtbot.keyClick(row.classes, Qt.Key.Key_Home)
    assert row.line.text() == "mixed"
    qtbot.keyClick(row.line, Qt.Key.Key_Return)  # left as it is
    assert len(chosen) == 2
    row.line.setText("1vox")
    qtbot.keyClick(row.line, Qt.Key.Key_Return)
    assert chosen[-1] == 0.78125


def test_a_class_that_is_set_back_to_the_others_makes_one_number_again(grow, qtbot):
    row, chosen = grow
    row.set_value((0.0, 1.0, 0.0))
    row.classes.setCurrentIndex(2)
    row.line.setText("0")
    qtbot.keyClick(row.line, Qt.Key.Key_Return)
    assert chosen == [0.0]


def test_classes_are_chosen_by_name(section, qtbot):
    section.set_volume(SIZE, ("background", "organ", "lesion"))
    section.groups["classes"].open()
    chosen = []
    section.changed.connect(lambda name, value: chosen.append((name, value)))
    row = section.rows["swap_from"]
    assert row.options.currentText() == ["background", "organ", "lesion"][
        CONTROLS["swap_from"].default
    ]  # fmt: skip
    qtbot.keyClick(row.options, Qt.Key.Key_Down)
    assert chosen == [("swap_from", CONTROLS["swap_from"].default + 1)]


@pytest.mark.parametrize("names", [("background", "a"), ("background", "a", "b")], ids=len)
def test_nothing_is_wider_than_the_panel(section, names):
    section.set_volume(SIZE, names)
    section.show_values(values(**{"shift_x": -700.0, "grow": -12.5, "softness": 999.0}), {})
    for group in section.groups.values():
        group.open()
    assert section.minimumSizeHint().width() <= 264


def pointer_to(widget, kind):
    """As the window system says that the pointer comes and goes."""
    place = QPointF(widget.rect().center())
    event = QEnterEvent(place, place, place) if kind == "enter" else QEvent(QEvent.Type.Leave)
    QApplication.sendEvent(widget, event)


def test_a_group_that_is_opened_has_its_controls_expected_and_a_closed_one_nothing(section, qtbot):
    heard = []
    section.expected.connect(heard.append)
    group = section.groups["objects"]
    qtbot.mouseClick(group.button, Qt.MouseButton.LeftButton)
    of_group = {
        control.name
        for each in DEGRADATIONS.values()
        if each.group == "objects"
        for control in each.controls
    }
    assert [set(names) for names in heard] == [of_group]
    qtbot.mouseClick(group.button, Qt.MouseButton.LeftButton)
    assert len(heard) == 1


def test_a_control_is_expected_once_the_pointer_rests_over_it(section, qtbot):
    heard = []
    section.expected.connect(heard.append)
    passed, rested = section.rows["shift_y"], section.rows["temperature"]
    pointer_to(passed, "enter")
    pointer_to(passed, "leave")
    pointer_to(rested, "enter")
    assert heard == []  # it may go on
    qtbot.waitUntil(lambda: heard == [("temperature",)])
    pointer_to(passed, "enter")
    pointer_to(passed, "leave")
    assert not section.findChildren(QTimer)[0].isActive()
