"""The focus, from control to control and from panel to panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QScrollArea, QWidget

from lossexplorer.app.theme import UNIT

if TYPE_CHECKING:
    from lossexplorer.app.context import Context


def move_focus(context: Context, by: int) -> None:
    """Give the focus to the area so many further on: the canvas, the panels, the message.

    It goes to the control of that area that had it last, or to the first one.

    Parameters
    ----------
    context : Context
        Has the areas.
    by : int
        1 for the next one, -1 for the one before.
    """
    panels = context.panels
    docked = [panels.widget(panel.id) for panel in panels.here if panels.is_shown(panel.id)]
    areas: list[QWidget] = [context.stage, *docked]
    if context.messages.isVisible():
        areas.append(context.messages)
    focus = QApplication.focusWidget()
    now = next((n for n, area in enumerate(areas) if _is_in(focus, area)), None)
    # From outside of all it goes to the first, or to the last.
    start = now if now is not None else (-1 if by > 0 else 0)
    for distance in range(1, len(areas) + 1):
        receiver = _receiver(areas[(start + by * distance) % len(areas)])
        if receiver is not None:
            receiver.window().activateWindow()
            receiver.setFocus(Qt.FocusReason.TabFocusReason)
            scroll_to_focus()
            return


def tab(window: QWidget, by: int) -> bool:
    """Give the focus to the next control as the eye goes, and return whether there is one.

    Qt goes by the order in which controls were made, and cards come and go.

    Parameters
    ----------
    window : QWidget
        Has the controls.
    by : int
        1 for the next one, -1 for the one before.
    """
    focus = QApplication.focusWidget()
    stops = [each for each in _as_seen(window) if each is focus or _is_stop(each)]
    if not stops:
        return False
    start = stops.index(focus) if focus in stops else (-1 if by > 0 else 0)
    reasons = Qt.FocusReason
    reason = reasons.TabFocusReason if by > 0 else reasons.BacktabFocusReason
    stops[(start + by) % len(stops)].setFocus(reason)
    scroll_to_focus()
    return True


def _as_seen(area: QWidget) -> Iterator[QWidget]:
    """Yield what is in an area, row by row and from left to right."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    inside = [
        each
        for each in area.findChildren(QWidget, options=direct)
        if each.isVisible() and not each.isWindow() and not each.size().isEmpty()
    ]
    inside.sort(key=lambda each: each.y())
    while inside:
        first = inside[0].geometry()
        row = [each for each in inside if each.geometry().center().y() <= first.bottom()]
        for each in sorted(row, key=lambda each: (each.x(), each.y())):
            yield each
            yield from _as_seen(each)
        inside = [each for each in inside if each not in row]


def _is_stop(widget: QWidget) -> bool:
    return _can_have(widget) and widget.focusProxy() is None


def scroll_to_focus() -> None:
    """Scroll to the control that has the focus, if nothing of it is in sight.

    A scroll area does so by itself only while Tab stays in it.
    """
    focus = QApplication.focusWidget()
    area = focus and focus.parentWidget()
    while focus is not None and area is not None:
        if isinstance(area, QScrollArea) and focus.visibleRegion().isEmpty():
            area.ensureWidgetVisible(focus, 0, UNIT)
        area = area.parentWidget()


def _is_in(widget: QWidget | None, area: QWidget) -> bool:
    return widget is not None and (widget is area or area.isAncestorOf(widget))


def _receiver(area: QWidget) -> QWidget | None:
    """Return what gets the focus in an area; None if nothing there can have it."""
    former = area.focusWidget() or area.focusProxy()
    if former is not None and former is not area and _can_have(former):
        return former
    # Not by nextInFocusChain: PySide then has each widget hold the next, and when one is deleted
    # calls all that follow deleted, the menu bar of the window among them.
    return next((widget for widget in area.findChildren(QWidget) if _can_have(widget)), None)


def _can_have(widget: QWidget) -> bool:
    can_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return can_tab and widget.isVisible() and widget.isEnabled()
