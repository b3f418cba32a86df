"""A window of the system's own for what is drawn by OpenGL."""

from __future__ import annotations

from qtpy.QtCore import QCoreApplication, QEvent, QObject, Qt
from qtpy.QtGui import QGuiApplication, QPaintEvent, QWindow
from qtpy.QtWidgets import QWidget

_SYSTEM = "xcb"
"""Where this is done: with X11. Elsewhere windows in windows are not needed, or not well kept."""


def draw_apart(widget: QWidget) -> None:
    """Have a widget, and what is in it, drawn without what is around it, and the other way round.

    With OpenGL in a window, Qt composes all of it by OpenGL whenever a number in it changes.
    Without a graphics card that takes 34 ms for 1600 × 1000 pixels, and half a millisecond if what
    OpenGL draws has a window of its own in that window.

    Parameters
    ----------
    widget : QWidget
        It is not shown yet. What lies above it and is not in it needs `draw_apart`, too: the system
        has windows above all that Qt draws.
    """
    if QGuiApplication.platformName() != _SYSTEM:
        return
    # Neither what is around it nor what is beside it needs one.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontCreateNativeWidgetSiblings)
    widget.setAttribute(Qt.WidgetAttribute.WA_DontCreateNativeAncestors)
    widget.setAttribute(Qt.WidgetAttribute.WA_NativeWindow)
    _Uncovering(widget)


class _Uncovering(QObject):
    """Has what is around a widget painted where a menu or a dialog has covered it.

    Qt leaves that out where OpenGL draws into a window in the window, so that without a compositor
    the menu would stay on screen (tests/app/test_assumptions.py).
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._around: QWindow | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take no event."""
        if watched is self._around:
            if isinstance(event, QPaintEvent):
                self._widget.window().update(event.region())
        elif event.type() == QEvent.Type.Show:
            self._around = self._widget.window().windowHandle()
            if self._around is not None:
                self._around.installEventFilter(self)
        return False
