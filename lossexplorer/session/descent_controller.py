"""The controller of a descent: has the prediction's logits follow a gradient, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

from psygnal import Signal

from lossexplorer.engine.messages import Answer, DescentReport
from lossexplorer.session.controller import Controller
from lossexplorer.session.overlapping import NOT_DESCENDED
from lossexplorer.session.state import Change, State
from lossexplorer.session.words import problem_in_words


@dataclass(frozen=True)
class DescentStatus:
    """How far a descent has come.

    Attributes
    ----------
    number : int
        How many steps were taken.
    is_playing : bool
        Whether more follow by themselves.
    ended : str
        A sentence if there is no next step; else empty.
    """

    number: int = 0
    is_playing: bool = False
    ended: str = ""


class DescentController:
    """Plays the descent that the session describes, while its view is Explore.

    What is shown is a number of steps, which is part of the view: a frame is a change of it, and
    is asked and answered as any other. A change of what the descent depends on begins it anew, and
    it pauses at the new start.

    Parameters
    ----------
    controller : Controller
        Asks the engine, and says what it answers.

    Attributes
    ----------
    changed : Signal(DescentStatus)
        It is another one.
    """

    changed = Signal(DescentStatus)

    def __init__(self, controller: Controller) -> None:
        self._session = controller.session
        self._status = DescentStatus()
        self._session.changed.connect(self._on_change)
        controller.answered.connect(self._on_answer)
        controller.abandoned.connect(self.pause)
        controller.withheld.connect(self.pause)  # the user does not want to wait

    @property
    def status(self) -> DescentStatus:
        """How far it has come."""
        return self._status

    @property
    def can_go_on(self) -> bool:
        """Whether there may be a next step."""
        return self._session.case is not None and not self._status.ended and not self.why_not

    @property
    def why_not(self) -> str:
        """Why logits of what is open cannot descend; empty if they can."""
        return NOT_DESCENDED if self._session.state.experiment.overlaps else ""

    @property
    def is_under_way(self) -> bool:
        """Whether it has left the start, or has ended there."""
        return self._session.state.view.descended > 0 or self._status != DescentStatus()

    def play(self) -> None:
        """Take steps until there is a pause, or the descent ends."""
        if self.can_go_on and not self._status.is_playing:
            self._become(DescentStatus(self._status.number, is_playing=True))
            self._take(self._session.state.experiment.descent.steps)

    def step(self) -> None:
        """Take one step, or one more than is already wanted; a descent that plays pauses."""
        if self.can_go_on:
            self._become(DescentStatus(self._status.number))
            self._take(1)

    def pause(self) -> None:
        """Take no more steps; what is under way is interrupted."""
        self._become(DescentStatus(self._status.number, ended=self._status.ended))
        self._session.show(descended=self._status.number)

    def rewind(self) -> None:
        """Go back to the start."""
        self._become(DescentStatus())
        self._session.show(descended=0)

    def _take(self, steps: int) -> None:
        self._session.show(descended=self._status.number + steps)

    def _on_change(self, change: Change) -> None:
        if not change.new.experiment.descends_as(change.old.experiment):
            self._become(DescentStatus())
        elif change.new.view.workspace != "explore" and self._status.is_playing:
            self.pause()

    def _on_answer(self, answer: Answer) -> None:
        if answer.descent is None or answer.question != self._session.state.maps():
            return
        number = max(answer.descent.number, 0 if answer.beside is None else answer.beside.number)
        ended = ended_words(self._session.state, answer.descent, answer.beside)
        is_playing = self._status.is_playing and not ended
        self._become(DescentStatus(number, is_playing, ended))
        if is_playing:
            self._take(self._session.state.experiment.descent.steps)
        elif number < self._session.state.view.descended:
            self._session.show(descended=number)

    def _become(self, status: DescentStatus) -> None:
        if status != self._status:
            self._status = status
            self.changed.emit(status)


def ended_words(state: State, first: DescentReport, beside: DescentReport | None) -> str:
    """Return why there is no next step; empty while there is one for either of two descents."""
    if beside is None:
        return first.why_ended(problem_in_words)
    if not (first.ended and beside.ended):
        return ""
    descent = state.experiment.descent
    return "; ".join(
        f"{state.experiment.title(name)} {report.why_ended(problem_in_words)}"
        for name, report in ((descent.follows, first), (descent.beside, beside))
    )
