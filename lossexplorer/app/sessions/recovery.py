"""Keeps the window's session on the disk, and offers those of windows that were cut off."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qtpy.QtCore import QObject
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QWidget

from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.sessions.keeper import Keeper
from lossexplorer.app.sessions.kept import KeptSession, KeptSessions, SessionFolder
from lossexplorer.app.sessions.recovery_dialog import RecoveryDialog
from lossexplorer.app.sessions.session_files import SessionFiles
from lossexplorer.app.snapshots.stored import StoredSnapshots
from lossexplorer.app.widgets.message_bar import MessageBar, MessageButton
from lossexplorer.documents import (
    DocumentError,
    ScenarioDocument,
    SessionDocument,
    document_of,
    session_document,
    text_of,
)
from lossexplorer.session import Session, State

_log = logging.getLogger("lossexplorer")
_Left = list[tuple[SessionFolder, KeptSession]]


@dataclass(frozen=True)
class _Restoring:
    """A session that is being restored, the folder that it is in, and its document."""

    path: Path
    session: KeptSession
    document: SessionDocument


class Recovery(QObject):
    """The session on the disk, and the dialog that offers others.

    Parameters
    ----------
    window : QWidget
        The parent of the dialog.
    session : Session
        What is open and set.
    messages : MessageBar
        Says what cannot be kept or restored.
    sessions : SessionFiles
        Opens documents, and knows the session's file.
    snapshots : StoredSnapshots
        What is kept with the session.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        messages: MessageBar,
        sessions: SessionFiles,
        snapshots: StoredSnapshots,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self._sessions, self._snapshots = sessions, snapshots
        self._main_thread = MainThread()
        self._kept: KeptSessions | None = None
        self._keeper: Keeper | None = None
        self._restoring: _Restoring | None = None
        self._left_now: KeptSession | None = None
        sessions.leaving.connect(self._on_leaving)
        sessions.opened.connect(self._on_opened)
        sessions.changed.connect(self._on_name)

    def begin(self, root: Path) -> None:
        """Keep the session from now on.

        Parameters
        ----------
        root : Path
            The folder of all sessions, which need not exist.
        """
        self._kept = KeptSessions(root)
        failed = partial(self._on_failure, root)
        self._keeper = Keeper(self._session, self._kept, self._text, failed)
        self._snapshots.changed.connect(self._keeper.keep_snapshots, max_args=0)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.commitDataRequest.connect(self._on_logout)

    def offer(self) -> None:
        """Ask whether to restore a session that was cut off, if there is one."""
        self._ask(lambda session: session.status == "open" and session.has_something, True)

    def choose(self) -> None:
        """Ask which session to restore, of all that are kept."""
        if not self._ask(lambda _: True, False):
            self._messages.inform(
                "There is no session to recover: none was cut off, and none ended."
            )

    def reopen_last(self) -> None:
        """Restore the session that was ended last."""
        left = self._left(lambda session: session.status == "ended")
        if left:
            (folder, session), *others = left
            _release(others)
            self._restore(folder, session, True)
        else:
            self._messages.inform("There is no last session: none has ended yet.")

    def flush(self) -> bool:
        """Wait until the session is on the disk, and return whether it is."""
        return self._keeper is None or self._keeper.flush()

    def end(self) -> None:
        """Keep the session as the last one, because its window is closed as windows are."""
        self._put_back()
        if self._keeper is not None:
            self._snapshots.changed.disconnect(self._keeper.keep_snapshots)
            self._keeper.end()
            self._keeper = None

    def _left(self, wanted: Callable[[KeptSession], bool]) -> _Left:
        """Hold the sessions of windows that are gone, of the wanted kind."""
        if self._kept is None:
            return []
        self._put_back()
        left = self._kept.left()
        _release([each for each in left if not wanted(each[1])])
        return [each for each in left if wanted(each[1])]

    def _ask(self, wanted: Callable[[KeptSession], bool], is_start: bool) -> bool:
        """Show the dialog, and return whether there is something to show in it."""
        left = self._left(wanted)
        if not left:
            return False
        dialog = RecoveryDialog(self._window, [session for _, session in left], is_start)
        taken: list[int] = []
        dialog.restoring.connect(lambda row, _: taken.append(row))
        dialog.restoring.connect(lambda row, volume: self._restore(*left[row], volume))
        dialog.declined.connect(lambda: _decline(left))
        dialog.finished.connect(
            lambda _: _release([each for n, each in enumerate(left) if n not in taken])
        )
        dialog.open()
        return True

    def _restore(self, folder: SessionFolder, session: KeptSession, with_volume: bool) -> None:
        """Bring a session back; it stays where it is until the window's own folder has it."""
        self._put_back()
        try:
            document = document_of(session.document, session.title)
        except DocumentError as error:
            folder.release()
            self._messages.say(f"{error} The session stays in File > Recover Session.")
            return
        # If it kills this window as well, that is known at the next start.
        _note(folder, session.model_copy(update={"crashes": session.all_crashes, "status": "open"}))
        folder.release()
        self._restoring = _Restoring(folder.path, session, document)
        file = Path(session.file) if session.file else None
        self._sessions.restore(document, file, with_volumes=with_volume)

    def _on_opened(self, document: SessionDocument) -> None:
        """Keep a session that was restored in the window's own folder, and say what was left."""
        self._say_left(document)
        restored = self._restoring
        if restored is None or document is not restored.document:
            return
        self._restoring = None
        if self._keeper is not None:
            self._keeper.go_on_from(restored.session, restored.path)

    def _on_leaving(self) -> None:
        """Keep what is set, which is no file's."""
        self._left_now = None if self._keeper is None else self._keeper.leave()

    def _say_left(self, document: SessionDocument) -> None:
        """Say where the session is that was left, unless there is a scenario to be introduced."""
        left, self._left_now = self._left_now, None
        if left is not None and not isinstance(document, ScenarioDocument):
            self._messages.inform(
                f"What was open before ({left.changes}) is in File > Recover Session.",
                MessageButton("Go Back to It", lambda: self._go_back_to(left)),
            )

    def _go_back_to(self, left: KeptSession) -> None:
        """Restore a session that this window left."""
        self.flush()
        found = self._left(lambda session: session == left)
        if found:
            (folder, session), *others = found
            _release(others)
            self._restore(folder, session, True)

    def _put_back(self) -> None:
        """Have a session that was not restored in the end be as it was."""
        restoring, self._restoring = self._restoring, None
        if restoring is not None:
            with contextlib.suppress(OSError):  # another window has it
                folder = SessionFolder(restoring.path)
                _note(folder, restoring.session)
                folder.release()

    def _on_name(self) -> None:
        """Count changes from where the session was saved."""
        sessions, keeper = self._sessions, self._keeper
        file = "" if sessions.path is None else str(sessions.path)
        if keeper is not None and (file != keeper.file or not sessions.is_modified):
            keeper.saved_as(file)

    def _on_logout(self) -> None:
        """Have the session on the disk, as ended: the system may end the program without asking."""
        if self._keeper is not None:
            self._keeper.flush(is_end=True)

    def _text(self, state: State) -> str:
        """Return the document of a state; called in the thread that writes."""
        return text_of(session_document(state, self._snapshots.written()))

    def _on_failure(self, root: Path, error: Exception) -> None:
        """Say that the session cannot be kept; called in the thread that writes."""
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self._main_thread.run(
            lambda: self._messages.say(
                f"The session cannot be kept in {root}: {why}. If the program is cut off, "
                "what is set from now on is lost; writing is tried again all the time."
            )
        )


def _decline(left: _Left) -> None:
    """Have sessions not offered again."""
    for folder, session in left:
        declined = {"status": "declined", "crashes": session.all_crashes}
        _note(folder, session.model_copy(update=declined))


def _note(folder: SessionFolder, session: KeptSession) -> None:
    """Write what becomes of a session, if that can be written; the session itself is there."""
    try:
        folder.write(session)
    except OSError as error:
        _log.warning("%s could not be written: %s", folder.path, error)


def _release(left: _Left) -> None:
    for folder, _ in left:
        folder.release()
