"""Results as columns with types, written whole now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from lossexplorer.headless.results.file import ResultFile, TableError, not_ours, unwritable
from lossexplorer.headless.results.row import COLUMNS, FLOATS, WHOLE, ResultRow

_AT_ONCE = 10_000  # rows
_BETWEEN_WRITES = 20.0  # s


class ParquetFile(ResultFile):
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
        kinds = dict.fromkeys(FLOATS, pyarrow.float64()) | dict.fromkeys(WHOLE, pyarrow.int64())
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
            raise unwritable(self.path, error) from error
        except self._arrow.ArrowException as error:
            raise not_ours(self.path) from error
        if not table.schema.equals(self._schema):
            raise not_ours(self.path)
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
