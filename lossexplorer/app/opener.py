"""Opens volumes, and changes how what is open is seen, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from qtpy.QtCore import QObject, Signal

from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.engine.limits import TooLargeError, check_size
from lossexplorer.volumes import (
    AxesNeededError,
    Case,
    ClassSelection,
    ColoursNeededError,
    Ignored,
    LabelVolume,
    NoLabelsError,
    OverlapNeededError,
    PartNeededError,
    VolumeError,
    case_of,
    open_case,
    parse_source,
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
class UndecidedPart:
    """A file holds several volumes, and one has to be chosen.

    Attributes
    ----------
    error : PartNeededError
        Lists them.
    source : str
        The file.
    take : callable
        Goes on with the part of the name that it is called with.
    """

    error: PartNeededError
    source: str
    take: Callable[[str], None]


@dataclass(frozen=True)
class UndecidedColours:
    """A mask is coded in colours, and what they stand for has to be said.

    Attributes
    ----------
    error : ColoursNeededError
        Names the mask and its colours.
    take : callable
        Opens what was to be opened, once a table lies beside the mask.
    """

    error: ColoursNeededError
    take: Callable[[], None]


@dataclass(frozen=True)
class _Job:
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
class _JobResult:
    """What a job leads to: a case, with a note perhaps, or why there is none."""

    number: int
    job: _Job
    made: Case | Exception | None
    note: str = ""
    grouped: bool = False
    open_as: tuple[OpenAs, ...] = ()


class Opener(QObject):
    """Opens one thing at a time; what was asked for last is what stays.

    Parameters
    ----------
    current : callable
        Returns what is open.

    Attributes
    ----------
    started : Signal()
        Something is being opened.
    ended : Signal()
        Nothing is being opened any longer, whatever came of it.
    opened : Signal(Case)
        Other volumes are to be shown.
    changed : Signal(Case)
        The volumes that are open are to be seen otherwise: with other classes, patches, image,
        prediction or ignored voxels.
    remembered : Signal(tuple)
        The sources of volumes that were opened from files.
    refused : Signal(Refusal)
        Nothing was opened; what is open stays.
    noted : Signal(str)
        It was opened, though not as it was asked for, or with something left unread.
    grouped : Signal(str)
        It was opened with all foreground as one class, because each id as a class is too large.
    part_needed : Signal(UndecidedPart)
        One of several volumes in a file has to be chosen.
    colours_needed : Signal(UndecidedColours)
        Classes have to be given to the colours of a mask.
    """

    started = Signal()
    ended = Signal()
    opened = Signal(object)
    changed = Signal(object)
    remembered = Signal(object)
    refused = Signal(object)
    noted = Signal(str)
    grouped = Signal(str)
    part_needed = Signal(object)
    colours_needed = Signal(object)

    def __init__(self, current: Callable[[], Case | None]) -> None:
        super().__init__()
        self._current = current
        self._main_thread = MainThread()
        self._number = 0

    def open(
        self,
        sources: Sequence[str],
        image: str | None = None,
        prediction: str | None = None,
        classes: ClassSelection = "each",
        *,
        mask: str | None = None,
        ignore: Ignored = "declared",
        overlapping: bool | None = None,
        asks: bool = False,
    ) -> None:
        """Open files or sample volumes; several are a batch, or masks of overlapping classes.

        With `asks`, one that may be the mask of what is open is refused, with a question.
        """

        def make(of: Sequence[str]) -> Case:
            return open_case(
                of,
                image=image,
                prediction=prediction,
                mask=mask,
                ignore=ignore,
                overlapping=overlapping,
                classes=classes,
                asks=True,
            )

        self._start(_Job(make, tuple(sources), asks=asks))

    def open_made(self, make: Callable[[], LabelVolume]) -> None:
        """Open a volume that is no file's; `make` returns it, in the thread."""
        self._start(_Job(lambda _: case_of(make())))

    def open_document(
        self,
        make: Callable[[], Case | None],
        then: Callable[[Case | None], object],
        refuse: Callable[[Exception], bool],
    ) -> None:
        """Open what a document needs.

        Parameters
        ----------
        make : callable
            Reads the document and opens its volumes, in the thread; None if it has none.
        then : callable
            Takes the case, in place of those who hear `opened`.
        refuse : callable
            Takes what went wrong, and returns whether nothing more is to be said of it.
        """
        self._start(_Job(lambda _: make(), then=then, refuse=refuse))

    def open_level(self, level: int) -> None:
        """Open another level of the same image, with the same classes, ignored id and patches."""
        case = self._current()
        if case is not None:
            overlapping = case.sources.overlapping

            def make(of: Sequence[str]) -> Case:
                whole = open_case(of, overlapping=overlapping).with_ignored(case.ignore)
                return whole.with_classes(case.classes).with_patch(case.patch)

            sources = [str(parse_source(source).at_level(level)) for source in case.sources.volumes]
            masked = f"{case.mask_name} is no mask of this level, so no voxel is left out."
            note = masked if case.left_out is not None else ""
            self._start(_Job(make, tuple(sources), note=note))

    def choose_classes(self, classes: ClassSelection) -> None:
        """See the ids of what is open as other classes."""
        self._change(lambda case, _: case.with_classes(classes))

    def choose_ignored(self, ignore: int | None) -> None:
        """Have the voxels of an id count nowhere, or of none; it is no class any longer."""
        self._change(lambda case, _: _ignoring(case, ignore))

    def use_mask(self, path: str) -> None:
        """Leave voxels of what is open out where a file's mask is 0."""
        self._change(lambda case, sources: case.with_mask(sources[0]), path)

    def remove_mask(self) -> None:
        """Have the voxels count again that a mask leaves out."""
        self._change(lambda case, _: case.with_mask(None))

    def choose_patch(self, patch: tuple[int, int, int] | None) -> None:
        """Cut what is open into patches (z, y, x), or leave it whole."""
        self._change(lambda case, _: case.with_patch(patch))

    def show_image(self, path: str) -> None:
        """Show a file's image below the labels that are open."""
        self._change(lambda case, sources: case.with_image(sources[0]), path)

    def use_prediction(self, path: str) -> None:
        """Take a file's prediction of what is open."""
        self._change(lambda case, sources: case.with_prediction(sources[0]), path)

    def simulate(self) -> None:
        """Leave the prediction from a file."""
        self._change(lambda case, _: case.with_prediction(None))

    def cancel(self) -> None:
        """Forget what is being opened."""
        self._number += 1

    def _change(self, change: Callable[[Case, Sequence[str]], Case], *sources: str) -> None:
        case = self._current()
        if case is None:
            self.refused.emit(Refusal("Open a label volume first."))
        else:
            self._start(_Job(lambda of: change(case, of), sources, changes=case))

    def _start(self, job: _Job) -> None:
        self._number += 1
        self.started.emit()
        number, current = self._number, self._current()

        def attempt() -> None:
            result = _attempt(number, job, current)
            self._main_thread.run(lambda: self._on_result(result))

        # Qt waits for the threads of its pool when the program ends; a drive may never answer.
        threading.Thread(target=attempt, daemon=True, name="opener").start()

    def _on_result(self, result: _JobResult) -> None:
        if result.number != self._number:
            return  # another one was asked for since, and may have been faster
        self._take_result(result)
        if result.number == self._number:
            self.ended.emit()

    def _take_result(self, result: _JobResult) -> None:
        job, made = result.job, result.made
        if job.changes is not None and job.changes is not self._current():
            return  # what was to be changed was undone or changed since: the later action holds
        if isinstance(made, Exception):
            self._on_error(result, made)
        elif job.then is not None:
            job.then(made)
        elif made is None:
            pass
        elif job.opens:
            self.opened.emit(made)
            if job.sources:
                self.remembered.emit(job.sources)
            note = " ".join(filter(None, (result.note, *made.notes)))
            if note:
                (self.grouped if result.grouped else self.noted).emit(note)
        else:
            self.changed.emit(made)
            known = job.changes.notes if job.changes else ()
            if new := [note for note in made.notes if note not in known]:
                self.noted.emit(" ".join(new))

    def _on_error(self, result: _JobResult, error: Exception) -> None:
        """Ask what an error asks for, or say what went wrong."""
        job = result.job
        if isinstance(error, PartNeededError) and len(job.sources) == 1:
            source = job.sources[0]
            self.part_needed.emit(UndecidedPart(error, source, partial(self._take_part, job)))
        elif isinstance(error, ColoursNeededError):
            self.colours_needed.emit(UndecidedColours(error, partial(self._start, job)))
        elif job.refuse is None or not job.refuse(error):
            source = job.sources[0] if job.sources else ""
            self.refused.emit(Refusal(str(error), source, result.open_as, job.sources))

    def _take_part(self, job: _Job, part: str) -> None:
        source = str(parse_source(job.sources[0]).with_part(part))
        self._start(replace(job, sources=(source,)))


def _attempt(number: int, job: _Job, current: Case | None) -> _JobResult:
    """Return what becomes of a job."""
    try:
        case = job.make(job.sources)
        if case is None:
            return _JobResult(number, job, None)
        if job.asks and (uses := _uses_of_mask(case, current)):
            asked = VolumeError(
                f"{case.originals[0].name} has one class and lies on the grid of what is open. "
                "What is it?"
            )
            return _JobResult(number, job, asked, open_as=uses)
    except Exception as error:  # noqa: BLE001 - said in the window
        return _instead(_JobResult(number, job, error), current)
    try:
        _check_size(case)
    except TooLargeError as error:
        return _with_fewer_classes(_JobResult(number, job, error), case, current)
    case.hash_contents()  # here, and not in the window's thread when a session is saved
    return _JobResult(number, job, case, job.note)


def _ignoring(case: Case, ignore: int | None) -> Case:
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


def _instead(failed: _JobResult, current: Case | None) -> _JobResult:
    """Return what else can be done with sources that are no label volumes."""
    job, error = failed.job, failed.made
    asked = isinstance(error, (PartNeededError, ColoursNeededError))
    if not job.opens or not job.sources or asked:
        return failed
    if isinstance(error, AxesNeededError):
        return _JobResult(failed.number, job, error, open_as=("slices", "channels"))
    if isinstance(error, OverlapNeededError):
        return _JobResult(failed.number, job, error, open_as=("batch", "overlapping"))
    if len(job.sources) > 1:
        return _first_alone(failed)
    if isinstance(error, NoLabelsError):
        return _JobResult(failed.number, job, error, open_as=("with_prediction",))
    open_as = _uses(job.sources[0], current)
    return _JobResult(failed.number, job, error, open_as=open_as)


def _first_alone(failed: _JobResult) -> _JobResult:
    """Return the first of several sources that can be opened alone, with a note that says so."""
    for source in failed.job.sources:
        alone = _attempt(failed.number, replace(failed.job, sources=(source,)), None)
        if isinstance(alone.made, Exception):
            continue
        name = Path(source).name
        note = f"{failed.made} {name} alone is opened. {alone.note}".strip()
        return _JobResult(failed.number, alone.job, alone.made, note)
    return failed


def _with_fewer_classes(failed: _JobResult, case: Case, current: Case | None) -> _JobResult:
    """Return a case that is too large with all foreground as one class, if that helps."""
    number, job, error = failed.number, failed.job, failed.made
    if case.classes != "each" or len(case.batch.names) == 2 or not job.opens:
        return failed
    fewer = case.with_classes("foreground")
    try:
        _check_size(fewer)
    except TooLargeError as still:
        return _JobResult(number, job, still)
    if len(job.sources) == 1 and _may_be_image(job.sources[0], current):
        return _JobResult(number, job, error, open_as=("image", "foreground"))
    note = f"All foreground is one class, for {error} Some of them can be chosen."
    return _JobResult(number, job, fewer, note, grouped=True)


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
