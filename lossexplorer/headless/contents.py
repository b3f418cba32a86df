"""What a file held when it was evaluated: its size and time, and a hash of its content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from lossexplorer.volumes import SAMPLE_VOLUME_PREFIX, parse_source

_BETWEEN = ";"
# Headers whose voxels lie in a file of the same name, with another ending.
_DETACHED = (".mhd", ".nhdr", ".hdr", ".img")
_TABLES = (".csv", ".parquet")


def contents(sources: Sequence[str]) -> str:
    """Return what tells whether files are those that were evaluated.

    Parameters
    ----------
    sources : sequence of str
        Files as `lossexplorer.volumes.parse_source` reads them. One that is empty or a sample
        volume has no content to tell.

    Returns
    -------
    str
        For each file its size in bytes, its time in ns and its hash (BLAKE2b, 64 bits).

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    return _BETWEEN.join(_content(*_stamp(each)) for each in sources)


def are_the_same(known: str, sources: Sequence[str]) -> bool:
    """Return whether files hold what they held: read only if their size or time is another.

    Parameters
    ----------
    known : str
        What `contents` returned; empty if it is not known, which is taken for the same.
    sources : sequence of str
        The files.

    Examples
    --------
    >>> are_the_same(contents(["sample:lesion", ""]), ["sample:lesion", ""])
    True
    """
    if not known:
        return True
    each = known.split(_BETWEEN)
    if len(each) != len(sources):
        return False
    try:
        return all(map(_is_the_same, each, sources))
    except OSError:  # it cannot be read, which the evaluation says
        return False


def _is_the_same(known: str, source: str) -> bool:
    files, size, time = _stamp(source)
    if not files or not known:
        return not files and not known
    if known.startswith(f"{size}-{time}-"):
        return True
    return known.rpartition("-")[2] == _content(files, size, time).rpartition("-")[2]


def _stamp(source: str) -> tuple[tuple[str, ...], int, int]:
    """Return the files of a source, their size in bytes, and the time of the newest in ns."""
    if not source or source.startswith(SAMPLE_VOLUME_PREFIX):
        return (), 0, 0
    files = tuple(map(str, _files(Path(parse_source(source).path))))
    found = [os.stat(each) for each in files]  # noqa: PTH116 - there may be many
    newest = max((each.st_mtime_ns for each in found), default=0)
    return files, sum(each.st_size for each in found), newest


def _files(path: Path) -> Iterator[Path]:
    """Yield the file, those that belong to it, or all of a folder."""
    if path.is_dir():
        yield from (each for each in sorted(path.rglob("*")) if each.is_file())
        return
    yield path
    if path.suffix.lower() in _DETACHED:
        for each in sorted(path.parent.iterdir()):
            is_table = each.suffix.lower() in _TABLES
            if each.name.startswith(f"{path.stem}.") and each != path and not is_table:
                yield each


# A truth is often that of several predictions.
@lru_cache(maxsize=64)
def _content(files: tuple[str, ...], size: int, time: int) -> str:
    if not files:
        return ""
    found = hashlib.blake2b(digest_size=8)
    for name in files:
        found.update(os.path.basename(name).encode(errors="surrogateescape"))  # noqa: PTH119
        with Path(name).open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    return f"{size}-{time}-{found.hexdigest()}"
