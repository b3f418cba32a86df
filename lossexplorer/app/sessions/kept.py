"""The sessions that windows keep on the disk, one folder each, and which of them were cut off.

A window that runs holds the lock of its folder. The system releases it when the process ends, in
whatever way, and knows no number of a process: so a folder without a holder belongs to a window
that is gone, and a second window is never taken for one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from platformdirs import user_state_path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from lossexplorer.core.files import LockedError, locked, replace_file

# How many sessions of windows that are gone are kept, and as many that were left for others,
# beside the last one that was ended.
_MOST = 5

KeptStatus = Literal["open", "ended", "declined", "left"]
"""What became of a session, see `KeptSession`."""

_NAME = "session.json"
_log = logging.getLogger("lossexplorer")


class KeptSession(BaseModel):
    """What is on the disk of a session: its document, and what is said of it.

    Attributes
    ----------
    version : int
        Of this file; that of the document is its own.
    status : {"open", "ended", "declined", "left"}
        Open until the window is closed, which a window that is killed never is; declined if the
        user started empty instead; left if another session was opened in its window.
    kept_at : datetime
        When it was written.
    title : str
        The file that it was saved as, or what is open in it.
    file : str
        Path of the file that it was saved as; empty if it was not.
    changes : str
        What had been changed, in words; empty if nothing had.
    crashes : int
        How many windows have been killed with it, before the one that has it open.
    is_of_files : bool
        Whether what is open has to be found again: it is no sample volume.
    document : str
        The session, as `lossexplorer.documents` writes it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    status: KeptStatus = "open"
    kept_at: AwareDatetime
    title: str
    file: str = ""
    changes: str = ""
    crashes: int = Field(default=0, ge=0)
    is_of_files: bool = False
    document: str

    @property
    def all_crashes(self) -> int:
        """How many windows have been killed with it, where the last one is gone."""
        return self.crashes + (self.status == "open")

    @property
    def has_something(self) -> bool:
        """Whether it would be missed: something was changed, or files were opened."""
        return bool(self.changes) or self.is_of_files


class SessionFolder:
    """The folder of one session, which nobody else has while it is held.

    Parameters
    ----------
    path : Path
        The folder, which need not exist.

    Raises
    ------
    LockedError
        If a window that runs holds it.
    OSError
        If it cannot be made or locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = contextlib.ExitStack()
        path.parent.mkdir(parents=True, exist_ok=True)
        # The lock is beside the folder: it is there before the folder is, and longer.
        self._lock.enter_context(locked(path))

    def read(self) -> KeptSession | None:
        """Return the session, or None if there is none or it cannot be read."""
        try:
            # Unlike Pydantic, json accepts names of files that are not UTF-8.
            entries = json.loads((self.path / _NAME).read_text(encoding="ascii"))
            return KeptSession.model_validate(entries)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, ValidationError) as error:
            _log.warning("the session in %s cannot be read: %s", self.path, error)
            return None

    def write(self, session: KeptSession) -> None:
        """Replace the session; it is on the disk when this returns.

        Raises
        ------
        OSError
            If it cannot be written; the former one is still there.
        """
        entries = session.model_dump()
        entries["kept_at"] = session.kept_at.isoformat()
        text = json.dumps(entries, indent=1)
        self.path.mkdir(exist_ok=True)
        replace_file(
            self.path / _NAME, lambda file: file.write_text(text, encoding="ascii"), on_disk=True
        )

    def release(self) -> None:
        """Hold it no longer; what is in it stays."""
        self._lock.close()

    def remove(self) -> None:
        """Remove it with what is in it, and hold it no longer."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()


class KeptSessions:
    """The folders of all sessions that are kept.

    Parameters
    ----------
    root : Path
        The folder that they are in, which need not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def make(self) -> SessionFolder:
        """Return a new folder, held; it is made when it is first written to.

        Raises
        ------
        OSError
            If there can be none.
        """
        return SessionFolder(self._root / uuid.uuid4().hex)

    def left(self) -> list[tuple[SessionFolder, KeptSession]]:
        """Return the sessions of windows that are gone, the newest first.

        Each folder is held then, and has to be released or removed. What cannot be read stays
        where it is.
        """
        found = []
        for folder in self._unheld():
            session = folder.read()
            if session is None:
                folder.release()
            else:
                found.append((folder, session))
        return sorted(found, key=lambda each: each[1].kept_at, reverse=True)

    def _unheld(self) -> Iterator[SessionFolder]:
        """Hold each folder that nobody holds."""
        try:
            paths = [path for path in self._root.iterdir() if path.is_dir()]
        except OSError:  # there is none before the first session
            return
        for path in paths:
            try:
                yield SessionFolder(path)
            except LockedError:
                continue
            except OSError as error:
                _log.warning("%s cannot be locked: %s", path, error)

    def prune(self) -> None:
        """Remove all but the last session that was ended, and the newest of the others."""
        left = self.left()
        ended = [folder for folder, session in left if session.status == "ended"]
        replaced = [folder for folder, session in left if session.status == "left"]
        others = [folder for folder, _ in left if folder not in (*ended, *replaced)]
        surplus = [*ended[1:], *replaced[_MOST:], *others[_MOST:]]
        for folder, _ in left:
            if folder in surplus:
                folder.remove()
            else:
                folder.release()


def remove(path: Path) -> None:
    """Remove the folder of a session, unless a window holds it."""
    try:
        SessionFolder(path).remove()
    except OSError as error:
        _log.warning("%s cannot be removed: %s", path, error)


def sessions_path() -> Path:
    """Return the folder of the user's kept sessions, which need not exist."""
    return user_state_path("lossexplorer") / "sessions"


def time_in_words(moment: datetime, now: datetime) -> str:
    """Return when something was, as one says it.

    Parameters
    ----------
    moment, now : datetime
        Both of the same time zone.

    Examples
    --------
    >>> now = datetime(2026, 11, 30, 9, 30)
    >>> time_in_words(datetime(2026, 11, 30, 9, 5), now)
    'today at 09:05'
    >>> time_in_words(datetime(2026, 11, 29, 23, 59), now)
    'yesterday at 23:59'
    >>> time_in_words(datetime(2026, 3, 1, 8, 0), now)
    '2026-03-01 at 08:00'
    """
    days = (now.date() - moment.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"{moment:%Y-%m-%d}")
    return f"{day} at {moment:%H:%M}"
