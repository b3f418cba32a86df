"""The window of a talk: one page, laid out as large as the screen allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.presenter.guess_panel import GuessPanel
from lossexplorer.app.presenter.keys import bind, footer
from lossexplorer.app.presenter.large_plot import LargePlot
from lossexplorer.app.presenter.maps_row import MapsRow
from lossexplorer.app.presenter.network import TalkNetwork
from lossexplorer.app.presenter.numbers_panel import NumbersPanel
from lossexplorer.app.presenter.page import Page
from lossexplorer.app.presenter.rows_panel import RowsPanel
from lossexplorer.app.presenter.spotlight import Spotlight
from lossexplorer.app.presenter.text_size import LEAST, start_factor, stepped, talk_style
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.theme.contrast import in_a_lit_room
from lossexplorer.app.widgets.number_row import NeutralSlider
from lossexplorer.app.widgets.row import set_mark
from lossexplorer.session import Session
from lossexplorer.session.state import Workspace

_LEFT, _RIGHT = 64, 36  # the shares of the columns
_MAPS, _PLOT = 56, 44  # of the rows
_FITTING = 30  # times that the text is made smaller at most

Actions = Mapping[str, Callable[[], object]]


class TalkWindow(QWidget):
    """Shows a page: title, claim, maps, plot, numbers, sliders, source and keys.

    Parameters
    ----------
    session : Session
        What is set.
    palette : Palette
        The colours.
    actions : mapping
        What the keys do that concern the talk, by their ids.

    Attributes
    ----------
    maps, network, plot, guess, numbers, rows, spotlight : QWidget
        The parts of the page; a page of Learn has the network in place of maps.
    headline, claim, looks, source, counter, verdict, keys, problem : QLabel
        Its texts.
    key_actions : mapping
        What every key does, by its id.
    factor : float
        How many times larger than the desk's all text is.
    closed : Signal()
        The window system has closed it.
    """

    closed = Signal()

    def __init__(self, session: Session, palette: Palette, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("talk")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("Loss Explorer: talk")
        # Else the first line had the focus, and with it all letters.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._palette = palette
        self._wanted = self.factor = start_factor(self.screen().size().height())
        self.maps, self.plot, self.guess = MapsRow(), LargePlot(), GuessPanel()
        self.network = TalkNetwork(session)
        self.network.picture.laid_out.connect(self.fit)
        self._workspace: Workspace = "explore"
        self.numbers, self.rows = NumbersPanel(), RowsPanel(session)
        names = ("headline", "claim", "looks", "source", "counter", "verdict", "keys", "problem")
        for name in names:
            label = QLabel()
            label.setObjectName(name)
            label.setWordWrap(name not in ("counter", "keys"))
            setattr(self, name, label)
        # Longer while the audience is asked, when the page must not become wider than the screen.
        self.keys.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.verdict.hide()
        self.problem.hide()
        self._below = QStackedWidget()
        self._below.addWidget(self.plot)
        self._below.addWidget(self.guess)
        self._lay_out()
        self.spotlight = Spotlight(self)
        own = {
            "spotlight": self.spotlight.switch,
            "larger": lambda: self._resize_text(1),
            "smaller": lambda: self._resize_text(-1),
            "usual": lambda: self._resize_text(0),
        }
        self.key_actions: Actions = {**actions, **own}
        self._guessing = bind(self, self.key_actions)
        self.use(palette)

    headline: QLabel
    claim: QLabel
    looks: QLabel
    source: QLabel
    counter: QLabel
    verdict: QLabel
    keys: QLabel
    problem: QLabel

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of a projector."""
        return QSize(1920, 1080)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.addWidget(self.headline, 1)
        header.addWidget(self.counter, 0, Qt.AlignmentFlag.AlignTop)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.maps, _MAPS)
        left.addWidget(self.verdict)
        left.addWidget(self._below, _PLOT)
        right.addWidget(self.numbers)
        right.addStretch(1)
        right.addWidget(self.rows)
        right.addWidget(self.source)
        body = QGridLayout()
        body.addWidget(self.network, 0, 0, 1, 2)
        body.addLayout(left, 1, 0)
        body.addLayout(right, 1, 1)
        body.setColumnStretch(0, _LEFT)
        body.setColumnStretch(1, _RIGHT)
        body.setRowStretch(1, 1)
        self._boxes, self._right, self._body = (header, left, body), right, body
        column = QVBoxLayout(self)
        column.addLayout(header)
        for label in (self.claim, self.looks, self.problem):
            column.addWidget(label)
        column.addLayout(body, 1)
        column.addWidget(self.keys)

    # What is shown

    def show_page(self, page: Page, counter: str) -> None:
        """Show the texts and the maps' places of a page; the rest comes once it is open."""
        self.headline.setText(page.title)
        for label, text in ((self.claim, page.claim), (self.looks, page.text)):
            label.setText(text)
            label.setVisible(bool(text))
        self.source.setText(page.source)
        self.source.setVisible(bool(page.source))
        self.counter.setText(counter)
        self.say("")
        self._workspace = page.workspace
        self.maps.show_names(page.maps)
        is_learning = page.workspace == "learn"
        self.network.setVisible(is_learning)
        self._place_source(below=is_learning)
        self._below.setVisible(bool(page.plot))
        self.show_verdict("")
        self.setFocus()
        self.fit()

    def _place_source(self, *, below: bool) -> None:
        """Put the source below all, where numbers and a network leave it no height, or beside."""
        (self._right if below else self._body).removeWidget(self.source)
        if below:
            self._body.addWidget(self.source, 2, 0, 1, 2)
        else:
            self._right.addWidget(self.source)

    def say(self, problem: str) -> None:
        """Say what went wrong, or that nothing has."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def ask(self, text: str) -> None:
        """Hide curve and numbers, and ask the audience."""
        self.numbers.hide_numbers(True)
        self.guess.ask(text)
        self._below.setCurrentWidget(self.guess)
        self._hold_guess_keys(True)

    def reveal(self) -> None:
        """Show curve and numbers."""
        self.numbers.hide_numbers(False)
        self._below.setCurrentWidget(self.plot)
        self._hold_guess_keys(False)

    def show_verdict(self, text: str, *, right: bool | None = None) -> None:
        """Say whether the guess was right; nothing with an empty text."""
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))
        set_mark(self.verdict, "right", right is True)
        set_mark(self.verdict, "wrong", right is False)

    def _hold_guess_keys(self, held: bool) -> None:
        for shortcut in self._guessing:
            shortcut.setEnabled(held)
        self._say_keys()

    def _say_keys(self) -> None:
        is_guessing = self._below.currentWidget() is self.guess
        has_slider = self.rows.receiver() is not None
        self.keys.setText(
            footer(has_slider=has_slider, is_guessing=is_guessing, workspace=self._workspace)
        )

    # How large it is

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._palette = in_a_lit_room(palette)
        self.plot.use(self._palette)
        self.network.use(self._palette)
        self.numbers.use(self._palette)
        self._apply()

    def _resize_text(self, by: int) -> None:
        """Make the text larger or smaller; with 0 as it was at first."""
        usual = start_factor(self.screen().size().height())
        self._wanted = stepped(self.factor, by) if by else usual
        self.fit()

    def fit(self) -> None:
        """Use the size of text that is wanted, or the largest at which all has its place."""
        self.factor = self._wanted
        self._apply()
        for _ in range(_FITTING):
            if self._has_room() or self.factor <= LEAST:
                return
            self.factor = max(self.factor / 1.02, LEAST)
            self._apply()

    def _has_room(self) -> bool:
        column = self.layout()
        assert column is not None
        least = column.totalMinimumSize()
        margins = column.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        asking = footer(has_slider=True, is_guessing=True)
        if self.keys.fontMetrics().horizontalAdvance(asking) > room:
            return False
        height = least.height()
        if column.hasHeightForWidth():
            height = max(height, column.totalMinimumHeightForWidth(self.width()))
        return least.width() <= self.width() and height <= self.height()

    def _apply(self) -> None:
        factor = self.factor
        unit = round(UNIT * factor)
        self.setStyleSheet(talk_style(self._palette, factor))
        for box in self._boxes:
            box.setSpacing(unit)
        self._right.setSpacing(unit // 2)
        column = self.layout()
        assert column is not None
        column.setContentsMargins(2 * unit, round(1.5 * unit), 2 * unit, unit)
        column.setSpacing(unit // 2)
        for panel in (self.maps, self.plot, self.numbers, self.rows):
            panel.use_factor(factor)
        self.maps.setMinimumHeight(round(80 * factor))
        self.network.use_factor(factor, self.width() - 4 * unit)
        self._below.setMinimumHeight(round(70 * factor))
        self._say_keys()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fit the text to another size of the window."""
        super().resizeEvent(event)
        self.spotlight.setGeometry(self.rect())
        self.fit()

    # Keys

    def event(self, event: QEvent) -> bool:
        """Leave keys to what has the focus where it needs them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focus, key = QApplication.focusWidget(), event.key()
            is_typing = isinstance(focus, QLineEdit) and key == Qt.Key.Key_Escape
            presses = isinstance(focus, QAbstractButton | QComboBox) and key == Qt.Key.Key_Space
            if is_typing or presses:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move the first slider with the arrows while no control has the focus."""
        slider = self._moved_by(event)
        if slider is not None:  # sent as an event it would come back from there
            slider.keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Say to the slider that the key is held no longer."""
        slider = self._moved_by(event)
        if slider is not None:
            slider.keyReleaseEvent(event)

    def _moved_by(self, event: QKeyEvent) -> NeutralSlider | None:
        """Return the slider that a key without a control of its own moves."""
        slider = self.rows.receiver()
        moves = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        return slider if slider is not None and moves and not slider.hasFocus() else None

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Say that it is closed."""
        super().closeEvent(event)
        self.closed.emit()
