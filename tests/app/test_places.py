"""The window on screens of any size: it fits, and so do its texts."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)
from superqt import QElidingLabel

from lossexplorer.app.plots import PLOTS
from lossexplorer.app.theme import PALETTES, style_sheet
from lossexplorer.app.widgets.flow import Flow, FlowLabel
from lossexplorer.app.widgets.workspace_switch import WorkspaceSwitch
from lossexplorer.session.panes import Pane
from tests.app.driver import TUMOUR, clipped
from tests.patience import PATIENCE

_PRINT_SIZES = """
import json
from lossexplorer.app.main import make_application, make_window
app = make_application()
from lossexplorer.app.engine_bridge import engine_client
from lossexplorer.app.settings import SettingsStore
window = make_window("{theme}", engine_client(), SettingsStore())
window.show()
app.processEvents()
screen = window.screen().availableSize()
app.processEvents()
sizes = [window.size(), window.minimumSizeHint(), screen, window.stage.size()]
from tests.app.test_places import in_the_menu_bar
print(json.dumps([[size.toTuple() for size in sizes], in_the_menu_bar(window)]))
"""


def in_the_menu_bar(window):
    """What covers each other, what is cut and what is left out while the engine says something."""
    bar = window.menuBar()
    label, switch = bar.cornerWidget(), bar.findChild(WorkspaceSwitch)
    found = {"overlaps": [], "cut": [], "left out": []}
    scheduler = window.context.controller
    status = scheduler.client.status
    for message in ("CPU", "starting the engine…", "preparing a volume with a long name…"):
        scheduler.engine_changed.emit(replace(status, message=message))
        QApplication.processEvents()
        last = max(bar.actionGeometry(action).right() for action in bar.actions())
        if not last < switch.x() <= switch.geometry().right() < label.x():
            found["overlaps"].append(message)
        if label.sizeHint().width() > label.width() or label.geometry().right() >= bar.width():
            found["cut"].append(message)
        if message not in label.text():
            found["left out"].append(message)
        assert message in label.toolTip()
    scheduler.engine_changed.emit(status)
    return found


@pytest.mark.slow  # a process for each screen
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    ("screen", "scale"),
    [((1600, 1000), 1), ((1280, 720), 1), ((1600, 1000), 2), ((1280, 720), 2)],
)
def test_the_window_opens_within_its_screen(tmp_path, screen, scale, theme):
    described = {
        "screens": [
            {"name": "one", "x": 0, "y": 0, "width": screen[0], "height": screen[1], "dpr": 1}
        ]
    }
    path = tmp_path / "screen.json"
    path.write_text(json.dumps(described))
    environment = os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={path}",
        "QT_SCALE_FACTOR": str(scale),
    }
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_SIZES.replace("{theme}", theme)],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    (size, least, available, stage), in_bar = json.loads(done.stdout.splitlines()[-1])
    assert in_bar["overlaps"] == in_bar["cut"] == []
    assert available[0] == 640 or "CPU" not in in_bar["left out"]
    assert available == [screen[0] // scale, screen[1] // scale]
    # GNOME's title bar has 37 pixels.
    assert size[0] <= available[0]
    assert size[1] + 37 <= available[1]
    assert least[0] <= available[0]
    assert stage[0] >= 0.45 * available[0]
    assert stage[1] >= 0.5 * available[1]


def titles_reached(tabs):
    """The titles of the plots that are whole in the bar, or else in the menu beside it."""
    bar = tabs.tabBar()
    shown = [index for index in range(tabs.count()) if tabs.isTabVisible(index)]
    if all(bar.rect().contains(bar.tabRect(index)) for index in shown):
        assert not tabs.more.isVisible()
        return [tabs.tabText(index) for index in shown]
    assert tabs.rect().contains(tabs.more.geometry())
    tabs.more.menu().aboutToShow.emit()
    return [entry.text() for entry in tabs.more.menu().actions()]


@pytest.mark.parametrize("theme", ["Dark", "Light"])
@pytest.mark.parametrize("size", [(884, 600), (1280, 720)], ids=str)
def test_below_the_canvas_every_text_fits_a_narrow_window(driver, size, theme):
    driver.action(theme).trigger()
    driver.resize(*size)
    driver.session.set_control("shift_x", 3.0)
    driver.answer(lambda: driver.session.show(loss="generalized_dice"))
    QApplication.processEvents()
    assert driver.window.size().toTuple() == size
    assert clipped(driver.window.legend) == []
    bar = next(
        button for button in driver.window.findChildren(QPushButton) if "Rewind" in button.text()
    ).parentWidget()
    for button in bar.findChildren(QPushButton):
        assert button.width() >= button.sizeHint().width()
        assert bar.rect().contains(button.geometry())
    of_explore = [plot.title for plot in PLOTS.values() if "explore" in plot.workspaces]
    assert titles_reached(driver.plots) == [title for title in of_explore if title != "Compare"]
    for box in driver.window.legend.findChildren(QComboBox):
        assert box.width() >= box.sizeHint().width()


def span(widget, window):
    """From where to where in a window a widget reaches, in x."""
    left = widget.mapTo(window, QPoint(0, 0)).x()
    return left, left + widget.width()


def around(widget, window):
    """What a widget lies in, up to its window."""
    while widget is not window:
        widget = widget.parentWidget()
        yield widget


def cut(window):
    """The texts of a window that have too little width, or lie in part outside of their panel."""
    found = []
    for each in window.findChildren(QWidget):
        is_text = isinstance(each, (QLabel, QAbstractButton, QComboBox))
        if not is_text or each.visibleRegion().isEmpty():
            continue
        words = each.currentText() if isinstance(each, QComboBox) else each.text()
        needed = each.sizeHint().width()
        if isinstance(each, QElidingLabel):
            needed = each.fontMetrics().horizontalAdvance(words)
        elif isinstance(each, QLabel) and (each.wordWrap() or each.objectName() == "slice_label"):
            needed = 0  # in lines; napari's own, which has less padding than it hints at
        left, right = span(each, window)
        limits = [span(outer, window) for outer in around(each, window)]
        inside = all(start <= left and right <= end for start, end in limits)
        if words and (needed > each.width() or not inside):
            found.append(words)
    return found


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_in_a_narrow_window_every_text_has_its_room(driver, theme):
    driver.action(theme).trigger()
    driver.resize(884, 600)
    driver.session.set_control("shift_x", 3.0)
    driver.answer(lambda: driver.session.show(loss="generalized_dice"))
    QApplication.processEvents()
    assert driver.window.width() == 884
    assert cut(driver.window) == []


def test_the_colours_are_explained_in_one_row_of_the_window_that_opens(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 3.0))
    driver.resize(1600, 1000)
    QApplication.processEvents()
    legend, usual = driver.window.legend, driver.session.state.view.panes
    row = [legend.panes, legend.most, legend.low, legend.high, legend.scale.follows]
    gradients = tuple(Pane("gradient", loss) for loss in ("dice", "iou", "tversky"))
    for is_shared in (False, True):
        if is_shared:
            driver.answer(lambda: driver.session.show(panes=(*usual, *gradients)))
            driver.session.show(scale="shared")
        QApplication.processEvents()
        middles = [each.mapTo(legend, each.rect().center()).y() for each in row]
        assert max(middles) - min(middles) <= 2
        assert clipped(legend) == []


def test_a_plot_without_room_for_its_title_is_chosen_in_a_menu(driver):
    driver.resize(884, 600)
    QApplication.processEvents()
    menu = driver.plots.more.menu()

    def choose():
        (entry,) = [each for each in menu.actions() if each.text() == "Confusion"]
        place = menu.actionGeometry(entry).center()
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)

    QTimer.singleShot(100, choose)  # once the menu, which waits for it, is open
    driver.click(driver.plots.more)
    assert driver.plots.tabText(driver.plots.currentIndex()) == "Confusion"


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("theme", PALETTES)
def test_a_button_with_a_menu_has_no_second_arrow(qtbot, theme):
    button = QToolButton()
    qtbot.addWidget(button)
    button.setStyleSheet(style_sheet(PALETTES[theme]))
    button.setText("▾")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.resize(36, 28)
    alone = button.grab().toImage()
    button.setMenu(QMenu(button))
    assert button.grab().toImage() == alone


@pytest.mark.parametrize("theme", ["Dark", "Light"])
@pytest.mark.parametrize("width", [884, 1280])
def test_in_the_menu_bar_nothing_covers_anything(driver, width, theme):
    driver.action(theme).trigger()
    driver.resize(width, 600)
    QApplication.processEvents()
    assert driver.window.width() == width
    found = in_the_menu_bar(driver.window)
    assert found == {"overlaps": [], "cut": [], "left out": []}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_an_empty_window_says_what_can_be_dropped(make_driver, tmp_path, theme):
    driver = make_driver(theme=theme, prepare=False)
    said = [text for text in driver.texts(driver.window.stage) if "Drop a label volume" in text]
    assert len(said) == 1
    wrong = tmp_path / "wrong.nii.gz"
    wrong.write_bytes(b"no volume")
    driver.wait(driver.files.rejected, lambda: driver.drop(driver.window.stage, wrong))
    assert any("Drop a label volume" in text for text in driver.texts(driver.window.stage))
    driver.wait(driver.files.opened, lambda: driver.drop(driver.window.stage, TUMOUR))
    assert driver.settings.value.folder == str(TUMOUR.parent)  # where the next dialog begins
    assert not any("Drop a label volume" in text for text in driver.texts(driver.window.stage))


def test_what_does_not_fit_a_row_goes_into_the_next(qtbot):
    bar = QWidget()
    qtbot.addWidget(bar)
    flow = Flow(bar)
    flow.setContentsMargins(0, 0, 0, 0)
    flow.setSpacing(10)
    labels = [QLabel() for _ in range(3)]
    for label in labels:
        label.setFixedSize(100, 20)
        flow.addWidget(label)
    assert [flow.heightForWidth(width) for width in (320, 319, 210, 209)] == [20, 45, 45, 70]
    bar.resize(210, 45)
    bar.show()
    places = [(label.x(), label.y()) for label in labels]
    assert places == [(0, 0), (110, 0), (0, 25)]


def test_a_label_goes_into_the_next_row_with_what_it_names(qtbot):
    bar = QWidget()
    qtbot.addWidget(bar)
    flow = Flow(bar)
    flow.setContentsMargins(0, 0, 0, 0)
    flow.setSpacing(10)
    first, name, last = QLabel(), FlowLabel("name of it", with_next=True), QLabel()
    for label in (first, last):
        label.setFixedSize(100, 20)
    needed = name.sizeHint().width()
    for label in (first, name, last):
        flow.addWidget(label)
    bar.resize(220 + needed, 100)
    bar.show()
    assert name.y() == last.y() == first.y()
    bar.resize(219 + needed, 100)
    qtbot.waitUntil(lambda: name.y() > first.y())
    assert name.y() == last.y()
    bar.resize(109 + needed, 100)  # where they have no room in one row
    qtbot.waitUntil(lambda: last.y() > name.y())
