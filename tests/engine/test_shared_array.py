"""Arrays in shared memory."""

import os
import shutil
import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lossexplorer
from lossexplorer.engine.transport.shared_array import discard, receive, share
from tests.patience import PATIENCE

arrays = hnp.arrays(
    st.sampled_from([np.uint8, np.uint16, np.uint32, np.float32]),
    hnp.array_shapes(min_dims=3, max_dims=3, min_side=0, max_side=5),
)


@given(array=arrays, turned=st.booleans())
@settings(max_examples=30)
def test_what_is_received_is_what_was_shared(array, turned):
    array = array.transpose(2, 0, 1) if turned else array
    shared = share(array)
    received = receive(shared)
    np.testing.assert_array_equal(received, array)
    assert received.dtype == array.dtype
    received[...] = 0  # a copy of its own
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=shared.block)


def test_what_nobody_receives_is_discarded():
    shared = share(np.ones((2, 3, 4), np.uint8))
    SharedMemory(name=shared.block).close()
    discard([shared])
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=shared.block)
    discard([shared])  # a second time does nothing


def test_too_little_memory_is_an_error_and_leaves_no_block(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    blocks = []

    def recorded(*arguments, **options):
        blocks.append(SharedMemory(*arguments, **options))
        return blocks[-1]

    monkeypatch.setattr("lossexplorer.engine.transport.shared_array.SharedMemory", recorded)
    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space left"):
        share(np.ones((2, 3, 4), np.uint8))
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=blocks[0].name)


SMALL = """
import numpy
from lossexplorer.engine.transport.shared_array import share
try:
    share(numpy.ones((4, 1024, 1024), numpy.uint8))
except OSError as error:
    print(error)
"""
WITHIN = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


def test_shared_memory_of_1_mb_does_not_kill_the_process():
    """Regression: with Docker's 64 MB, a large volume ended the window with SIGBUS."""
    small = "mount -t tmpfs -o size=1m tmpfs /dev/shm"
    if not shutil.which("unshare") or subprocess.run([*WITHIN, small], check=False).returncode:
        pytest.skip("this system gives no namespace of its own")
    answer = subprocess.run(
        [*WITHIN, f'{small} && exec "$0" -c "$1"', sys.executable, SMALL],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    )
    assert answer.returncode == 0, answer.stderr
    assert "No space left" in answer.stdout


KILLED = """
import multiprocessing, os, signal, sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

import numpy
from lossexplorer.engine.transport import shared_array


def be_killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def receive(parcel, moment):
    if moment == "opened":
        shared_array.np.ndarray = be_killed
    else:
        resource_tracker.unregister = be_killed
    shared_array.receive(parcel)


if __name__ == "__main__":
    parcel = shared_array.share(numpy.ones((2, 3, 4), numpy.uint8))
    process = multiprocessing.get_context("spawn").Process(
        target=receive, args=(parcel, sys.argv[1])
    )
    process.start()
    process.join()
    shared_array.discard([parcel])
    print(process.exitcode)
"""


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="SIGKILL, and blocks that are tracked")
@pytest.mark.parametrize("moment", ["opened", "freed"])
def test_a_receiver_that_is_killed_leaves_nothing_that_python_warns_of(tmp_path, moment):
    """Regression: Ctrl+C while a volume was loaded printed "leaked shared_memory objects"."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED, "utf-8")
    ran = subprocess.run(
        [sys.executable, str(script), moment],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(Path(lossexplorer.__file__).parents[1])},
    )
    assert (ran.stdout, ran.stderr) == ("-9\n", "")


def test_what_the_other_process_frees_in_the_meantime_is_received(monkeypatch):
    shared = share(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    closed = SharedMemory.close

    def close(block):
        closed(block)
        monkeypatch.undo()
        discard([shared])

    monkeypatch.setattr(SharedMemory, "close", close)
    assert receive(shared).sum() == 276
