"""Files that are written as a whole, by one process at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


class LockedError(OSError):
    """Another process holds the lock of a file."""


def replace_file(path: Path, write: Callable[[Path], object], *, on_disk: bool = False) -> None:
    """Replace a file as a whole, so that whoever reads it finds the former or the new one.

    A link stays one: what it leads to is replaced.

    Parameters
    ----------
    path : Path
        Where it is to be.
    write : callable
        Writes it to the path that it is given.
    on_disk : bool
        Whether this returns only when the new file is on the disk, so that it outlives the
        machine's power, too; that takes as long as the disk does.

    Raises
    ------
    OSError
        If it cannot be written, or a pipe or a device is there, which stays.
    """
    there = Path(os.path.realpath(path))
    if is_special(there):
        raise FileExistsError(errno.EEXIST, "a pipe or a device is there; name a file", str(path))
    # Several processes may write at once, and a name that just fits must not become too long.
    number = zlib.crc32(os.fsencode(there.name))
    unfinished = there.with_name(f".{number:08x}.{os.getpid()}.partial")
    try:
        write(unfinished)
        if on_disk:
            _flush(unfinished)
        unfinished.replace(there)
        if on_disk and sys.platform != "win32":  # where no folder can be opened
            _flush(there.parent)
    except OSError as error:
        _name(error, unfinished, path)
        raise
    finally:
        # What went wrong above is the error, not that nothing is there to remove.
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _name(error: OSError, own: Path, path: Path) -> None:
    """Have an error name the file that was meant, and none of a name of its own."""
    if error.filename is not None and os.fsdecode(error.filename) == os.fspath(own):
        error.filename, error.filename2 = os.fspath(path), None


def _flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    writes = path.is_file() and sys.platform == "win32"  # Windows flushes what may be written
    number = os.open(path, os.O_RDWR if writes else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def replace_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Replace a Zarr folder as a whole, or make one where there is none.

    Parameters
    ----------
    path : Path
        Where it is to be.
    write : callable
        Makes the folder at the path that it is given.

    Raises
    ------
    OSError
        If it cannot be written, or something else than a Zarr is there, which stays.
    """
    there = Path(os.path.realpath(path))
    marks = ("zarr.json", ".zgroup", ".zarray")
    if there.exists() and not any((there / mark).is_file() for mark in marks):
        raise FileExistsError(errno.EEXIST, "something that is no Zarr is there", str(path))
    number = zlib.crc32(os.fsencode(there.name))
    unfinished, former = (
        there.with_name(f".{number:08x}.{os.getpid()}.{kind}") for kind in ("partial", "former")
    )
    try:
        write(unfinished)
        if not there.exists():
            unfinished.rename(there)
            return
        there.rename(former)
        try:
            unfinished.rename(there)
        except OSError:
            former.rename(there)
            raise
        shutil.rmtree(former, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def is_special(path: Path) -> bool:
    """Return whether a path is a pipe, a device or a socket, which may never end.

    Examples
    --------
    >>> is_special(Path(os.devnull)), is_special(Path("nothing.csv"))
    (True, False)
    """
    try:
        return path.exists() and not (path.is_file() or path.is_dir())
    except OSError:  # a name that no file can have
        return False


def is_file(path: Path) -> bool:
    """Return whether there is such a file, also if no file can have the name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, so that no other process that asks for it changes the file.

    The lock is the system's, on a file beside it that ends in ``.lock``; it ends with the process.

    Parameters
    ----------
    path : Path
        The file, which need not exist.

    Raises
    ------
    LockedError
        If another process holds it.
    OSError
        If there can be no file or no lock.
    """
    number = zlib.crc32(os.fsencode(path.name))
    beside = path.with_name(f".{number:08x}.lock")
    with _own(beside):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows removes no file that is open
                beside.unlink()


def _own(beside: Path) -> IO[bytes]:
    """Open and lock the file that stands for the lock."""
    while True:
        file = beside.open("ab")
        try:
            _lock(file)
            # Who held it before may have removed it in between.
            if os.path.samestat(os.fstat(file.fileno()), beside.stat()):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(file: IO[bytes]) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise LockedError(error.errno, "another process has locked it") from error
