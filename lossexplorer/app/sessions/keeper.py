"""Keeps the session of one window on the disk, from its first change until the window is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lossexplorer.app.recent import title
from lossexplorer.app.sessions.autosave import Autosave
from lossexplorer.app.sessions.changes import changes_in_words
from lossexplorer.app.sessions.kept import (
    KeptSession,
    KeptSessions,
    KeptStatus,
    SessionFolder,
    remove,
)
from lossexplorer.session import Change, Session, State
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUME_PREFIX


@dataclass(frozen=True)
class Beginning:
    """What a session began with.

    Attributes
    ----------
    state : State
        What its changes are counted from: what was opened, restored or saved.
    changes : str
        What had been changed before that, of a session that was restored.
    file : str
        Path of the file that it was saved as; empty if it was not.
    crashes : int
        How many windows have been killed with it.
    """

    state: State
    changes: str = ""
    file: str = ""
    crashes: int = 0


class Keeper:
    """Writes the session after every change, without making anybody wait for the disk.

    Parameters
    ----------
    session : Session
        What is open and set.
    kept : KeptSessions
        Where it is kept.
    text : callable
        Makes the document of a state; it is called in a thread.
    failed : callable
        Takes the error of a write, once for each time that writes begin to fail; it is called in a
        thread.
    """

    def __init__(
        self,
        session: Session,
        kept: KeptSessions,
        text: Callable[[State], str],
        failed: Callable[[Exception], None],
    ) -> None:
        self._session, self._kept, self._text = session, kept, text
        self._autosave = Autosave(failed)
        self._folder: SessionFolder | None = None
        self._beginning = Beginning(session.store.lasting)
        self._former: list[Path] = []
        self._left: list[KeptSession] = []  # which the folder has before anything else
        self._has_begun = False
        session.changed.connect(self._on_change)

    @property
    def file(self) -> str:
        """Path of the file that the session was saved as; empty if it was not."""
        return self._beginning.file

    def go_on_from(self, session: KeptSession, former: Path) -> None:
        """Keep a session that was restored, in place of the folder that it was in.

        Parameters
        ----------
        session : KeptSession
            What was said of it there.
        former : Path
            That folder, which is removed once the session is on the disk again.
        """
        now = self._session.store.lasting
        self._beginning = Beginning(now, session.changes, session.file, session.all_crashes)
        self._former.append(former)
        self._put("open")

    def leave(self) -> KeptSession | None:
        """Have what is set stay on the disk, because another session is opened in its place.

        Returns
        -------
        KeptSession or None
            None if nothing would be missed: it has a file, or nothing was changed.
        """
        state, beginning = self._session.store.lasting, self._beginning
        changes = changes_in_words(beginning.state, state) or beginning.changes
        if beginning.file or not changes:
            return None
        # Its text is made here: when the thread writes it, the snapshots are others.
        left = self._kept_now(state, beginning, changes, "left", datetime.now(UTC))
        self._left.append(left)
        return left

    def keep_snapshots(self) -> None:
        """Have the session written with other snapshots, which are a change, too."""
        changes = self._beginning.changes or "the snapshots changed"
        self._beginning = replace(self._beginning, changes=changes)
        self._put("open")

    def saved_as(self, file: str) -> None:
        """Count changes from now on, because the session was saved as a file or opened from it."""
        self._beginning = Beginning(self._session.store.lasting, file=file)
        self._put("open")

    def flush(self, *, is_end: bool = False) -> bool:
        """Wait until the session is on the disk, and return whether it is.

        Parameters
        ----------
        is_end : bool
            Whether the program will be ended as a user would end it, unless something changes.
        """
        if self._has_begun:
            self._put("ended" if is_end else "open")
        return self._autosave.flush()

    def end(self) -> None:
        """Keep the session as the last one that was ended, and hold it no longer."""
        self._session.changed.disconnect(self._on_change)
        if self._has_begun:
            self._autosave.finish(self._ending())

    def _on_change(self, change: Change) -> None:
        if change.begins_anew:
            self._beginning = Beginning(change.new, file=self.file)
        now = change.new.experiment
        if now.case is not None or now != self._beginning.state.experiment:
            self._put("open")

    def _put(self, status: KeptStatus) -> None:
        self._has_begun = True
        self._autosave.put(self._writing(self._session.store.lasting, status))

    def _writing(self, state: State, status: KeptStatus) -> Callable[[], None]:
        """Return what writes a state."""
        beginning, moment = self._beginning, datetime.now(UTC)

        def write() -> None:
            while self._left:
                folder = self._held()
                folder.write(self._left[0])
                folder.release()
                self._folder = None
                del self._left[0]
            changes = changes_in_words(beginning.state, state) or beginning.changes
            self._held().write(self._kept_now(state, beginning, changes, status, moment))
            while self._former:
                remove(self._former.pop())

        return write

    def _held(self) -> SessionFolder:
        """Return the folder of the session, which is made when it is first written to."""
        if self._folder is None:
            self._folder = self._kept.make()
        return self._folder

    def _kept_now(
        self, state: State, beginning: Beginning, changes: str, status: KeptStatus, moment: datetime
    ) -> KeptSession:
        return KeptSession(
            status=status,
            kept_at=moment,
            title=_title(state, beginning.file),
            file=beginning.file,
            changes=changes,
            crashes=beginning.crashes if status == "open" else 0,
            is_of_files=_is_of_files(state) or bool(beginning.file),
            document=self._text(state),
        )

    def _ending(self) -> Callable[[], None]:
        """Return what writes the last state, and lets the folder go."""
        write = self._writing(self._session.store.lasting, "ended")

        def finish() -> None:
            write()
            if self._folder is not None:
                self._folder.release()
            self._kept.prune()

        return finish


def _title(state: State, file: str) -> str:
    """Return what a session is called: its file, or what is open."""
    case = state.experiment.case
    if file:
        return Path(file).name
    if case is None:
        return "no volume"
    return title(case.sources.volumes) if _is_of_files(state) else case.originals[0].name


def _is_of_files(state: State) -> bool:
    """Return whether something is open that has to be found again, and not a sample volume."""
    case = state.experiment.case
    if case is None:
        return False
    return any(not each.startswith(SAMPLE_VOLUME_PREFIX) for each in case.sources.volumes)
