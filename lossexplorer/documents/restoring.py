"""From a document to what is to be opened, and to the state once it is open."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lossexplorer.core.lengths import ANY_SIZE, VolumeSize
from lossexplorer.core.parameters import ParameterError
from lossexplorer.documents.document import SourceRecord, StateRecord
from lossexplorer.documents.reading import DocumentError, losses_of
from lossexplorer.predictions import (
    check_classes,
    check_room,
    complete_controls,
    controls_of,
    fitting,
    without_room,
)
from lossexplorer.session.class_numbers import check_class_numbers, fitting_class_numbers
from lossexplorer.session.overlapping import fitting_controls, fitting_losses, overlaps
from lossexplorer.session.shown_losses import default_losses
from lossexplorer.session.slices import fullest_plane
from lossexplorer.session.state import Experiment, State
from lossexplorer.volumes import (
    SAMPLE_VOLUME_PREFIX,
    Case,
    ClassSelection,
    Source,
    open_case,
    parse_source,
)


class MissingFilesError(DocumentError):
    """Files of a document are not there.

    Attributes
    ----------
    files : tuple of SourceRecord
        Which.
    """

    def __init__(self, files: Sequence[SourceRecord]) -> None:
        self.files = tuple(files)
        *others, last = (each.path for each in files)
        names = f"{', '.join(others)} and {last} are" if others else f"{last} is"
        super().__init__(f"{names} not there any longer. Put it back, or choose another file.")


@dataclass(frozen=True)
class Opening:
    """What `lossexplorer.volumes.open_case` is called with to open what a document needs.

    Attributes
    ----------
    volumes : tuple of str
        Sources; empty if the document has none.
    image, prediction, mask : str, optional
        Sources of what belongs to them.
    classes, ignore, overlapping, patch
        As in `StateRecord`.
    missing : tuple of SourceRecord
        The files that are neither where they were nor beside the document.
    """

    volumes: tuple[str, ...] = ()
    image: str | None = None
    prediction: str | None = None
    mask: str | None = None
    classes: ClassSelection = "each"
    ignore: int | None = None
    overlapping: bool | None = None
    patch: tuple[int, int, int] | None = None
    missing: tuple[SourceRecord, ...] = ()

    def open(self) -> Case | None:
        """Open it; None if there is nothing to open.

        Raises
        ------
        MissingFilesError
            If a file is missing.
        lossexplorer.volumes.VolumeError
            If something cannot be read or does not fit.
        """
        if self.missing:
            raise MissingFilesError(self.missing)
        if not self.volumes:
            return None
        case = open_case(
            self.volumes,
            image=self.image,
            prediction=self.prediction,
            mask=self.mask,
            classes=self.classes,
            ignore=self.ignore,
            overlapping=self.overlapping,
            patch=self.patch,
        )
        case.hash_contents()
        return case


def opening_of(
    record: StateRecord,
    folder: str | os.PathLike[str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Opening:
    """Return what is to be opened for a document.

    Parameters
    ----------
    record : StateRecord
        The document, or a snapshot of it.
    folder : path-like, optional
        Where the document's file is: files are looked for beside it first.
    chosen : mapping of str to str, optional
        Other files that a person has chosen, by `SourceRecord.path`; empty leaves the file out.

    Examples
    --------
    >>> from lossexplorer.documents import session_document
    >>> from lossexplorer.session import Session
    >>> from lossexplorer.volumes import open_case
    >>> session = Session()
    >>> session.open(open_case(["sample:tumour"]))
    >>> opening_of(session_document(session.state)).volumes
    ('sample:tumour',)
    """
    others = chosen or {}

    def place(source: SourceRecord) -> str:
        other = others.get(source.path)
        if other:
            return str(Source(other, source.part, source.level))
        return found(source, folder)

    def kept(source: SourceRecord | None) -> str | None:
        left_out = source is None or others.get(source.path) == ""
        return None if source is None or left_out else place(source)

    missing = tuple(
        each for each in record.files if each.path not in others and not _is_there(place(each))
    )
    return Opening(
        volumes=tuple(place(each) for each in record.volumes),
        image=kept(record.image),
        prediction=kept(record.prediction),
        mask=kept(record.mask),
        classes=record.classes,
        ignore=record.ignore,
        overlapping=record.overlapping,
        patch=record.patch,
        missing=missing,
    )


def found(source: SourceRecord, folder: str | os.PathLike[str] | None = None) -> str:
    """Return where a source is: beside the document if it is there, else where it was."""
    if source.path.startswith(SAMPLE_VOLUME_PREFIX):
        return source.path
    paths = [source.path]
    if folder is not None:
        near = [source.beside, Path(source.path).name]
        paths = [*(os.path.normpath(Path(folder, each)) for each in near if each), source.path]
    path = next((each for each in paths if Path(each).exists()), source.path)
    return str(Source(path, source.part, source.level))


def _is_there(source: str) -> bool:
    return source.startswith(SAMPLE_VOLUME_PREFIX) or Path(parse_source(source).path).exists()


@dataclass(frozen=True)
class Difference:
    """What of a file is not as it was when the document was saved.

    Attributes
    ----------
    source : SourceRecord
        The file, as the document has it.
    text : str
        What is different, a sentence.
    """

    source: SourceRecord
    text: str


def differences(record: StateRecord, case: Case) -> tuple[Difference, ...]:
    """Return what of the files is not as it was when the document was saved.

    Parameters
    ----------
    record : StateRecord
        The document.
    case : Case
        What was opened for it.
    """
    others = (
        ("prediction", record.prediction, case.given_contents),
        ("image", record.image, case.image_contents),
        ("mask", record.mask, case.mask_contents),
    )
    texts = [(record.volumes[0], _of_truth(record, case))] if record.volumes else []
    texts += [(source, _of_other(what, source, now)) for what, source, now in others if source]
    return tuple(Difference(source, text) for source, text in texts if text)


def _of_truth(record: StateRecord, case: Case) -> str:
    """Return in what the volumes differ, in sentences; that labels do follows from all others."""
    truth, first = record.truth, case.originals[0]
    if truth is None:
        return ""
    name = Path(parse_source(first.path).path).name
    ids, samples, known = tuple(c.id for c in first.classes), len(case.originals), record.volumes[0]
    said = {
        f"{name} has {_shape(first.shape)} voxels, and had {_shape(truth.shape)}.": (
            first.shape != truth.shape
        ),
        f"There are {samples} samples, and there were {truth.samples}.": samples != truth.samples,
        f"{name} has the classes {_ids(ids)}, and had {_ids(truth.ids)}.": ids != truth.ids,
        f"The voxels of {name} measure {_edges(first.spacing)} mm, and measured "
        f"{_edges(truth.spacing)} mm.": first.spacing != truth.spacing,
    }
    if any(said.values()):
        return " ".join(sentence for sentence, differs in said.items() if differs)
    if known.sha256 in ("", case.contents):
        return ""
    return f"{name} has the same shape and classes, and other labels in some voxels."


def _of_other(what: str, source: SourceRecord, now: str) -> str:
    name = Path(source.path).name
    if not now:
        return f"The {what} {name} is left out."
    return "" if source.sha256 in ("", now) else f"The {what} {name} has other values."


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _edges(spacing: tuple[float, ...]) -> str:
    return " × ".join(f"{mm:g}" for mm in spacing)


def _ids(ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, ids[:12])) + (" …" if len(ids) > 12 else "")


def restored(record: StateRecord, case: Case | None) -> State:
    """Return the state that a document has, of what was opened for it.

    Of volumes that are as they were, it is the state that was saved. Of others, what does not fit
    them is at its default, as where other volumes are opened.

    Parameters
    ----------
    record : StateRecord
        The document, or a snapshot of it.
    case : Case or None
        What was opened for it, or None to do without.

    Raises
    ------
    DocumentError
        If the volumes are as they were, and a value is not allowed.

    Examples
    --------
    >>> from lossexplorer.documents import session_document
    >>> from lossexplorer.session import Session
    >>> session = Session()
    >>> session.set_control("grow", 2.0)
    >>> restored(session_document(session.state), None) == session.state
    True
    """
    is_same = case is None or not differences(record, case)
    experiment = experiment_of(record, case) if is_same else _fitted(record, case)
    view = replace(record.view.fitted(experiment, experiment), descended=0)
    if not is_same and case is not None and view.plane != record.view.plane:
        view = replace(view, plane=fullest_plane(case, view.sample))
    view = view.with_crosshair(None if case is None else case.batch[view.sample])
    return State(experiment, replace(view, against=experiment.against(view.against)))


def experiment_of(record: StateRecord, case: Case | None) -> Experiment:
    """Return the experiment that a document has, with every value checked.

    Raises
    ------
    DocumentError
        If a value is not allowed in the volumes.
    """
    size = _size_of(record) if case is None else case.batch.size
    try:
        losses = losses_of(record)
        controls = complete_controls(record.controls, size)
        if case is not None:
            check_classes(controls, case.batch.names)
            check_room(controls, case.batch[0].shape)
            for setting in losses:
                check_class_numbers(setting, case)
        record.descent.check(losses)
    except ParameterError as error:
        raise DocumentError(str(error)) from error
    return Experiment(case, controls, losses, record.setup.without_trust(), record.descent)


def _fitted(record: StateRecord, case: Case | None) -> Experiment:
    """Return the experiment with what does not fit other volumes at its default."""
    if case is None:
        return experiment_of(record, None)
    size = case.batch.size
    before = complete_controls(record.controls, _size_of(record))
    controls = fitting(before, case.batch.names, _size_of(record), size)
    defaults = controls_of(size)
    controls |= {name: defaults[name].default for name in without_room(case.batch[0].shape)}
    losses = losses_of(record)
    if overlaps(case):
        controls, losses = fitting_controls(controls), fitting_losses(losses, default_losses())
    losses = tuple(fitting_class_numbers(setting, case) for setting in losses)
    descent = record.descent.fitted([setting.name for setting in losses])
    return Experiment(case, controls, losses, record.setup.without_trust(), descent)


def _size_of(record: StateRecord) -> VolumeSize:
    """Return the size of the samples that the values were set for."""
    truth = record.truth
    if truth is None:
        return ANY_SIZE
    z, y, x = truth.shape if record.patch is None else map(min, truth.shape, record.patch)
    return VolumeSize(truth.spacing, (z, y, x))


def case_of(record: StateRecord, folder: str | os.PathLike[str] | None = None) -> Case | None:
    """Open what a document needs; None if it needs nothing.

    Raises
    ------
    lossexplorer.volumes.VolumeError
        If something cannot be read or does not fit.
    """
    return opening_of(record, folder).open()


def is_open(record: StateRecord, case: Case) -> bool:
    """Return whether the sample volumes that a document needs are what is open, seen in its way.

    Files may have changed since, so they are always read.

    Parameters
    ----------
    record : StateRecord
        The document.
    case : Case
        What is open.
    """
    opening, sources = opening_of(record), case.sources
    needed = (
        opening.volumes,
        *(each or "" for each in (opening.image, opening.prediction, opening.mask)),
        opening.overlapping,
        (opening.classes, opening.ignore, opening.patch),
    )
    return needed == (
        sources.volumes,
        *(sources.image, sources.prediction, sources.mask),
        sources.overlapping,
        (case.classes, case.ignore, case.patch),
    ) and all(path.startswith(SAMPLE_VOLUME_PREFIX) for path in opening.volumes)
