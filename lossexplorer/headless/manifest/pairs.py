"""The pairs that a manifest lists."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lossexplorer.core.files import is_file, is_special
from lossexplorer.headless.results import TableError
from lossexplorer.volumes import SAMPLE_VOLUME_PREFIX, parse_ignored, parse_source

SEPARATOR = ";"
"""Between the files of one truth."""
_COLUMNS = ("truth", "prediction", "name", "mask", "ignore")


@dataclass(frozen=True)
class Pair:
    """A line of a manifest.

    Attributes
    ----------
    case
        What to call it.
    truth
        A file, or ``sample:NAME``; several, with ``;`` between them, are the masks of overlapping
        classes, or else a batch.
    prediction
        A file; empty if the prediction is simulated.
    mask
        A file that is 0 in voxels that count nowhere; empty if there is none.
    ignore
        An id or ``none``, which goes before what is asked about every pair; empty if it says
        nothing.
    problem
        Why the line cannot be used; empty if it can.
    """

    case: str
    truth: str
    prediction: str
    mask: str = ""
    ignore: str = ""
    problem: str = ""

    @property
    def sources(self) -> list[str]:
        """Its files: truths, prediction and mask."""
        return [*several(self.truth), self.prediction, self.mask]


def read_manifest(path: Path) -> list[Pair]:
    """Read a list of pairs.

    Parameters
    ----------
    path
        A CSV file with the columns ``truth``, ``prediction`` and, if wanted, ``name``, ``mask`` and
        ``ignore``. Files are named relative to its folder. Other columns are not looked at.

    Returns
    -------
    list of Pair
        At least one, with the paths as a program that runs here opens them. What is wrong with a
        line is its pair's problem.

    Raises
    ------
    TableError
        If it cannot be read, or a column is missing or given twice.
    """
    if is_special(path):
        raise TableError(f"{path} is a pipe or a device: name a CSV file.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = file.read().splitlines(keepends=True)
    except OSError as error:
        raise TableError(f"{path} cannot be opened: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is no CSV file ({error}). Save it as CSV, in UTF-8.") from error
    numbered = _numbered(lines)
    _, first = next(numbered, (1, []))
    if isinstance(first, str):
        raise TableError(f"{path} is no CSV file ({first}). Save it as CSV, in UTF-8.")
    header = [name.strip().lower() for name in first]
    missing = [name for name in ("truth", "prediction") if name not in header]
    if missing:
        raise TableError(
            f"{path} has no column {' and no column '.join(missing)}. Its first line must name the "
            "columns truth, prediction and, if wanted, name, mask and ignore, with commas between "
            "them; a prediction that is left empty is simulated."
        )
    twice = [name for name in _COLUMNS if header.count(name) > 1]
    if twice:
        raise TableError(f"{path} has the column {twice[0]} twice: leave one of them out.")
    pairs = [_pair(path.parent, number, header, cells) for number, cells in numbered if any(cells)]
    if not pairs:
        raise TableError(f"{path} holds no pair: write one on each line below the first.")
    return pairs


def _numbered(lines: Sequence[str]) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the last line's number and the cells of each line, or what is wrong with its line."""
    start = 0
    while start < len(lines):
        reader = csv.reader(itertools.islice(lines, start, None), strict=True)
        done = 0
        try:
            for cells in reader:
                done = reader.line_num
                yield start + done, cells
            return
        except csv.Error as error:
            # Quotes that do not end would take all other lines with them.
            start += done + 1
            yield start, f"it is no line of a CSV file ({error})"


def _pair(folder: Path, number: int, header: list[str], cells: list[str] | str) -> Pair:
    try:
        return _pair_of(folder, header, cells)
    except ValueError as error:
        what = cells if isinstance(cells, str) else ",".join(cells)
        named = f"line {number}"
        return Pair(named, "", "", problem=f"Line {number} of the manifest: {error} [{what[:80]}]")


def _pair_of(folder: Path, header: list[str], cells: list[str] | str) -> Pair:
    if isinstance(cells, str):
        raise ValueError(f"{cells}.")
    if len(cells) != len(header):
        raise ValueError(
            f"it has {len(cells)} cells, the first line {len(header)}. "
            'Write what contains a comma in "quotes".'
        )
    line = dict(zip(header, map(str.strip, cells), strict=True))
    files = several(line["truth"], folder)
    if not files:
        raise ValueError("it names no truth.")
    truth = SEPARATOR.join(_placed(each.strip(), folder) for each in files)
    prediction, mask = (_placed(line.get(name, ""), folder) for name in ("prediction", "mask"))
    ignore = line.get("ignore", "")
    parse_ignored(ignore)
    return Pair(line.get("name") or line["truth"], truth, prediction, mask, ignore)


def several(truth: str, folder: Path = Path()) -> list[str]:
    """Return the files of a truth; an empty name is left out.

    Parameters
    ----------
    truth
        As `Pair` has it.
    folder
        Where they are, if they are named relative to it.
    """
    if SEPARATOR in truth and is_file(folder / truth):
        return [truth]
    return [each for each in truth.split(SEPARATOR) if each.strip()]


def _placed(source: str, folder: Path) -> str:
    """Return a source that is named relative to a folder as an absolute one."""
    if not source or source.startswith(SAMPLE_VOLUME_PREFIX):
        return source
    # Put together first, because whether a file is there decides what its name means.
    return str(parse_source(folder.absolute() / source))
