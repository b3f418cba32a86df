"""Keeps the window's session on the disk, and offers those of windows that were cut off."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from qtpy.QtCore import QObject
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QWidget

from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.sessions.keeper import Beginning, Keeper
from lossexplorer.app.sessions.kept import KeptSession, KeptSessions, SessionFolder
from lossexplorer.app.sessions.recovery_dialog import RecoveryDialog
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.session import Session, State

_log = logging.getLogger("lossexplorer")
_Left = list[tuple[SessionFolder, KeptSession]]


class Documents(Protocol):
    """What makes a document of a state, and brings one back."""

    def text(self, state: State) -> str:
        """Return the document of a state, as text; it may be called in any thread."""

    def restore(self, text: str, file: str, with_volume: bool, done: Callable[[str], None]) -> None:
        """Open what a document names, and set what it holds.

        Parameters
        ----------
        text : str
            The document.
        file : str
            Path of the file that it was saved as; empty if it was not.
        with_volume : bool
            Whether its volume is opened; else what is open stays.
        done : callable
            Takes what went wrong, as a sentence, or nothing; it is called in the main thread.
        """


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
    documents : Documents
        Makes documents and brings them back.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        messages: MessageBar,
        documents: Documents,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self._documents = documents
        self._main_thread = MainThread()
        self._kept: KeptSessions | None = None
        self._keeper: Keeper | None = None

    def begin(self, root: Path) -> None:
        """Keep the session from now on.

        Parameters
        ----------
        root : Path
            The folder of all sessions, which need not exist.
        """
        self._kept = KeptSessions(root)
        text, failed = self._documents.text, partial(self._on_failure, root)
        self._keeper = Keeper(self._session, self._kept, text, failed)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.commitDataRequest.connect(self._on_logout)

    def offer(self) -> None:
        """Ask whether to restore a session that was cut off, if there is one."""
        self._ask(lambda session: session.status == "open" and session.has_something, True)

    def choose(self) -> None:
        """Ask which session to restore, of all that are kept."""
        if not self._ask(lambda _: True, False):
            self._messages.say("There is no session to recover: none was cut off, and none ended.")

    def reopen_last(self) -> None:
        """Restore the session that was ended last."""
        left = self._left(lambda session: session.status == "ended")
        if left:
            (folder, session), *others = left
            _release(others)
            self._restore(folder, session, True)
        else:
            self._messages.say("There is no last session: none has ended yet.")

    def saved_as(self, file: str) -> None:
        """Count changes from now on, because the session was saved as a file or opened from it."""
        if self._keeper is not None:
            self._keeper.saved_as(file)

    def end(self) -> None:
        """Keep the session as the last one, because its window is closed as windows are."""
        if self._keeper is not None:
            self._keeper.end()
            self._keeper = None

    def _left(self, wanted: Callable[[KeptSession], bool]) -> _Left:
        """Hold the sessions of windows that are gone, of the wanted kind."""
        if self._kept is None:
            return []
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
        crashes = session.all_crashes
        # If it kills this window as well, that is known at the next start.
        _note(folder, session.model_copy(update={"crashes": crashes, "status": "open"}))
        done = partial(self._on_restored, folder, session)
        self._documents.restore(session.document, session.file, with_volume, done)

    def _on_restored(self, folder: SessionFolder, session: KeptSession, problem: str) -> None:
        if problem:
            _note(folder, session)
            folder.release()
            self._messages.say(f"{problem} The session stays in File > Recover Session.")
        elif self._keeper is not None:
            beginning = Beginning(
                changes=session.changes, file=session.file, crashes=session.all_crashes
            )
            self._keeper.go_on_from(beginning, folder)

    def _on_logout(self) -> None:
        """Have the session on the disk, as ended: the system may end the program without asking."""
        if self._keeper is not None:
            self._keeper.flush(is_end=True)

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
