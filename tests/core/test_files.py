"""Files that are replaced as a whole, and locked while they are written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lossexplorer.core.files import LockedError, locked, replace_file


def test_a_link_stays_one(tmp_path):
    there, link = tmp_path / "there.txt", tmp_path / "link.txt"
    there.write_text("old", "utf-8")
    link.symlink_to(there)
    replace_file(link, lambda path: path.write_text("new", "utf-8"))
    assert link.is_symlink()
    assert there.read_text("utf-8") == "new"


def test_a_name_that_just_fits(tmp_path):
    """255 bytes is what most file systems allow."""
    path = tmp_path / ("n" * 251 + ".txt")
    replace_file(path, lambda unfinished: unfinished.write_text("whole", "utf-8"))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_or_a_device_stays_one(tmp_path):
    """As root, a file was renamed to the device's name."""
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(os.devnull)
    for path in (pipe, link):
        with pytest.raises(FileExistsError, match="a pipe or a device is there"):
            replace_file(path, lambda file: file.write_text("new", encoding="utf-8"))
    assert pipe.is_fifo()
    assert Path(os.devnull).is_char_device()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.csv", "pipe.csv"]


def test_the_error_is_why_it_could_not_be_written(tmp_path, monkeypatch):
    """In a folder without write permission nothing can be removed either."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "removing")

    def write(path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="No space left on device") as found:
        replace_file(tmp_path / "a.txt", write)
    assert found.value.filename == str(tmp_path / "a.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="names may be longer there")
def test_the_error_names_the_file_that_was_meant(tmp_path):
    """It named the unfinished file, of which nobody knows."""
    path = tmp_path / ("n" * 300)
    with pytest.raises(OSError, match="File name too long") as found:
        replace_file(path, lambda file: file.write_text("new", encoding="utf-8"))
    assert (found.value.filename, found.value.filename2) == (str(path), None)
    assert list(tmp_path.iterdir()) == []


HOLDER = """
import pathlib, sys
from lossexplorer.core.files import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_ends_with_its_process(tmp_path):
    path = tmp_path / "out.csv"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, os.fspath(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError), locked(path):
            pass
        holder.kill()
        holder.wait()
        with locked(path):
            pass
    assert not list(tmp_path.iterdir())
