"""Snapshots in a document: written with it, and back in the strip once it is opened."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from psygnal import SignalInstance

from lossexplorer.app.opener import Opener
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.documents import (
    DocumentError,
    SessionDocument,
    SnapshotRecord,
    opening_of,
    recorded,
    restored,
)
from lossexplorer.session import Session
from lossexplorer.session.snapshots import Snapshot, Snapshots
from lossexplorer.volumes import Case


class StoredSnapshots:
    """Writes snapshots into documents, and takes them from there.

    Of a snapshot whose volumes are seen as the document's are, nothing has to be opened. Those of
    others are opened when the snapshot is gone back to.

    Parameters
    ----------
    session, snapshots
        What is open, and what was kept of it.
    opener, messages
        What opens other volumes, and what says that something went wrong.
    """

    def __init__(
        self, session: Session, snapshots: Snapshots, opener: Opener, messages: MessageBar
    ) -> None:
        self._session, self._snapshots = session, snapshots
        self._opener, self._messages = opener, messages
        self._written: dict[int, tuple[Snapshot, SnapshotRecord]] = {}
        self._unopened: dict[int, tuple[SnapshotRecord, Path | None]] = {}

    @property
    def changed(self) -> SignalInstance:
        """Emitted when there are others, or in another order, or with other names."""
        return self._snapshots.changed

    @property
    def names(self) -> tuple[tuple[int, str], ...]:
        """The number and the name of each, in order: what else is in them stays as it is."""
        return tuple((each.number, each.name) for each in self._snapshots.kept)

    def written(self) -> tuple[SnapshotRecord, ...]:
        """Return what is written of the snapshots; it may be called in any thread."""
        return tuple(map(self._write, self._snapshots.kept))

    def _write(self, snapshot: Snapshot) -> SnapshotRecord:
        unopened = self._unopened.get(snapshot.number)
        if unopened is not None:
            return unopened[0].model_copy(update={"name": snapshot.name})
        known = self._written.get(snapshot.number)
        same = (snapshot.state, snapshot.name)
        if known is None or (known[0].state, known[0].name) != same:
            known = snapshot, record_of(snapshot)
            self._written[snapshot.number] = known
        return known[1]

    def restore(self, document: SessionDocument, path: Path | None) -> None:
        """Have the snapshots of a document, which is open now, and no others.

        Parameters
        ----------
        document : SessionDocument
            What was opened.
        path : Path or None
            Its file, beside which volumes are looked for.
        """
        self._written, self._unopened = {}, {}
        folder = None if path is None else path.parent
        own = opening_of(document, folder)
        found, unopened = [], []
        for stored in document.snapshots:
            is_own = opening_of(stored, folder) == own
            try:
                snapshot = snapshot_of(stored, self._session.case if is_own else None)
            except DocumentError as error:
                self._messages.say(f"{stored.name} is left out: {error}")
                continue
            found.append(snapshot)
            unopened.append(None if is_own else (stored, folder))
        numbers = [each.number for each in self._snapshots.restore(found)]
        self._unopened = {
            number: each for number, each in zip(numbers, unopened, strict=True) if each is not None
        }

    def when_open(self, number: int, act: Callable[[int], object]) -> None:
        """Do something with a snapshot: now, or once its volumes are open.

        Parameters
        ----------
        number : int
            Which snapshot.
        act : callable
            Takes the number.
        """
        if number not in self._unopened:
            act(number)
            return
        stored, folder = self._unopened[number]

        def go_on(case: Case | None) -> None:
            try:
                state = restored(stored, case)
            except DocumentError as error:
                self._messages.say(f"{stored.name}: {error}")
                return
            if self._unopened.pop(number, None) is not None:
                self._snapshots.complete(number, state)
                act(number)

        self._opener.open_document(opening_of(stored, folder).open, go_on, lambda _error: False)


def record_of(snapshot: Snapshot) -> SnapshotRecord:
    """Return what is written of a snapshot.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from lossexplorer.session import State
    >>> kept = Snapshot(1, "Snapshot 1", State(), datetime.now(UTC), b"picture")
    >>> stored = record_of(kept)
    >>> stored.name, snapshot_of(stored, None) == kept
    ('Snapshot 1', True)
    """
    return SnapshotRecord(
        **recorded(snapshot.state),
        name=snapshot.name,
        taken_at=snapshot.kept_at,
        picture=base64.b64encode(snapshot.picture).decode("ascii"),
    )


def snapshot_of(stored: SnapshotRecord, case: Case | None) -> Snapshot:
    """Return a snapshot that was written.

    Parameters
    ----------
    stored : SnapshotRecord
        What was written.
    case : Case or None
        Its volumes; None if they are not open.

    Raises
    ------
    DocumentError
        If a value is not allowed.
    """
    return Snapshot(
        1,
        stored.name,
        restored(stored, case),
        stored.taken_at,
        base64.b64decode(stored.picture),
    )
