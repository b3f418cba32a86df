"""The client over the real engine: a spawned process, killed when it likes."""

import contextlib
import multiprocessing
import os
import queue
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import pytest

import lossexplorer
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import TOTAL, LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Numbers
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.volumes import case_of, open_volume
from tests.engine import stub_worker
from tests.engine.small import question_of
from tests.patience import PATIENCE

on_linux = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs handles of processes")


class Engine:
    """A client whose thread is the test's: it runs what other threads put into the queue."""

    def __init__(self, make_executor=EngineProcess):
        self.queue, self.make_executor = queue.Queue(), make_executor
        self.answers, self.statuses, self.failures = [], [], []
        self.executors = []
        self.client = EngineClient(self.queue.put, self.make)
        self.client.answered.connect(self.answers.append)
        self.client.status_changed.connect(self.statuses.append)
        self.client.failed.connect(self.failures.append)

    def make(self):
        self.executors.append(self.make_executor())
        return self.executors[-1]

    def until(self, happened):
        """Run what is delivered until `happened()`, and return what it returns."""
        end = time.monotonic() + PATIENCE
        while not (result := happened()):
            self.queue.get(timeout=max(0.0, end - time.monotonic()))()
        return result

    def answer(self):
        self.until(lambda: self.answers or self.failures)
        assert not self.failures
        return self.answers.pop(0)

    def ready(self, state="ready"):
        """Return the next status of that kind."""

        def next_of_kind():
            while self.statuses:
                if (status := self.statuses.pop(0)).state == state:
                    return status
            return None

        return self.until(next_of_kind)


@pytest.fixture(scope="module")
def tumour():
    return open_volume("sample:tumour")


@pytest.fixture(scope="module")
def engine(tumour):
    made = Engine()
    made.client.start()
    made.client.load(case_of(tumour))
    made.ready()
    made.ready()  # and loaded
    yield made
    assert_closing_leaves_no_process(made)


def request(tumour, **controls):
    names = [name for name, loss in LOSSES.items() if loss.shown or name == "lovasz_softmax"]
    losses = tuple(LossSetting(name, LOSSES[name].complete({})) for name in names)
    painted = MapRequest(TOTAL, 1, "logit", Plane(0, 12))
    return Request(question_of(tumour.key, controls, losses, painted))


@pytest.fixture(scope="module")
def here(tumour):
    """The pipeline in this process."""
    names = tuple(c.name for c in tumour.classes)
    return Pipeline(Volume(tumour.labels, names, tumour.spacing))


def assert_same(answer, expected):
    for mine, theirs in zip(answer.losses, expected.losses, strict=True):
        assert mine.name == theirs.name
        assert mine.value == pytest.approx(theirs.value, rel=1e-12)
        assert mine.per_class == pytest.approx(theirs.per_class, rel=1e-12)
    assert answer.total == pytest.approx(expected.total, rel=1e-12)
    for name in ("probability", "decided", "gradient"):
        np.testing.assert_array_equal(getattr(answer.maps, name), getattr(expected.maps, name))


def wait_for_end(pid):
    """Return once the process has ended.

    Not with `Process.join`: the executor's own thread joins it, too, and the one that comes second
    is told nothing.
    """
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            assert select.select([handle], [], [], PATIENCE)[0], f"process {pid} goes on"
        finally:
            os.close(handle)


def process_of(engine):
    return engine.executors[-1]._context.made[-1]


@pytest.mark.slow
def test_it_answers_as_the_pipeline_does(engine, tumour, here):
    asked = request(tumour, shift_x=0.78125, softness=1.0)
    engine.client.ask(asked)
    answer = engine.answer()
    assert_same(answer, here.answer(asked))
    assert answer.question.controls == asked.question.controls
    assert process_of(engine).pid != os.getpid()
    assert process_of(engine).is_alive()


def test_known_number(engine, tumour):
    engine.client.ask(request(tumour, shift_x=tumour.spacing[2]))
    assert engine.answer().losses[0].value == pytest.approx(0.025324, abs=5e-7)


@pytest.mark.slow
def test_fields_of_the_whole_volume(engine, tumour, here):
    asked = request(tumour, shift_x=0.78125, softness=1.0)
    painted = MapRequest("dice", 1, "probability", None)
    asked = replace(asked, question=replace(asked.question, painted=painted))
    engine.client.ask(asked)
    answer = engine.answer()
    assert answer.maps.gradient.shape == tumour.shape
    assert_same(answer, here.answer(asked))


def test_newest_wins(engine, tumour, here):
    asked = [request(tumour, softness=1.0, grow=grow / 10) for grow in range(20)]
    for each in asked:
        engine.client.ask(each)
    first, last = engine.answer(), engine.answer()
    assert first.question.controls == asked[0].question.controls
    assert_same(last, here.answer(asked[-1]))
    assert not engine.answers


def test_a_request_that_fails_is_said(engine, tumour):
    engine.client.ask(Request(Numbers(tumour.key, {}, ())))
    engine.until(lambda: engine.failures)
    assert len(engine.failures) == 1
    engine.failures.clear()
    assert not engine.answers
    engine.client.ask(request(tumour, softness=1.0))
    assert engine.answer().losses


@on_linux
def test_the_threads_that_compute_give_way_to_the_window(engine):
    pid = engine.executors[-1]._context.made[-1].pid
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    lower = []
    for each in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            if os.getpriority(os.PRIO_PROCESS, int(each.name)) == mine + 3:
                lower.append(int(each.name))
    assert pid in lower
    assert len(lower) > 2


def assert_closing_leaves_no_process(engine):
    made = [process for executor in engine.executors for process in executor._context.made]
    assert made[-1].is_alive()
    engine.client.close()
    if hasattr(os, "pidfd_open"):
        for process in made:
            wait_for_end(process.pid)


class Stub(EngineProcess):
    """An engine without TensorFlow."""

    def submit_interruptible(self, report, function, /, *arguments):
        stub = getattr(stub_worker, function.__name__)
        return super().submit_interruptible(report, stub, *arguments)


def test_closing_leaves_no_process(tumour):
    """Nor does that of the real engine, above."""
    engine = Engine(Stub)
    engine.client.start()
    engine.client.load(case_of(tumour))
    engine.ready()
    engine.ready()
    assert_closing_leaves_no_process(engine)


def test_closing_at_once_leaves_no_process():
    engine = Engine()
    engine.client.start()
    assert_closing_leaves_no_process(engine)


def test_it_has_ended_once_it_is_closed():
    """Regression: what it was being given was freed before, and Python warned of that."""
    engine = EngineProcess()
    number = engine.submit(os.getpid).result(PATIENCE)
    (process,) = (each for each in multiprocessing.active_children() if each.pid == number)
    engine.shutdown(wait=False)
    assert wait([process.sentinel], timeout=0)


ORPHAN = """
import os, signal
from lossexplorer.engine.transport.process import EngineProcess

if __name__ == "__main__":
    print(EngineProcess().submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@on_linux
def test_the_engine_ends_with_the_window(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(ORPHAN, "utf-8")
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # Python's complaint about what the killed window left
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    ) as window:
        child = int(window.stdout.readline())
        wait_for_end(child)
        window.wait(PATIENCE)
    assert window.returncode == -signal.SIGKILL


HALF = """
import inspect, os, signal, struct
from lossexplorer.engine.transport.process import EngineProcess


def die_in_the_middle_of_an_answer():
    results = inspect.currentframe().f_back.f_locals["result_queue"]
    os.write(results._writer.fileno(), struct.pack("!i", 1000) + b"not all of these")
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    engine = EngineProcess()
    print(type(engine.submit(die_in_the_middle_of_an_answer).exception()).__name__, flush=True)
    engine.shutdown(wait=False)
"""


@pytest.mark.skipif(os.name == "nt", reason="writes as the pipes of POSIX do")
def test_killed_in_the_middle_of_an_answer_it_is_lost_and_the_program_ends(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(HALF, "utf-8")
    ran = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "BrokenProcessPool\n", "")


LAST = """
import os, threading
from lossexplorer.engine.transport.process import EngineProcess


def say():
    print([each.name for each in threading.enumerate() if "manager" in type(each).__name__.lower()])


if __name__ == "__main__":
    engine = EngineProcess()
    engine.submit(os.getpid).result()
    threading._register_atexit(say)
    engine.shutdown(wait=False)
"""


def test_a_killed_engines_thread_has_ended_before_python_ends_the_threads_of_pools(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(LAST, "utf-8")
    ran = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[]\n", "")
