"""The tour of the first run: five stops, each beside what it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QObject, QPoint, QRect, Qt
from qtpy.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QRegion
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.context import Context
from lossexplorer.app.stage.own_window import draw_apart
from lossexplorer.app.theme import UNIT

_PRESSING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WIDTH = 44 * UNIT


@dataclass(frozen=True)
class TourStop:
    """A stop of the tour.

    Attributes
    ----------
    title, text : str
        What it says.
    area : callable
        Takes the `Context` and returns what it speaks of.
    """

    title: str
    text: str
    area: Callable[[Context], QWidget]


STOPS = (
    TourStop(
        "Your labels",
        "Truth, prediction, error and gradient of one slice. Drop a label volume here, scroll "
        "through its slices, and click a region to choose its class.",
        lambda context: context.stage,
    ),
    TourStop(
        "A prediction to play with",
        "Each slider spoils the prediction in one way: moved, grown, blurred, less certain. "
        "Or drop a real prediction on the window.",
        lambda context: context.panels.widget("controls"),
    ),
    TourStop(
        "What each loss says of it",
        "Values, classes and parameters of each loss, and λ in the total. A click on a card "
        "paints the gradient of its loss.",
        lambda context: context.panels.widget("losses"),
    ),
    TourStop(
        "How it got there",
        "Curves of every loss against what was moved last; beside them the history, the classes "
        "and the descent.",
        lambda context: context.panels.widget("plots"),
    ),
    TourStop(
        "Where to go on",
        "Scenarios has claims about losses to open at one click; F5 presents them. Learn shows "
        "which loss reaches which layer. Ctrl+Shift+P finds every action, F1 is the manual.",
        lambda context: context.stage,
    ),
)


_INSIDE = (3, 3, -3, -3)
"""Of the mark, what is left open, in pixels: its frame is drawn, and nothing within it."""


class Tour(QFrame):
    """A box above the window, beside what its stop speaks of; Esc ends it, and so does the last.

    Parameters
    ----------
    window : QWidget
        What it is shown in; the rest of it can be used meanwhile.
    context : Context
        Has what the stops speak of.

    Attributes
    ----------
    place : QLabel
        Which stop of how many.
    title, text : QLabel
        What it says.
    back, on, end : QPushButton
        To the stop before, to the next one, and out.
    """

    def __init__(self, window: QWidget, context: Context) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Tour")
        self._context, self._stop = context, 0
        self._mark = QFrame(window)
        self._mark.setObjectName("tourMark")
        self._mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for above in (self, self._mark):  # the stage, which has a window of its own
            draw_apart(above)
        self.place, self.title, self.text = QLabel(), QLabel(), QLabel()
        self.place.setObjectName("quiet")
        self.title.setObjectName("heading")
        self.text.setWordWrap(True)
        self.back, self.on = QPushButton("Back"), QPushButton("Next")
        self.end = QPushButton("End tour")
        self.back.clicked.connect(lambda: self._go(self._stop - 1))
        self.on.clicked.connect(lambda: self._go(self._stop + 1))
        self.end.clicked.connect(self.close)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.place)
        bottom.addWidget(self.end)
        bottom.addStretch(1)
        bottom.addWidget(self.back)
        bottom.addWidget(self.on)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        column.addLayout(top)
        column.addWidget(self.text)
        column.addLayout(bottom)
        self.setFixedWidth(_WIDTH)
        window.installEventFilter(self)

    def begin(self) -> None:
        """Show the first stop."""
        self._context.session.show(workspace="explore")
        self.show()
        self._go(0)
        self.on.setFocus()

    def _go(self, stop: int) -> None:
        if stop == len(STOPS):
            self.close()
            return
        self._stop = stop
        self.place.setText(f"{stop + 1} of {len(STOPS)}")
        self.title.setText(STOPS[stop].title)
        self.text.setText(STOPS[stop].text)
        self.back.setEnabled(stop > 0)
        self.on.setText("Done" if stop + 1 == len(STOPS) else "Next")
        self._place()

    def _place(self) -> None:
        """Be inside the window, beside what is spoken of, or in its middle if it is too large."""
        self.adjustSize()
        window, area = self.parentWidget(), STOPS[self._stop].area(self._context)
        assert window is not None
        room = window.rect()
        shown = area.rect() if area.isVisible() else QRect()
        about = QRect(area.mapTo(window, QPoint()), shown.size()).intersected(room)
        self._mark.setVisible(not about.isEmpty())
        self._mark.setGeometry(about)
        edge = QRegion(self._mark.rect())
        self._mark.setMask(edge - QRegion(self._mark.rect().adjusted(*_INSIDE)))
        left, top = self._beside(about, room)
        self.move(
            min(max(left, UNIT), max(room.width() - self.width() - UNIT, UNIT)),
            min(max(top, UNIT), max(room.height() - self.height() - UNIT, UNIT)),
        )
        self._mark.raise_()
        self.raise_()

    def _beside(self, about: QRect, room: QRect) -> tuple[int, int]:
        """Return where to be: beside a side panel, above one at the bottom, else in the middle."""
        centred = about.center().x() - self.width() // 2
        if about.height() > about.width():
            is_left = about.center().x() < room.center().x()
            beside = about.right() + UNIT if is_left else about.left() - self.width() - UNIT
            return beside, about.top() + 6 * UNIT
        if about.height() < room.height() // 2 and about.top() > room.center().y():
            return centred, about.top() - self.height() - UNIT
        return centred, about.center().y() - self.height() // 2

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stay beside what is spoken of when the window gets another size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """End the tour on Esc, and press the button that has the focus on Return as on Space."""
        focused = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in _PRESSING and isinstance(focused, QPushButton):
            focused.click()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Leave the focus to the canvas: Qt gives it to a button, which Space would press."""
        focus = self.window().focusWidget()  # also of one that is not active
        if focus is not None and self.isAncestorOf(focus):
            self._context.stage.setFocus()
        super().closeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Leave no mark, and remember that the tour was seen."""
        self._mark.deleteLater()
        self._context.settings.update(tour_seen=True)
        super().hideEvent(event)
