"""The middle of the window: a message, the stage, the bar of the descent, and the legend."""

from __future__ import annotations

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from lossexplorer.app.actions.scale import choose_scale
from lossexplorer.app.context import Context
from lossexplorer.app.stage.legend import Legend
from lossexplorer.app.widgets.descent_bar import DescentBar

_WITH_LEGEND = 300
"""The height in pixels of canvas, bar and legend below which the canvas has the legend's room."""


class Middle(QWidget):
    """What is between the panels; the legend says what the stage shows, and sets its scale.

    Attributes
    ----------
    legend : Legend
        Hidden where there is no room for it.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.legend = Legend()
        self._stage, self._messages = context.stage, context.messages
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(context.messages)
        column.addWidget(context.stage, 1)
        column.addWidget(DescentBar(context))
        column.addWidget(self.legend)
        session = context.session
        self.legend.scale.chosen.connect(lambda scale: choose_scale(context, scale))
        self.legend.scale.fixed.connect(lambda limit: session.show(scale="fixed", limit=limit))
        self.legend.panes.clicked.connect(lambda _: context.stage.pane_menu_wanted.emit())
        context.stage.painted.connect(self._explain)
        session.changed.connect(self._explain, max_args=0)

    def _explain(self) -> None:
        self._stage.explain(self.legend)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show the legend if there is room."""
        super().resizeEvent(event)
        needed = self._messages.heightForWidth(self.width()) if self._messages.isVisible() else 0
        self.legend.setVisible(event.size().height() - needed >= _WITH_LEGEND)
