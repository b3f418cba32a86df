"""Which keys without Ctrl or Alt belong to the control that has the focus, and are no shortcut."""

from __future__ import annotations

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QTabBar,
    QWidget,
)

from lossexplorer.app.learn.output_card import OutputCard
from lossexplorer.app.network.focus_view import FocusView
from lossexplorer.app.snapshots.strip import SnapshotStrip
from lossexplorer.app.widgets.loss_card import LossCard
from lossexplorer.app.widgets.term_rows import TermRow

_Kinds = tuple[type[QWidget], ...]
_CARDS: _Kinds = (LossCard, OutputCard)
_PRESSING: _Kinds = (QAbstractButton, QComboBox, FocusView, QAbstractItemView, TermRow, *_CARDS)
_MOVING: _Kinds = (QAbstractSlider, QComboBox, FocusView, QAbstractItemView)
_STEPPING: _Kinds = (*_MOVING, QAbstractButton, QTabBar, QLineEdit)
_TYPING: _Kinds = (QComboBox, QAbstractItemView)


def keep_for_control(event: QEvent) -> bool:
    """Keep a key from being a shortcut where the control that has the focus uses it.

    Space presses a button or chooses a card, Home goes to the end of a slider, arrows move it,
    letters search a list, F2 has the title of a card or the name of a snapshot typed; elsewhere,
    and on a card that is chosen already, they are shortcuts of the descent, the training, the
    canvas and the chosen loss.

    Parameters
    ----------
    event : QEvent
        Any event of the window; one that is kept is accepted.

    Returns
    -------
    bool
        Whether it was such a key.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
        return False
    widget = QApplication.focusWidget()
    if not isinstance(widget, _users(event.key())):
        return False
    is_letter = Qt.Key.Key_A <= event.key() <= Qt.Key.Key_Z
    if isinstance(widget, SnapshotStrip) and is_letter:  # it searches nothing
        return False
    if isinstance(widget, _CARDS) and widget.property("selected"):
        return False
    event.accept()
    return True


def _users(key: int) -> _Kinds:
    """Return the kinds of controls that use a key."""
    if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        return _STEPPING
    if key == Qt.Key.Key_Space:
        return _PRESSING
    if key == Qt.Key.Key_F2:
        return (LossCard, SnapshotStrip)
    if key == Qt.Key.Key_Delete:
        return (SnapshotStrip,)
    if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        return _MOVING
    return _TYPING if Qt.Key.Key_A <= key <= Qt.Key.Key_Z else ()
