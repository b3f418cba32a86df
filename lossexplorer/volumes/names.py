"""Class names from a table beside the labels."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    from lossexplorer.volumes.reading import StrPath


def read_names(path: StrPath) -> dict[int, str]:
    """Read class names by id from a comma-separated table.

    Parameters
    ----------
    path
        A UTF-8 file whose first line names the columns: ``id``, ``label``, and, if there is one,
        ``hemisphere``, of which ``L`` and ``R`` become part of the name. Others are ignored.

    Raises
    ------
    VolumeError
        If the file cannot be read, lacks a column, or an id is not a whole number.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise VolumeError(
            f"{path.name} cannot be read as a table of names; a UTF-8 text file with the columns "
            "id and label is needed."
        ) from error
    names: dict[int, str] = {}
    for line, row in enumerate(rows, start=2):
        try:
            id_, label = int(row["id"]), row["label"].strip()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise VolumeError(
                f"{path.name}, line {line}, has no whole number in a column 'id' with a name in a "
                "column 'label'; both are needed."
            ) from error
        side = (row.get("hemisphere") or "").strip()
        names[id_] = f"{label} {side}" if side in {"L", "R"} else label
    return names
