"""Makes the document of a state, and brings back the state that a document has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lossexplorer.app.files import Files
from lossexplorer.documents import (
    DocumentError,
    SessionDocument,
    document_of,
    opening_of,
    restored,
    session_document,
    text_of,
)
from lossexplorer.session import Session, State
from lossexplorer.volumes import Case


class Restorer:
    """Brings sessions back into a window; see `lossexplorer.app.sessions.recovery.Documents`.

    Parameters
    ----------
    session : Session
        What is open and set.
    files : Files
        Opens volumes.
    """

    def __init__(self, session: Session, files: Files) -> None:
        self._session, self._files = session, files

    def text(self, state: State) -> str:
        """Return the document of a state, as text; it may be called in any thread."""
        return text_of(session_document(state))

    def restore(self, text: str, file: str, with_volume: bool, done: Callable[[str], None]) -> None:
        """Open what a document names, and set what it holds."""
        try:
            document = document_of(text, "The session")
        except DocumentError as error:
            done(str(error))
            return
        opening = opening_of(document, Path(file).parent if file else None)
        if not with_volume or not opening.volumes:
            done(self._set(document, self._session.case))
        elif opening.missing:
            names = ", ".join(each.path for each in opening.missing)
            done(f"The session needs {names}, which is no longer there. Put it back.")
        else:
            self._open(document, opening.open, opening.volumes, done)

    def _open(
        self,
        document: SessionDocument,
        make: Callable[[], Case | None],
        sources: tuple[str, ...],
        done: Callable[[str], None],
    ) -> None:
        """Set a state once what it is about is open, unless something else is opened instead."""
        files, made = self._files, []

        def open_case() -> Case:
            case = make()
            assert case is not None
            made.append(case)
            return case

        def end(problem: str) -> None:
            files.opened.disconnect(on_opened)
            files.rejected.disconnect(end)
            done(problem)

        def on_opened(case: Case) -> None:
            if case in made:
                end(self._set(document, case))
            else:
                end("Something else was opened instead of the session.")

        files.opened.connect(on_opened)
        files.rejected.connect(end)
        files.opener.open_again(open_case, sources)

    def _set(self, document: SessionDocument, case: Case | None) -> str:
        """Set what a document holds, and return what went wrong."""
        try:
            state = restored(document, case)
        except DocumentError as error:
            return str(error)
        self._session.store.change(state, "Restore the session", begins_anew=True)
        return ""
