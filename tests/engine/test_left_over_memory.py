"""Shared memory that a dead process left is freed, and that of a living one is not."""

import os
import signal
import subprocess
import sys
from concurrent.futures import Executor, Future
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest

import lossexplorer
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import Answer, MapRequest, PaintedMaps, Request
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.transport import shared_array
from lossexplorer.engine.transport.shared_array import (
    SharedArray,
    discard,
    from_shared_memory,
    remove_left_over,
    share,
    to_shared_memory,
)
from tests.patience import PATIENCE

BLOCKS = Path("/dev/shm")
pytestmark = pytest.mark.skipif(not BLOCKS.is_dir(), reason="only Linux lists blocks")

# Python's tracker, which frees the blocks of a process that ended, is told nothing: it may have
# been killed as well.
MAKER = """
import sys
from concurrent.futures import Executor, Future
from multiprocessing import resource_tracker
import numpy
from lossexplorer.engine.transport import shared_array
from lossexplorer.engine.transport.shared_array import share
shared_array._FAMILY = sys.argv[1]
resource_tracker.register = lambda *_: None
print(share(numpy.ones((8, 8, 8), numpy.uint8)).block, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def family(monkeypatch):
    """How blocks are named here: engines of other tests free what is named as the program does."""
    name = f"{shared_array._FAMILY}_test{os.getpid()}"
    monkeypatch.setattr(shared_array, "_FAMILY", name)
    return name


@pytest.fixture
def maker(family):
    """Another process of the program, with a block in shared memory."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, family],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    ) as process:
        process.block = process.stdout.readline().strip()
        yield process
        process.kill()
    (BLOCKS / process.block).unlink(missing_ok=True)


def test_blocks_of_a_killed_process_are_freed(maker):
    assert str(maker.pid) in maker.block
    maker.kill()
    os.waitid(os.P_PID, maker.pid, os.WEXITED | os.WNOWAIT)  # it has ended; a zombie remains
    assert (BLOCKS / maker.block).exists()
    remove_left_over()
    assert not (BLOCKS / maker.block).exists()
    maker.wait(PATIENCE)
    assert maker.returncode == -signal.SIGKILL


def test_starting_an_engine_frees_what_was_left_over(maker):
    class Silent(Executor):
        def submit(self, *_):
            return Future()

    maker.kill()
    maker.wait(PATIENCE)
    client = EngineClient(lambda function: function(), Silent)
    client.start()
    assert not (BLOCKS / maker.block).exists()
    client.close()


def test_closing_frees_what_the_engine_had_half_made(maker):
    client = EngineClient(lambda function: function(), Executor)
    maker.kill()
    maker.wait(PATIENCE)
    client.close()
    assert not (BLOCKS / maker.block).exists()


def test_blocks_of_living_processes_stay(maker):
    mine = share(np.ones((2, 3, 4), np.uint8))
    remove_left_over()
    assert (BLOCKS / maker.block).exists()
    SharedMemory(name=mine.block).close()
    discard([mine])


def test_blocks_without_a_size_and_those_of_others(maker, family):
    """A process may die between making a block and giving it its size."""
    prefix = maker.block.rpartition("-")[0]
    empty = BLOCKS / f"{prefix}-0"
    strange = BLOCKS / f"{family}-of-another-program"
    empty.touch()
    strange.touch()
    try:
        maker.kill()
        maker.wait(PATIENCE)
        remove_left_over()
        assert not empty.exists()
        assert strange.exists()
    finally:
        strange.unlink()
        empty.unlink(missing_ok=True)


def test_an_answer_travels_as_it_is_where_shared_memory_is_exhausted(monkeypatch):
    """The second array does not fit: the first one's block is freed again."""
    field = np.arange(2**19, dtype="f4").reshape(2, 2**9, 2**9)
    painted = MapRequest("dice", 1, "logit", None)
    fields = PaintedMaps(painted, field, field.astype("u1"), -field)
    answer = Answer(Request(Maps("key", {}, (), painted)), (), 0.5, fields, 0.01)
    original, made = shared_array.share, []

    def share_one(array):
        if made:
            raise OSError(28, "No space left on device")
        made.append(original(array))
        return made[-1]

    monkeypatch.setattr(shared_array, "share", share_one)
    sent = to_shared_memory(answer)
    assert not any(isinstance(value, SharedArray) for value in vars(sent.maps).values())
    arrived = from_shared_memory(sent).maps
    np.testing.assert_array_equal(arrived.gradient, -field)
    np.testing.assert_array_equal(arrived.probability, field)
    assert not (BLOCKS / made[0].block).exists()
