"""What a side panel is made of: headings, and sections that open and close."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT


def heading(title: str) -> QElidingLabel:
    """Return a section's heading."""
    label = QElidingLabel(title.upper())
    label.setObjectName("section")
    return label


class Collapsible(QWidget):
    """A title that opens and closes what is below it.

    Closed, it has a mark if something in it is not at its default.

    Parameters
    ----------
    title : str
        Its words.
    opened : bool
        Whether it starts open.

    Attributes
    ----------
    button : QPushButton
        The title, with its arrow.
    mark : QLabel
        Shown while the section is closed and something in it was changed.
    body : QVBoxLayout
        What it opens and closes.
    """

    def __init__(self, title: str, *, opened: bool) -> None:
        super().__init__()
        self._title = title
        self._changed = False
        self.button = QPushButton()
        self.button.setObjectName("group")
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.mark = QLabel("●")
        self.mark.setObjectName("mark")
        self.mark.setToolTip("Something here is not at its default.")
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, UNIT // 2, 0, UNIT // 2)
        self.body.setSpacing(UNIT)
        header = QHBoxLayout()
        header.setSpacing(UNIT // 2)
        header.addWidget(self.button)
        header.addWidget(self.mark)
        header.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self._content)
        self.button.toggled.connect(self._show)
        self.button.setChecked(opened)
        self._show(opened)

    @property
    def is_open(self) -> bool:
        """Whether its content is shown."""
        return self.button.isChecked()

    def open(self) -> None:
        """Show the content."""
        self.button.setChecked(True)

    def set_changed(self, changed: bool) -> None:
        """Say whether something in it is not at its default."""
        self._changed = changed
        self._show(self.is_open)

    def _show(self, opened: bool) -> None:
        self._content.setVisible(opened)
        self.button.setText(f"{'▾' if opened else '▸'}  {self._title}")
        self.mark.setVisible(self._changed and not opened)
        state = "changed" if self._changed else "at the default"
        self.button.setAccessibleName(f"{self._title}, {state}")
