"""``lossexplorer evaluate --manifest``: many pairs of truth and prediction, one after the other."""

from __future__ import annotations

import csv
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from lossexplorer import __version__
from lossexplorer.core.files import is_file, is_special
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import LossResult, LossSetting
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.headless.contents import are_the_same, contents
from lossexplorer.headless.evaluation import evaluate
from lossexplorer.headless.results import ResultFile, ResultRow, TableError, open_results
from lossexplorer.headless.truths import TruthOptions, counted_classes, ignored_voxels, notes_of
from lossexplorer.predictions import check_controls
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
        return [*_several(self.truth), self.prediction, self.mask]


class InterruptedRun(KeyboardInterrupt):
    """A run was interrupted; the message says what was done and how to go on."""


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
    several = _several(line["truth"], folder)
    if not several:
        raise ValueError("it names no truth.")
    truth = _SEPARATOR.join(_placed(each.strip(), folder) for each in several)
    prediction, mask = (_placed(line.get(name, ""), folder) for name in ("prediction", "mask"))
    ignore = line.get("ignore", "")
    parse_ignored(ignore)
    return Pair(line.get("name") or line["truth"], truth, prediction, mask, ignore)


def _several(truth: str, folder: Path = Path()) -> list[str]:
    """Return the files of a truth; an empty name is left out."""
    if _SEPARATOR in truth and is_file(folder / truth):
        return [truth]
    return [each for each in truth.split(_SEPARATOR) if each.strip()]


def _placed(source: str, folder: Path) -> str:
    """Return a source that is named relative to a folder as an absolute one."""
    if not source or source.startswith(SAMPLE_VOLUME_PREFIX):
        return source
    # Put together first, because whether a file is there decides what its name means.
    return str(parse_source(folder.absolute() / source))


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
        See `lossexplorer.headless.results.open_results`. What it holds is kept.
    setup
        What is asked. A loss of a pair that was evaluated with the same parameters, λ and controls
        is not evaluated again, unless one of its files has changed; one that was broken is.
    make_executor
        Returns where pairs are evaluated, one at a time: a process of its own, so that one for
        which the memory does not suffice is a broken pair and not the end.

    Raises
    ------
    lossexplorer.headless.results.TableError
        If a table cannot be used.
    lossexplorer.core.parameters.ParameterError
        If a control has an unknown name or a value that is not allowed.
    InterruptedRun
        If it is interrupted.
    """
    check_controls(setup.controls)  # what is wrong for every pair is said at once
    pairs = list(dict.fromkeys(read_manifest(manifest)))  # a line may be there twice
    losses = tuple(each for n, each in enumerate(setup.losses) if each not in setup.losses[:n])
    setup = replace(setup, controls=_that_count(setup.controls), losses=losses)
    folder = Path(os.path.realpath(out)).parent
    broken: list[tuple[Pair, str]] = []
    noted: list[tuple[Pair, str]] = []
    with open_results(out) as results:
        asked, waiting = _waiting(pairs, setup, folder, results)
        results.start(asked)
        known = len(pairs) - len(waiting)
        bar = tqdm(waiting, unit="pair", initial=known, total=len(pairs))
        evaluated = 0
        try:
            with _Evaluator(make_executor) as evaluator, bar:
                for pair, wanted in bar:
                    missing = replace(setup, losses=tuple(setup.losses[i] for i in wanted))
                    blanks = [_blank(pair, loss, missing, folder) for loss in missing.losses]
                    rows = evaluator.rows(pair, missing, blanks)
                    results.add(rows)
                    evaluated += 1
                    broken += [(pair, rows[0].problem)] if rows[0].broken else []
                    noted += [(pair, rows[-1].note)] if rows[-1].note else []
        except KeyboardInterrupt as error:
            raise InterruptedRun(
                f"Interrupted: {known + evaluated} of {_counted(len(pairs))} done, in {out}. Run "
                "the same command again to go on with the others."
            ) from error
    return Summary(out, len(waiting) - len(broken), known, broken, noted)


def _that_count(controls: Sequence[str]) -> tuple[str, ...]:
    """Return the controls that count: of each the last, in alphabetical order.

    Examples
    --------
    >>> _that_count(["shift_x=1vox", "grow=1", "shift_x = 2vox"])
    ('grow=1', 'shift_x=2vox')
    """
    last = {}
    for each in controls:
        name, _, value = each.partition("=")
        last[name.strip()] = value.strip()
    return tuple(f"{name}={value}" for name, value in sorted(last.items()))


def _waiting(
    pairs: Sequence[Pair], setup: PairSetup, folder: Path, results: ResultFile
) -> tuple[set[bytes], list[tuple[Pair, tuple[int, ...]]]]:
    """Return the keys that are asked, and the pairs with the places of losses to evaluate."""
    asked: set[bytes] = set()
    waiting = []
    for pair in pairs:
        keys = [_blank(pair, loss, setup, folder).key for loss in setup.losses]
        known: dict[str, bool] = {}  # a file is looked at once for all losses

        def is_done(key: bytes, pair: Pair = pair, known: dict[str, bool] = known) -> bool:
            for then in results.done.get(key, ()):
                if then not in known:
                    known[then] = are_the_same(then, pair.sources)
                if known[then]:
                    return True
            return False

        wanted = tuple(i for i, key in enumerate(keys) if key not in asked and not is_done(key))
        asked.update(keys)
        if wanted:
            waiting.append((pair, wanted))
    return asked, waiting


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
        if pair.problem:
            return _broken(blanks, pair.problem)
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
        settings=" ".join(setup.controls),
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
        class_rows=0,
        ignored_voxels=None,
        value=None,
        gradient_norm=None,
        problem="",
        note="",
        seconds=None,
        version=__version__,
        contents="",
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
        held = contents(pair.sources) if all(map(_is_there, pair.sources)) else ""
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
            replace(blank, seconds=seconds, ignored_voxels=ignored, contents=held),
            result,
            classes,
            notes_of(evaluation.case),
        )
    ]


def _is_there(source: str) -> bool:
    """Return whether a source can be read whole; what cannot, its evaluation refuses."""
    is_file = source and not source.startswith(SAMPLE_VOLUME_PREFIX)
    path = Path(parse_source(source).path)
    return not is_file or (path.exists() and not is_special(path))


def _filled(
    blank: ResultRow,
    result: LossResult,
    classes: Sequence[LabelClass],
    notes: Sequence[str],
) -> Iterator[ResultRow]:
    """Yield the rows of a loss, a class that it leaves out having none."""
    counted = [
        replace(
            blank,
            class_id=each.id,
            class_name=each.name,
            class_voxels=each.voxels,
            class_rows=None,
            value=value,
        )
        for each, value in zip(classes, result.per_class, strict=True)
        if value is not None
    ]
    yield from counted
    problem = " ".join(problem.text for problem in result.problems)
    yield replace(
        blank,
        class_rows=len(counted),
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
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'} cannot be read: {error.strerror}."
    return f"{type(error).__name__}: {error}".splitlines()[0]
