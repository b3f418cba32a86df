"""What is to be opened, and what comes of it: a case, or why not and what else can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lossexplorer.engine.limits import TooLargeError, check_size
from lossexplorer.volumes import (
    AxesNeededError,
    Case,
    ColoursNeededError,
    NoLabelsError,
    OverlapNeededError,
    PartNeededError,
    VolumeError,
)

OpenAs = Literal[
    "image",
    "prediction",
    "mask",
    "truth",
    "foreground",
    "with_prediction",
    "batch",
    "overlapping",
    "slices",
    "channels",
]
"""What a file that was refused can be instead: see `Refusal`."""


@dataclass(frozen=True)
class Refusal:
    """Why something was not opened.

    Attributes
    ----------
    text : str
        One or two sentences.
    source : str
        What was refused.
    open_as : tuple of str
        What it can be opened as: the image of what is open, its prediction, its mask, another
        truth, a volume with all foreground as one class, a truth with a prediction, samples of a
        batch, masks of classes that may overlap, or such masks in one slice or in several.
    sources : tuple of str
        All that was to be opened.
    """

    text: str
    source: str = ""
    open_as: tuple[OpenAs, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """Something that leads to another case.

    Attributes
    ----------
    make : callable
        Returns the case, of these sources.
    sources : tuple of str
        Files or sample volumes: the volumes, or an image or a prediction of those that are open.
    changes : Case, optional
        What is open and is to be seen otherwise; None if the job opens other volumes.
    note : str
        What is not as it was asked for.
    asks : bool
        Whether the user is asked what it is if it may be the mask of what is open.
    then : callable, optional
        Takes the case in place of those who hear `Opener.opened`.
    refuse : callable, optional
        Takes what went wrong, and returns whether nothing more is to be said of it.
    """

    make: Callable[[Sequence[str]], Case | None]
    sources: tuple[str, ...] = ()
    changes: Case | None = None
    note: str = ""
    asks: bool = False
    then: Callable[[Case | None], object] | None = None
    refuse: Callable[[Exception], bool] | None = None

    @property
    def opens(self) -> bool:
        """Whether the sources are the volumes."""
        return self.changes is None


@dataclass(frozen=True)
class JobResult:
    """What a job leads to: a case, with a note perhaps, or why there is none."""

    number: int
    job: Job
    made: Case | Exception | None
    note: str = ""
    grouped: bool = False
    open_as: tuple[OpenAs, ...] = ()


def attempt(number: int, job: Job, current: Case | None) -> JobResult:
    """Return what becomes of a job, of so many that were begun; it is called in a thread."""
    try:
        case = job.make(job.sources)
        if case is None:
            return JobResult(number, job, None)
        if job.asks and (uses := _uses_of_mask(case, current)):
            asked = VolumeError(
                f"{case.originals[0].name} has one class and lies on the grid of what is open. "
                "What is it?"
            )
            return JobResult(number, job, asked, open_as=uses)
    except Exception as error:  # noqa: BLE001 - said in the window
        return _instead(JobResult(number, job, error), current)
    try:
        _check_size(case)
    except TooLargeError as error:
        return _with_fewer_classes(JobResult(number, job, error), case, current)
    case.hash_contents()  # here, and not in the window's thread when a session is saved
    return JobResult(number, job, case, job.note)


def ignoring(case: Case, ignore: int | None) -> Case:
    """Return a case with an id ignored, which is not among its chosen classes then."""
    if isinstance(case.classes, tuple) and ignore in case.classes:
        case = replace(case, classes=tuple(each for each in case.classes if each != ignore))
    return case.with_ignored(ignore)


def _uses_of_mask(case: Case, current: Case | None) -> tuple[OpenAs, ...]:
    """Return what a volume may be if it may be the mask of what is open; else nothing."""
    source = case.originals[0].path
    if current is None or source == current.originals[0].path:
        return ()
    if len(case.originals) > 1 or len(case.originals.names) > 2 or case.given is not None:
        return ()
    if not _works(current.with_mask, source):
        return ()
    predicts = _works(current.with_prediction, source)
    return ("truth", "prediction", "mask") if predicts else ("truth", "mask")


def _check_size(case: Case) -> None:
    seen = case.batch
    overlapping = seen[0].overlap is not None
    check_size(seen.voxel_count, len(seen.names), len(seen), overlapping=overlapping)


def _instead(failed: JobResult, current: Case | None) -> JobResult:
    """Return what else can be done with sources that are no label volumes."""
    job, error = failed.job, failed.made
    asked = isinstance(error, (PartNeededError, ColoursNeededError))
    if not job.opens or not job.sources or asked:
        return failed
    if isinstance(error, AxesNeededError):
        return JobResult(failed.number, job, error, open_as=("slices", "channels"))
    if isinstance(error, OverlapNeededError):
        return JobResult(failed.number, job, error, open_as=("batch", "overlapping"))
    if len(job.sources) > 1:
        return _first_alone(failed)
    if isinstance(error, NoLabelsError):
        return JobResult(failed.number, job, error, open_as=("with_prediction",))
    open_as = _uses(job.sources[0], current)
    return JobResult(failed.number, job, error, open_as=open_as)


def _first_alone(failed: JobResult) -> JobResult:
    """Return the first of several sources that can be opened alone, with a note that says so."""
    for source in failed.job.sources:
        alone = attempt(failed.number, replace(failed.job, sources=(source,)), None)
        if isinstance(alone.made, Exception):
            continue
        name = Path(source).name
        note = f"{failed.made} {name} alone is opened. {alone.note}".strip()
        return JobResult(failed.number, alone.job, alone.made, note)
    return failed


def _with_fewer_classes(failed: JobResult, case: Case, current: Case | None) -> JobResult:
    """Return a case that is too large with all foreground as one class, if that helps."""
    number, job, error = failed.number, failed.job, failed.made
    if case.classes != "each" or len(case.batch.names) == 2 or not job.opens:
        return failed
    fewer = case.with_classes("foreground")
    try:
        _check_size(fewer)
    except TooLargeError as still:
        return JobResult(number, job, still)
    if len(job.sources) == 1 and _may_be_image(job.sources[0], current):
        return JobResult(number, job, error, open_as=("image", "foreground"))
    note = f"All foreground is one class, for {error} Some of them can be chosen."
    return JobResult(number, job, fewer, note, grouped=True)


def _may_be_image(source: str, current: Case | None) -> bool:
    """Return whether a file of too many labels lies on the grid of what is open."""
    if current is None or current.originals[0].path == source:
        return False
    return _works(current.with_image, source)


def _uses(source: str, current: Case | None) -> tuple[OpenAs, ...]:
    """Return what of the open volume a file is that holds no labels."""
    if current is None:
        return ()
    if _works(current.with_prediction, source):
        return ("prediction",)
    return ("image",) if _works(current.with_image, source) else ()


def _works(use: Callable[[str], Case], source: str) -> bool:
    try:
        use(source)
    except (VolumeError, MemoryError):
        return False
    return True
