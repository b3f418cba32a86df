"""The network of a page of Learn: the picture of the desk, as large as its place allows."""

from __future__ import annotations

import math

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.network.look import PLAIN
from lossexplorer.app.panels.network import NetworkPanel
from lossexplorer.app.theme import Palette
from lossexplorer.session import Session

_LARGEST = 3.0
_TEXT = 13.0  # in pixels of the desk, as most texts of a talk
_LEAST_HEIGHT = 80  # of the place, in the same pixels, while there is no network


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

    def use_factor(self, factor: float, width: float) -> None:
        """Have the height in which names are as large as other texts, unless it is too wide then.

        Parameters
        ----------
        factor : float
            How many times larger than on the desk texts are.
        width : float
            The pixels that the picture has from left to right.
        """
        height = _LEAST_HEIGHT * factor
        if self.picture.picture.boxes:
            drawn = self.picture.drawn
            zoom = min(_TEXT * factor / PLAIN, width / drawn.width(), _LARGEST)
            height = drawn.height() * zoom
        self.picture.setFixedHeight(math.ceil(height))

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self.picture.use(palette)
