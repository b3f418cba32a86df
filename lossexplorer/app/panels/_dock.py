"""The dock widget that holds a panel."""

from __future__ import annotations

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QDockWidget, QWidget

from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.panels._title_bar import TitleBar
from lossexplorer.app.plain_keys import keep_for_control


class Dock(QDockWidget):
    """Holds a panel in a window, or floats as a window of its own.

    Parameters
    ----------
    panel : Panel
        What it is called; an arrangement knows it by its id.
    widget : QWidget
        What it holds.
    window : QWidget
        What it is docked to.
    """

    def __init__(self, panel: Panel, widget: QWidget, window: QWidget) -> None:
        super().__init__(panel.title, window)
        self.setObjectName(panel.id)
        self.setWidget(widget)
        self.setTitleBarWidget(TitleBar(self))

    def event(self, event: QEvent) -> bool:
        """Leave keys to the control that has the focus where it uses them.

        While it floats, Qt looks for shortcuts of the window that it was docked to without asking
        that window whether the key is one.
        """
        return keep_for_control(event) or super().event(event)
