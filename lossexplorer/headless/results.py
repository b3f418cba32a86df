"""Files of results: a table with a row per pair, loss and class, in CSV or Parquet.

A loss's rows of classes come first and the row of its value closes them, so that what a process
that was killed had half written is recognised: it has no closing row.
"""

from __future__ import annotations

import csv
import io
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

from lossexplorer.core.files import replace_file


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
        The loss, every parameter's value as JSON, and λ.
    class_id, class_name
        Of a class's row; None and empty in the row of the loss's value, which closes its rows.
    class_voxels
        How many voxels of the truth belong to the class, 0 if it is absent; None in closing rows.
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
    ignored_voxels: int | None
    value: float | None
    gradient_norm: float | None
    problem: str
    note: str
    seconds: float | None
    version: str

    @property
    def key(self) -> tuple[Any, ...]:
        """What was asked: rows with the same one answer the same question."""
        files = (self.truth, self.prediction, self.mask)
        seen = (self.settings, self.classes, self.patch, self.ignore, self.overlapping)
        return (*files, *seen, self.loss, self.parameters, self.weight)

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
_WHOLE = ("class_id", "class_voxels", "ignored_voxels")
_BETWEEN_WRITES = 20.0  # s; a Parquet file is written whole each time


class ResultFile(ABC):
    """A file of results that grows while pairs are evaluated; a context manager.

    What it holds already is kept, except for rows that a process that was killed had half written.

    Parameters
    ----------
    path
        It need not exist.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    rows : list of ResultRow
        What it holds.

    Raises
    ------
    TableError
        If there is a file that holds something else than results.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = _whole(self._read()) if path.exists() else []

    @property
    def done(self) -> Set[tuple[Any, ...]]:
        """The keys of the losses whose values it holds."""
        return {row.key for row in self.rows if row.closing and not row.broken}

    def start(self, asked: Set[tuple[Any, ...]]) -> None:
        """Write the file without the rows that say that one of these keys was broken."""
        self.rows = [row for row in self.rows if not (row.broken and row.key in asked)]
        self._replace()

    def add(self, rows: Sequence[ResultRow]) -> None:
        """Add the rows of a pair.

        Raises
        ------
        TableError
            If they cannot be written.
        """
        self.rows += rows
        try:
            self._save(rows)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def __enter__(self) -> ResultFile:
        return self

    @abstractmethod
    def __exit__(self, *error: object) -> None:
        """Write what has not been written, also after an error."""

    @abstractmethod
    def _read(self) -> list[ResultRow]:
        """Return all rows of the file."""

    @abstractmethod
    def _write(self, path: Path) -> None:
        """Write all rows to a new file."""

    @abstractmethod
    def _save(self, rows: Sequence[ResultRow]) -> None:
        """Take note of rows that have been added."""

    def _replace(self) -> None:
        """Write the whole file; a process that ends meanwhile leaves the former one."""
        try:
            replace_file(self.path, self._write)
        except OSError as error:
            raise _unwritable(self.path, error) from error


class _CsvFile(ResultFile):
    """Text, appended to; NaN and infinity are ``nan`` and ``inf``, a missing number is empty."""

    def __exit__(self, *error: object) -> None:
        """Do nothing: every pair has been written."""

    def _read(self) -> list[ResultRow]:
        try:
            text = self.path.read_text(encoding="utf-8")
            # Without the line that a process was writing when it ended.
            header, *lines = csv.reader(io.StringIO(text[: text.rfind("\n") + 1]))
            if header != list(COLUMNS):
                raise ValueError(f"columns {header}")
            return [_row(cells) for cells in lines]
        except OSError as error:
            raise _unwritable(self.path, error) from error
        except (ValueError, csv.Error) as error:
            raise _not_ours(self.path) from error

    def _write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            _write_lines(file, [COLUMNS, *map(_cells, self.rows)])

    def _save(self, rows: Sequence[ResultRow]) -> None:
        with self.path.open("a", encoding="utf-8", newline="") as file:
            _write_lines(file, map(_cells, rows))
            file.flush()
            os.fsync(file.fileno())


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
        self._unwritten = 0
        super().__init__(path)

    def __exit__(self, *error: object) -> None:
        if self._unwritten:
            self._replace()

    def _read(self) -> list[ResultRow]:
        try:
            table = self._arrow.parquet.read_table(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        except self._arrow.ArrowException as error:
            raise _not_ours(self.path) from error
        if not table.schema.equals(self._schema):
            raise _not_ours(self.path)
        return [ResultRow(**cells) for cells in table.to_pylist()]

    def _write(self, path: Path) -> None:
        columns = {c: [getattr(row, c) for row in self.rows] for c in COLUMNS}
        self._arrow.parquet.write_table(self._arrow.table(columns, schema=self._schema), path)
        self._written, self._unwritten = time.monotonic(), 0

    def _save(self, rows: Sequence[ResultRow]) -> None:
        self._unwritten += len(rows)
        if time.monotonic() > self._written + _BETWEEN_WRITES:
            self._replace()


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
    if not path.absolute().parent.is_dir():
        raise TableError(f"{path} cannot be written: its folder does not exist.")
    return kind(path)


def _whole(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Return the rows of the losses that have a closing row."""
    kept: list[ResultRow] = []
    open_rows: list[ResultRow] = []
    for row in rows:
        open_rows.append(row)
        if row.closing:
            kept += open_rows
            open_rows = []
    return kept


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
    return TableError(f"{path} cannot be read or written: {error.strerror or error}.")
