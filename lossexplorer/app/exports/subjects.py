"""What a movie or a picture without a person is taken of: the window or a part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.exports.drawing import Picture, picture_of
from lossexplorer.app.panels._plot_tabs import PlotTabs

What = Literal["window", "canvas", "response", "talk"]
"""The whole window, its canvas, the response plot, or the page of a talk."""
TITLES: dict[What, str] = {
    "window": "Window",
    "canvas": "Canvas",
    "response": "Response plot",
    "talk": "Presenter page",
}


def bring_to_front(context: Context, what: What) -> Callable[[], object]:
    """Have something on screen that a picture is to be taken of; return what undoes that.

    A talk is begun by who wants its picture, since it opens something.
    """
    if what != "response":
        return lambda: None
    tabs = _tabs(context)
    before = tabs.currentIndex()
    tabs.setCurrentWidget(tabs.widgets["response"])
    return lambda: tabs.setCurrentIndex(before)


def taken(context: Context, what: What, kind: Picture, scale: float = 1.0) -> bytes | None:
    """Return a picture of what is on screen now; None if it is not there.

    Parameters
    ----------
    context : Context
        The window's services.
    what : {"window", "canvas", "response", "talk"}
        Of what.
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


def widget_of(context: Context, what: What) -> QWidget | None:
    """Return the widget that a picture is taken of; None if it is not there."""
    if what == "window":
        return context.stage.window()
    if what == "canvas":
        return None if context.stage.canvas is None else context.stage.canvas.native
    return context.presenter.talk if what == "talk" else _tabs(context).widgets["response"]


def _tabs(context: Context) -> PlotTabs:
    return cast("PlotTabs", context.panels.widget("plots"))
