"""Panels are closed, brought back, floated and resized, and stay as the user leaves them."""

import json

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QToolButton

from lossexplorer.app.panels import PANELS, _docks
from lossexplorer.app.settings import SettingsStore

TITLES = {panel.id: panel.title for panel in PANELS.values() if "explore" in panel.workspaces}


@pytest.fixture(autouse=True)
def with_snapshot(request):
    """Have a snapshot: without one their panel is closed."""
    if "driver" in request.fixturenames:
        request.getfixturevalue("driver").window.context.snapshots.keep()
        settle()


def settle():
    for _ in range(3):
        QApplication.processEvents()


def drag(widget, start, end):
    """Press, move in steps and release the left button."""
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(widget, button, pos=start)
    for fifth in range(1, 6):
        QTest.mouseMove(widget, start + (end - start) * fifth / 5)
        settle()  # Qt moves the edge in a timer of its own
    QTest.mouseRelease(widget, button, pos=end)
    settle()


@pytest.mark.parametrize("panel", TITLES)
def test_each_is_closed_and_brought_back_from_the_menu(driver, panel):
    entry, widget = driver.action(TITLES[panel]), driver.panels.widget(panel)
    size = widget.size()
    entry.trigger()
    settle()
    assert not widget.isVisible()
    assert not entry.isChecked()
    assert not driver.action(f"Float {TITLES[panel]}").isEnabled()
    entry.trigger()
    settle()
    assert widget.isVisible()
    assert entry.isChecked()
    assert widget.size() == size


@pytest.mark.parametrize("panel", TITLES)
def test_each_floats_and_is_docked_again(driver, panel):
    entry, widget = driver.action(f"Float {TITLES[panel]}"), driver.panels.widget(panel)
    entry.trigger()
    settle()
    assert widget.window() is driver.panels.dock(panel)
    assert entry.isChecked()
    closer = driver.panels.dock(panel).titleBarWidget().findChildren(QToolButton)[-1]
    assert closer.isVisible()  # a floating panel has a title bar to be moved by
    entry.trigger()
    settle()
    assert widget.window() is driver.window
    assert not entry.isChecked()
    assert not closer.isVisible() or closer.visibleRegion().isEmpty()


@pytest.mark.parametrize("panel", TITLES)
def test_title_bars_float_and_close(driver, panel):
    bar = driver.panels.dock(panel).titleBarWidget()
    assert bar.height() == 0
    driver.action("Panel Titles").trigger()
    settle()
    assert bar.height() > 20
    assert TITLES[panel] in driver.texts(bar)
    driver.click(bar.floater)
    assert driver.panels.floats(panel)
    driver.click(bar.floater)
    assert not driver.panels.floats(panel)
    settle()
    driver.click(bar.closer)
    settle()  # the menus follow in an event of their own
    assert not driver.action(TITLES[panel]).isChecked()
    driver.action("Panel Titles").trigger()
    settle()
    assert bar.height() == 0


def test_all_are_put_back(driver):
    driver.panels.reset()  # with the panel that has opened since the window was made
    settle()
    sizes = {panel: driver.panels.widget(panel).size() for panel in TITLES}
    driver.action("Controls").trigger()
    driver.action("Float Losses").trigger()
    right = Qt.DockWidgetArea.RightDockWidgetArea
    driver.window.addDockWidget(right, driver.panels.dock("plots"))
    settle()
    driver.action("Reset Panels").trigger()
    settle()
    assert {panel: driver.panels.widget(panel).size() for panel in TITLES} == sizes


@pytest.mark.parametrize(("panel", "step"), [("controls", 60), ("losses", -60)])
def test_the_user_widens_a_panel_by_its_edge(driver, panel, step):
    widget = driver.panels.widget(panel)
    before = widget.width()
    edge = widget.width() + 2 if step > 0 else -2
    start = widget.mapTo(driver.window, QPoint(edge, widget.height() // 2))
    drag(driver.window, start, start + QPoint(step, 0))
    assert widget.width() == before + abs(step)
    driver.panels.reset()
    settle()
    assert widget.width() == before


# Between runs


@pytest.fixture
def again(make_driver, tmp_path):
    """Make a window with the settings that the one before has left."""
    path = tmp_path / "settings.json"
    return lambda: make_driver(prepare=False, settings=SettingsStore(path))


@pytest.mark.slow
def test_widths_and_closed_panels_are_remembered(again):
    first = again()
    widget = first.panels.widget("controls")
    start = widget.mapTo(first.window, QPoint(widget.width() + 2, 100))
    drag(first.window, start, start + QPoint(75, 0))
    first.action("Plots").trigger()
    settle()
    width = widget.width()
    assert width == 375
    first.window.close()
    second = again()
    settle()
    assert second.panels.widget("controls").width() == width
    assert not second.panels.is_shown("plots")
    assert not second.action("Plots").isChecked()
    second.action("Plots").trigger()
    settle()
    assert second.panels.widget("plots").isVisible()


@pytest.mark.slow
def test_titles_and_theme_are_remembered(again):
    first = again()
    first.action("Panel Titles").trigger()
    first.action("Light").trigger()
    first.window.close()
    second = again()
    assert second.action("Panel Titles").isChecked()
    assert second.settings.value.theme == "light"


@pytest.mark.slow
@pytest.mark.parametrize("field", ["arrangement", "geometry"])
@pytest.mark.parametrize("damage", ["%%%", "AAAA", "/////w=="])
def test_a_damaged_arrangement_is_the_first_one(make_driver, tmp_path, field, damage):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({field: damage}))
    driver = make_driver(prepare=False, settings=SettingsStore(path))
    driver.window.restore()
    settle()
    hidden = [panel for panel in TITLES if not driver.panels.is_shown(panel)]
    assert hidden == ["snapshots"]  # of which there is none
    assert driver.panels.widget("controls").width() == 300


@pytest.mark.slow  # two windows
@pytest.mark.parametrize("small_first", [True, False])
def test_panels_of_a_screen_with_other_room_are_arranged_anew(
    make_driver, monkeypatch, small_first
):
    """As on a laptop with and without its large screen, or with another scale."""
    settings, large = SettingsStore(), (_docks._TWO_SIDES, _docks._WITH_PLOTS)

    def shown(is_small):
        for name, room in zip(("_TWO_SIDES", "_WITH_PLOTS"), large, strict=True):
            monkeypatch.setattr(_docks, name, 10**5 if is_small else room)
        driver = make_driver(prepare=False, settings=settings)
        driver.window.restore()
        settle()
        tabs = driver.window.tabifiedDockWidgets(driver.panels.dock("controls"))
        found = len(tabs), driver.panels.is_shown("plots")
        driver.window.close()
        return found

    expected = {True: (1, False), False: (0, True)}
    for is_small in (small_first, not small_first):
        assert shown(is_small) == expected[is_small]
