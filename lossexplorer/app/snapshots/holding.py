"""What lasts as long as a key is held."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication

_ENDING = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.ApplicationStateChange,
    QEvent.Type.WindowDeactivate,
)
# Chosen in a menu or in the command palette, it lasts as long as these are held.
_CHOOSING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


# A key that is held is repeated as a release and a press at the same moment. Qt says so of both,
# but not of a release whose press has not arrived yet.
_PRESS_FOLLOWS_IN = 50


class Holding(QObject):
    """Ends something when a key is released, or when anything else is done.

    Parameters
    ----------
    key : int
        The key that is held.
    ended : callable
        Ends it; called once, before what else is done.

    Attributes
    ----------
    released : QTimer
        Runs as long as the key may have been released or repeated.
    """

    def __init__(self, key: int, ended: Callable[[], object]) -> None:
        app = QApplication.instance()
        assert app is not None
        super().__init__(app)
        self._keys = (key, *_CHOOSING)
        self._ended = ended
        self.released = QTimer(self)
        self.released.setSingleShot(True)
        self.released.setInterval(_PRESS_FOLLOWS_IN)
        self.released.timeout.connect(self._end)
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take no event."""
        del watched
        if event.type() in _ENDING:
            self._end()
        elif isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            self._take_key(event.key(), is_release=event.type() == QEvent.Type.KeyRelease)
        return False

    def _take_key(self, key: int, *, is_release: bool) -> None:
        if key in self._keys and is_release:
            self.released.start()
        elif key in self._keys:
            self.released.stop()
        elif not is_release:
            self._end()

    def _end(self) -> None:
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)
        self.released.stop()
        self.deleteLater()
        self._ended()
