"""Colour tables: which class each colour of an RGB-coded mask stands for."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossexplorer.core.files import replace_file
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.names import id_of, tables_beside, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lossexplorer.volumes.source import StrPath

RGB = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

# A mask's own table goes before those that are for a folder.
_OWN_ENDING = ".colors.csv"
_FOLDER_TABLES = (
    "colors.csv",
    "colors.json",
    "class_dict.csv",
    "label_colors.txt",
    "labelmap.txt",
    "labels.txt",
    "labels.json",
)

_BACKGROUND = {"background", "void", "unlabelled", "unlabeled", "ignore", "other"}
_BLACK: RGB = (0, 0, 0)

_ID_KEYS = ("id", "labelvalue", "value", "index")
_NAME_KEYS = ("name", "label", "structure", "class")
_COLOUR_KEYS = ("color", "colour", "rgb", "hex")
_CHANNEL_KEYS = (("r", "red"), ("g", "green"), ("b", "blue"))

_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
_NUMBERS = re.compile(r"[\[(]?\s*(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})\s*[\])]?")

# ITK-SNAP: id, red, green, blue, opacity, two flags, "name".
_ITK_SNAP_LINE = re.compile(
    r'(?P<id>\d+)\s+(?P<rgb>\d+\s+\d+\s+\d+)(?:\s+[\d.]+){3}\s+"(?P<name>.*)"'
)
# 3D Slicer and FreeSurfer: id, a name without spaces, three or four numbers of a colour.
_SLICER_LINE = re.compile(
    r"(?P<id>\d+)\s+(?!\d+\s)(?P<name>\S+)\s+(?P<rgb>\d+\s+\d+\s+\d+)(?:\s+\d+)?"
)
# CamVid: red, green, blue, name.
_CAMVID_LINE = re.compile(r"(?P<rgb>\d+\s+\d+\s+\d+)\s+(?P<name>\D.*)")
# CVAT: name:red,green,blue:parts:actions.
_CVAT_LINE = re.compile(r"(?P<name>[^:]+):(?P<rgb>\d+,\d+,\d+):.*")
_LINES = (_ITK_SNAP_LINE, _SLICER_LINE, _CAMVID_LINE, _CVAT_LINE)


@dataclass(frozen=True)
class Colour:
    """What a colour stands for.

    Attributes
    ----------
    rgb
        The colour.
    id
        Of the class.
    name
        Of the class; empty if it has none.
    """

    rgb: RGB
    id: int
    name: str


def hexadecimal(rgb: RGB) -> str:
    """Return a colour as web pages write it.

    Examples
    --------
    >>> hexadecimal((255, 128, 0))
    '#ff8000'
    """
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def own_table(path: StrPath) -> Path:
    """Return the file beside a mask that has its colours alone.

    Examples
    --------
    >>> own_table("case.png").name
    'case.colors.csv'
    """
    return tables_beside(path, (_OWN_ENDING,))[0]


def find_colours(path: StrPath) -> tuple[Colour, ...]:
    """Return the colours of a table that lies beside a mask.

    It is looked for as ``case.colors.csv``, in the files that can have the names of its classes
    (see `lossexplorer.volumes.names.find_names`), and as ``colors.csv``, ``colors.json``,
    ``class_dict.csv``, ``label_colors.txt``, ``labelmap.txt``, ``labels.txt`` or ``labels.json``
    in the mask's folder or the one above.

    Parameters
    ----------
    path
        The mask.

    Returns
    -------
    tuple of Colour
        Empty if there is no table.

    Raises
    ------
    VolumeError
        If a table is broken.
    """
    path = Path(path).absolute()
    tables = [own_table(path), *tables_beside(path)]
    tables += [
        folder / name for folder in (path.parent, path.parent.parent) for name in _FOLDER_TABLES
    ]
    for table in tables:
        if table.is_file() and (colours := read_colours(table)):
            return colours
    return ()


def read_colours(path: StrPath) -> tuple[Colour, ...]:
    r"""Read a table of colours.

    Parameters
    ----------
    path
        A ``.csv`` or ``.tsv`` table with the columns ``id``, ``name`` and either ``color``
        (``#ff0000`` or ``255 0 0``) or ``r``, ``g`` and ``b``; a ``.json`` file with the same keys
        in a list, or with ``{"liver": [255, 0, 0]}``; a label description of ITK-SNAP; a color
        table of 3D Slicer or FreeSurfer; lines ``255 0 0 liver`` as CamVid has them, or
        ``liver:255,0,0::`` as CVAT has them.

        A table without ids counts its lines from 1. The line called background, void, unlabelled,
        ignore or other, or black if there is none, has the id 0 and does not count.

    Returns
    -------
    tuple of Colour
        Empty if the file is no table of colours.

    Raises
    ------
    VolumeError
        If it cannot be read, a number of a colour exceeds 255, or a colour has two ids.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "colors.csv")
    ...     _ = path.write_text("name,r,g,b\nliver,255,0,0\nvoid,0,0,0\n", encoding="utf-8")
    ...     for colour in read_colours(path):
    ...         print(colour)
    Colour(rgb=(255, 0, 0), id=1, name='liver')
    Colour(rgb=(0, 0, 0), id=0, name='void')
    """
    path = Path(path)
    text = text_of(path)
    if text is None:
        return ()
    readers = {".csv": _table, ".tsv": _table, ".json": _json}
    rows = readers.get(path.suffix.lower(), _lines)(text)
    found = _numbered([(rgb, id_, name) for rgb, id_, name in rows])
    ids: dict[RGB, int] = {}
    for colour in found:
        if max(colour.rgb) > 255:
            raise VolumeError(f"{path.name} has the colour {colour.rgb}; 255 is the most.")
        if ids.setdefault(colour.rgb, colour.id) != colour.id:
            raise VolumeError(
                f"{path.name} gives {hexadecimal(colour.rgb)} two ids, {ids[colour.rgb]} and "
                f"{colour.id}. A colour stands for one class."
            )
    return found


def write_colours(path: StrPath, colours: Iterable[Colour]) -> None:
    """Write a table of colours as CSV, as `read_colours` reads it.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "name", "color"))
    writer.writerows((each.id, each.name, hexadecimal(each.rgb)) for each in colours)
    replace_file(Path(path), lambda part: part.write_text(text.getvalue(), encoding="utf-8"))


_Row = tuple[RGB, int | None, str]


def _table(text: str) -> list[_Row]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    return _from_rows(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def _json(text: str) -> list[_Row]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(data, dict):
        data = next((data[k] for k in ("labels", "classes", "categories") if k in data), data)
    if isinstance(data, list):
        return _from_rows([each for each in data if isinstance(each, dict)])
    if not isinstance(data, dict):
        return []
    named = [(_rgb(value), str(key)) for key, value in data.items()]
    rows: list[_Row] = [(rgb, None, name) for rgb, name in named if rgb is not None]
    return rows if len(rows) == len(named) else []


def _lines(text: str) -> list[_Row]:
    rows: list[_Row] = []
    for line in text.splitlines():
        content = line.strip()
        if not content or content.startswith(("#", "//")):
            continue
        found = next(filter(None, (kind.fullmatch(content) for kind in _LINES)), None)
        rgb = _rgb(found["rgb"]) if found else None
        if found is None or rgb is None:
            return []
        parts = found.groupdict()
        rows.append((rgb, id_of(parts["id"]) if "id" in parts else None, parts["name"].strip()))
    return rows


def _from_rows(rows: Iterable[Mapping[str, Any]]) -> list[_Row]:
    """Return the colours of rows with columns for id, name and colour; none if they lack one."""
    found: list[_Row] = []
    for row in rows:
        cells = {re.sub(r"[\W_]", "", key).lower(): value for key, value in row.items() if key}
        rgb = _rgb(_first(cells, _COLOUR_KEYS))
        if rgb is None:
            rgb = _rgb([_first(cells, keys) for keys in _CHANNEL_KEYS])
        if rgb is None:
            return []
        id_ = _first(cells, _ID_KEYS)
        found.append((rgb, id_of(str(id_)), str(_first(cells, _NAME_KEYS) or "").strip()))
    return found


def _first(cells: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((cells[key] for key in keys if key in cells), None)


def _rgb(value: Any) -> RGB | None:
    """Return a colour of a list of three numbers or of a text, or None if it is none."""
    if isinstance(value, str):
        if found := _HEX.fullmatch(value.strip()):
            red, green, blue = bytes.fromhex(found[1])
            return red, green, blue
        numbers = _NUMBERS.fullmatch(value.strip())
        value = list(numbers.groups()) if numbers else None
    if not isinstance(value, (list, tuple)) or len(value) not in (3, 4):
        return None
    channels = [id_of(str(each)) for each in value[:3]]
    known = [each for each in channels if each is not None]
    return (known[0], known[1], known[2]) if len(known) == 3 else None


def _numbered(rows: Sequence[_Row]) -> tuple[Colour, ...]:
    """Return the colours with ids: their own, or, if one of them has none, their places."""
    ids = [id_ for _, id_, _ in rows if id_ is not None]
    if len(ids) == len(rows):
        return tuple(Colour(rgb, id_, name) for (rgb, _, name), id_ in zip(rows, ids, strict=True))
    named = [rgb for rgb, _, name in rows if name.lower() in _BACKGROUND]
    background = named[0] if named else _BLACK
    others = iter(range(1, len(rows) + 1))
    return tuple(
        Colour(rgb, 0 if rgb == background else next(others), name) for rgb, _, name in rows
    )
