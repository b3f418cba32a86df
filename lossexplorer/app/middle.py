"""The middle of the window: a message, the stage, the bar of the descent, and the legend."""

from __future__ import annotations

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from lossexplorer.app.actions.appearance import change_appearance
from lossexplorer.app.actions.scale import choose_scale
from lossexplorer.app.canvas_room import WITH_LEGEND, WITH_STRIP
from lossexplorer.app.context import Context
from lossexplorer.app.stage.appearance_box import AppearanceBox
from lossexplorer.app.stage.legend import Legend
from lossexplorer.app.stage.slice_strip import is_useful, make_strip
from lossexplorer.app.widgets.descent_bar import DescentBar
from lossexplorer.session import Change


class Middle(QWidget):
    """What is between the panels; the legend says what the stage shows, and sets its scale.

    Attributes
    ----------
    strip : SliceStrip
        Says what is in each slice.
    legend : Legend
        Hidden where there is no room for it.
    appearance : AppearanceBox or None
        Once it was wanted.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.legend = Legend()
        self.appearance: AppearanceBox | None = None
        self._context = context
        self._stage, self._messages = context.stage, context.messages
        self._session, self._settings = context.session, context.settings
        self.strip = make_strip(context)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(context.messages)
        column.addWidget(context.stage, 1)
        column.addWidget(self.strip)
        column.addWidget(DescentBar(context))
        column.addWidget(self.legend)
        session = context.session
        self.legend.scale.chosen.connect(lambda scale: choose_scale(context, scale))
        self.legend.scale.fixed.connect(lambda limit: session.show(scale="fixed", limit=limit))
        self.legend.panes.clicked.connect(lambda _: context.stage.pane_menu_wanted.emit())
        self.legend.appearance.clicked.connect(lambda _: context.stage.appearance_wanted.emit())
        context.stage.appearance_wanted.connect(self._pop_up_appearance)
        context.stage.painted.connect(self._explain)
        session.changed.connect(self._on_change)
        context.settings.changed.connect(self._offer_strip, max_args=0)
        self._offer_strip()

    def _on_change(self, change: Change) -> None:
        if not change.is_of_controls_alone:  # else a slider waits for this, and maps follow
            self._explain()
            self._offer_strip()

    def _explain(self) -> None:
        self._stage.explain(self.legend)
        if self.appearance is not None and self.appearance.isVisible():
            self._show_appearance(self.appearance)

    def _pop_up_appearance(self) -> None:
        if self.appearance is None:
            self.appearance = AppearanceBox(self)
            self.appearance.changed.connect(lambda what: change_appearance(self._context, **what))
        self._show_appearance(self.appearance)
        self.appearance.pop_up(self.legend.appearance_place())

    def _show_appearance(self, box: AppearanceBox) -> None:
        state = self._context.session.state
        has_image = state.volume is not None and state.volume.image is not None
        box.show_appearance(state.view.appearance, has_image=has_image)

    def _offer_strip(self) -> None:
        """Show the strip where it is wanted and there is room."""
        is_wanted = self._settings.value.slice_strip and is_useful(self._session.state)
        self.strip.setVisible(is_wanted and self._room() >= WITH_STRIP)

    def _room(self) -> int:
        """Return the height that a message leaves, in pixels."""
        said = self._messages.heightForWidth(self.width()) if self._messages.isVisible() else 0
        return self.height() - said

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show legend and strip if there is room."""
        super().resizeEvent(event)
        self._offer_strip()
        self.legend.setVisible(self._room() >= WITH_LEGEND)
