"""Has the engine paint whole volumes, class after class, and writes them in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from lossexplorer.app.context import Context
from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.exports.asking import why_not
from lossexplorer.app.exports.progress import CANCELLED, progress_dialog
from lossexplorer.engine.messages import Answer, Request
from lossexplorer.exports.volumes import (
    VolumeCollector,
    VolumesWanted,
    What,
    gradient_problem,
)
from lossexplorer.exports.writing import write_volume
from lossexplorer.session import Change


class VolumeJob:
    """Exports volumes of what is set now, whatever is set meanwhile.

    The engine paints a class when nothing else is asked; a thread takes it into the volumes, and
    writes them at the end, so that the window neither waits nor copies. Cancelled, or with other
    volumes opened, it ends without a file that is not whole.

    Parameters
    ----------
    context : Context
        Has the session and the engine, and shows how far it is.
    wanted : VolumesWanted
        Which volumes.
    paths : dict of str to Path
        Where each is written.
    """

    def __init__(self, context: Context, wanted: VolumesWanted, paths: dict[What, Path]) -> None:
        volume, maps = context.session.volume, context.session.state.maps()
        assert volume is not None
        assert maps is not None
        self._context, self._paths = context, paths
        self._client = context.controller.client
        asked = wanted.asked(volume)
        self._requests = [Request(replace(maps, painted=each)) for each in asked]
        self._count, self._problems = len(asked), list[str]()
        self._collector = VolumeCollector(wanted, volume)
        self._main_thread = MainThread()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._progress = progress_dialog(
            context.stage.window(),
            "Export volumes",
            "Computing the volumes…",
            self._count + 1,
            partial(self._end, f"Nothing is exported: {CANCELLED}", is_problem=False),
        )

    def begin(self) -> None:
        """Ask for the first class."""
        self._client.fetched.connect(self._on_fetched)
        self._client.unfetched.connect(self._on_refused)
        self._context.session.changed.connect(self._on_change)
        threading.Thread(target=self._run, daemon=True, name="exports").start()
        self._ask()

    def _ask(self) -> None:
        """Ask for the next class, or write when there is none."""
        self._progress.setValue(self._count - len(self._requests))
        if self._requests:
            self._client.fetch(self._requests[0])
        else:
            self._progress.setLabelText("Writing the files…")
            self._work.put(self._write)

    def _on_fetched(self, answer: Answer) -> None:
        if self._is_over.is_set() or not self._requests or answer.request != self._requests[0]:
            return
        assert answer.maps is not None
        del self._requests[0]
        self._problems.append(answer.maps.problem)
        self._work.put(partial(self._take, answer))

    def _on_refused(self, why: str) -> None:
        self._end(f"The volumes could not be computed: {why}")

    def _on_change(self, change: Change) -> None:
        if change.new.experiment.case is not change.old.experiment.case:
            self._end("Nothing is exported: what was open is not open any more.")

    def _end(self, sentence: str, *, is_problem: bool = True) -> None:
        """End, whatever is still to come, and say why."""
        if self._is_over.is_set():
            return
        self._is_over.set()
        self._work.put(None)
        self._client.fetch(None)
        self._client.fetched.disconnect(self._on_fetched)
        self._client.unfetched.disconnect(self._on_refused)
        self._context.session.changed.disconnect(self._on_change)
        self._progress.canceled.disconnect()
        self._progress.close()
        messages = self._context.messages
        (messages.say if is_problem else messages.inform)(sentence)

    # In the thread

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - said in the window
                said = f"The volumes could not be written: {error}."
                self._main_thread.run(partial(self._end, said))

    def _take(self, answer: Answer) -> None:
        assert answer.maps is not None
        self._collector.add(answer.maps)
        self._main_thread.run(self._ask_unless_over)

    def _ask_unless_over(self) -> None:
        if not self._is_over.is_set():
            self._ask()

    def _write(self) -> None:
        written = list[str]()
        for volume in self._collector.volumes():
            if self._is_over.is_set():
                return
            path = self._paths[volume.what]
            try:
                write_volume(volume, path)
            except OSError as error:
                self._main_thread.run(partial(self._end, why_not(path, error)))
                return
            written.append(path.name)
        where = next(iter(self._paths.values())).parent
        listed = " and ".join(filter(None, [", ".join(written[:-1]), written[-1]]))
        verb = "is" if len(written) == 1 else "are"
        said = f"{listed} {verb} written to {where}."
        problem = gradient_problem(self._problems) if "gradient" in self._paths else ""
        sentence = f"{said} {problem}".strip()
        self._main_thread.run(partial(self._end, sentence, is_problem=bool(problem)))
