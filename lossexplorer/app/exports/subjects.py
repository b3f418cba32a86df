"""What a movie or a picture without a person is taken of: the window or a part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.exports.drawing import Picture, picture_of
from lossexplorer.app.panels._plot_tabs import PlotTabs
from lossexplorer.app.plots import PLOTS

_PLOTS = {plot.id: plot for plot in PLOTS.values() if "explore" in plot.workspaces}

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "window": "Window",
        "canvas": "Canvas",
        **{name: f"{plot.title} plot" for name, plot in _PLOTS.items()},
        "talk": "Presenter page",
    }
)
"""The whole window, its canvas, each plot by its id, and the page of a talk."""


def bring_to_front(context: Context, what: str) -> Callable[[], object]:
    """Have something on screen that a picture is to be taken of; return what undoes that.

    A talk is begun by who wants its picture, since it opens something.
    """
    if what not in _PLOTS:
        return lambda: None
    tabs = _tabs(context)
    before = tabs.currentIndex()
    tabs.setCurrentWidget(tabs.widgets[what])
    return lambda: tabs.setCurrentIndex(before)


def keep_in_front(context: Context, what: str) -> None:
    """Have something on screen, and have it there again where a scenario shows a plot of its own.

    What a plot shows is computed while it is seen.
    """
    bring_to_front(context, what)
    _tabs(context).currentChanged.connect(lambda _index: bring_to_front(context, what))


def taken(context: Context, what: str, kind: Picture, scale: float = 1.0) -> bytes | None:
    """Return a picture of what is on screen now; None if it is not there.

    Parameters
    ----------
    context : Context
        The window's services.
    what : str
        Of what, one of `TITLES`.
    kind : {"png", "svg", "pdf"}
        The format.
    scale : float
        As for `lossexplorer.app.exports.drawing.picture_of`.
    """
    context.stage.finish()
    QApplication.processEvents()
    widget = widget_of(context, what)
    if widget is None or not widget.isVisible():
        return None
    zoom = scale if what == "talk" else 1.0  # it has no canvas that the scale could be of
    return picture_of(widget, context.stage, kind, scale, zoom=zoom)


def widget_of(context: Context, what: str) -> QWidget | None:
    """Return the widget that a picture is taken of; None if it is not there."""
    if what == "window":
        return context.stage.window()
    if what == "canvas":
        return None if context.stage.canvas is None else context.stage.canvas.native
    return context.presenter.talk if what == "talk" else _tabs(context).widgets[what]


def table_of(context: Context, what: str) -> str | None:
    """Return the values of a plot as CSV; None if it is no plot, or has no table."""
    table = _PLOTS[what].table if what in _PLOTS else None
    return None if table is None else table(context)


def _tabs(context: Context) -> PlotTabs:
    return cast("PlotTabs", context.panels.widget("plots"))
