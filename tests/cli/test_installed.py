"""The program as it is installed, in a process of its own: its streams, folders and memory."""

import resource
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")

GIB = 2**30


def lossexplorer(*arguments, **options):
    command = [sys.executable, "-m", "lossexplorer", *map(str, arguments)]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 300} | options
    return subprocess.run(command, check=False, **options)


@pytest.mark.slow  # it starts TensorFlow and evaluates 400 samples
def test_many_small_samples_take_what_they_need(tmp_path):
    """400 samples of 8³ are 205 kB; with 8 MiB of padding each they took more than 5 GiB."""
    np.save(tmp_path / "many.npy", (np.random.default_rng(0).random((400, 8, 8, 8)) > 0.7) * 1)
    found = lossexplorer("evaluate", tmp_path / "many.npy", "--loss", "dice", "--set", "shift_x=1")
    assert found.returncode == 0, found.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < 1.5 * GIB


def test_what_does_not_fit_is_refused_before_a_backend_is_imported(tmp_path):
    np.save(tmp_path / "flat.npy", np.ones((30, 1000, 1000), np.uint8))
    found = lossexplorer("evaluate", tmp_path / "flat.npy", "--patch", "1")
    assert found.returncode == 2
    assert b"30,000,000 samples of 1 voxels with 2 classes need" in found.stderr
    assert b"Traceback" not in found.stderr
