"""Over a plot: that its numbers are being computed, and a button that stops or continues it."""

from __future__ import annotations

import pyqtgraph as pg
from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtWidgets import QPushButton, QWidget

from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.theme import UNIT

_SOON = 500  # milliseconds after which it is worth saying


class PlotProgress(QPushButton):
    """A button in a corner of a plot that is there as long as some of its numbers are to come.

    Parameters
    ----------
    plot : QWidget
        The plot.
    record : str
        What it shows, a record that is asked only while the plot is seen.
    scheduler : Scheduler
        Computes.
    """

    def __init__(self, plot: QWidget, record: str, scheduler: Scheduler) -> None:
        super().__init__(plot)
        self._plot, self._record, self._scheduler = plot, record, scheduler
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self.show)
        self.setObjectName("small")
        self.setAccessibleName("stop or go on computing the plot")
        # Clicked it has no focus, which it would leave to a list, and that takes letters.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()
        self.clicked.connect(self._toggle)
        plot.installEventFilter(self)
        if isinstance(plot, pg.PlotWidget):
            plot.getViewBox().sigResized.connect(self._put)
        scheduler.of_plots_changed.connect(self._say)

    def _say(self) -> None:
        """Say how much is known; what is quick is not worth saying."""
        found = self._scheduler.to_come(self._record)
        if found is None:
            self._soon.stop()
            self.hide()
            return
        known = f"{found.done} of {found.asked} known"
        words = known if found.asked > 1 else "stopped" if found.is_stopped else "computing…"
        self.setText(f"{words} · {'Go on' if found.is_stopped else 'Stop'}")
        self._put()
        if found.is_stopped:
            self.show()
        elif self.isHidden() and not self._soon.isActive():
            self._soon.start()

    def _toggle(self) -> None:
        found = self._scheduler.to_come(self._record)
        if found is not None:
            change = self._scheduler.go_on if found.is_stopped else self._scheduler.stop
            change(self._record)

    def _put(self) -> None:
        """Be where the curves are, below on the right: not over axes, words and colour bars.

        Of a table it is above, in the row that says what can be done.
        """
        self.adjustSize()
        if isinstance(self._plot, pg.PlotWidget):
            corner = self._plot.getViewBox().sceneBoundingRect().bottomRight().toPoint()
            self.move(corner - QPoint(self.width() + UNIT, self.height() + UNIT))
        else:
            self.move(self._plot.width() - self.width() - UNIT, 0)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep its corner."""
        if event.type() == QEvent.Type.Resize:
            self._put()
        return super().eventFilter(watched, event)
