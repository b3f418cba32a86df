"""An engine that is stalled is ended; one that works hard, or slept with the computer, is not."""

import contextlib
import math
import os
import signal
from concurrent.futures import BrokenExecutor, Future
from multiprocessing import Pipe
from multiprocessing.connection import wait

import pytest

from lossexplorer.engine.transport import pulse
from lossexplorer.engine.transport.process import EngineProcess
from tests.patience import PATIENCE

on_linux = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs SIGSTOP")
BEAT, SILENCE = 0.02, 0.2
"""Of the engines here, in seconds: between two beats, and without one before they are ended."""


@pytest.fixture
def engine(meter):
    """An engine that has started, and that counts as busy."""
    made = EngineProcess(beat=BEAT, patience=SILENCE)
    made.submit(os.getpid).result(PATIENCE)
    yield made
    made.shutdown(wait=False)


@on_linux
def test_a_stopped_process_is_ended_while_idle(engine, meter):
    meter.stop(engine._context.made[0].pid)
    engine.ended.result(PATIENCE)
    with pytest.raises(BrokenExecutor):
        engine.submit(os.getpid).result(PATIENCE)


@on_linux
def test_a_stopped_process_breaks_what_it_was_asked(engine, meter):
    asked = engine.submit(signal.pause)
    meter.stop(engine._context.made[0].pid)
    with pytest.raises(BrokenExecutor):
        asked.result(PATIENCE)


@on_linux
def test_a_killed_process_is_noticed_while_idle(engine):
    os.kill(engine._context.made[0].pid, signal.SIGKILL)
    assert engine.ended.result(PATIENCE) is None


def test_work_that_never_lets_go_of_the_lock_is_left_alone(engine, meter):
    """`math.factorial` is C code that holds Python's lock: there are no beats meanwhile."""
    pid = engine.submit(os.getpid).result(PATIENCE)
    factor, enough = 100_000, 2 * SILENCE / BEAT
    meter.waits.set()
    meter.measures.set()
    silent = 0
    while silent < enough:
        factor *= 2
        meter.count_anew()
        product = engine.submit(math.factorial, factor).result(PATIENCE)
        silent = meter.longest
    meter.measures.clear()
    assert product.bit_length() == pytest.approx(math.lgamma(factor + 1) / math.log(2), abs=1)
    assert engine.submit(os.getpid).result(PATIENCE) == pid


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
