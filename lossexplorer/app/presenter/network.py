"""The network of a page of Learn: the picture of the desk, as large as its place allows."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.panels.network import NetworkPanel
from lossexplorer.app.theme import Palette
from lossexplorer.session import Session

_LARGEST = 3.0


class TalkNetwork(QWidget):
    """Shows the network that is trained, and below it what the widths of its lines mean.

    Its switches can be clicked; keys are the talk's.

    Parameters
    ----------
    session : Session
        Has the setup.

    Attributes
    ----------
    picture : NetworkPanel
        The network.
    words : QLabel
        What the widths mean.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.picture, self.words = NetworkPanel(session), QLabel()
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture.bare(_LARGEST)
        self.words.setObjectName("source")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.picture, 1)
        column.addWidget(self.words)
        self.hide()

    def show_run(self, shown: Shown) -> None:
        """Show the network and the newest norms."""
        self.picture.show_run(shown)
        self.words.setText(self.picture.header if shown.run.graph is not None else "")

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self.picture.use(palette)
