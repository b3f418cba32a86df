"""The focus can be seen on every control, goes from panel to panel, and lists open by a click."""

from contextlib import contextmanager

import numpy as np
import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qtpy.QtGui import QColor, QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QComboBox, QLabel, QMainWindow, QWidget

from lossexplorer.app.focus import _receiver
from lossexplorer.app.theme import PALETTES
from tests.app.test_appearance import pixels

LEFT = Qt.MouseButton.LeftButton


@contextmanager
def another_window(driver):
    """Have another window of the program active meanwhile."""
    other = QWidget()
    other.show()
    other.activateWindow()
    driver.bot.waitUntil(lambda: other.isActiveWindow() and not driver.window.isActiveWindow())
    yield
    other.close()
    other.deleteLater()


def focused_area(driver):
    """The name of the area that has the focus."""
    focus = QApplication.focusWidget()
    areas = {"canvas": driver.window.stage}
    areas |= {name: driver.panels.widget(name) for name in ("controls", "losses", "plots")}
    return next((n for n, a in areas.items() if a is focus or a.isAncestorOf(focus)), None)


def test_f6_goes_from_panel_to_panel_and_back(driver):
    driver.press(driver.canvas.native, Qt.Key.Key_F6)
    seen = [focused_area(driver)]
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        seen.append(focused_area(driver))
    assert seen == ["controls", "losses", "plots", "canvas"]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert focused_area(driver) == "plots"


def test_leaving_the_number_of_a_slice_gives_the_focus_to_what_is_gone_to(driver):
    """napari takes it, and the first arrow on a slider turned the slice."""
    (number,) = [
        row.curslice_label
        for row in driver.canvas._qt_viewer.dims.slider_widgets
        if row.curslice_label.isVisible()
    ]
    slider = driver.row("", "shift_x").slider
    driver.press(number, Qt.Key.Key_End)
    assert number.hasFocus()
    driver.answer(lambda: driver.press(slider, Qt.Key.Key_Right))
    assert slider.hasFocus()
    assert driver.value("", "shift_x") == 0.78125


def test_the_field_of_a_slice_has_room_for_its_largest_number(driver):
    """A third of the 1 of 16 was cut: napari measures it with another widget's font."""
    rows = [
        row
        for row in driver.canvas._qt_viewer.dims.slider_widgets
        if row.curslice_label.isVisible()
    ]
    assert rows
    for row in rows:
        number = row.curslice_label
        number.setFixedWidth(18)  # as napari does whenever the axes change
        needed = number.fontMetrics().horizontalAdvance(row.totslice_label.text())
        # QLineEdit leaves 2 pixels at either end, and the cursor has one.
        driver.bot.waitUntil(lambda n=number, w=needed + 5: n.width() >= w)


def test_f6_comes_back_to_the_control_that_had_the_focus(driver):
    driver.press(driver.controls.wrt, Qt.Key.Key_F6)
    assert focused_area(driver) == "losses"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is driver.controls.wrt


def test_f6_leaves_out_a_panel_that_is_closed(driver):
    driver.action("Losses").trigger()
    driver.press(driver.controls.wrt, Qt.Key.Key_F6)
    assert focused_area(driver) == "plots"


def test_a_message_that_is_dismissed_leaves_the_focus_where_it_was(driver):
    """The switch of the workspaces had it, and the next arrow opened Learn."""
    messages, slider = driver.window.messages, driver.row("", "shift_x").slider
    driver.press(slider, Qt.Key.Key_Home)
    messages.say("There is something to decide.")
    driver.click(driver.button(messages, "Dismiss"))
    assert not messages.isVisible()
    assert QApplication.focusWidget() is slider


def test_a_message_that_is_dismissed_by_a_key_leaves_the_focus_to_the_canvas(driver):
    messages = driver.window.messages
    messages.say("There is something to decide.")
    driver.press(driver.button(messages, "Dismiss"), Qt.Key.Key_Space)
    assert not messages.isVisible()
    assert focused_area(driver) == "canvas"


def test_a_message_that_goes_while_another_window_is_active_leaves_no_button_the_focus(driver):
    messages = driver.window.messages
    messages.say("There is something to decide.")
    driver.press(driver.button(messages, "Dismiss"), Qt.Key.Key_Shift)
    with another_window(driver):
        messages.withdraw()
        assert driver.window.stage.isAncestorOf(driver.window.focusWidget())


@pytest.mark.parametrize("by_key", [False, True])
def test_a_plot_that_is_left_leaves_letters_to_the_canvas(driver, by_key):
    """A list of it took L, which begins the line of the profile at the voxel below the pointer."""
    driver.plots.look_at("gradient")
    box = driver.plots.widgets["gradient"].kind
    driver.press(driver.canvas.native, Qt.Key.Key_Shift)
    if by_key:
        driver.press(box, Qt.Key.Key_Home)
    else:
        driver.click(box)
        box.hidePopup()
    assert box.hasFocus() is by_key
    bar = driver.plots.tabBar()
    profile = next(n for n in range(bar.count()) if bar.tabText(n) == "Profile")
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(profile).center())
    assert driver.plots.widgets["profile"].isVisible()
    assert focused_area(driver) == "canvas"


def test_looking_for_a_control_ties_no_widget_to_another(qapp):
    window = QMainWindow()
    bar = window.menuBar()  # which Qt has made
    area = QWidget(window)
    row = QLabel("a class", area)
    assert _receiver(area) is None
    row.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert bar.actions() == []  # else it counts as deleted, and this fails
    window.deleteLater()


def tab_stops(driver):
    """Every visible control that Tab reaches."""
    found = []
    for widget in driver.window.findChildren(QWidget):
        can_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        own = driver.window.stage.isAncestorOf(widget)
        here = widget.window() is driver.window and not widget.visibleRegion().isEmpty()
        if can_tab and here and widget.isEnabled() and not own:
            found.append(widget)
    return found


def shot(widget, theme="dark"):
    """What a widget looks like on the surface of a theme, below which some are transparent."""
    QApplication.processEvents()
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(QColor(PALETTES[theme].surface))
    widget.render(image)
    return pixels(image).astype(int)


def test_tab_goes_to_nothing_that_cannot_be_seen(driver):
    """A closed title bar's buttons had no height, and Space on one closed its panel."""
    driver.window.activateWindow()
    driver.bot.waitUntil(driver.window.isActiveWindow)
    first = driver.controls.wrt
    first.setFocus(Qt.FocusReason.TabFocusReason)
    unseen, reached = [], []
    while first not in reached[1:] and len(reached) < 200:
        reached.append(QApplication.focusWidget())
        QTest.keyClick(reached[-1], Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus is None or focus.visibleRegion().isEmpty():
            unseen.append(focus and (type(focus).__name__, focus.accessibleName()))
    assert {driver.losses.add, driver.losses.cards["dice"]} <= set(reached)
    assert unseen == []


def test_tab_goes_down_the_cards_as_the_eye_does(driver):
    """A card that was added came behind all that had been made before it."""
    losses, session = driver.losses, driver.session
    driver.answer(lambda: session.add_loss("focal"))
    driver.press(losses.total, Qt.Key.Key_Tab)
    cards = [*losses.cards.values(), losses.add]
    reached = []
    while len(reached) < len(cards) and QApplication.focusWidget() is not losses.total:
        focus = QApplication.focusWidget()
        reached += [card for card in cards if card is focus]
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert reached == cards == sorted(cards, key=lambda card: card.y())
    for card in reversed(cards):
        while (focus := QApplication.focusWidget()) is not card:
            assert focus is not losses.total
            QTest.keyClick(focus, Qt.Key.Key_Backtab)


@pytest.mark.parametrize("theme", PALETTES)
def test_the_focus_can_be_seen_on_every_control(driver, theme):
    """A line in the colour of the text, or as much of another one."""
    driver.action(theme.title()).trigger()
    driver.window.activateWindow()
    driver.bot.waitUntil(driver.window.isActiveWindow)
    stops = tab_stops(driver)
    assert len(stops) > 25
    unseen = []
    for widget in stops:
        driver.window.setFocus()
        before = shot(widget, theme)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        after = shot(widget, theme)
        if before.shape != after.shape:
            continue
        changed = np.abs(after - before).max(axis=2) > 60
        if changed.sum() < 12:
            unseen.append(
                (
                    type(widget).__name__,
                    widget.objectName(),
                    widget.accessibleName(),
                    type(widget.parent()).__name__,
                    int(changed.sum()),
                    widget.size().toTuple(),
                    widget.hasFocus(),
                )
            )
    assert unseen == []


def test_focus_is_another_sign_than_being_chosen(driver):
    """A card that has the focus has a line in the colour of the text; one that is chosen, not."""
    chosen, other = driver.losses.cards["dice"], driver.losses.cards["iou"]
    text, accent = (
        np.array([int(color[n : n + 2], 16) for n in (1, 3, 5)])
        for color in (PALETTES["dark"].text, PALETTES["dark"].accent)
    )

    def top_line(card):
        row = shot(card)[0]
        return row[len(row) // 2]

    driver.window.setFocus()
    assert np.abs(top_line(chosen) - accent).max() < 12
    other.setFocus()
    assert np.abs(top_line(other) - text).max() < 12
    chosen.setFocus()
    assert np.abs(top_line(chosen) - text).max() < 12


def open_list(box: QComboBox) -> QWidget | None:
    """The list of a combo box, if it is open: its own, or that which searches."""
    lists = [box.view()]
    if box.completer() is not None:
        lists.append(box.completer().popup())
    return next((each for each in lists if each.isVisible()), None)


def test_every_list_opens_wherever_it_is_clicked(driver):
    boxes = [box for box in driver.window.findChildren(QComboBox) if box.isVisible()]
    assert len(boxes) >= 4
    for box in boxes:
        place = QPoint(8, box.height() // 2)
        target = box.childAt(place) or box
        QTest.mouseClick(target, LEFT, pos=target.mapFrom(box, place))
        shown = open_list(box)
        assert shown is not None, box.accessibleName()
        (shown.window() if shown.window() is not driver.window else shown).hide()
        box.hidePopup()


def test_what_is_typed_into_an_open_list_searches(driver):
    box = driver.controls.classes
    QTest.mouseClick(box.lineEdit(), LEFT)
    assert open_list(box) is not None
    QTest.keyClicks(box.lineEdit(), "backg")
    popup = box.completer().popup()
    assert popup.model().rowCount() == 1
    QTest.keyClick(popup, Qt.Key.Key_Down)
    driver.answer(lambda: QTest.keyClick(popup, Qt.Key.Key_Return))
    assert driver.session.state.view.class_index == 0


@pytest.mark.parametrize(("key", "panel"), [("F7", "controls"), ("F8", "plots"), ("F9", "losses")])
def test_each_panel_has_a_key(driver, key, panel):
    driver.shortcut(key)
    assert not driver.panels.is_shown(panel)
    driver.shortcut(key)
    assert driver.panels.is_shown(panel)
