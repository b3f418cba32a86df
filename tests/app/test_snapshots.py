"""Snapshots in the real window: a key keeps, a click goes back, Ctrl compares, B flips."""

import numpy as np
import pytest
from qtpy.QtCore import QModelIndex, QPoint, Qt
from qtpy.QtGui import QImage, QKeyEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QMenu

from lossexplorer.app.snapshots.holding import Holding
from lossexplorer.core.numbers import loss_value
from lossexplorer.viewer.colors import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE
from tests.app.driver import EDGES, NO_MODIFIER, Closed, shifted, tumour

CTRL = Qt.KeyboardModifier.ControlModifier
EDGE = EDGES[2]


@pytest.fixture
def snapshots(driver):
    return driver.window.context.snapshots


@pytest.fixture
def strip(driver):
    return driver.panels.widget("snapshots").strip


@pytest.fixture
def two(driver, snapshots):
    """Two snapshots by the key: moved by 2 and by 4 voxels along x; the second is set."""
    for voxels in (2, 4):
        driver.answer(lambda voxels=voxels: driver.session.set_control("shift_x", voxels * EDGE))
        driver.shortcut("Ctrl+K")
    return snapshots


def click(strip, number, modifier=NO_MODIFIER):
    """Click a snapshot in the strip."""
    place = strip.place_of(number).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def error_of(predicted):
    """The error categories of class 1 in closed form."""
    truth, decided = tumour() == 1, predicted == 1
    return np.select(
        [truth & decided, decided, truth], [TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE], 0
    )


def painted_error(driver):
    return driver.painted("error")


def expected_error(driver, **voxels):
    plane = driver.session.state.view.plane
    return np.take(error_of(shifted(tumour(), **voxels)), plane.index, axis=plane.axis)


def shift(driver):
    return driver.session.state.experiment.controls["shift_x"]


def names(strip):
    return [strip.item(row).text() for row in range(strip.count())]


# Keeping and going back


def test_the_panel_is_closed_until_there_is_a_snapshot(driver, snapshots, strip):
    assert not driver.panels.is_shown("snapshots")
    driver.shortcut("Ctrl+K")
    QApplication.processEvents()
    assert strip.isVisible()
    assert names(strip) == ["Snapshot 1"]
    snapshots.remove(1)
    assert not strip.isVisible()


def test_a_click_goes_back_to_what_was_set_and_shown(driver, two, strip):
    driver.session.show(class_index=0)
    driver.answer(lambda: click(strip, 1))
    assert shift(driver) == 2 * EDGE
    assert driver.session.state.view.class_index == 1
    closed = Closed(shifted(tumour(), x=2))
    assert driver.card_text("dice") == loss_value(closed.value("dice"))
    np.testing.assert_array_equal(painted_error(driver), expected_error(driver, x=2))
    assert driver.action("Undo Back to snapshot 1").isEnabled()
    driver.answer(lambda: driver.shortcut("Ctrl+Z"))
    assert shift(driver) == 4 * EDGE
    np.testing.assert_array_equal(painted_error(driver), expected_error(driver, x=4))


def test_the_slice_of_then_is_on_the_canvas_again(driver, snapshots, strip):
    plane = driver.session.state.view.plane
    driver.shortcut("Ctrl+K")
    driver.answer(lambda: driver.shortcut("A"))
    driver.answer(lambda: driver.shortcut("Right"))
    assert driver.canvas.navigation.plane.axis != plane.axis
    driver.answer(lambda: click(strip, 1))
    assert driver.canvas.navigation.plane == driver.session.state.view.plane == plane


def test_a_snapshot_in_3d_is_shown_in_3d(driver, snapshots, strip):
    driver.answer(lambda: driver.shortcut("Ctrl+3"))
    driver.shortcut("Ctrl+K")
    driver.answer(lambda: driver.shortcut("Ctrl+3"))
    assert driver.viewer.dims.ndisplay == 2
    driver.answer(lambda: click(strip, 1))
    assert driver.viewer.dims.ndisplay == 3


def test_the_picture_shows_the_error_of_then(two):
    """Where both predictions err, and where only the one that was moved further does."""
    wrong = []
    for snapshot in two.kept:
        image = QImage.fromData(snapshot.picture, "PNG")
        colors = [
            image.pixelColor(x, y) for y in range(image.height()) for x in range(image.width())
        ]
        red = [c for c in colors if c.red() > c.green() + 60 and c.red() > c.blue() + 60]
        blue = [c for c in colors if c.blue() > c.red() + 60]
        assert red
        assert blue
        wrong.append(len(red) + len(blue))
    assert 1.5 < wrong[1] / wrong[0] < 2.5  # of a convex object twice as far moved


def test_other_volumes_are_opened_again(driver, two, strip):
    case = driver.session.case
    driver.open("sample:plate")
    driver.answer(lambda: click(strip, 1))
    assert driver.session.case is case
    closed = Closed(shifted(tumour(), x=2))
    assert driver.card_text("dice") == loss_value(closed.value("dice"))
    assert driver.window.windowTitle().startswith("tumour")
    np.testing.assert_array_equal(painted_error(driver), expected_error(driver, x=2))


# The strip


def test_the_snapshot_that_is_set_is_marked(driver, two, strip):
    cells = strip.itemDelegate()
    assert cells.here == 2
    driver.session.set_control("grow", 1.0)
    assert cells.here == 0
    driver.shortcut("Ctrl+Z")
    assert cells.here == 2


def test_a_snapshot_is_renamed_in_the_strip(driver, two, strip):
    strip.setCurrentRow(0)
    driver.press(strip, Qt.Key.Key_F2)
    (line,) = strip.findChildren(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "baseline")
    QTest.keyClick(line, Qt.Key.Key_Return)
    driver.bot.waitUntil(lambda: two[1].name == "baseline")
    assert names(strip) == ["baseline", "Snapshot 2"]
    driver.answer(lambda: click(strip, 1))
    assert driver.session.store.undo_label == "Back to baseline"


def test_a_snapshot_is_removed_and_put_back(driver, two, strip):
    strip.setCurrentRow(0)
    driver.press(strip, Qt.Key.Key_Delete)
    assert names(strip) == ["Snapshot 2"]
    assert driver.window.messages.text.text() == "Snapshot 1 is removed."
    driver.click(driver.button(driver.window.messages, "Put it back"))
    assert names(strip) == ["Snapshot 1", "Snapshot 2"]


def test_the_order_is_changed_by_keys_and_by_a_drag(driver, two, strip):
    strip.setCurrentRow(0)
    driver.press(strip, Qt.Key.Key_Right, modifier=CTRL)
    assert names(strip) == ["Snapshot 2", "Snapshot 1"]
    assert strip.current == 1  # it can be moved on
    # What Qt does at the end of a drag.
    strip.model().moveRow(QModelIndex(), 1, QModelIndex(), 0)
    driver.bot.waitUntil(lambda: [each.number for each in two.kept] == [1, 2])
    assert names(strip) == ["Snapshot 1", "Snapshot 2"]


def test_keys_do_in_the_strip_what_clicks_do(driver, two, strip):
    strip.setCurrentRow(0)
    driver.press(strip, Qt.Key.Key_Return, modifier=CTRL)
    assert two.second == 1
    driver.answer(lambda: driver.press(strip, Qt.Key.Key_Return))
    assert shift(driver) == 2 * EDGE


def test_the_menu_of_a_snapshot_has_all_that_can_be_done(driver, two, strip):
    strip.customContextMenuRequested.emit(strip.place_of(1).center())
    (menu,) = [each for each in strip.findChildren(QMenu) if each.isVisible()]
    entries = {entry.text(): entry for entry in menu.actions() if entry.text()}
    assert list(entries) == ["Go Back", "Compare", "Rename", "Move Left", "Move Right", "Remove"]
    assert not entries["Move Left"].isEnabled()
    entries["Move Right"].trigger()
    menu.close()
    assert names(strip) == ["Snapshot 2", "Snapshot 1"]


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_the_strip_takes_no_room_of_the_canvas_or_of_the_plots(driver, strip, size):
    driver.resize(*size)
    QApplication.processEvents()
    stage, plots = driver.window.stage.size(), driver.plots.size()
    driver.shortcut("Ctrl+K")
    for _ in range(3):
        QApplication.processEvents()
    assert strip.isVisible()
    assert (driver.window.stage.size(), driver.plots.size()) == (stage, plots)
    assert strip.viewport().height() >= strip.place_of(1).height()


# Flips


def hold(driver):
    driver.window.activateWindow()
    driver.bot.waitUntil(driver.window.isActiveWindow)
    driver.window.setFocus()
    QTest.keyPress(driver.window, Qt.Key.Key_B)


def release(driver):
    QTest.keyRelease(driver.window, Qt.Key.Key_B)


def test_while_b_is_held_the_other_one_is_shown(driver, two):
    before, label = driver.session.state, driver.session.store.undo_label
    driver.answer(lambda: hold(driver))
    np.testing.assert_array_equal(painted_error(driver), expected_error(driver, x=2))
    again = [
        QKeyEvent(kind, Qt.Key.Key_B, NO_MODIFIER, "b", autorep=True)
        for kind in (QKeyEvent.Type.KeyRelease, QKeyEvent.Type.KeyPress)
    ]
    for event in again:  # which the window system sends while a key is held
        QApplication.sendEvent(driver.window, event)
    assert shift(driver) == 2 * EDGE
    driver.answer(lambda: release(driver))
    np.testing.assert_array_equal(painted_error(driver), expected_error(driver, x=4))
    assert (driver.session.state, driver.session.store.undo_label) == (before, label)


def test_b_flips_while_the_strip_has_the_focus(driver, two, strip):
    strip.setCurrentRow(1)
    driver.window.activateWindow()
    driver.bot.waitUntil(driver.window.isActiveWindow)
    strip.setFocus()
    QTest.keyPress(strip, Qt.Key.Key_B)
    assert shift(driver) == 2 * EDGE
    QTest.keyRelease(strip, Qt.Key.Key_B)
    driver.bot.waitUntil(lambda: shift(driver) == 4 * EDGE)


def test_a_repetition_whose_press_arrives_late_ends_no_flip(driver, two):
    """Where the window system is slow, Qt takes the release of a held key for one."""
    hold(driver)
    changes = []
    driver.session.store.changed.connect(changes.append)
    release(driver)
    QTest.keyPress(driver.window, Qt.Key.Key_B)
    (holding,) = QApplication.instance().findChildren(Holding)
    assert not holding.released.isActive()
    assert changes == []
    release(driver)
    driver.bot.waitUntil(lambda: shift(driver) == 4 * EDGE)
    driver.session.store.changed.disconnect(changes.append)
    assert len(changes) == 1


def test_another_key_ends_the_flip_before_it_does_what_it_does(driver, two):
    hold(driver)
    assert shift(driver) == 2 * EDGE
    QTest.keyClick(driver.window, ".")
    assert shift(driver) == 4 * EDGE
    assert driver.session.state.view.class_index == 0  # the next one after the last
    release(driver)
    assert shift(driver) == 4 * EDGE


def test_a_click_ends_the_flip(driver, two):
    hold(driver)
    QTest.mousePress(driver.window, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    QTest.mouseRelease(driver.window, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert shift(driver) == 4 * EDGE
    release(driver)


def test_without_another_snapshot_nothing_can_be_flipped(driver, snapshots):
    entry = driver.action("Flip to the Other Snapshot")
    assert not entry.isEnabled()
    driver.shortcut("Ctrl+K")
    assert not entry.isEnabled()  # it is what is set
    driver.session.set_control("grow", 1.0)
    assert entry.isEnabled()


# The comparison


def table(driver):
    """The rows of the table of values, by what they are of; terms below their loss."""
    rows, loss = {}, ""
    for title, *numbers in driver.plots.widgets["compare"].values.texts()[1:]:
        loss = loss if title.startswith(" ") else title
        rows[loss if title == loss else (loss, title.strip())] = numbers
    return rows


def signed(value):
    return f"+{loss_value(value)}" if value > 0 else loss_value(value)


def test_ctrl_and_a_click_compare_with_what_is_set(driver, two, strip):
    assert not driver.plots.isTabVisible(driver.plots.count() - 1)
    click(strip, 1, CTRL)
    plot = driver.plots.widgets["compare"]
    assert driver.plots.currentWidget().isAncestorOf(plot)
    assert plot.values.texts()[0] == ["loss", "Snapshot 2", "Snapshot 1", "difference"]
    first, second = (Closed(shifted(tumour(), x=x)) for x in (4, 2))
    rows = table(driver)
    for loss, title in (("dice", "Dice"), ("iou", "IoU"), ("tversky", "Tversky")):
        values = first.value(loss), second.value(loss)
        assert rows[title] == [*map(loss_value, values), signed(values[1] - values[0])]
        for index, name in enumerate(("background", "tumour")):
            terms = first.terms(loss)[index], second.terms(loss)[index]
            assert rows[title, name] == [*map(loss_value, terms), signed(terms[1] - terms[0])]
    assert rows["Cross-entropy"] == ["∞", "∞", "0"]
    assert rows["Total"] == ["∞", "∞", "0"]
    driver.action("End the Comparison").trigger()
    assert not driver.plots.isTabVisible(driver.plots.count() - 1)


def test_of_two_that_are_chosen_the_first_is_set_and_the_second_compared(driver, two, strip):
    click(strip, 1, CTRL)
    driver.answer(lambda: click(strip, 2, CTRL))
    assert shift(driver) == 2 * EDGE
    plot = driver.plots.widgets["compare"]
    assert plot.values.texts()[0][1:3] == ["Snapshot 1", "Snapshot 2"]
    assert (strip.itemDelegate().here, strip.itemDelegate().second) == (1, 2)


def test_what_is_set_afterwards_is_compared_as_it_moves(driver, two, strip):
    click(strip, 2, CTRL)
    plot = driver.plots.widgets["compare"]
    driver.resize(1600, 1000)
    driver.bot.waitUntil(plot.same.isVisible)
    driver.answer(lambda: driver.session.set_control("shift_x", 0.0))
    driver.bot.waitUntil(lambda: table(driver)["Dice"][0] == loss_value(0.0))
    value = Closed(shifted(tumour(), x=4)).value("dice")
    assert table(driver)["Dice"] == [loss_value(0.0), loss_value(value), signed(value)]
    assert plot.values.texts()[0][1:3] == ["Now", "Snapshot 2"]


def test_curves_of_the_second_are_dashed_over_those_of_the_first(driver, snapshots, strip):
    """Against shift x, though the first was kept before anything else than shift y was moved."""
    driver.settle(lambda: driver.session.set_control("shift_y", 2 * EDGE))
    driver.shortcut("Ctrl+K")
    driver.session.set_control("shift_y", 0.0)
    driver.settle(lambda: driver.session.set_control("shift_x", 3 * EDGE))
    click(strip, 1, CTRL)
    driver.plots.setCurrentIndex(0)
    plot = driver.plots.widgets["response"]

    def known():
        places, _ = plot.second.items["dice"].getData() if plot.second.items else ((), ())
        return places is not None and len(places) == 41

    driver.bot.waitUntil(known)
    styles = Qt.PenStyle
    for items, style in ((plot.items_of, styles.SolidLine), (plot.second.items, styles.DashLine)):
        assert {name: item.opts["pen"].style() for name, item in items.items()} == dict.fromkeys(
            items, style
        )
        assert items.keys() == {setting.name for setting in driver.session.state.experiment.losses}
    for items, voxels in ((plot.items_of, {}), (plot.second.items, {"y": 2})):
        places, values = items["dice"].getData()
        (at,) = np.flatnonzero(np.abs(places) < 1e-9)
        expected = Closed(shifted(tumour(), **voxels)).value("dice")
        assert values[at] == pytest.approx(expected, abs=1e-6)
    below = plot.getPlotItem().getAxis("bottom").labelText
    assert "lines: Now" in below
    assert "dashes: Snapshot 1" in below
    assert "thin: Cross-entropy" in below
    snapshots.compare_none()
    assert plot.second.items == {}
    assert "dashes" not in plot.getPlotItem().getAxis("bottom").labelText


def test_where_there_is_room_for_one_table_it_has_what_is_set_otherwise_too(driver, two, strip):
    plot = driver.plots.widgets["compare"]
    click(strip, 1, CTRL)
    assert plot.width() < 760
    assert not plot.differences.isVisible()
    assert plot.values.texts()[-2:] == [
        ["set otherwise", "", "", ""],
        ["Shift x", "+3.12 mm", "+1.56 mm", ""],
    ]
    driver.resize(1600, 1000)
    driver.bot.waitUntil(plot.differences.isVisible)
    assert plot.differences.texts()[1:] == [["Shift x", "+3.12 mm", "+1.56 mm"]]
    assert plot.values.texts()[-1][0] == "Total"
