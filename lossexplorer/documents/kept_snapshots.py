"""Snapshots of a session in its document, and back again."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping

from lossexplorer.documents.document import SessionDocument, SnapshotRecord, StateRecord
from lossexplorer.documents.reading import DocumentError
from lossexplorer.documents.restoring import opening_of, restored
from lossexplorer.documents.writing import recorded
from lossexplorer.session.snapshots import Snapshot
from lossexplorer.volumes import Case, VolumeError


def snapshot_records(snapshots: Iterable[Snapshot]) -> tuple[SnapshotRecord, ...]:
    """Return snapshots as a document holds them; what is known of their values is not in it.

    Parameters
    ----------
    snapshots : iterable of Snapshot
        In the order of the strip.
    """
    return tuple(
        SnapshotRecord(
            **recorded(each.state),
            name=each.name,
            taken_at=each.kept_at,
            picture=base64.b64encode(each.picture).decode(),
        )
        for each in snapshots
    )


def restored_snapshots(
    document: SessionDocument,
    case: Case | None,
    folder: str | os.PathLike[str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> tuple[tuple[Snapshot, ...], tuple[str, ...]]:
    """Return the snapshots that a document holds, and why others cannot be had.

    Parameters
    ----------
    document : SessionDocument
        What was read.
    case : Case or None
        What was opened for it: snapshots that are of the same files share their volumes.
    folder, chosen
        As in `opening_of`.

    Returns
    -------
    snapshots : tuple of Snapshot
        Numbered from 1.
    problems : tuple of str
        Sentences.
    """
    found: list[Snapshot] = []
    problems: list[str] = []
    others: list[tuple[StateRecord, Case | None]] = [(document, case)]
    for record in document.snapshots:
        try:
            opened = _case(record, others, folder, chosen)
            state = restored(record, opened)
        except (DocumentError, VolumeError) as error:
            problems.append(f"The snapshot {record.name} is left out: {error}")
            continue
        others.append((record, opened))
        picture = base64.b64decode(record.picture)
        found.append(Snapshot(len(found) + 1, record.name, state, record.taken_at, picture))
    return tuple(found), tuple(problems)


def _case(
    record: StateRecord,
    others: Iterable[tuple[StateRecord, Case | None]],
    folder: str | os.PathLike[str] | None,
    chosen: Mapping[str, str] | None,
) -> Case | None:
    """Return what a snapshot is of: seen otherwise, of the same files, or opened."""
    for other, case in others:
        if case is not None and _files(other) == _files(record):
            seen = (record.classes, record.ignore, record.patch)
            if seen == (case.classes, case.ignore, case.patch):
                return case
            return case.seen_with(*seen)
    return opening_of(record, folder, chosen).open()


def _files(record: StateRecord) -> tuple[object, ...]:
    return record.volumes, record.prediction, record.image, record.mask, record.overlapping
