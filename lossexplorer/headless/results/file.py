"""A file of results, whichever its format: what it has in common with the others."""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from pathlib import Path

from lossexplorer.core.files import LockedError, locked, replace_file
from lossexplorer.headless.results.row import ResultRow


class TableError(ValueError):
    """A table of pairs or of results cannot be used, said in one or two plain sentences."""


class ResultFile(ABC):
    """A file of results that grows while pairs are evaluated; a context manager.

    It is locked while the context lasts. What it holds already is kept, except for the rows of a
    loss of which some are missing: a process was killed as it wrote them, or they were removed.

    Parameters
    ----------
    path
        It need not exist. A link stays one: what it leads to is written.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    done : mapping of bytes to set of str
        For the keys of the losses whose values it holds, what the files held; once entered.

    Raises
    ------
    TableError
        On entering, if there is a file that holds something else than results, or another run
        writes to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: Mapping[bytes, Set[str]] = {}
        self._resources = ExitStack()

    @property
    def rows(self) -> list[ResultRow]:
        """What it holds."""
        return list(self._whole_rows())

    def start(self, asked: Set[bytes]) -> None:
        """Write the file without the rows that say that one of these keys was broken.

        A broken row without a truth is of a line of the manifest that could not be used.
        """

        def is_kept(row: ResultRow) -> bool:
            return not row.broken or bool(row.truth and row.key not in asked)

        def kept() -> Iterator[ResultRow]:
            return filter(is_kept, self._whole_rows())

        self._replaced(lambda unfinished: self._write(unfinished, kept()))

    def add(self, rows: Sequence[ResultRow]) -> None:
        """Add the rows of a pair.

        Raises
        ------
        TableError
            If they cannot be written.
        """
        try:
            self._save(rows)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def __enter__(self) -> ResultFile:
        with ExitStack() as resources:
            try:
                resources.enter_context(locked(self.path))
            except LockedError as error:
                raise TableError(
                    f"Another run is writing to {self.path}. Wait until it has ended, or name "
                    "another file of results with --out."
                ) from error
            except OSError as error:
                raise unwritable(self.path, error) from error
            done: dict[bytes, set[str]] = {}
            for row in self._whole_rows():
                if row.closing and not row.broken:
                    done.setdefault(row.key, set()).add(row.contents)
            self.done = done
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        """Write what has not been written, also after an error, and let others write."""
        with self._resources:
            self._close()

    @abstractmethod
    def _close(self) -> None:
        """Write what has not been written."""

    def _whole_rows(self) -> Iterator[ResultRow]:
        """Yield the rows of the file, without those of losses of which some are missing."""
        if self.path.exists():
            yield from _whole(self._read())

    @abstractmethod
    def _read(self) -> Iterator[ResultRow]:
        """Yield all rows of the file."""

    @abstractmethod
    def _write(self, path: Path, rows: Iterable[ResultRow]) -> None:
        """Write rows to a new file."""

    @abstractmethod
    def _save(self, rows: Sequence[ResultRow]) -> None:
        """Take note of rows that are added."""

    def _replaced(self, write: Callable[[Path], object]) -> None:
        """Write the whole file; a process that ends meanwhile leaves the former one."""
        try:
            replace_file(self.path, write)
        except OSError as error:
            raise unwritable(self.path, error) from error


def _whole(rows: Iterable[ResultRow]) -> Iterator[ResultRow]:
    """Yield the rows of the losses that have all of them."""
    of_loss: list[ResultRow] = []
    for row in rows:
        if of_loss and of_loss[0].asked != row.asked:
            of_loss = []
        of_loss.append(row)
        if row.closing:
            if row.class_rows == len(of_loss) - 1:
                yield from of_loss
            of_loss = []


def not_ours(path: Path) -> TableError:
    """Return that a file holds something else than results."""
    return TableError(
        f"{path} exists and holds no results of this program, or of another version. Name another "
        "file, or remove it."
    )


def unwritable(path: Path, error: OSError) -> TableError:
    """Return that a file cannot be read or written, and why."""
    if error.errno == errno.ENAMETOOLONG:
        return TableError(f"The name of {path.name[:40]}… is too long for a file.")
    why = f"{path} cannot be read or written: {error.strerror or error}."
    return TableError(f"{why} What was evaluated before is kept; run it again to go on.")
