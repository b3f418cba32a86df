"""The program as it is installed, in a process of its own: its streams, folders and memory."""

import codecs
import ctypes
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from lossexplorer.cli import streams
from lossexplorer.headless.manifest import read_manifest
from lossexplorer.volumes import VolumeError, open_case

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")

GIB = 2**30
IS_ROOT = hasattr(os, "getuid") and os.getuid() == 0


def lossexplorer(*arguments, **options):
    command = [sys.executable, "-m", "lossexplorer", *map(str, arguments)]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 300} | options
    root = os.fspath(Path(__file__).parents[2])
    options["env"] = {**options.get("env", os.environ), "PYTHONPATH": root}
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


def ended(found, code=2):
    """What it said: one sentence and no traceback."""
    said = found.stderr.decode()
    assert found.returncode == code, said
    assert "Traceback" not in said
    assert said.count("\n") == 1
    return said


LONG = "n" * 300


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("truth,prediction\nsample:lesion,\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--manifest", ""], "--manifest names no file"),
        (["evaluate", "--manifest", "pairs.csv", "--out", ""], "--out names no file"),
        (["evaluate", f"{LONG}.npy"], "File name too long"),
        (["evaluate", "--manifest", f"{LONG}.csv"], "File name too long"),
        (["evaluate", "--manifest", "pairs.csv", "--out", f"{LONG}.csv"], "name too long"),
        (["evaluate", "pipe.npy"], "pipe.npy is a pipe or a device"),
        (["evaluate", "sample:lesion", "pipe.npy"], "pipe.npy is a pipe or a device"),
        (["evaluate", "--manifest", "pipe.csv"], "pipe.csv is a pipe or a device"),
        (["evaluate", "--manifest", "pairs.csv", "--out", "pipe.csv"], "is a pipe or a device"),
        (["evaluate", "--manifest", "pairs.csv", "--out", "full.csv"], "is a pipe or a device"),
        (["learn", "sample:lesion", "--csv", "pipe.csv"], "is a pipe or a device"),
        (["learn", "sample:lesion", "--csv", ""], "--csv . is a folder"),
        (["export", "code", "-o", "pipe.csv"], "is a pipe or a device"),
        (["export", "code", "-o", ""], "-o . is a folder"),
        (["export", "volumes", "sample:lesion", "-o", f"{LONG}.nrrd"], "File name too long"),
        (["export", "volumes", "sample:lesion", "-o", "."], "-o . is a folder"),
        (["render", "volume-bias", "-o", "pipe.csv"], "is a pipe or a device"),
        (["sample:lesion", "--screenshot", "pipe.csv"], "is a pipe or a device"),
        (["evaluate", ""], "The name of a volume is empty"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path, pairs, arguments, said):
    os.mkfifo(tmp_path / "pipe.npy")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "full.csv").symlink_to("/dev/full")
    assert said in ended(lossexplorer(*arguments, cwd=tmp_path))


def test_a_full_disk_behind_standard_output():
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        assert "No space left on device" in ended(lossexplorer("losses", stdout=full))


def test_a_working_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"rmdir {gone} && exec {sys.executable} -m lossexplorer evaluate a.npy"
    root = os.fspath(Path(__file__).parents[2])
    found = subprocess.run(
        ["sh", "-c", script],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert "no longer exists" in ended(found)


@pytest.mark.parametrize("number", [1, 2])
def test_a_closed_stream_is_no_file_of_results(tmp_path, pairs, number):
    """The number of a closed stream must not become that of the next file that is opened."""
    command = f"exec {sys.executable} -m lossexplorer evaluate --manifest none.csv {number}>&-"
    found = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False, timeout=300
    )
    assert found.returncode == 2
    said = found.stdout + found.stderr
    assert said == (b"" if number == 2 else found.stderr)
    assert b"Traceback" not in said


ASKED_TO_END = """
import os, signal
from lossexplorer.cli import program

def compute():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        print("closed")

program._run = compute
program.main()
"""


def test_a_command_that_is_asked_to_end_closes_what_is_half_done():
    root = os.fspath(Path(__file__).parents[2])
    found = subprocess.run(
        [sys.executable, "-c", ASKED_TO_END],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert (found.returncode, found.stdout, found.stderr) == (128 + 15, b"closed\n", b"")


def test_a_console_of_few_letters_gets_plain_ones():
    """On Windows, output that is redirected is cp1252, which has neither λ nor −."""
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    plain = lossexplorer("losses", env=environment)
    assert (plain.returncode, plain.stderr) == (0, b"")
    assert "1 - mean (2I + s) / (P + G + s)" in plain.stdout.decode("cp1252")
    told = [
        json.loads(lossexplorer("losses", "--json", env=each).stdout)
        for each in (environment, {**os.environ, "PYTHONIOENCODING": "utf-8"})
    ]
    assert told[0] == told[1]


def test_with_plain_letters_the_columns_of_a_table_stay_below_each_other():
    codecs.register_error("lossexplorer.plain", streams._plain)
    rows = ["         dice   iou", "λ           1     1", "value    0.25     ∞    0.5"]
    written = [row.encode("cp1252", "lossexplorer.plain").decode() for row in rows]
    assert written == ["         dice   iou", "lambda      1     1", "value    0.25     inf  0.5"]
    assert "a λ of 1".encode("cp1252", "lossexplorer.plain") == b"a lambda of 1"
    assert "√Σ (∂L)".encode("cp1252", "lossexplorer.plain") == b"sqrt sum (dL)"


def test_names_that_hold_what_means_a_part(tmp_path):
    """What is there goes before what its name would mean."""
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[1, 1:3, 1:3] = 1
    for name in ("a::b.npy", "c@2.npy", "d;e.npy", "f.npy"):
        np.save(tmp_path / name, labels)
    with h5py.File(tmp_path / "x::y.h5", "w") as file:
        file["labels"], file["raw"] = labels, labels
    for source in ("a::b.npy", "c@2.npy", "x::y.h5::labels", "x::y.h5::/labels"):
        assert open_case([tmp_path / source]).batch[0].classes[1].voxels == 4
    for source in ("f.npy::x", "f.npy::", "x::y.h5::labels@2", "x::y.h5::", "f.npy::@1"):
        with pytest.raises(VolumeError):
            open_case([tmp_path / source])
    manifest = tmp_path / "pairs.csv"
    manifest.write_text(
        "truth,prediction\na::b.npy,d;e.npy\nd;e.npy,\nx::y.h5::labels,\n", encoding="utf-8"
    )
    truths = [pair.sources[0] for pair in read_manifest(manifest)]
    assert truths == [str(tmp_path / each) for each in ("a::b.npy", "d;e.npy", "x::y.h5::labels")]


def give_up_rights():
    """Have what root starts obey permissions: take it the right to pass them over."""
    drop_right, pass_permissions_over = 24, 1
    ctypes.CDLL(None).prctl(drop_right, pass_permissions_over, 0, 0, 0)


@pytest.mark.skipif(
    IS_ROOT and not sys.platform.startswith("linux"), reason="root writes everywhere"
)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--manifest", "PAIRS", "--out", "OUT"], "Permission denied"),
        (["export", "code", "-o", "OUT"], "its folder is read-only"),
        (["learn", "sample:lesion", "--csv", "OUT"], "its folder is read-only"),
    ],
)
def test_a_folder_that_cannot_be_written(tmp_path, pairs, arguments, said):
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o555)
    out = shut / "out.csv"
    given = [{"PAIRS": str(pairs), "OUT": str(out)}.get(each, each) for each in arguments]
    as_others = {"preexec_fn": give_up_rights} if IS_ROOT else {}
    found = ended(lossexplorer(*given, cwd=shut, **as_others))
    assert said in found
    assert str(out) in found
    assert list(shut.iterdir()) == []
