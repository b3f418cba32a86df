"""The session of the window as a file: saved, opened, copied as a line, and never lost unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from lossexplorer.app.files import Files
from lossexplorer.app.pictures import file_stem
from lossexplorer.app.sessions.questions import ask_for_file, ask_to_save
from lossexplorer.app.sessions.reading import Reading
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.snapshots.stored import StoredSnapshots
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.documents import (
    SESSION_SUFFIX,
    DocumentError,
    MissingFilesError,
    ScenarioDocument,
    SessionDocument,
    SourceRecord,
    differences,
    from_short_line,
    is_open,
    restored,
    session_document,
    short_line,
    write_document,
)
from lossexplorer.session import Session
from lossexplorer.session.state import Experiment
from lossexplorer.volumes import Case, VolumeError

_FILTER = f"Sessions (*{SESSION_SUFFIX});;All files (*)"


class SessionFiles(QObject):
    """Saves and opens sessions.

    A session has a name once it was saved or opened. What is asked before it is lost is asked of
    sessions with a name alone: the others are kept by the window itself.

    Parameters
    ----------
    window : QWidget
        The parent of its dialogs.
    session, files, messages, settings, snapshots
        What is saved, what opens volumes, what says that something went wrong, what remembers
        where, and what was kept of the session.

    Attributes
    ----------
    path : Path or None
        The file of the session; None without a name.
    asks : bool
        Whether it is asked about files that are gone or not as they were; else that is refused.
    changed : Signal()
        The name is another one, or there are changes that are not saved, or no longer.
    leaving : Signal()
        What is set is to be replaced by what a document holds.
    opened : Signal(SessionDocument)
        A document was opened.
    """

    changed = Signal()
    leaving = Signal()
    opened = Signal(object)

    def __init__(
        self,
        window: QWidget,
        session: Session,
        files: Files,
        messages: MessageBar,
        settings: SettingsStore,
        snapshots: StoredSnapshots,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._snapshots = snapshots
        self._files = files
        self._messages = messages
        self._settings = settings
        self.path: Path | None = None
        self.asks = True
        self._saved: Experiment | None = None
        self._saved_snapshots = snapshots.names
        self._was_modified = False
        self._asked: QMessageBox | None = None
        self._loses = False
        session.changed.connect(self._on_change)
        snapshots.changed.connect(self._on_change)
        files.session_wanted.connect(self.open)

    @property
    def name(self) -> str:
        """What the session is called; empty without a name."""
        return "" if self.path is None else self.path.name

    @property
    def is_modified(self) -> bool:
        """Whether the session has a name, and changes that are not saved; a view is none."""
        now = self._session.store.lasting.experiment, self._snapshots.names
        return self.path is not None and now != (self._saved, self._saved_snapshots)

    def document(self) -> SessionDocument:
        """Return what the session is saved as."""
        return session_document(self._session.store.lasting, self._snapshots.written())

    # Saving

    def save(self) -> bool:
        """Save the session to its file, or ask for one; return whether it is saved."""
        return self.save_as() if self.path is None else self._write(self.path)

    def save_as(self) -> bool:
        """Ask for a file and save the session to it; return whether it is saved."""
        volume = self._session.volume
        stem = file_stem("" if volume is None else volume.name.partition(".")[0])
        proposed = self.path or Path(self._settings.value.folder, f"{stem}{SESSION_SUFFIX}")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save the session", str(proposed), _FILTER
        )
        if not chosen:
            return False
        path = Path(chosen)
        if path.suffix.lower() != SESSION_SUFFIX:
            path = path.with_name(f"{path.name}{SESSION_SUFFIX}")
            if path.exists():  # which the dialog has not asked about
                self._messages.say(f"{path} is there already. Choose it to replace it.")
                return False
        return self._write(path)

    def _write(self, path: Path) -> bool:
        self._messages.withdraw()  # that it could not be written elsewhere is past
        try:
            write_document(self.document(), path)
        except OSError as error:
            self._messages.say(
                f"{path} could not be written ({error.strerror}), and is as it was. Choose another "
                "folder with File > Save Session As."
            )
            return False
        self._settings.update(folder=str(path.absolute().parent))
        self._files.recent.add((str(path),))
        self._take_name(path)
        case = self._session.case
        if case is not None and not case.sources.volumes:
            self._messages.say(
                f"{path.name} is saved without its volume, which is no file: open the volume "
                "first when the session is opened again."
            )
        return True

    def _take_name(self, path: Path | None, *, is_saved: bool = True) -> None:
        """Have a name, and no changes that its file does not hold, unless it is not saved."""
        self.path = None if path is None else path.absolute()
        self._saved = self._session.store.lasting.experiment if is_saved else None
        self._saved_snapshots = self._snapshots.names
        self._was_modified = self.is_modified
        self.changed.emit()

    # Opening

    def ask(self) -> None:
        """Ask for a session and open it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Open a session", self._settings.value.folder, _FILTER
        )
        if chosen:
            self.open(chosen)

    def open(self, path: str) -> None:
        """Open a session or a scenario; what is not saved is asked about first."""
        self.unless_lost(lambda: self._read(Reading(Path(path))))

    def open_document(self, document: SessionDocument) -> None:
        """Open a document that is no file's; the session then has no name."""
        self.unless_lost(lambda: self._read(Reading(None, document)))

    def restore(
        self, document: SessionDocument, path: Path | None, *, with_volumes: bool = True
    ) -> None:
        """Open a document that was cut off.

        Parameters
        ----------
        document : SessionDocument
            What was kept of it.
        path : Path or None
            The file that it was saved as, which it may be ahead of; None without a name.
        with_volumes : bool
            Whether its volumes are opened; else it is set on what is open.
        """
        reading = Reading(path, document, is_without_volumes=not with_volumes, is_saved=False)
        self.unless_lost(lambda: self._read(reading))

    def _read(self, reading: Reading) -> None:
        case = self._session.case
        if reading.document is not None and case is not None and is_open(reading.document, case):
            self._set(reading, case)
            return
        self._files.opener.open_document(
            reading.make,
            then=lambda case: self._on_read(reading, case),
            refuse=lambda error: self._on_refused(reading, error),
        )

    def _on_read(self, reading: Reading, case: Case | None) -> None:
        """Go on once a document and its volumes are read."""
        assert reading.document is not None
        found = () if case is None else differences(reading.document, case)
        left_out = [path for path, other in reading.chosen.items() if not other]
        found = tuple(each for each in found if each.source.path not in left_out)
        said = f"{reading.name}: {' '.join(each.text for each in found)}"
        if found and not self.asks:
            self._messages.say(said)
            self._files.rejected.emit(said)
        elif found and not reading.accepts_differences:

            def accept() -> None:
                reading.accepts_differences = True
                self._on_read(reading, case)

            ask_for_file(
                self._window,
                said,
                "&Open Anyway",
                lambda: self._choose(reading, found[0].source),
                accept,
            )
        else:
            self._set(reading, case)

    def _on_refused(self, reading: Reading, error: Exception) -> bool:
        """Ask about a file that is gone or does not fit; return whether that is what is wrong."""
        document = reading.document
        if document is None or not document.files or not self.asks:
            return False
        if isinstance(error, MissingFilesError):
            source = error.files[0]
        elif isinstance(error, VolumeError):
            source = document.files[0]
        else:
            return False

        def leave_out() -> None:
            reading.leave_out(source)
            self._read(reading)

        ask_for_file(
            self._window,
            f"{reading.name}: {error}",
            "&Open Without",
            lambda: self._choose(reading, source),
            leave_out,
        )
        return True

    def _choose(self, reading: Reading, source: SourceRecord) -> None:
        """Ask for a file in place of one, and go on."""
        name = Path(source.path).name
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, f"Choose {name}", self._settings.value.folder
        )
        if chosen:
            reading.chosen[source.path] = chosen
            self._read(reading)

    def _set(self, reading: Reading, case: Case | None) -> None:
        """Set what a document holds, of what was opened for it."""
        document = reading.document
        assert document is not None
        try:
            state = restored(document, case or self._session.case)
        except DocumentError as error:
            self._messages.say(f"{reading.name}: {error}")
            self._files.rejected.emit(str(error))
            return
        self.leaving.emit()
        self._session.restore(state, f"Open {reading.name}")
        is_scenario = isinstance(document, ScenarioDocument)
        may_have_snapshots = reading.path is not None or not reading.is_saved
        if may_have_snapshots and not is_scenario:  # else they can be compared with it
            self._snapshots.restore(document, reading.path)
        self._take_name(None if is_scenario else reading.path, is_saved=reading.is_saved)
        if reading.path is not None:
            self._files.recent.add((str(reading.path),))
            self._settings.update(folder=str(reading.path.absolute().parent))
        if state.experiment.case is not None:
            self._files.opened.emit(state.experiment.case)
        self.opened.emit(document)

    # A line of text

    def copy(self) -> None:
        """Copy the session as a line of text, or say why it is none."""
        try:
            line = short_line(self.document())
        except DocumentError as error:
            self._messages.say(str(error))
            return
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(line)
        self._messages.inform(
            f"The session is copied as a line of {len(line)} characters. Edit > Paste Session "
            "opens it, here or on another computer."
        )

    def paste(self) -> None:
        """Open the session that the clipboard has as a line of text."""
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        try:
            document = from_short_line(clipboard.text())
        except DocumentError as error:
            self._messages.say(str(error))
        else:
            self.open_document(document)

    # What is not saved

    def unless_lost(self, act: Callable[[], object]) -> None:
        """Do something, once it is sure that no changes of a session with a name are lost by it."""
        if self.may_leave(act):
            act()

    def may_leave(self, act: Callable[[], object]) -> bool:
        """Return whether what is open may be left now; if not, it is asked about.

        Parameters
        ----------
        act : callable
            What leaves it: called later, if the answer is to save or to discard.
        """
        if self._loses or not self.is_modified:
            return True
        if self._asked is None:

            def lose() -> None:
                self._loses = True
                try:
                    act()
                finally:
                    self._loses = False

            def save() -> None:
                if self.save():
                    act()

            self._asked = ask_to_save(self._window, self.name, save, lose)
            self._asked.finished.connect(self._on_answered)
        return False

    def _on_answered(self) -> None:
        self._asked = None

    def _on_change(self) -> None:
        if self._was_modified != self.is_modified:
            self._was_modified = not self._was_modified
            self.changed.emit()
