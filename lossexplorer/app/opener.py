"""Opens volumes, and changes how what is open is seen, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qtpy.QtCore import QObject, Signal

from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.opening_job import Job, JobResult, Refusal, attempt, ignoring
from lossexplorer.volumes import (
    Case,
    ClassSelection,
    ColoursNeededError,
    Ignored,
    LabelVolume,
    PartNeededError,
    case_of,
    open_case,
    parse_source,
)


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
        It was opened with all foreground as one class, because its ids are those of instances, or
        each as a class is too large.
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
        classes: ClassSelection | None = None,
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

        self._start(Job(make, tuple(sources), asks=asks))

    def open_made(self, make: Callable[[], LabelVolume]) -> None:
        """Open a volume that is no file's; `make` returns it, in the thread."""
        self._start(Job(lambda _: case_of(make())))

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
        self._start(Job(lambda _: make(), then=then, refuse=refuse))

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
            self._start(Job(make, tuple(sources), note=note))

    def choose_classes(self, classes: ClassSelection) -> None:
        """See the ids of what is open as other classes."""
        self._change(lambda case, _: case.with_classes(classes))

    def choose_ignored(self, ignore: int | None) -> None:
        """Have the voxels of an id count nowhere, or of none; it is no class any longer."""
        self._change(lambda case, _: ignoring(case, ignore))

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
            self._start(Job(lambda of: change(case, of), sources, changes=case))

    def _start(self, job: Job) -> None:
        self._number += 1
        self.started.emit()
        number, current = self._number, self._current()

        def work() -> None:
            result = attempt(number, job, current)
            self._main_thread.run(lambda: self._on_result(result))

        # Qt waits for the threads of its pool when the program ends; a drive may never answer.
        threading.Thread(target=work, daemon=True, name="opener").start()

    def _on_result(self, result: JobResult) -> None:
        if result.number != self._number:
            return  # another one was asked for since, and may have been faster
        self._take_result(result)
        if result.number == self._number:
            self.ended.emit()

    def _take_result(self, result: JobResult) -> None:
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
                grouped = result.grouped or made.ids_as_one
                (self.grouped if grouped else self.noted).emit(note)
        else:
            self.changed.emit(made)
            known = job.changes.notes if job.changes else ()
            if new := [note for note in made.notes if note not in known]:
                self.noted.emit(" ".join(new))

    def _on_error(self, result: JobResult, error: Exception) -> None:
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

    def _take_part(self, job: Job, part: str) -> None:
        source = str(parse_source(job.sources[0]).with_part(part))
        self._start(replace(job, sources=(source,)))
