"""Whether the engine's process lives: it beats, and the window's side listens.

What else it has to say goes the same way.

The beat comes from a thread of its own, which long work does not hinder as long as that work lets
go of Python's lock. Some does not (a distance transform of 10⁸ voxels takes seconds in C), so a
process that is silent counts as alive while it uses processor time. One that is stopped or waits
for ever does neither.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import psutil


def beat(listener: Connection, seconds: float) -> Callable[[Any], None]:
    """Send a sign of life every so many seconds, from a thread of its own, until nobody listens.

    Returns a function that says something in between, from any thread.

    Parameters
    ----------
    listener : Connection
        The other end of the one that `watch` listens to.
    seconds : float
        Between two beats.
    """
    ended, lock = threading.Event(), threading.Lock()

    def send(message: Any) -> None:
        with lock:
            listener.send(message)

    def go_on() -> None:
        with contextlib.suppress(OSError):
            send(None)
            while not ended.wait(seconds):
                send(None)

    threading.Thread(target=go_on, daemon=True, name="beat").start()
    return send


def watch(
    process: BaseProcess,
    beats: Connection,
    ended: Future[None],
    hear: Callable[[Any], None],
    *,
    seconds: float,
    patience: float,
) -> None:
    """Complete `ended` when the process ends; end it if it is stalled. Runs until then.

    Silence is counted in checks in a row and not by a clock: while a computer sleeps, clocks may
    go on, and after it a healthy process has time to beat again.

    Parameters
    ----------
    process : BaseProcess
        One that was started.
    beats : Connection
        What the process beats to; closed in the end.
    ended : Future
        Gets None as its result.
    hear : callable
        Takes what the process says in between.
    seconds : float
        Between two beats.
    patience : float
        Seconds without a beat and without the use of processor time, after which it is killed.
    """
    missed, spent = 0, -1.0
    with beats:
        while process.sentinel not in (heard := wait([beats, process.sentinel], seconds)):
            if heard:
                missed = 0
                if not _drain(beats, hear):
                    break
                continue
            used = _processor_seconds(process)
            missed = missed + 1 if used == spent else 0
            spent = used
            if missed * seconds >= patience:
                process.kill()
                break
    wait([process.sentinel])
    ended.set_result(None)


def _drain(beats: Connection, hear: Callable[[Any], None]) -> bool:
    """Take what has come; return whether more may."""
    try:
        while beats.poll():
            message = beats.recv()
            if message is not None:
                hear(message)
    except (EOFError, OSError):
        return False
    return True


def _processor_seconds(process: BaseProcess) -> float:
    """Return how long all threads of a process have computed."""
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return -1.0  # it has ended
    return float(times.user + times.system)
