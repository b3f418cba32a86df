"""What the speaker sees on the first screen while the talk is on the second."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lossexplorer.app.presenter.keys import bind, footer
from lossexplorer.app.presenter.playlist import Playlist
from lossexplorer.app.presenter.talk import Actions
from lossexplorer.app.presenter.text_size import talk_style
from lossexplorer.app.theme import UNIT, Palette

_FACTOR = 1.5  # it is read from near


class NotesWindow(QWidget):
    """Shows the notes of a page and the title of the next one; has the keys of the talk.

    Parameters
    ----------
    palette : Palette
        The colours.
    actions : mapping
        What the keys do, by their ids.

    Attributes
    ----------
    headline, counter, text, following : QLabel
        The page's title and place, its notes, and the next title.
    closed : Signal()
        The window system has closed it.
    """

    closed = Signal()

    def __init__(self, palette: Palette, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("notes")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("Loss Explorer: notes")
        self.headline, self.counter = QLabel(), QLabel()
        self.text, self.following, keys = QLabel(), QLabel(), QLabel()
        self.headline.setObjectName("headline")
        self.counter.setObjectName("counter")
        self.text.setObjectName("notestext")
        self.following.setObjectName("looks")
        keys.setObjectName("keys")
        keys.setText(footer(has_slider=False, is_guessing=False))
        for label in (self.headline, self.text, self.following, keys):
            label.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        header = QHBoxLayout()
        header.addWidget(self.headline, 1)
        header.addWidget(self.counter)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * UNIT, 3 * UNIT, 4 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addLayout(header)
        column.addWidget(self.text, 1)
        column.addWidget(self.following)
        column.addWidget(keys)
        self.guessing = bind(self, actions)
        self.use(palette)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self.setStyleSheet(talk_style(palette, _FACTOR))

    def show_place(self, playlist: Playlist) -> None:
        """Show the notes of the page that is shown, and what comes next."""
        page, following = playlist.entry.page, playlist.following
        self.headline.setText(page.title)
        self.counter.setText(playlist.counter)
        self.text.setText(page.notes or page.text)
        self.following.setText(
            "This is the last page." if following is None else f"Next: {following.page.title}"
        )

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Say that it is closed."""
        super().closeEvent(event)
        self.closed.emit()
