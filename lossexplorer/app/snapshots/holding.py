"""What lasts as long as a key is held."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication

_ENDING = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.ApplicationStateChange,
    QEvent.Type.WindowDeactivate,
)
# Chosen in a menu or in the command palette, it lasts as long as these are held.
_CHOOSING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Holding(QObject):
    """Ends something when a key is released, or when anything else is done.

    Parameters
    ----------
    key : int
        The key that is held.
    ended : callable
        Ends it; called once, before what else is done.
    """

    def __init__(self, key: int, ended: Callable[[], object]) -> None:
        app = QApplication.instance()
        assert app is not None
        super().__init__(app)
        self._keys = (key, *_CHOOSING)
        self._ended = ended
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take no event."""
        del watched
        if event.type() in _ENDING or (isinstance(event, QKeyEvent) and self._ends(event)):
            app = QApplication.instance()
            assert app is not None
            app.removeEventFilter(self)
            self.deleteLater()
            self._ended()
        return False

    def _ends(self, event: QKeyEvent) -> bool:
        """Return whether the key is released, or another one pressed."""
        if event.isAutoRepeat():
            return False
        is_own = event.key() in self._keys
        return is_own if event.type() == QEvent.Type.KeyRelease else not is_own
