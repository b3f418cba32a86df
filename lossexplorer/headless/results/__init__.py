"""Files of results: a table with a row per pair, loss and class, in CSV or Parquet.

A loss's rows of classes come first and the row of its value closes them and says how many they are,
so that what a process that was killed had half written is recognised, and what was removed since.
"""

from __future__ import annotations

import os
from pathlib import Path

from lossexplorer.core.files import is_special
from lossexplorer.headless.results.csv_file import CsvFile
from lossexplorer.headless.results.file import ResultFile, TableError
from lossexplorer.headless.results.parquet_file import ParquetFile
from lossexplorer.headless.results.row import COLUMNS, ResultRow

__all__ = ["COLUMNS", "ResultFile", "ResultRow", "TableError", "open_results"]

_KINDS: dict[str, type[ResultFile]] = {".csv": CsvFile, ".parquet": ParquetFile}


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
