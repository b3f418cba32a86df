"""The tour: five steps beside what they speak of, once, and by Help."""

import pytest
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.help.tour import STOPS, Tour
from tests.app.test_focus import another_window

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tour(driver):
    driver.settings.update(tour_seen=False)
    driver.action("Tour").trigger()
    tour = driver.window.findChild(Tour)
    driver.bot.waitUntil(tour.isVisible)
    yield tour
    driver.bot.waitUntil(lambda: driver.window.findChild(Tour) is None)


def place_of(widget, window):
    return QRect(widget.mapTo(window, QPoint()), widget.size())


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 720), (1000, 700)], ids=str)
def test_five_steps_stay_in_the_window_and_off_the_panel_they_speak_of(driver, tour, size):
    driver.resize(*size)
    window = driver.window
    areas = [driver.window.stage, driver.controls, driver.losses, driver.plots, window.stage]
    assert len(STOPS) == len(areas) == 5
    for number, area in enumerate(areas, 1):
        assert tour.place.text() == f"{number} of 5"
        box = place_of(tour, window)
        assert window.rect().contains(box)
        assert tour.text.heightForWidth(tour.text.width()) <= tour.text.height()
        if area is not window.stage:
            panel = driver.panels.dock(("controls", "losses", "plots")[number - 2])
            assert not box.intersects(place_of(panel, window))
        driver.click(tour.on)
    assert driver.settings.value.tour_seen


def test_back_goes_back_and_esc_ends_it(driver, tour):
    driver.window.activateWindow()
    driver.bot.waitUntil(driver.window.isActiveWindow)  # before, nothing has the focus
    assert not tour.back.isEnabled()
    driver.click(tour.on)
    assert tour.place.text() == "2 of 5"
    driver.click(tour.back)
    assert tour.place.text() == "1 of 5"
    QTest.keyClick(tour.on, Qt.Key.Key_Escape)
    assert driver.settings.value.tour_seen
    focus = QApplication.focusWidget()  # no button has it, which Space would press
    assert focus is driver.window.stage or driver.window.stage.isAncestorOf(focus)


def test_ended_in_a_window_that_is_not_active_it_leaves_the_focus_to_the_canvas(driver, tour):
    """Such a window has a control that gets the focus with it: it was the next button."""
    with another_window(driver):
        driver.click(tour.end)
        assert driver.window.stage.isAncestorOf(driver.window.focusWidget())


def test_the_window_can_be_used_meanwhile(driver, tour):
    row = driver.row("", "shift_x")
    driver.answer(lambda: driver.press(row.slider, Qt.Key.Key_Right, 4))
    assert driver.session.state.experiment.controls["shift_x"] > 0
    assert tour.isVisible()
    driver.click(tour.end)


def test_keys_lead_through_the_tour_from_its_first_moment(driver, tour):
    assert tour.focusWidget() is tour.on
    QTest.keyClick(tour.on, Qt.Key.Key_Return)
    QTest.keyClick(tour.on, Qt.Key.Key_Space)
    assert tour.place.text() == "3 of 5"
    tour.back.setFocus()
    QTest.keyClick(tour.back, Qt.Key.Key_Enter)
    assert tour.place.text() == "2 of 5"
    driver.click(tour.end)
