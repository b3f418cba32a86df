"""The numbers of a page: what each is called, and its value in an answer."""

from __future__ import annotations

from dataclasses import dataclass

from lossexplorer.app.presenter.page import Page, StatedNumber
from lossexplorer.engine.messages import TOTAL, Answer, LossResult
from lossexplorer.session import State
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.state import Experiment

_NORM = "norm."
_CLASS = ".class."


@dataclass(frozen=True)
class NumberName:
    """What one of a page's numbers is of.

    Attributes
    ----------
    loss : str
        The loss, or ``"total"``.
    class_index : int or None
        The class whose term it is; None for the value.
    is_norm : bool
        Whether it is the norm of the loss's gradient.

    Examples
    --------
    >>> NumberName.parse("dice.class.2"), NumberName.parse("norm.iou").is_norm
    (NumberName(loss='dice', class_index=2, is_norm=False), True)
    """

    loss: str
    class_index: int | None = None
    is_norm: bool = False

    @classmethod
    def parse(cls, what: str) -> NumberName:
        """Return what a number's name says, see `Page.numbers`."""
        if what.startswith(_NORM):
            return cls(what.removeprefix(_NORM), is_norm=True)
        loss, _, index = what.partition(_CLASS)
        return cls(loss, int(index) if index else None)

    def title(self, state: State) -> str:
        """Return what the number is called."""
        words = state.experiment.title(self.loss)
        if self.is_norm:
            return f"‖∂ {words}‖"
        if self.class_index is None or state.volume is None:
            return words
        return f"{words} · {state.volume.classes[self.class_index].name}"

    @property
    def color(self) -> str | None:
        """The colour of its loss; None for the total."""
        return None if self.loss == TOTAL else color_of(self.loss)

    def value(self, answer: Answer | None, norms: Answer | None) -> float | None:
        """Return the number; None if it is not known.

        Parameters
        ----------
        answer : Answer or None
            The newest about what is set.
        norms : Answer or None
            The newest with norms.
        """
        if self.is_norm:
            measured = _result(norms, self.loss)
            return None if measured is None else measured.gradient_norm
        if self.loss == TOTAL:
            return None if answer is None or answer.is_pending else answer.total
        result = _result(answer, self.loss)
        if result is None or result.pending:
            return None
        return result.value if self.class_index is None else result.per_class[self.class_index]


def _result(answer: Answer | None, loss: str) -> LossResult | None:
    results = () if answer is None else answer.losses
    return next((result for result in results if result.name == loss), None)


def stated_now(page: Page, what: str, start: State, now: State) -> StatedNumber | None:
    """Return what the source states of a number as things are set; None if it says nothing of that.

    Parameters
    ----------
    page : Page
        Has what is stated.
    what : str
        One of its numbers.
    start, now : State
        How the page began, and how it is now.
    """
    for stated in page.stated:
        if stated.what == what and _as_stated(stated, start.experiment, now.experiment):
            return stated
    return None


def _as_stated(stated: StatedNumber, start: Experiment, now: Experiment) -> bool:
    """Return whether all is set as it is where a number is stated."""
    losses = tuple(
        shown.with_values(stated.parameters.get(shown.name, {})) for shown in start.losses
    )
    controls = {**start.controls, **stated.controls}
    return (now.case, now.controls, now.losses) == (start.case, controls, losses)
