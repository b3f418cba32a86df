"""Results as text, which grows by a line for each row."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import IO, Any

from lossexplorer.core.files import replace_file
from lossexplorer.headless.results.file import ResultFile, TableError, not_ours, unwritable
from lossexplorer.headless.results.row import COLUMNS, FLOATS, WHOLE, ResultRow


class CsvFile(ResultFile):
    """Text, appended to; NaN and infinity are ``nan`` and ``inf``, a missing number is empty."""

    _file: IO[bytes] | None = None

    def start(self, asked: Set[bytes]) -> None:
        """Write the file anew as `ResultFile.start` says, and append to it from now on."""
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
            raise unwritable(self.path, error) from error
        except (ValueError, csv.Error) as error:
            raise not_ours(self.path) from error

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
    typed |= {name: float(typed[name]) if typed[name] else None for name in FLOATS}
    typed |= {name: int(typed[name]) if typed[name] else None for name in WHOLE}
    return ResultRow(**typed)
