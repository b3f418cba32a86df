"""``lossexplorer evaluate --manifest``: many pairs of truth and prediction, one after the other."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lossexplorer import __version__
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import LossResult, LossSetting
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.headless.evaluation import evaluate
from lossexplorer.headless.results import ResultRow, TableError, open_results
from lossexplorer.headless.truths import TruthOptions, counted_classes, ignored_voxels
from lossexplorer.predictions import parse_controls
from lossexplorer.volumes import (
    SAMPLE_VOLUME_PREFIX,
    ClassSelection,
    Ignored,
    LabelClass,
    VolumeError,
    classes_text,
    ignored_text,
    parse_ignored,
    parse_source,
)

# What XLA compiles for a shape stays in memory for as long as the process, 13 MiB for each set of
# shapes, so that a process does not evaluate any number of pairs.
_PAIRS_PER_PROCESS = 100

_SEPARATOR = ";"  # of the files of one truth


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
    """

    case: str
    truth: str
    prediction: str
    mask: str = ""
    ignore: str = ""


@dataclass(frozen=True)
class PairSetup:
    """What is asked about every pair; see `lossexplorer.headless.evaluation.evaluate`."""

    controls: tuple[str, ...]
    losses: tuple[LossSetting, ...]
    classes: ClassSelection = "each"
    patch: tuple[int, int, int] | None = None
    ignore: Ignored = "declared"
    overlapping: bool | None = None

    def options(self, pair: Pair) -> TruthOptions:
        """Return how a pair's truth is read."""
        ignore = parse_ignored(pair.ignore) if pair.ignore else self.ignore
        return TruthOptions(ignore, pair.mask or None, self.overlapping)


@dataclass(frozen=True)
class Summary:
    """How a manifest was evaluated.

    Attributes
    ----------
    out
        The file of results.
    evaluated, known
        The numbers of pairs that were evaluated now and before.
    broken
        The pairs that could not be evaluated, with the reasons.
    noted
        The pairs of which a person should know how they were read or placed, with the sentences.
    """

    out: Path
    evaluated: int
    known: int
    broken: Sequence[tuple[Pair, str]]
    noted: Sequence[tuple[Pair, str]] = ()


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
        At least one, with the paths as a program that runs here opens them.

    Raises
    ------
    TableError
        If it cannot be read, a column is missing, or a line is not like the others.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except OSError as error:
        raise TableError(f"{path} cannot be opened: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} is no CSV file ({error}). Save it as CSV, in UTF-8.") from error
    missing = [name for name in ("truth", "prediction") if name not in header]
    if missing:
        raise TableError(
            f"{path} has no column {' and no column '.join(missing)}. Its first line must name the "
            "columns truth, prediction and, if wanted, name, mask and ignore, with commas between "
            "them; a prediction that is left empty is simulated."
        )
    if not lines:
        raise TableError(f"{path} holds no pair: write one on each line below the first.")
    return [_pair(path, number, header, cells) for number, cells in lines]


def _pair(path: Path, number: int, header: list[str], cells: list[str]) -> Pair:
    if len(cells) != len(header):
        raise TableError(
            f"{path}, line {number}, has {len(cells)} cells, the first line {len(header)}. "
            'Write what contains a comma in "quotes".'
        )
    line = dict(zip(header, map(str.strip, cells), strict=True))
    if not line["truth"]:
        raise TableError(f"{path}, line {number}, names no truth.")
    folder = path.parent
    truth = _SEPARATOR.join(_placed(each.strip(), folder) for each in _several(line["truth"]))
    prediction, mask = (_placed(line.get(name, ""), folder) for name in ("prediction", "mask"))
    ignore = line.get("ignore", "")
    try:
        parse_ignored(ignore)
    except ParameterError as error:
        raise TableError(f"{path}, line {number}: {error}") from error
    return Pair(line.get("name") or line["truth"], truth, prediction, mask, ignore)


def _several(truth: str) -> list[str]:
    """Return the files of a truth; an empty name is left out."""
    return [each for each in truth.split(_SEPARATOR) if each.strip()]


def _placed(source: str, folder: Path) -> str:
    """Return a source that is named relative to a folder as an absolute one."""
    if not source or source.startswith(SAMPLE_VOLUME_PREFIX):
        return source
    named = parse_source(source)
    return str(replace(named, path=str((folder / named.path).absolute())))


def evaluate_manifest(
    manifest: Path,
    out: Path,
    setup: PairSetup,
    *,
    make_executor: Callable[[], Executor] = EngineProcess,
) -> Summary:
    """Evaluate every pair of a manifest whose results are not there yet.

    Each pair's rows are written as soon as it is evaluated (to Parquet, every 20 s), so that a run
    that is cut off goes on where it was. A progress bar is shown on standard error.

    Parameters
    ----------
    manifest
        See `read_manifest`.
    out
        See `lossexplorer.headless.results.open_results`. What it holds is kept. A pair is
        known by its files' names: one whose content has changed is not evaluated again.
    setup
        What is asked. A loss of a pair that was evaluated with the same parameters, λ and controls
        is not evaluated again; one that was broken is.
    make_executor
        Returns where pairs are evaluated, one at a time: a process of its own, so that one for
        which the memory does not suffice is a broken pair and not the end.

    Raises
    ------
    lossexplorer.headless.results.TableError
        If a table cannot be used.
    lossexplorer.core.parameters.ParameterError
        If a control has an unknown name or a value that is not allowed.
    """
    parse_controls(setup.controls, (1.0, 1.0, 1.0))  # what is wrong for every pair is said at once
    pairs = read_manifest(manifest)
    results = open_results(out)
    done, waiting = results.done, []
    asked: set[tuple[Any, ...]] = set()
    for pair in pairs:
        rows = [_blank(pair, loss, setup, out.parent) for loss in setup.losses]
        wanted = [index for index, row in enumerate(rows) if row.key not in done | asked]
        asked |= {row.key for row in rows}
        if wanted:
            losses = tuple(setup.losses[index] for index in wanted)
            waiting.append((pair, replace(setup, losses=losses), [rows[i] for i in wanted]))
    results.start(asked)
    broken, noted = [], []
    known = len(pairs) - len(waiting)
    bar = tqdm(waiting, unit="pair", initial=known, total=len(pairs))
    with results, _Evaluator(make_executor) as evaluator, bar:
        for pair, missing, blanks in bar:
            rows = evaluator.rows(pair, missing, blanks)
            results.add(rows)
            broken += [(pair, rows[0].problem)] if rows[0].broken else []
            noted += [(pair, rows[-1].note)] if rows[-1].note else []
    return Summary(out, len(waiting) - len(broken), known, broken, noted)


def as_text(summary: Summary) -> str:
    """Return what was done, which pairs broke and why, and which were placed and how."""
    lines = [
        f"{summary.out}: {_counted(summary.evaluated)} evaluated, {summary.known} known before, "
        f"{len(summary.broken)} broken."
    ]
    lines += [f"{pair.case}: {said}" for pair, said in (*summary.broken, *summary.noted)]
    if not summary.evaluated and not summary.broken:
        lines.append("To evaluate them again, name another file of results.")
    return "\n".join(lines)


def _counted(pairs: int) -> str:
    return f"{pairs} pair" if pairs == 1 else f"{pairs} pairs"


class _Evaluator:
    """Evaluates pairs in one process after another."""

    def __init__(self, make_executor: Callable[[], Executor]) -> None:
        self._make = make_executor
        self._executor: Executor | None = None
        self._pairs = 0

    def rows(self, pair: Pair, setup: PairSetup, blanks: list[ResultRow]) -> list[ResultRow]:
        """Return the rows of a pair."""
        if self._executor is None:
            self._executor, self._pairs = self._make(), 0
        self._pairs += 1
        try:
            rows = self._executor.submit(_rows, pair, setup, blanks).result()
        except BrokenProcessPool:
            self._end()
            why = "The process that evaluated it ended; most likely the memory did not suffice."
            return _broken(blanks, why)
        if self._pairs == _PAIRS_PER_PROCESS:
            self._end()
        return rows

    def __enter__(self) -> _Evaluator:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None


_YES_OR_NO = {True: "yes", False: "no", None: ""}


def _blank(pair: Pair, loss: LossSetting, setup: PairSetup, folder: Path) -> ResultRow:
    """Return the closing row of a loss without its numbers."""
    patch = setup.patch and "x".join(map(str, setup.patch))
    return ResultRow(
        case=pair.case,
        truth=_SEPARATOR.join(_shown(each, folder) for each in _several(pair.truth)),
        prediction=_shown(pair.prediction, folder),
        mask=_shown(pair.mask, folder),
        settings=" ".join(sorted(setup.controls)),
        classes=classes_text(setup.classes),
        patch=patch or "",
        ignore=ignored_text(setup.options(pair).ignore),
        overlapping=_YES_OR_NO[setup.overlapping],
        loss=loss.name,
        parameters=json.dumps(dict(loss.parameters), ensure_ascii=False),
        weight=float(loss.weight),
        class_id=None,
        class_name="",
        class_voxels=None,
        ignored_voxels=None,
        value=None,
        gradient_norm=None,
        problem="",
        note="",
        seconds=None,
        version=__version__,
    )


def _shown(source: str, folder: Path) -> str:
    """Return a source relative to a folder, so that results and volumes can move together."""
    if not source or source.startswith(SAMPLE_VOLUME_PREFIX):
        return source
    named = parse_source(source)
    try:
        return str(replace(named, path=os.path.relpath(named.path, folder)))
    except ValueError:  # another drive
        return source


def _rows(pair: Pair, setup: PairSetup, blanks: list[ResultRow]) -> list[ResultRow]:
    """Return the rows of a pair; this is what runs in the other process."""
    start = time.perf_counter()
    try:
        truth, *also = _several(pair.truth)
        evaluation = evaluate(
            truth,
            pair.prediction or None,
            setup.controls,
            setup.losses,
            also=also,
            classes=setup.classes,
            patch=setup.patch,
            options=setup.options(pair),
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the other pairs are evaluated
        return _broken(blanks, _reason(error))
    seconds = time.perf_counter() - start
    classes = counted_classes(evaluation.truth)
    ignored = ignored_voxels(evaluation.truth)
    return [
        row
        for blank, result in zip(blanks, evaluation.losses, strict=True)
        for row in _filled(
            replace(blank, seconds=seconds, ignored_voxels=ignored),
            result,
            classes,
            evaluation.case.notes,
        )
    ]


def _filled(
    blank: ResultRow,
    result: LossResult,
    classes: Sequence[LabelClass],
    notes: Sequence[str],
) -> Iterator[ResultRow]:
    """Yield the rows of a loss, a class that it leaves out having none."""
    for each, value in zip(classes, result.per_class, strict=True):
        if value is not None:
            yield replace(
                blank,
                class_id=each.id,
                class_name=each.name,
                class_voxels=each.voxels,
                value=value,
            )
    problem = " ".join(problem.text for problem in result.problems)
    yield replace(
        blank,
        value=result.value,
        gradient_norm=result.gradient_norm,
        problem=problem,
        note=" ".join(notes),
    )


def _broken(blanks: list[ResultRow], reason: str) -> list[ResultRow]:
    return [replace(blank, problem=reason) for blank in blanks]


def _reason(error: Exception) -> str:
    """Return why a pair could not be evaluated, in one line."""
    if isinstance(error, MemoryError):
        return "It does not fit into the memory of this computer."
    if isinstance(error, (VolumeError, ParameterError, TooLargeError)):
        return str(error)
    return f"{type(error).__name__}: {error}".splitlines()[0]
