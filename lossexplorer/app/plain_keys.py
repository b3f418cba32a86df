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

from lossexplorer.app.help.tour import Tour
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
_USERS: dict[int, _Kinds] = {
    Qt.Key.Key_Left: _STEPPING,
    Qt.Key.Key_Right: _STEPPING,
    Qt.Key.Key_Space: _PRESSING,
    Qt.Key.Key_Escape: (QLineEdit, QAbstractItemView),
    Qt.Key.Key_F2: (LossCard, SnapshotStrip),
    Qt.Key.Key_Delete: (SnapshotStrip,),
    Qt.Key.Key_Home: _MOVING,
    Qt.Key.Key_End: _MOVING,
    **{Qt.Key(key): _TYPING for key in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1)},
}
"""Which kinds of controls use a key."""


def keep_for_control(event: QEvent) -> bool:
    """Keep a key from being a shortcut where the control that has the focus uses it.

    Space presses a button or chooses a card, Home goes to the end of a slider, arrows move it,
    letters search a list, F2 has the title of a card or the name of a snapshot typed; elsewhere,
    and on a card that is chosen already, they are shortcuts of the descent, the training, the
    canvas and the chosen loss. Escape ends typing, a search or the tour, and else unpins a voxel.

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
    is_kept = _is_used_by(QApplication.focusWidget(), event.key())
    if is_kept:
        event.accept()
    return is_kept


def _is_used_by(widget: QWidget | None, key: int) -> bool:
    if key == Qt.Key.Key_Escape and _is_in_tour(widget):
        return True
    if not isinstance(widget, _USERS.get(key, ())):
        return False
    is_letter = Qt.Key.Key_A <= key <= Qt.Key.Key_Z
    if isinstance(widget, SnapshotStrip) and is_letter:  # it searches nothing
        return False
    return not (isinstance(widget, _CARDS) and widget.property("selected"))


def _is_in_tour(widget: QWidget | None) -> bool:
    while widget is not None and not isinstance(widget, Tour):
        widget = widget.parentWidget()
    return widget is not None
