"""A view whose items the Tab key comes to, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QWidget

from lossexplorer.app.network.look import Look
from lossexplorer.app.network.stop import Stop
from lossexplorer.app.network.zoom_view import ZoomView

_COMMAND = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


class FocusView(ZoomView):
    """Has one item that keys act on, and offers its switches under the mouse or the focus.

    Qt's scenes give the Tab key to widgets alone, so the view keeps the place itself. A screen
    reader hears the item as the description of the view.

    Parameters
    ----------
    look : Look
        Is told what to mark.
    """

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._place = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def stops(self) -> Sequence[Stop]:
        """What the Tab key comes to, in order."""
        raise NotImplementedError

    def actions_of(self, item: Stop) -> dict[Qt.Key, Callable[[], object]]:
        """Return what each key does with an item."""
        raise NotImplementedError

    @property
    def current(self) -> Stop | None:
        """The item that keys act on."""
        return self.stops[self._place] if 0 <= self._place < len(self.stops) else None

    def go(self, place: int) -> None:
        """Have keys act on another item, by its place; on none if it is −1."""
        self._place = min(place, len(self.stops) - 1)
        for item in self.stops:
            item.is_current = item is self.current
        self.speak()
        if self.current is not None and self.is_zoomed:
            self.ensureVisible(self.current)
        self._redraw()

    def speak(self) -> None:
        """Give a screen reader what there is to say about the item."""
        self.setAccessibleDescription(self.current.spoken if self.current else "")

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802
        """Go to the next or the former item, and after the last out of the view."""
        place = self._place + (1 if next else -1)
        if self.hasFocus() and 0 <= place < len(self.stops):
            self.go(place)
            return True
        return super().focusNextPrevChild(next)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that act here from being shortcuts of the window."""
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and self._action_for(event) is not None:  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Zoom, go from item to item, or act on one."""
        action = self._action_for(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _action_for(self, event: QKeyEvent) -> Callable[[], object] | None:
        keys, key = Qt.Key, Qt.Key(event.key())
        zooms: dict[Qt.Key, Callable[[], object]] = {
            keys.Key_Plus: self.zoom_in,
            keys.Key_Equal: self.zoom_in,
            keys.Key_Minus: self.zoom_out,
            keys.Key_Underscore: self.zoom_out,
            keys.Key_0: self.fit,
        }
        if key in zooms and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return zooms[key]
        if event.modifiers() & _COMMAND:
            return None
        if key == keys.Key_Left:
            return lambda: self.go(max(0, self._place - 1))
        if key == keys.Key_Right:
            return lambda: self.go(self._place + 1)
        return self.actions_of(self.current).get(key) if self.current else None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Have keys act on what is clicked."""
        item = self.itemAt(event.position().toPoint())
        if isinstance(item, Stop):
            self.go(self.stops.index(item))
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Mark where the keyboard acts."""
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.TabFocusReason:
            self.go(0)
        elif event.reason() == Qt.FocusReason.BacktabFocusReason:
            self.go(len(self.stops) - 1)
        self._offer()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Mark nothing any more."""
        super().focusOutEvent(event)
        self._offer()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        """Offer the switches."""
        super().enterEvent(event)
        self._offer()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Show the switches that are on, alone."""
        super().leaveEvent(event)
        self._offer()

    def _offer(self) -> None:
        self._look.has_focus = self.hasFocus()
        self._look.offers_switches = self.hasFocus() or self.underMouse()
        self._redraw()

    def _redraw(self) -> None:
        for item in self.items():
            item.update()
