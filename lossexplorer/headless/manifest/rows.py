"""The rows of results of a pair."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lossexplorer import __version__
from lossexplorer.core.files import is_special
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import LossResult, LossSetting
from lossexplorer.headless.contents import contents
from lossexplorer.headless.evaluation import evaluate
from lossexplorer.headless.manifest.pairs import SEPARATOR, Pair, several
from lossexplorer.headless.results import ResultRow
from lossexplorer.headless.truths import TruthOptions, ignored_voxels, notes_of
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


@dataclass(frozen=True)
class PairSetup:
    """What is asked about every pair; see `lossexplorer.headless.evaluation.evaluate`."""

    controls: tuple[str, ...]
    losses: tuple[LossSetting, ...]
    classes: ClassSelection | None = None
    patch: tuple[int, int, int] | None = None
    ignore: Ignored = "declared"
    overlapping: bool | None = None

    def options(self, pair: Pair) -> TruthOptions:
        """Return how a pair's truth is read."""
        ignore = parse_ignored(pair.ignore) if pair.ignore else self.ignore
        return TruthOptions(ignore, pair.mask or None, self.overlapping)


_YES_OR_NO = {True: "yes", False: "no", None: ""}


def blank(pair: Pair, loss: LossSetting, setup: PairSetup, folder: Path) -> ResultRow:
    """Return the closing row of a loss without its numbers."""
    patch = setup.patch and "x".join(map(str, setup.patch))
    return ResultRow(
        case=pair.case,
        truth=SEPARATOR.join(_shown(each, folder) for each in several(pair.truth)),
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


def evaluated(pair: Pair, setup: PairSetup, blanks: list[ResultRow]) -> list[ResultRow]:
    """Return the rows of a pair; this is what runs in the other process."""
    start = time.perf_counter()
    try:
        held = contents(pair.sources) if all(map(_is_there, pair.sources)) else ""
        truth, *also = several(pair.truth)
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
        return broken(blanks, _reason(error))
    seconds = time.perf_counter() - start
    classes = evaluation.truth.classes
    ignored = ignored_voxels(evaluation.truth)
    return [
        row
        for each, result in zip(blanks, evaluation.losses, strict=True)
        for row in _filled(
            replace(each, seconds=seconds, ignored_voxels=ignored, contents=held),
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
    empty: ResultRow,
    result: LossResult,
    classes: Sequence[LabelClass],
    notes: Sequence[str],
) -> Iterator[ResultRow]:
    """Yield the rows of a loss, a class that it leaves out having none."""
    counted = [
        replace(
            empty,
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
        empty,
        class_rows=len(counted),
        value=result.value,
        gradient_norm=result.gradient_norm,
        problem=problem,
        note=" ".join(notes),
    )


def broken(blanks: list[ResultRow], reason: str) -> list[ResultRow]:
    """Return the rows of a pair that cannot be evaluated, with the reason."""
    return [replace(each, problem=reason) for each in blanks]


def _reason(error: Exception) -> str:
    """Return why a pair could not be evaluated, in one line."""
    if isinstance(error, MemoryError):
        return "It does not fit into the memory of this computer."
    if isinstance(error, (VolumeError, ParameterError, TooLargeError)):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'} cannot be read: {error.strerror}."
    return f"{type(error).__name__}: {error}".splitlines()[0]
