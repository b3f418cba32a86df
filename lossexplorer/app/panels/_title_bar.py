"""The title bar of a panel."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QToolButton, QWidget

from lossexplorer.app.theme import UNIT

_HEIGHT = 28


class TitleBar(QWidget):
    """Title, a button that floats or docks, and one that closes; without height while it is shut.

    The panel is moved by its title bar, which is Qt's doing.

    Parameters
    ----------
    dock : QDockWidget
        The panel.

    Attributes
    ----------
    floater, closer : QToolButton
        The two buttons.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("bottom")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._open = True
        title = QLabel(dock.windowTitle())
        title.setObjectName("quiet")
        self.floater = _button(
            "↗", "Float or dock", lambda: dock.setFloating(not dock.isFloating())
        )
        self.closer = _button("✕", "Close", dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * UNIT, 0, UNIT, 0)
        row.setSpacing(UNIT)
        row.addWidget(title, 1)
        row.addWidget(self.floater)
        row.addWidget(self.closer)
        self.set_open(False)

    def set_open(self, is_open: bool) -> None:
        """Show the title bar, or take its place away."""
        if is_open != self._open:
            self._open = is_open
            self.setFixedHeight(_HEIGHT if is_open else 0)
            for button in (self.floater, self.closer):  # Tab reaches what has no height, too
                button.setVisible(is_open)
            self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return no height while it is shut."""
        return QSize(super().sizeHint().width(), _HEIGHT if self._open else 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return no height while it is shut."""
        return QSize(0, _HEIGHT if self._open else 0)


def _button(sign: str, tip: str, run: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setObjectName("flat")
    button.setText(sign)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda _checked=False: run())
    return button
