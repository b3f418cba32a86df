"""An engine that is stalled is ended; one that works hard, or slept with the computer, is not."""

import contextlib
import math
import os
import signal
import time
from concurrent.futures import BrokenExecutor, Future
from multiprocessing import Pipe
from multiprocessing.connection import wait

import pytest

from lossexplorer.engine import pulse
from lossexplorer.engine.process import EngineProcess

PATIENCE = 60  # seconds, for what takes less than one
on_linux = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs SIGSTOP")


@pytest.fixture
def engine():
    made = EngineProcess(beat=0.05, patience=1.0)
    yield made
    made.shutdown(wait=False)


@on_linux
def test_a_stopped_process_is_ended_while_idle(engine):
    os.kill(engine.submit(os.getpid).result(PATIENCE), signal.SIGSTOP)
    engine.ended.result(PATIENCE)
    with pytest.raises(BrokenExecutor):
        engine.submit(os.getpid).result(PATIENCE)


@on_linux
def test_a_stopped_process_breaks_what_it_was_asked(engine):
    pid = engine.submit(os.getpid).result(PATIENCE)
    asked = engine.submit(time.sleep, 10 * PATIENCE)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(BrokenExecutor):
        asked.result(PATIENCE)


@on_linux
def test_a_killed_process_is_noticed_while_idle(engine):
    os.kill(engine.submit(os.getpid).result(PATIENCE), signal.SIGKILL)
    assert engine.ended.result(PATIENCE) is None


def test_work_that_never_lets_go_of_the_lock_is_left_alone():
    """`math.factorial` is C code that holds Python's lock: there are no beats meanwhile."""
    engine = EngineProcess(beat=0.02, patience=0.2)
    try:
        pid = engine.submit(os.getpid).result(PATIENCE)
        start = time.monotonic()
        product = engine.submit(math.factorial, 400_000).result(PATIENCE)
        assert time.monotonic() - start > 0.4, "too short to tell"
        assert product.bit_length() == pytest.approx(math.lgamma(400_001) / math.log(2), abs=1)
        assert engine.submit(os.getpid).result(PATIENCE) == pid
    finally:
        engine.shutdown(wait=False)


class Process:
    """What `pulse.watch` needs of one; its sentinel is never ready by itself."""

    pid = os.getpid()

    def __init__(self):
        self.sentinel, self.end = Pipe(duplex=False)
        self.kills = 0

    def kill(self):
        self.kills += 1
        self.end.close()


def watched(monkeypatch, script, *, computes=False):
    """Watch a process through checks that hear a beat (``b``) or nothing (``.``), then its end."""
    process, (beats, listener) = Process(), Pipe(duplex=False)
    checks, spent = iter(script), iter(range(10_000))

    def heard(of, seconds=None):
        if process.sentinel not in of:  # another engine of these tests is watched, too
            return wait(of, seconds)
        if seconds is None:
            return [process.sentinel]
        check = next(checks, "end")
        if check == "b":
            listener.send(None)
            return [beats]
        return [] if check == "." else [process.sentinel]

    monkeypatch.setattr(pulse, "wait", heard)
    measured = pulse._processor_seconds

    def spent_by(each):
        if each is not process:
            return measured(each)
        return float(next(spent)) if computes else 3.0

    monkeypatch.setattr(pulse, "_processor_seconds", spent_by)
    ended = Future()
    pulse.watch(process, beats, ended, print, seconds=1.0, patience=5.0)
    assert ended.done()
    assert beats.closed
    for end in (process.sentinel, process.end, listener):
        with contextlib.suppress(OSError):
            end.close()
    return process.kills


@pytest.mark.parametrize(
    ("script", "kills"),
    [
        ("b......", 1),  # the first silent check only starts the comparison
        ("b....b....b....", 0),
        ("......", 1),  # stopped before its first beat
        ("b.....b", 0),
    ],
)
def test_silence_is_counted_in_checks_in_a_row(monkeypatch, script, kills):
    """As after a computer's sleep: however late a check is, it is one, and the next may hear."""
    assert watched(monkeypatch, script) == kills


def test_a_silent_process_that_computes_is_left_alone(monkeypatch):
    assert watched(monkeypatch, "b" + 50 * ".", computes=True) == 0
