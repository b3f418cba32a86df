"""Runs the program as a user starts it, and notes the times of events in the window.

``python -m lossexplorer.bench.window_probe MODE FILE STARTED``, with the display that the
environment names. MODE is ``launch``, ``drag`` or ``hidden``, which is a drag without the canvas.
FILE is the path for the times as JSON, and STARTED the value of `time.monotonic` at the start of
this process.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from lossexplorer.app.settings import SettingsStore
    from lossexplorer.app.window import MainWindow
    from lossexplorer.engine.messages import Answer, EngineStatus

SOURCE = "sample:tumour"
CONTROL = "softness"
_EVENT_MS = 16
_EVENTS = 150
_ANSWERS = 30  # a drag lasts until so many answers are drawn: the first may wait for a compiler
_BEAT_MS = 2

Done = Callable[[dict[str, Any]], None]


def main() -> None:
    """Start the program and measure times in its window."""
    mode, path, started = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    found: dict[str, Any] = {}
    modes: dict[str, Callable[[MainWindow, Done], object]] = {
        "launch": lambda w, done: _launch(w, done, started, found),
        "drag": _Drag,
        "hidden": lambda w, done: _Drag(w, done, hidden=True),
    }
    watch = modes[mode]

    from lossexplorer import cli
    from lossexplorer.app import main as starting
    from lossexplorer.engine.client import EngineClient

    def end_if_it_fails(status: EngineStatus) -> None:
        from qtpy.QtWidgets import QApplication

        if status.state == "failed":
            print(status.message, file=sys.stderr)
            QApplication.exit(2)

    def make_and_watch(theme: str, client: EngineClient, settings: SettingsStore) -> MainWindow:
        found["notice"] = time.monotonic() - started  # it is painted before the window is made

        from lossexplorer.app.settings import SettingsStore
        from lossexplorer.app.stage.painter import Painter
        from lossexplorer.viewer.time_slices import TimeSlices

        # The maps of an answer are painted after its numbers.
        _time(Painter, "paint")
        _time(TimeSlices, "_next")
        del settings  # the user's, whose panels may be placed differently
        made = make_window(theme, client, SettingsStore())

        def done(found: dict[str, Any]) -> None:
            path.write_text(json.dumps(found), "utf-8")
            made.close()

        client.status_changed.connect(end_if_it_fails)
        kept.append(watch(made, done))
        return made

    _time(EngineClient, "_finished")  # called for every answer of the engine
    make_window = starting.make_window
    kept: list[object] = []
    sys.argv = ["lossexplorer", SOURCE]
    with mock.patch.object(starting, "make_window", make_and_watch):
        cli.main()


_deliveries: list[float] = []
_worked: list[float] = []


def _time(owner: type, name: str) -> None:
    """Time the calls of a method that runs in the window's thread."""
    original = getattr(owner, name)

    def timed(self: Any, *arguments: Any) -> None:
        start, worked = time.perf_counter(), time.thread_time()
        original(self, *arguments)
        _deliveries.append(time.perf_counter() - start)
        _worked.append(time.thread_time() - worked)

    mock.patch.object(owner, name, timed).start()


def _launch(window: MainWindow, done: Done, started: float, found: dict[str, Any]) -> object:
    """Note when the window, the canvas and the first numbers are painted."""
    from qtpy.QtCore import QEvent, QObject, QTimer

    def note(what: str) -> None:
        found.setdefault(what, time.monotonic() - started)
        if {"window", "canvas", "numbers"} <= found.keys():
            done(found)

    def note_soon(what: str) -> None:
        QTimer.singleShot(0, lambda: note(what))

    class FirstPaint(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            del watched
            if event.type() == QEvent.Type.Paint:
                window.removeEventFilter(self)
                note_soon("window")
            return False

    first = FirstPaint()
    window.installEventFilter(first)
    # The texts have been set when this is called, and are painted before the next timer fires.
    window.context.controller.answered.connect(lambda _: note_soon("numbers"))
    window.stage.currentChanged.connect(lambda _: note_soon("canvas"))
    return first


class _Drag:
    """Drags a slider once the window is settled: first with the engine, then without it.

    Where the canvas is hidden there is no second drag.
    """

    def __init__(self, window: MainWindow, done: Done, *, hidden: bool = False) -> None:
        from qtpy.QtCore import Qt, QTimer

        self._window, self._done, self._hidden = window, done, hidden
        self._frames: list[float] = []
        self._found: dict[str, Any] = {}
        self._gaps: list[float] = []
        self._drawn: list[float] = []
        self._moved_at: dict[float, float] = {}
        self._beaten = 0.0
        self._moves = 0
        self._dragging = False
        self._heart = QTimer()
        self._heart.setTimerType(Qt.TimerType.PreciseTimer)
        self._heart.setInterval(_BEAT_MS)
        self._heart.timeout.connect(self._beat)
        self._timer = QTimer()
        self._timer.setInterval(_EVENT_MS)
        self._timer.timeout.connect(self._move)
        window.context.controller.settled.connect(self._begin_soon)
        # The window draws numbers before others hear of them.
        window.context.controller.measured.connect(self._on_numbers)

    def _begin_soon(self) -> None:
        """Begin once the answer is shown that settled the window: its time is not the drag's."""
        from qtpy.QtCore import QTimer

        self._window.context.controller.settled.disconnect(self._begin_soon)
        QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        from lossexplorer.app.panels.controls import ControlsPanel
        from lossexplorer.app.widgets.number_row import NumberRow
        from lossexplorer.predictions import DEGRADATIONS

        controls = self._window.context.panels.widget("controls")
        assert isinstance(controls, ControlsPanel)
        prediction = controls.prediction
        name = next(n for n, block in prediction.blocks.items() if CONTROL in block.rows)

        prediction.groups[DEGRADATIONS[name].group].open()
        row = prediction.rows[CONTROL]
        assert isinstance(row, NumberRow)
        self._slider = row.slider
        if self._hidden:
            self._window.stage.hide()
        self._count_frames()
        self._press()

    def _count_frames(self) -> None:
        """Note when the canvas was drawn."""
        shown = self._window.stage.canvas
        assert shown is not None
        screen: Any = shown.native
        draw = screen.paintGL

        def drawn() -> None:
            draw()
            self._frames.append(time.perf_counter())

        screen.paintGL = drawn

    def _press(self) -> None:
        from qtpy.QtCore import QPoint, Qt
        from qtpy.QtTest import QTest

        self._moves = 0
        self._dragging = True
        _deliveries.clear()
        _worked.clear()
        self._gaps.clear()
        self._frames.clear()
        self._beaten = time.perf_counter()
        place = QPoint(self._slider.width() // 4, self._slider.height() // 2)
        QTest.mousePress(self._slider, Qt.MouseButton.LeftButton, pos=place)
        self._timer.start()
        self._heart.start()

    def _move(self) -> None:
        from qtpy.QtCore import QPoint
        from qtpy.QtTest import QTest

        if self._moves >= _EVENTS and ("gaps" in self._found or len(self._drawn) >= _ANSWERS):
            self._timer.stop()
            self._heart.stop()
            self._dragging = False
            self._end_of_drag()
            return
        self._moves += 1
        # To and fro over the middle half, by about a pixel at a time.
        share = abs((self._moves % 100) / 50 - 1)
        width = self._slider.width()
        start = time.perf_counter()
        place = QPoint(round(width * (0.25 + 0.5 * share)), self._slider.height() // 2)
        QTest.mouseMove(self._slider, place)
        self._moved_at[self._value()] = start

    def _end_of_drag(self) -> None:
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.mouseRelease(self._slider, Qt.MouseButton.LeftButton)
        if "gaps" not in self._found:
            self._found = {
                "deliveries": list(_deliveries),
                "worked": list(_worked),
                "drawn": list(self._drawn),
                "gaps": list(self._gaps),
                "frames": [b - a for a, b in itertools.pairwise(self._frames)],
            }
            if self._hidden:
                self._done(self._found)
                return
            self._window.context.controller.client.close()
            self._press()
        else:
            self._done({**self._found, "gaps_without": list(self._gaps)})

    def _value(self) -> float:
        return float(self._window.context.session.state.experiment.controls[CONTROL])

    def _on_numbers(self, answer: Answer) -> None:
        moved = self._moved_at.get(float(answer.question.controls[CONTROL]))
        if moved is not None and self._dragging:
            self._drawn.append(time.perf_counter() - moved)

    def _beat(self) -> None:
        """Note how long the window's thread has been busy since the previous beat."""
        now = time.perf_counter()
        self._gaps.append(now - self._beaten)
        self._beaten = now


if __name__ == "__main__":
    main()
