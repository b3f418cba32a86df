"""From the state to a document, and from a document to text and to a file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from lossexplorer import __version__
from lossexplorer.core.files import replace_file
from lossexplorer.documents.document import (
    LossRecord,
    SessionDocument,
    SnapshotRecord,
    SourceRecord,
    StateRecord,
    TruthRecord,
)
from lossexplorer.engine.messages import LossSetting
from lossexplorer.session.state import State
from lossexplorer.volumes import SAMPLE_VOLUME_PREFIX, Case, parse_source

Document = TypeVar("Document", bound=SessionDocument)

LIBRARIES = (
    "tensorflow",
    "keras",
    "jax",
    "torch",
    "numpy",
    "scipy",
    "edt",
    "napari",
    "PySide6-Essentials",
)
"""The libraries whose versions are written, where they are installed."""


def session_document(
    state: State, snapshots: Iterable[SnapshotRecord] = (), *, saved_at: datetime | None = None
) -> SessionDocument:
    """Return what a session is saved as.

    Parameters
    ----------
    state : State
        What is open and set.
    snapshots : iterable of SnapshotRecord
        What was kept, the oldest first.
    saved_at : datetime, optional
        When; now if not given.

    Examples
    --------
    >>> from lossexplorer.session import State
    >>> document = session_document(State())
    >>> document.version, document.losses[0].loss, document.controls["grow"]
    (2, 'dice', 0.0)
    """
    return SessionDocument(
        **recorded(state),
        program=__version__,
        libraries=library_versions(),
        saved_at=saved_at or datetime.now(UTC),
        snapshots=tuple(snapshots),
    )


def recorded(state: State) -> dict[str, Any]:
    """Return the fields of `StateRecord` that a state has, with which any document is made."""
    experiment = state.experiment
    fields: dict[str, Any] = {
        "controls": dict(experiment.controls),
        "losses": tuple(map(_loss_record, experiment.losses)),
        "setup": experiment.setup.without_trust(),
        "descent": experiment.descent,
        "view": replace(state.view, descended=0),  # the steps are taken anew
    }
    return fields if experiment.case is None else fields | _recorded_case(experiment.case)


def _recorded_case(case: Case) -> dict[str, Any]:
    sources, first = case.sources, case.originals[0]
    hashes = [case.contents, *[""] * len(sources.volumes)]
    return {
        "volumes": tuple(map(_source_record, sources.volumes, hashes)),
        "truth": TruthRecord(
            shape=first.shape,
            spacing=first.spacing,
            samples=len(case.originals),
            ids=tuple(c.id for c in first.classes),
            names=case.originals.names,
        ),
        "prediction": _optional(sources.prediction, case.given_contents),
        "image": _optional(sources.image, case.image_contents),
        "mask": _optional(sources.mask, case.mask_contents),
        "classes": case.classes,
        "ignore": case.ignore,
        "overlapping": sources.overlapping,
        "patch": case.patch,
    }


def _optional(source: str, sha256: str) -> SourceRecord | None:
    return _source_record(source, sha256) if source else None


def _source_record(source: str, sha256: str) -> SourceRecord:
    if source.startswith(SAMPLE_VOLUME_PREFIX):
        return SourceRecord(path=source)
    parsed = parse_source(source)
    path = Path(parsed.path).absolute()
    return SourceRecord(
        path=str(path),
        part=parsed.part,
        level=parsed.level,
        size_bytes=_size(path),
        sha256=sha256,
    )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:  # a drive that is gone, while what was read of it is still open
        return None


def _loss_record(setting: LossSetting) -> LossRecord:
    return LossRecord(
        loss=setting.loss,
        name=setting.name,
        title=setting.title,
        parameters=dict(setting.parameters),
        weight=setting.weight,
    )


@cache
def library_versions() -> Mapping[str, str]:
    """Return the versions of `LIBRARIES`, without importing them."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def text_of(document: SessionDocument) -> str:
    """Return a document as JSON, the same text for the same document.

    Examples
    --------
    >>> from lossexplorer.documents import document_of
    >>> from lossexplorer.session import State
    >>> document = session_document(State())
    >>> document_of(text_of(document)) == document
    True
    """
    content = _with_words(document.model_dump(mode="json"))
    first = {name: content.pop(name) for name in ("kind", "version")}
    text = json.dumps(first | content, indent=1, ensure_ascii=False, allow_nan=False)
    if not _is_utf8(text):  # the name of a file, which is bytes, may be no text
        text = json.dumps(first | content, indent=1, allow_nan=False)
    return text + "\n"


def _with_words(value: Any) -> Any:
    """Return JSON's values with words for the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {name: _with_words(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_words(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def write_document(document: SessionDocument, path: Path) -> None:
    """Write a document to a file, as a whole: if that fails, the file is as it was.

    The paths from the file to volumes are written beside the absolute ones.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    content = text_of(placed_at(document, path)).encode()

    def write(unfinished: Path) -> None:
        with unfinished.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())

    replace_file(path, write)


def placed_at(document: Document, path: Path) -> Document:
    """Return a document with the paths from a file to the volumes that it needs."""
    folder = path.absolute().parent
    return document.model_copy(
        update=_placed(document, folder)
        | {
            "snapshots": tuple(
                each.model_copy(update=_placed(each, folder)) for each in document.snapshots
            )
        }
    )


def _placed(record: StateRecord, folder: Path) -> dict[str, Any]:
    optional = {
        name: _beside(source, folder)
        for name in ("prediction", "image", "mask")
        if (source := getattr(record, name)) is not None
    }
    return optional | {"volumes": tuple(_beside(each, folder) for each in record.volumes)}


def _beside(source: SourceRecord, folder: Path) -> SourceRecord:
    if source.path.startswith(SAMPLE_VOLUME_PREFIX):
        return source
    try:
        beside = Path(os.path.relpath(source.path, folder)).as_posix()
    except ValueError:  # another drive of Windows
        beside = ""
    return source.model_copy(update={"beside": beside})
