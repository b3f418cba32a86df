"""Class names from a file beside the labels."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.nnunet import dataset_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lossexplorer.volumes.source import StrPath

_LARGEST = 1 << 22  # bytes; a table of 10⁴ classes has a tenth of that

# What follows the stem of a label file in the names of its tables, the first found is taken.
_ENDINGS = (
    ".csv",
    ".tsv",
    ".json",
    ".label",
    ".lbl",
    ".ctbl",
    ".txt",
    "_labels.csv",
    "_labels.json",
)

_ID = re.compile(r"\d{1,20}")  # as many digits as a 64-bit number can have

_LABEL_FILE_SUFFIX = re.compile(r"(\.nii\.gz|\.seg\.nrrd|\.ome\.[^.]+|\.[^.]+)$", re.IGNORECASE)

# Names of columns and of JSON keys, in lower case and without signs between the words.
_ID_COLUMNS = ("id", "labelvalue", "value", "index")
_NAME_COLUMNS = ("label", "name", "structure")

# A line of ITK-SNAP: id, three colours, opacity, two flags, "name".
_ITK_SNAP_LINE = re.compile(r'(\d{1,20})(?:\s+[\d.]+){6}\s+"(.*)"')
# A line of 3D Slicer or FreeSurfer: id, a name without spaces, three or four colours.
_COLOR_TABLE_LINE = re.compile(r"(\d{1,20})\s+(?![\d.]+\s)(\S+)(?:\s+[\d.]+){3,4}")
_SLICER_HEADER = "# Color table file"

_KINDS = (
    "a table with the columns id and label (.csv, .tsv), JSON such as "
    '{"1": "liver"}, a label description of ITK-SNAP or a color table of 3D Slicer or FreeSurfer'
)


def read_names(path: StrPath) -> dict[int, str]:
    r"""Read class names by id.

    Parameters
    ----------
    path
        A ``.csv`` or ``.tsv`` table, whose first line names the columns: ``id``, ``label-value``,
        ``value`` or ``index``; ``label``, ``name`` or ``structure``; and, if there is one,
        ``hemisphere``, of which ``L`` and ``R`` are put into the name. Others are ignored.

        Or a ``.json`` file: ``{"1": "liver"}``, ``{"liver": 1}`` or ``[{"id": 1, "name":
        "liver"}]``, also under the key ``"labels"``, as in nnU-Net's ``dataset.json``.

        Or, with any other ending, a label description of ITK-SNAP or a color table of 3D Slicer or
        FreeSurfer.

    Raises
    ------
    VolumeError
        If the file cannot be read, is nothing of this, or an id is not a whole number.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "names.csv")
    ...     _ = path.write_text("id,label,hemisphere\n3,insula,R\n", encoding="utf-8")
    ...     read_names(path)
    {3: 'insula R'}
    """
    path = Path(path)
    names = _names_in(path)
    if names is None:
        raise VolumeError(f"{path.name} holds no names of classes; {_KINDS} is needed.")
    return names


def find_names(path: StrPath) -> dict[int, str]:
    """Return the class names that lie beside a label file.

    They are looked for in ``case.nii.gz.csv``, which is what exports
    write, in files of the same stem (``case.csv``, ``.tsv``, ``.json``, ``.label``,
    ``.lbl``, ``.ctbl``, ``.txt``, ``case_labels.csv``, ``case_labels.json``) and in a
    ``dataset.json`` in the same folder or in the two above. A file that holds something else, such
    as an acquisition's parameters, is passed over.

    Parameters
    ----------
    path
        The label file, or the folder that stands for one.

    Returns
    -------
    dict
        Names by id; empty if there are none.

    Raises
    ------
    VolumeError
        If a table of names is broken.
    """
    path = Path(path).absolute()
    tables = [path.with_name(f"{path.name}.csv"), *tables_beside(path)]
    tables += dataset_files(path)
    for table in tables:
        if not table.is_file():
            continue
        try:
            names = _names_in(table)
        except VolumeError as error:
            raise VolumeError(
                f"{error} Mend it, or rename it to open {path.name} without its names."
            ) from error
        if names:
            return names
    return {}


def tables_beside(path: StrPath, endings: Sequence[str] = _ENDINGS) -> list[Path]:
    """Return where the tables of a label file can lie, whether they are there or not.

    Parameters
    ----------
    path
        The label file.
    endings
        What follows its stem.

    Examples
    --------
    >>> tables_beside("case_1.nii.gz", (".csv",))[0].name
    'case_1.csv'
    """
    path = Path(path).absolute()
    stem = _LABEL_FILE_SUFFIX.sub("", path.name)
    return [path.with_name(f"{stem}{ending}") for ending in endings]


def id_of(text: str) -> int | None:
    """Return the id that a text is, or None if it is something else.

    Examples
    --------
    >>> id_of(" 7"), id_of("liver")
    (7, None)
    """
    return int(text) if _ID.fullmatch(text.strip()) else None


def _names_in(path: Path) -> dict[int, str] | None:
    """Return the names in a file, or None if it is no table of names."""
    kinds: dict[str, Callable[[str, str], dict[int, str] | None]] = {
        ".csv": _table,
        ".tsv": _table,
        ".json": _json,
    }
    text = text_of(path)
    return None if text is None else kinds.get(path.suffix.lower(), _lines)(path.name, text)


def text_of(path: Path) -> str | None:
    """Return the text of a table, or None if the file is too long for one.

    Raises
    ------
    VolumeError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise VolumeError(
            f"{path.name} cannot be read as a table of names: {error.strerror}."
        ) from error
    if len(data) > _LARGEST:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # as spreadsheets save tables on Windows


def _table(name: str, text: str) -> dict[int, str] | None:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return _named_rows(name, ({k: v for k, v in row.items() if k} for row in rows))
    except csv.Error as error:
        raise VolumeError(f"{name} is no valid table: {error}.") from error


def _json(name: str, text: str) -> dict[int, str] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise VolumeError(f"{name} is not valid JSON. Save it again.") from error
    if isinstance(data, dict):
        data = data.get("labels", data)
    if isinstance(data, dict):
        return _named_values(data)
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return _named_rows(name, data)
    return None


def _named_values(data: Mapping[str, Any]) -> dict[int, str] | None:
    """Return the names of ``{"1": "liver"}`` or of ``{"liver": 1}``."""
    if all(id_of(key) is not None and isinstance(value, str) for key, value in data.items()):
        return {int(key): value for key, value in data.items()}
    # Lists are nnU-Net's regions, unions of classes that have ids and names of their own.
    ids = [(value, key) for key, value in data.items() if not isinstance(value, list)]
    # Ids are not repeated, and numbers of other things often are.
    if all(type(id_) is int for id_, _ in ids) and len(dict(ids)) == len(ids):
        return dict(ids)
    return None


def _named_rows(name: str, rows: Iterable[Mapping[str, Any]]) -> dict[int, str] | None:
    """Return the names of rows with a column for the id and one for the name."""
    names: dict[int, str] = {}
    for number, row in enumerate(rows, start=1):
        cells = {re.sub(r"[\W_]", "", key).lower(): value for key, value in row.items()}
        id_column = next((column for column in _ID_COLUMNS if column in cells), None)
        name_column = next((column for column in _NAME_COLUMNS if column in cells), None)
        if id_column is None or name_column is None:
            return None
        try:
            id_, label = int(str(cells[id_column])), cells[name_column].strip()
        except (ValueError, AttributeError) as error:
            raise VolumeError(
                f"{name} has no whole number as id ({id_column}) with a name as label "
                f"({name_column}) in its entry {number}."
            ) from error
        side = str(cells.get("hemisphere") or "").strip()
        names[id_] = f"{label} {side}" if side in {"L", "R"} else label
    return names or None


def _lines(name: str, text: str) -> dict[int, str] | None:
    names: dict[int, str] = {}
    others: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        found = _ITK_SNAP_LINE.fullmatch(content) or _COLOR_TABLE_LINE.fullmatch(content)
        if found:
            names[int(found[1])] = found[2]
        else:
            others.append(number)
    if names and others:
        raise VolumeError(
            f"{name}, line {others[0]}, is not a line of a table of names as the others are."
        )
    if text.startswith(_SLICER_HEADER):
        names = {id_: label.replace("_", " ") for id_, label in names.items()}
    return names or None
