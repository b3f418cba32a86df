"""The bar below the canvas that plays a descent, and says how far it is."""

from __future__ import annotations

from qtpy.QtWidgets import QPushButton, QWidget

from lossexplorer.app.actions.descent import play_or_pause
from lossexplorer.app.context import Context
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.flow import Flow, FlowLabel
from lossexplorer.session import Change, State
from lossexplorer.session.descent_controller import DescentStatus


class DescentBar(QWidget):
    """Plays, pauses, steps and rewinds; shown in Explore.

    Attributes
    ----------
    play, step, rewind : QPushButton
        The buttons.
    words : FlowLabel
        What is descended, how many steps were taken, and why there is no next one.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setObjectName("bottom")
        self.play = _button("▶ Follow the gradient", "Let the logits descend (Space)")
        self.step = _button("▸ Step", "Take one step along the gradient (N)")
        self.rewind = _button("⟲ Rewind", "Back to the prediction of the controls (Home)")
        self._tips = {each: each.toolTip() for each in (self.play, self.step)}
        self.words = FlowLabel("")
        self.words.setObjectName("quiet")
        flow = Flow(self)
        flow.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        flow.setSpacing(UNIT)
        for widget in (self.play, self.step, self.rewind, self.words):
            flow.addWidget(widget)
        self.play.clicked.connect(lambda: play_or_pause(context))
        self.step.clicked.connect(context.descent.step)
        self.rewind.clicked.connect(context.descent.rewind)
        context.descent.changed.connect(self._show)
        context.session.changed.connect(self._on_change)
        self._show(context.descent.status)

    def _on_change(self, change: Change) -> None:
        self.setVisible(change.new.view.workspace == "explore")
        self._show(self._context.descent.status)

    def _show(self, status: DescentStatus) -> None:
        """Show how far a descent is."""
        descent = self._context.descent
        _set_text(self.play, "❚❚ Pause" if status.is_playing else "▶ Follow the gradient")
        self.play.setEnabled(descent.can_go_on)
        self.step.setEnabled(descent.can_go_on)
        self.rewind.setEnabled(descent.is_under_way)
        why_not = descent.why_not
        for button, tip in self._tips.items():
            button.setToolTip(why_not or tip)
        words = why_not or descent_words(self._context.session.state, status)
        if self.words.text() != words:
            self.words.setText(words)
            self.words.setToolTip(words)


def descent_words(state: State, status: DescentStatus) -> str:
    """Return what is descended, how far, and why there is no next step.

    Examples
    --------
    >>> descent_words(State(), DescentStatus(120, ended="converged: the gradient vanishes"))
    'Total · step 120 · converged: the gradient vanishes'
    """
    descent = state.experiment.descent
    names = [state.experiment.title(name) for name in (descent.follows, descent.beside) if name]
    words = [" beside ".join(names), f"step {status.number:,}", status.ended]
    return " · ".join(filter(None, words))


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(text.split(" ", 1)[-1])
    return button


def _set_text(button: QPushButton, text: str) -> None:
    if button.text() != text:
        button.setText(text)
