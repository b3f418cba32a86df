"""A document that is being opened: read, with what it needs, in a thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lossexplorer.documents import (
    ScenarioDocument,
    SessionDocument,
    SourceRecord,
    opening_of,
    read_document,
)
from lossexplorer.volumes import Case


@dataclass
class Reading:
    """A document that is being opened, and what was answered about its files.

    Attributes
    ----------
    path : Path or None
        Its file; None for a line that was pasted.
    document : SessionDocument or None
        What it holds; None before it is read.
    chosen : dict of str to str
        Other files for those that it names; empty for those that are left out.
    is_without_volumes : bool
        Whether its volumes are left out.
    accepts_differences : bool
        Whether files may be others than they were.
    is_saved : bool
        Whether its file holds it; one that was cut off may be ahead of its file.
    """

    path: Path | None
    document: SessionDocument | None = None
    chosen: dict[str, str] = field(default_factory=dict)
    is_without_volumes: bool = False
    accepts_differences: bool = False
    is_saved: bool = True

    @property
    def name(self) -> str:
        """What it is called."""
        if isinstance(self.document, ScenarioDocument):
            return self.document.title
        return "The session" if self.path is None else self.path.name

    def make(self) -> Case | None:
        """Read it and open what it needs, in a thread; None if it needs nothing.

        Raises
        ------
        DocumentError
            If it cannot be read, or a file is missing.
        lossexplorer.volumes.VolumeError
            If a volume cannot be read or does not fit.
        """
        if self.document is None:
            assert self.path is not None
            self.document = read_document(self.path)
        if self.is_without_volumes:
            return None
        folder = None if self.path is None else self.path.parent
        return opening_of(self.document, folder, self.chosen).open()

    def leave_out(self, source: SourceRecord) -> None:
        """Go on without a file."""
        assert self.document is not None
        if source in self.document.volumes:
            self.is_without_volumes = True
        else:
            self.chosen[source.path] = ""
