"""Which convention a card's parameters equal, and the menu of all that its loss has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget
from superqt import QElidingLabel

from lossexplorer.conventions import conventions_of
from lossexplorer.session.convention_words import (
    convention_in_words,
    equalled,
    parameters_in_words,
)

OWN = "none of these"


class ConventionRow(QWidget):
    """The line of a card that names a convention.

    Parameters
    ----------
    loss : str
        The loss's name in the catalogue.

    Attributes
    ----------
    chosen : Signal(object)
        The `Convention` whose parameters are wanted.
    said : QElidingLabel
        Names a convention whose parameters are set; all of them in its tooltip.
    more : QLabel
        How many others have the same parameters.
    button : QToolButton
        Opens the menu.
    """

    chosen = Signal(object)

    def __init__(self, loss: str) -> None:
        super().__init__()
        self._loss = loss
        self._parameters: Mapping[str, Any] = {}
        self.said = QElidingLabel(OWN)
        self.said.setObjectName("quiet")
        self.more = QLabel()
        self.more.setObjectName("quiet")
        self.button = QToolButton()
        self.button.setObjectName("flat")
        self.button.setText("▾")
        self.button.setAccessibleName("conventions")
        self.button.setToolTip("Take over what a library or an article has")
        self.button.clicked.connect(self._open)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Convention"))
        row.addWidget(self.said, 1)
        row.addWidget(self.more)
        row.addWidget(self.button)

    @property
    def has_any(self) -> bool:
        """Whether there is a convention of the loss."""
        return bool(conventions_of(self._loss))

    def show_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Say which conventions have these parameters."""
        self._parameters = parameters
        found = [convention_in_words(each) for each in equalled(self._loss, parameters)]
        self.said.setText(found[0] if found else OWN)
        self.said.setToolTip("\n".join(found))
        self.more.setText(f"+{len(found) - 1}")
        self.more.setToolTip("\n".join(found[1:]))
        self.more.setVisible(len(found) > 1)

    def menu(self) -> QMenu:
        """Return the menu of the loss's conventions; those that are set are checked."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        set_now = equalled(self._loss, self._parameters)
        for each in conventions_of(self._loss):
            words = convention_in_words(each).replace("&", "&&")
            action = menu.addAction(words, partial(self.chosen.emit, each))
            action.setCheckable(True)
            action.setChecked(each in set_now)
            action.setToolTip("\n".join(filter(None, [parameters_in_words(each), each.note])))
        return menu

    def _open(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))
