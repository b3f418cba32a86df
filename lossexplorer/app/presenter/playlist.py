"""What a talk goes through: its pages in order, and how each is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lossexplorer.app.context import Context
from lossexplorer.app.presenter.page import Page

Begin = Callable[[Context, Callable[[], object]], object]
"""Takes the context and what to call once that is open which the page is about."""


@dataclass(frozen=True)
class PlaylistEntry:
    """A page and how it is opened.

    Attributes
    ----------
    page : Page
        What it shows.
    begin : callable
        Opens and sets what it is about.
    """

    page: Page
    begin: Begin


@dataclass(frozen=True)
class Playlist:
    """Pages in order, and which one is shown.

    Attributes
    ----------
    entries : sequence of PlaylistEntry
        At least one.
    place : int
        The index of the one that is shown.
    """

    entries: Sequence[PlaylistEntry]
    place: int = 0

    @property
    def entry(self) -> PlaylistEntry:
        """What is shown."""
        return self.entries[self.place]

    @property
    def following(self) -> PlaylistEntry | None:
        """What comes next; None at the end."""
        later = self.entries[self.place + 1 : self.place + 2]
        return later[0] if later else None

    @property
    def counter(self) -> str:
        """The place, such as ``8 / 18``; nothing where there is one page."""
        count = len(self.entries)
        return f"{self.place + 1} / {count}" if count > 1 else ""

    def moved(self, by: int) -> Playlist:
        """Return the playlist at the page so many further on, or at its end."""
        return replace(self, place=min(max(self.place + by, 0), len(self.entries) - 1))
