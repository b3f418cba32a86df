"""Moves a slider to and fro, takes a picture wherever it halts, and writes the movie."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qtpy.QtCore import QObject, QTimer, Signal

from lossexplorer.app.context import Context
from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.exports import progress
from lossexplorer.app.exports.asking import why_not
from lossexplorer.app.exports.subjects import TITLES, bring_to_front, taken
from lossexplorer.engine.messages import EngineStatus
from lossexplorer.exports.movies import CancelledError, Movie, MovieError, to_and_fro, write_movie
from lossexplorer.session.sweep import Sweep

CANCELLED = f"No movie is written: {progress.CANCELLED}"


@dataclass(frozen=True)
class MovieWanted:
    """A movie that is to be made.

    Attributes
    ----------
    sweep : Sweep
        What moves.
    what : str
        What is seen, one of `lossexplorer.app.exports.subjects.TITLES`; a talk is open.
    seconds : float
        How long to and fro takes.
    path : Path
        Where it is written; the ending says in which format.
    scale : float
        Pixels of the movie for each of the screen.
    """

    sweep: Sweep
    what: str
    seconds: float
    path: Path
    scale: float = 1.0


class MovieJob(QObject):
    """Makes a movie of a slider, which is then where it was.

    Each picture waits until all about its value is computed. Meanwhile nothing else is to be set.

    Parameters
    ----------
    context : Context
        The window's services.
    wanted : MovieWanted
        Which movie.

    Attributes
    ----------
    length : int
        How much there is to do: pictures, then frames that are written.
    progressed : Signal(int)
        How much of that is done.
    ended : Signal(str)
        It is written, or there is none, and why: a sentence, empty if it is written.
    """

    progressed = Signal(int)
    ended = Signal(str)

    def __init__(self, context: Context, wanted: MovieWanted) -> None:
        super().__init__(context.stage.window())
        self._context, self._wanted = context, wanted
        self._states = wanted.sweep.states(context.session.state)
        self._frames: list[bytes] = []
        self.length = len(self._states) + 2 * len(self._states) - 1
        self._waits = False
        self._is_over = threading.Event()
        self._main_thread = MainThread()
        self._undo: Callable[[], object] = lambda: None

    def begin(self) -> None:
        """Move to the first value."""
        context = self._context
        self._past = context.controller.records.kept()
        self._undo = bring_to_front(context, self._wanted.what)
        context.controller.settled.connect(self._on_settled)
        context.controller.client.failed.connect(self._end)
        context.controller.engine_changed.connect(self._on_engine)
        self._move()

    def cancel(self) -> None:
        """End without a movie."""
        self._end(CANCELLED)

    def _move(self) -> None:
        self._waits = True
        self._context.session.flip_to(self._states[len(self._frames)], "Movie")
        self._context.controller.ask()  # where it already is, nothing else asks

    def _on_settled(self) -> None:
        if self._waits:
            self._waits = False
            QTimer.singleShot(0, self._take)  # what has settled is told others, too

    def _take(self) -> None:
        if self._is_over.is_set():
            return
        frame = taken(self._context, self._wanted.what, "png", self._wanted.scale)
        if frame is None:
            title = TITLES[self._wanted.what].lower()
            self._end(f"No movie is written: the {title} is not shown. Show it, and try again.")
            return
        self._frames.append(frame)
        self.progressed.emit(len(self._frames))
        if len(self._frames) < len(self._states):
            self._move()
        else:
            self._put_back()
            movie = Movie(to_and_fro(self._frames), self._wanted.seconds)
            write = partial(self._write, movie)
            threading.Thread(target=write, daemon=True, name="movie").start()

    def _on_engine(self, status: EngineStatus) -> None:
        if status.state == "failed":
            self._end(status.message)

    def _put_back(self) -> None:
        """Have everything as it was before the first picture."""
        context = self._context
        context.controller.settled.disconnect(self._on_settled)
        context.controller.client.failed.disconnect(self._end)
        context.controller.engine_changed.disconnect(self._on_engine)
        context.session.flip_back()
        context.controller.records.put_back(self._past)
        self._undo()

    def _end(self, sentence: str) -> None:
        if self._is_over.is_set():
            return
        self._is_over.set()
        if len(self._frames) < len(self._states):
            self._put_back()
        self.ended.emit(sentence)
        self.deleteLater()

    # In the thread

    def _write(self, movie: Movie) -> None:
        def proceed(place: int) -> bool:
            self._main_thread.run(partial(self._say, len(self._states) + place))
            return not self._is_over.is_set()

        sentence = ""
        path = self._wanted.path
        try:
            write_movie(movie, path, proceed)
        except CancelledError:
            return
        except MovieError as error:
            sentence = str(error)
        except OSError as error:
            sentence = why_not(path, error)
        except Exception as error:  # noqa: BLE001 - said in the window
            sentence = f"{path} could not be written: {error}."
        self._main_thread.run(partial(self._end, sentence))

    def _say(self, done: int) -> None:
        if not self._is_over.is_set():
            self.progressed.emit(done)
