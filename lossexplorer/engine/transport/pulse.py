"""The heartbeat of the engine's process, by which the window's process detects a stalled engine.

Other messages of the engine's process use the same connection.

A thread of its own sends the heartbeat, also during long computations, as long as these release
Python's global lock. Some do not (a distance transform of 10⁸ voxels takes seconds in C), so a
process without heartbeat counts as alive while it uses processor time. A process that is stopped
or waits without end does neither.
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
    """Send a heartbeat at intervals, from a thread of its own, until the connection is closed.

    Returns a function that sends other messages, from any thread.

    Parameters
    ----------
    listener : Connection
        The sending end of the connection that `watch` reads.
    seconds : float
        Seconds between two heartbeats.
    """
    ended, lock = threading.Event(), threading.Lock()

    def send(message: Any) -> None:
        with lock:
            listener.send(message)

    def keep_beating() -> None:
        with contextlib.suppress(OSError):
            send(None)
            while not ended.wait(seconds):
                send(None)

    threading.Thread(target=keep_beating, daemon=True, name="beat").start()
    return send


def watch(
    process: BaseProcess,
    beats: Connection,
    ended: Future[None],
    on_message: Callable[[Any], None],
    *,
    seconds: float,
    patience: float,
) -> None:
    """Wait until the process ends, kill it if it is stalled, and then complete `ended`.

    Missing heartbeats are counted in consecutive checks and not by a clock: clocks may go on while
    a computer sleeps, and after the sleep a healthy process has time for its next heartbeat.

    Parameters
    ----------
    process : BaseProcess
        A started process.
    beats : Connection
        The connection on which heartbeats arrive; closed at the end.
    ended : Future
        Gets None as its result.
    on_message : callable
        Takes the other messages of the process.
    seconds : float
        Seconds between two heartbeats.
    patience : float
        Seconds without a heartbeat and without use of processor time after which it is killed.
    """
    missed, spent = 0, -1.0
    with beats:
        while process.sentinel not in (heard := wait([beats, process.sentinel], seconds)):
            if heard:
                missed = 0
                if not _drain(beats, on_message):
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


def _drain(beats: Connection, on_message: Callable[[Any], None]) -> bool:
    """Read the messages that have arrived; return whether the connection is still open."""
    try:
        while beats.poll():
            message = beats.recv()
            if message is not None:
                on_message(message)
    except (EOFError, OSError):
        return False
    return True


def _processor_seconds(process: BaseProcess) -> float:
    """Return the processor time of all threads of a process, in seconds."""
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return -1.0  # it has ended
    return float(times.user + times.system)
