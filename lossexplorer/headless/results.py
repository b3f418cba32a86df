"""Files of results: a table with a row per pair, loss and class, in CSV or Parquet.

A loss's rows of classes come first and the row of its value closes them and says how many they are,
so that what a process that was killed had half written is recognised, and what was removed since.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import os
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import IO, Any

from lossexplorer.core.files import LockedError, is_special, locked, replace_file
from lossexplorer.engine.messages import catalogued


class TableError(ValueError):
    """A table of pairs or of results cannot be used, said in one or two plain sentences."""


@dataclass(frozen=True)
class ResultRow:
    """A number, and what it is the number of.

    Attributes
    ----------
    case
        The pair's name in the manifest.
    truth, prediction
        The files, relative to the folder of the results; no prediction if it was simulated.
    mask
        The file that is 0 in voxels that count nowhere, if there is one.
    settings, classes, patch
        What ``--set``, ``--classes`` and ``--patch`` said.
    ignore, overlapping
        What ``--ignore`` or the manifest said, and ``yes`` or ``no`` for ``--overlapping`` and
        ``--exclusive``; empty for what the files say.
    loss, parameters, weight
        The loss, which is ``tversky_2`` where it is Tversky for the second time; every parameter's
        value as JSON; and λ.
    class_id, class_name
        Of a class's row; None and empty in the row of the loss's value, which closes its rows.
    class_voxels
        How many voxels of the truth belong to the class, 0 if it is absent; None in closing rows.
    class_rows
        How many rows of classes come before a closing row, which has none of its own; None in them.
    ignored_voxels
        How many voxels of the truth count nowhere; None if the pair could not be evaluated.
    value
        May be NaN or infinite. None if the pair could not be evaluated.
    gradient_norm
        √Σ (∂L/∂logit)² over the volume, without λ; in closing rows alone, as `problem`.
    problem
        Why a number is not finite or why there is none.
    note
        What a person should know of how the files were read and placed; in closing rows alone.
    seconds
        What the pair took, all of its losses together.
    version
        Of the program.
    contents
        Size, time and hash of truths, prediction and mask when they were evaluated, as
        `lossexplorer.headless.contents.contents` returns them; empty if there was no evaluation.
    """

    case: str
    truth: str
    prediction: str
    mask: str
    settings: str
    classes: str
    patch: str
    ignore: str
    overlapping: str
    loss: str
    parameters: str
    weight: float
    class_id: int | None
    class_name: str
    class_voxels: int | None
    class_rows: int | None
    ignored_voxels: int | None
    value: float | None
    gradient_norm: float | None
    problem: str
    note: str
    seconds: float | None
    version: str
    contents: str

    @property
    def key(self) -> bytes:
        """What was asked: rows with the same one answer the same question, of the same pair.

        A hash, because there may be many, and what files are called is long.
        """
        text = repr([" ".join(x.splitlines()) if isinstance(x, str) else x for x in self.asked])
        return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()

    @property
    def asked(self) -> tuple[Any, ...]:
        """What the key is made of: of a loss shown twice, not which of the two it was."""
        files = (self.case, self.truth, self.prediction, self.mask)
        seen = (self.settings, self.classes, self.patch, self.ignore, self.overlapping)
        return (*files, *seen, catalogued(self.loss), self.parameters, self.weight)

    @property
    def closing(self) -> bool:
        """Whether it is the row of a loss's value."""
        return self.class_id is None

    @property
    def broken(self) -> bool:
        """Whether it says that a pair could not be evaluated."""
        return self.closing and self.value is None


COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(ResultRow))
_FLOATS = ("weight", "value", "gradient_norm", "seconds")
_WHOLE = ("class_id", "class_voxels", "class_rows", "ignored_voxels")
_AT_ONCE = 10_000  # rows
_BETWEEN_WRITES = 20.0  # s; a Parquet file is written whole each time


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
            raise _unwritable(self.path, error) from error

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
                raise _unwritable(self.path, error) from error
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
            raise _unwritable(self.path, error) from error


class _CsvFile(ResultFile):
    """Text, appended to; NaN and infinity are ``nan`` and ``inf``, a missing number is empty."""

    _file: IO[bytes] | None = None

    def start(self, asked: Set[bytes]) -> None:
        super().start(asked)
        self._open()

    def _open(self) -> None:
        self._shut()
        self._file = self.path.open("r+b")
        self._file.seek(0, os.SEEK_END)

    def _shut(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _close(self) -> None:
        self._shut()

    def _read(self) -> Iterator[ResultRow]:
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                lines = csv.reader(_finished(file))
                header = next(lines, [])
                if header != list(COLUMNS):
                    raise ValueError(f"columns {header}")
                yield from map(_row, lines)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        except (ValueError, csv.Error) as error:
            raise _not_ours(self.path) from error

    def _write(self, path: Path, rows: Iterable[ResultRow]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            _write_lines(file, [COLUMNS])
            _write_lines(file, map(_cells, rows))

    def _save(self, rows: Sequence[ResultRow]) -> None:
        text = io.StringIO(newline="")
        _write_lines(text, map(_cells, rows))
        file = self._there()
        end = file.tell()
        try:
            file.write(text.getvalue().encode(errors="surrogateescape"))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            _cut(file, end)
            raise

    def _there(self) -> IO[bytes]:
        """Return the file, which is put back if it was removed while it was written."""
        assert self._file is not None
        try:
            if os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
                return self._file
        except FileNotFoundError:
            former = self._file
            former.seek(0)

            def write(path: Path) -> None:
                with path.open("wb") as file:
                    shutil.copyfileobj(former, file)

            replace_file(self.path, write)
            self._open()
            return self._file
        raise TableError(
            f"{self.path} was replaced by another file while results were written to it. Name "
            "another file of results with --out, or remove that one, and run it again."
        )


class _ParquetFile(ResultFile):
    """Columns with types, in which a missing number is null and NaN is a number."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow.parquet
        except ImportError:
            raise TableError(
                "Parquet files need pyarrow: pip install 'lossexplorer[parquet]', or name a file "
                "that ends in .csv."
            ) from None
        self._arrow = pyarrow
        kinds = dict.fromkeys(_FLOATS, pyarrow.float64()) | dict.fromkeys(_WHOLE, pyarrow.int64())
        self._schema = pyarrow.schema([(c, kinds.get(c, pyarrow.string())) for c in COLUMNS])
        self._written = time.monotonic()
        self._table: Any = None
        self._unwritten: list[ResultRow] = []
        super().__init__(path)

    def _close(self) -> None:
        if self._unwritten:
            self._write_all()
        self._table = None

    def _read(self) -> Iterator[ResultRow]:
        try:
            table = self._arrow.parquet.read_table(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        except self._arrow.ArrowException as error:
            raise _not_ours(self.path) from error
        if not table.schema.equals(self._schema):
            raise _not_ours(self.path)
        for batch in table.to_batches(max_chunksize=_AT_ONCE):
            yield from (ResultRow(**cells) for cells in batch.to_pylist())

    def _write(self, path: Path, rows: Iterable[ResultRow]) -> None:
        every = iter(rows)
        tables = [self._of([])]
        while block := list(islice(every, _AT_ONCE)):
            tables.append(self._of(block))
        self._store(path, self._arrow.concat_tables(tables))

    def _save(self, rows: Sequence[ResultRow]) -> None:
        self._unwritten += rows
        if time.monotonic() > self._written + _BETWEEN_WRITES:
            self._write_all()

    def _write_all(self) -> None:
        every = self._arrow.concat_tables([self._table, self._of(self._unwritten)])
        self._replaced(lambda unfinished: self._store(unfinished, every))

    def _of(self, rows: Sequence[ResultRow]) -> Any:
        columns = {c: [getattr(row, c) for row in rows] for c in COLUMNS}
        return self._arrow.table(columns, schema=self._schema)

    def _store(self, path: Path, table: Any) -> None:
        self._arrow.parquet.write_table(table, path)
        self._table, self._unwritten, self._written = table, [], time.monotonic()


_KINDS: dict[str, type[ResultFile]] = {".csv": _CsvFile, ".parquet": _ParquetFile}


def open_results(path: Path) -> ResultFile:
    """Open a file of results, or prepare a new one.

    Parameters
    ----------
    path
        Ends in ``.csv`` or ``.parquet``; its folder exists.

    Raises
    ------
    TableError
        If the path does not do, or the file holds something else than results of this program.
    """
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise TableError(f"{path}: results are written to a file that ends in .csv or .parquet.")
    there = Path(os.path.realpath(path))
    if is_special(there):
        raise TableError(f"{path} is a pipe or a device: name a file for the results.")
    if there.is_dir():
        raise TableError(f"{path} is a folder: name a file in it.")
    if not there.parent.is_dir():
        raise TableError(f"{path} cannot be written: its folder does not exist.")
    return kind(there)


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


def _finished(file: Iterable[str]) -> Iterator[str]:
    """Yield the lines without the one that a process was writing when it ended."""
    return (line for line in file if line.endswith("\n"))


def _cut(file: IO[bytes], end: int) -> None:
    """Remove what was half written."""
    try:
        file.truncate(end)
        file.seek(end)
    except OSError:
        pass


def _cells(row: ResultRow) -> list[Any]:
    return [getattr(row, column) for column in COLUMNS]


def _write_lines(file: IO[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write each row as one line, so that a line that ends is whole."""
    writer = csv.writer(file, lineterminator="\n")
    for row in rows:
        writer.writerow([" ".join(c.splitlines()) if isinstance(c, str) else c for c in row])


def _row(cells: Sequence[str]) -> ResultRow:
    typed: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
    typed |= {name: float(typed[name]) if typed[name] else None for name in _FLOATS}
    typed |= {name: int(typed[name]) if typed[name] else None for name in _WHOLE}
    return ResultRow(**typed)


def _not_ours(path: Path) -> TableError:
    return TableError(
        f"{path} exists and holds no results of this program, or of another version. Name another "
        "file, or remove it."
    )


def _unwritable(path: Path, error: OSError) -> TableError:
    if error.errno == errno.ENAMETOOLONG:
        return TableError(f"The name of {path.name[:40]}… is too long for a file.")
    why = f"{path} cannot be read or written: {error.strerror or error}."
    return TableError(f"{why} What was evaluated before is kept; run it again to go on.")
