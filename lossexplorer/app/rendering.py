"""Renders a session or a scenario into a file, without a person: picture, values or movie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qtpy.QtCore import QSize, QTimer
from qtpy.QtWidgets import QApplication

from lossexplorer.app.exports.drawing import Picture
from lossexplorer.app.exports.movie_job import MovieJob, MovieWanted
from lossexplorer.app.exports.subjects import TITLES, keep_in_front, table_of, taken, widget_of
from lossexplorer.app.unattended import Unattended
from lossexplorer.core.files import replace_file
from lossexplorer.core.parameters import ParameterError
from lossexplorer.session.sweep import parse_sweep, reference_named, sweep_of

if TYPE_CHECKING:
    from lossexplorer.app.window import MainWindow

PICTURE_SUFFIXES = (".png", ".svg", ".pdf")
"""The endings of pictures' names: one for each format."""
TABLE_SUFFIX = ".csv"
"""The ending of the name of a plot's values."""


@dataclass(frozen=True)
class Rendering:
    """What is rendered of what is opened.

    Attributes
    ----------
    out : Path
        Where; the ending says in which format.
    what : str
        Of what, one of `lossexplorer.app.exports.subjects.TITLES`.
    size : tuple of int, optional
        Width and height in pixels; the one that it has in the usual window if absent.
    sweep : str
        The slider's way of a movie, see `lossexplorer.session.sweep.parse_sweep`; empty for a
        picture.
    seconds : float
        How long a movie takes.
    """

    out: Path
    what: str = "window"
    size: tuple[int, int] | None = None
    sweep: str = ""
    seconds: float = 4.0


def render_and_quit(window: MainWindow, rendering: Rendering) -> None:
    """Render once the window is complete, or end with the reason why that cannot be."""
    unattended = Unattended(window)
    size = rendering.size if rendering.what == "window" else None
    window.resize(*(size or window.sizeHint().toTuple()))
    keep_in_front(window.context, rendering.what)

    def render() -> None:
        try:
            scale = _scale(window, rendering)
            if rendering.sweep:
                _film(window, rendering, scale, unattended)
            else:
                unattended.end(_save(window, rendering, scale))
        except ParameterError as error:
            unattended.end(str(error))

    unattended.once_complete(render, present=rendering.what == "talk")


def _scale(window: MainWindow, rendering: Rendering) -> float:
    """Give what is rendered its size, and return the pixels of a picture for each on screen.

    A talk is laid out for a projector, and drawn larger or smaller.

    Raises
    ------
    ParameterError
        If all has no place in that size.
    """
    shown = widget_of(window.context, rendering.what)
    if rendering.size is None or shown is None:
        return 1.0
    width, height = rendering.size
    scale = width / shown.sizeHint().width() if rendering.what == "talk" else 1.0
    wanted = QSize(round(width / scale), round(height / scale))
    if shown.isWindow():
        shown.resize(wanted)
    else:
        shown.setFixedSize(wanted)  # which its window makes room for
        QApplication.processEvents()
    if shown.size() != wanted:
        found = shown.size() * scale
        raise ParameterError(
            f"--size {width}x{height} is too small: all has its place in "
            f"{found.width()}x{found.height()} and more."
        )
    if rendering.what == "canvas":
        window.stage.do(lambda canvas: canvas.navigation.look_at_labels())
    return scale


def _save(window: MainWindow, rendering: Rendering, scale: float) -> str:
    """Write a picture, or the values of a plot; return why not, if not."""
    out, title = rendering.out, TITLES[rendering.what].lower()
    if out.suffix.lower() == TABLE_SUFFIX:
        table = table_of(window.context, rendering.what)
        if table is None:
            return f"There are no values of the {title}: it has no table."
        content: bytes | None = table.encode()
    else:
        kind = cast("Picture", out.suffix.lower().removeprefix("."))
        content = taken(window.context, rendering.what, kind, scale)
    if content is None:
        return f"There is no picture of the {title}: it is not shown."
    try:
        replace_file(out, lambda file: file.write_bytes(content))
    except OSError as error:
        return f"{out} could not be written: {error.strerror or error}."
    return ""


def _film(window: MainWindow, rendering: Rendering, scale: float, unattended: Unattended) -> None:
    """Have a movie made, and end when it is written."""
    experiment = window.context.session.state.experiment
    name, start, stop, count = parse_sweep(rendering.sweep)
    sweep = sweep_of(experiment, reference_named(name, experiment), start, stop, count)
    wanted = MovieWanted(sweep, rendering.what, rendering.seconds, rendering.out, scale)
    job = MovieJob(window.context, wanted)
    # In a turn of its own: others may be told that the job has ended, too.
    job.ended.connect(lambda said: QTimer.singleShot(0, partial(unattended.end, said)))
    job.begin()
