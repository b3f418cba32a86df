"""The plots of a workspace as tabs, some with others beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize, Signal
from qtpy.QtGui import QResizeEvent, QShowEvent
from qtpy.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.plots import PLOTS, Plot
from lossexplorer.app.plots._progress import PlotProgress
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.engine.messages import LossSetting
from lossexplorer.session.records import RECORDS, Records
from lossexplorer.session.state import Change, Workspace

if TYPE_CHECKING:
    from lossexplorer.app.context import Context
    from lossexplorer.app.learn.shown import Shown

# On the bar itself: Qt looks at no property where it measures tabs.
_CLOSE = "QTabBar::tab { margin: 0; padding-left: 5px; padding-right: 5px; }"
"""The titles of the tabs moved together, where there is little room."""
_LOWEST = 160
"""The height in pixels that it starts with at least."""
_ROOM_FOR_BOTH = 820
"""The width in pixels from which a plot has others beside it."""


class PlotTabs(QTabWidget):
    """Every plot of a workspace, as a tab, which shows the records that it has named.

    Parameters
    ----------
    workspace : str
        Whose plots.
    share : float
        Of the height of the window, which it starts with.
    above : int
        The pixels of that height which are left to what is above it, where the window is small.

    Attributes
    ----------
    widgets : dict of str to QWidget
        Each plot's widget, by its id.
    beside : dict of (str, str) to QWidget
        Those that are shown beside others, by the ids of the tab and of the plot.
    more : QToolButton
        Has the titles of all plots in a menu, where the bar has no room for them.
    start : QLabel
        Says that the plot shown is about the prediction before the steps of a descent.
    looked_at : Signal()
        Another tab is shown, or there is more or less beside it.
    """

    looked_at = Signal()

    def __init__(self, workspace: Workspace, share: float, above: int = 0) -> None:
        super().__init__()
        self._share, self._above = share, above
        self.setDocumentMode(True)
        self._plots = [plot for plot in PLOTS.values() if workspace in plot.workspaces]
        self.widgets: dict[str, QWidget] = {}
        self.beside: dict[tuple[str, str], QWidget] = {}
        self._shown: Shown | None = None
        self._drawn: dict[QWidget, Shown] = {}
        for plot in self._plots:
            self.widgets[plot.id] = plot.make()
            page = self.widgets[plot.id]
            if plot.run is not None:
                others = {(plot.id, name): PLOTS[name].make() for name in plot.beside}
                self.beside |= others
                page = _Page(page, list(others.values()), self.looked_at.emit)
            self.addTab(page, plot.title)
        self.more, self.start = _more(self), _start()
        self.setCornerWidget(_side_by_side(self.start, self.more))
        self._descended = False
        self._needed = {"": 0, _CLOSE: 0}  # in pixels, by the bar's style
        self.currentChanged.connect(lambda _index: self.looked_at.emit())
        self.looked_at.connect(self._catch_up)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height that it starts with."""
        window = self.window().height()
        height = min(round(self._share * window), max(window - self._above, _LOWEST))
        return QSize(super().sizeHint().width(), height)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Move the titles together where there is little room."""
        super().resizeEvent(event)
        self._fit_titles()

    def _measure_titles(self) -> None:
        """Note how wide the bar is with its titles apart and together."""
        for style in self._needed:
            self.tabBar().setStyleSheet(style)
            self._needed[style] = self.tabBar().sizeHint().width()
        self._fit_titles()

    def _fit_titles(self) -> None:
        """Move titles together, and offer all in a menu, as far as they have no room."""
        room = self.width() - (0 if self.start.isHidden() else self.start.sizeHint().width())
        fitting = [style for style, needed in self._needed.items() if needed <= room]
        style = fitting[0] if fitting else _CLOSE
        if self.tabBar().styleSheet() != style:
            self.tabBar().setStyleSheet(style)
        self.more.setHidden(bool(fitting))

    def _each(self) -> list[tuple[Plot[Any], QWidget]]:
        """Return every widget with its plot."""
        tabs = [(plot, self.widgets[plot.id]) for plot in self._plots]
        return [*tabs, *((PLOTS[name], widget) for (_, name), widget in self.beside.items())]

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        for plot, widget in self._each():
            if plot.palette is not None:
                plot.palette(widget, palette)

    def follow(self, records: Records) -> None:
        """Have each plot show the records that it has named, whenever they change."""
        for plot, widget in self._each():
            for name, show in plot.records.items():
                records.follow(name, partial(show, widget))

    def attach(self, context: Context) -> None:
        """Have what is done in each plot act on the session, whose losses it names."""
        session = context.session
        self._name_losses(session.state.experiment.losses)
        session.changed.connect(self._on_change)
        self.looked_at.connect(self._say_start)
        for plot, widget in self._each():
            if plot.connect is not None:
                plot.connect(widget, context)
            for name in plot.records:
                if RECORDS[name].of_plot and not plot.says_progress:
                    PlotProgress(widget, name, context.controller)
        self.currentChanged.connect(lambda _index: self._leave_focus(context))
        context.snapshots.changed.connect(lambda: self._offer_tabs(context))
        self._offer_tabs(context)
        if any(plot.workspaces == ("explore",) for plot in self._plots):
            context.controller.see(self.records_seen)
            self.looked_at.connect(context.controller.look)

    def _leave_focus(self, context: Context) -> None:
        """Leave the focus of a plot that is left to the canvas: Qt gives it to a list of the next.

        A list takes letters, which are keys of the canvas.
        """
        focus, page = QApplication.focusWidget(), self.currentWidget()
        if focus is not None and page is not None and page.isAncestorOf(focus):
            context.stage.setFocus()

    def records_seen(self) -> frozenset[str]:
        """Return the names of the records that a plot shows which can be seen."""
        seen = (plot.records for plot, widget in self._each() if widget.isVisible())
        return frozenset(name for records in seen for name in records)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Say that a plot can be seen."""
        super().showEvent(event)
        self._measure_titles()
        self.looked_at.emit()

    def _offer_tabs(self, context: Context) -> None:
        """Have a tab of each plot that is needed, and show one that was not there before."""
        for index, plot in enumerate(self._plots):
            is_needed = plot.is_needed is None or plot.is_needed(context)
            if is_needed != self.isTabVisible(index):
                self.setTabVisible(index, is_needed)
                self._measure_titles()
                if is_needed:
                    self.setCurrentIndex(index)

    def _on_change(self, change: Change) -> None:
        losses = change.new.experiment.losses
        if losses != change.old.experiment.losses:
            self._name_losses(losses)
        self._descended = change.new.view.descended > 0
        self._say_start()

    def _say_start(self) -> None:
        """Say so where the plot shown is about controls, which a descent leaves where they are."""
        plot = self._plots[self.currentIndex()]
        is_of_start = any(RECORDS[name].requests is not None for name in plot.records)
        if self.start.isHidden() == (self._descended and is_of_start):
            self.start.setVisible(self._descended and is_of_start)
            self._fit_titles()

    def _name_losses(self, losses: tuple[LossSetting, ...]) -> None:
        for plot, widget in self._each():
            if plot.losses is not None:
                plot.losses(widget, losses)

    def show_run(self, shown: Shown) -> None:
        """Show a training run in each plot of one, once it can be seen."""
        self._shown = shown
        self._catch_up()

    def look_at(self, plot: str) -> None:
        """Show a plot's tab, if it has one, or the tab that has it beside its own plot."""
        ids = [each.id for each in self._plots]
        if self.width() >= _ROOM_FOR_BOTH:
            plot = next((tab for tab, name in self.beside if name == plot), plot)
        if plot in ids:
            self.setCurrentIndex(ids.index(plot))

    def _catch_up(self) -> None:
        """Show what came while a plot was hidden."""
        shown = self._shown
        if shown is None:
            return
        for plot, widget in self._each():
            is_stale = self._drawn.get(widget) is not shown
            if plot.run is not None and is_stale and widget.isVisible():
                self._drawn[widget] = shown
                plot.run(widget, shown)

    @property
    def shows_table(self) -> bool:
        """Whether a plot can be seen that shows the gradients' table."""
        return any(plot.has_table and widget.isVisible() for plot, widget in self._each())


def _more(tabs: QTabWidget) -> QToolButton:
    """Return a button with a menu of all tabs."""
    button = QToolButton()
    button.setText("▾")
    button.setToolTip("All plots")
    button.setAccessibleName("All plots")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    button.setMenu(menu)

    def fill() -> None:
        menu.clear()
        for index in range(tabs.count()):
            if tabs.isTabVisible(index):
                entry = menu.addAction(tabs.tabText(index))
                entry.setCheckable(True)
                entry.setChecked(index == tabs.currentIndex())
                entry.triggered.connect(partial(tabs.setCurrentIndex, index))

    menu.aboutToShow.connect(fill)
    return button


def _start() -> QLabel:
    """Return the words of a plot that is about the prediction before the first step."""
    label = QLabel("at step 0")
    label.setObjectName("note")
    label.setContentsMargins(0, 0, 0, UNIT)  # on the line of the titles
    label.setToolTip(
        "What this plot shows is of the prediction that the controls make, before the first step. "
        "Cards, canvas, History, Classes and Descent are at the step that was reached."
    )
    label.hide()
    return label


def _side_by_side(*widgets: QWidget) -> QWidget:
    row = QHBoxLayout(corner := QWidget())
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(UNIT)
    for each in widgets:
        row.addWidget(each)
    return corner


class _Page(QWidget):
    """A plot, and beside it others, one below the other, where there is room."""

    def __init__(
        self, plot: QWidget, others: Sequence[QWidget], changed: Callable[[], object]
    ) -> None:
        super().__init__()
        self._changed = changed
        self._has_others = bool(others)
        self._card = QFrame()
        self._card.setObjectName("card")
        column = QVBoxLayout(self._card)
        column.setContentsMargins(UNIT, UNIT, UNIT, UNIT)
        column.setSpacing(UNIT)
        for other in others:
            column.addWidget(other)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(UNIT, UNIT, UNIT if not others else 0, 0)
        row.setSpacing(UNIT)
        row.addWidget(plot, 1)
        row.addWidget(self._card, 1)
        self._card.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show the others where there is room."""
        super().resizeEvent(event)
        has_room = self._has_others and event.size().width() >= _ROOM_FOR_BOTH
        if self._card.isHidden() == has_room:
            self._card.setVisible(has_room)
            self._changed()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Say that it can be seen."""
        super().showEvent(event)
        self._changed()
