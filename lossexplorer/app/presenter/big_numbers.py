"""The numbers of a page: what each is called, its colour, and its value in answers."""

from __future__ import annotations

from dataclasses import dataclass

from lossexplorer.app.presenter.page import Page, StatedNumber
from lossexplorer.core.parameters import ParameterError
from lossexplorer.documents.numbers import QUOTIENT, NumberName, number, parts
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.session import State
from lossexplorer.session.state import Experiment


@dataclass(frozen=True)
class NumberTitle:
    """What is beside a number: its words, and the mark of its loss or a disc of some colour."""

    words: str
    loss: str | None = None
    color: str | None = None


def titles_of(numbers: tuple[str, ...], state: State) -> dict[str, NumberTitle]:
    """Return what is beside each number of a page of Explore."""
    return {what: NumberTitle(title_of(what, state), loss_of(what)) for what in numbers}


def title_of(what: str, state: State) -> str:
    """Return what a number is called, such as ``Dice · tumour``.

    Parameters
    ----------
    what : str
        Its name, see `lossexplorer.documents.numbers`.
    state : State
        Says what losses and classes are called.

    Examples
    --------
    >>> [title_of(what, State()) for what in ("dice", "norm.iou / norm.dice", "total")]
    ['Dice', '‖∂ IoU‖ / ‖∂ Dice‖', 'Total']
    """
    return QUOTIENT.join(_title(each, state) for each in parts(what))


def _title(name: NumberName, state: State) -> str:
    words = state.experiment.title(name.loss)
    if name.is_norm:
        return f"‖∂ {words}‖"
    if name.class_index is None or state.volume is None:
        return words
    return f"{words} · {state.volume.classes[name.class_index].name}"


def loss_of(what: str) -> str | None:
    """Return the name of the loss that a number is of; None for the total.

    Examples
    --------
    >>> loss_of("norm.tversky_2 / norm.dice"), loss_of("total")
    ('tversky_2', None)
    """
    loss = parts(what)[0].loss
    return None if loss == TOTAL else loss


def losses_of(numbers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the losses that numbers are of.

    Examples
    --------
    >>> losses_of(("dice.class.1", "norm.iou / norm.dice"))
    ('dice', 'iou')
    """
    return tuple(dict.fromkeys(each.loss for what in numbers for each in parts(what)))


def value_of(what: str, answer: Answer | None, norms: Answer | None) -> float | None:
    """Return a number; None if it is not known.

    Parameters
    ----------
    what : str
        Its name.
    answer : Answer or None
        The newest about what is set.
    norms : Answer or None
        The newest with norms.
    """
    names = parts(what)
    needed = norms if any(name.is_norm for name in names) else answer
    if needed is None:
        return None
    shown = {result.name: result for result in needed.losses}
    of_total = needed.is_pending and any(name.loss == TOTAL for name in names)
    if of_total or any(name.loss in shown and shown[name.loss].pending for name in names):
        return None
    try:
        return number(what, shown, needed.total)
    except ParameterError:  # of a loss or class that is gone
        return None


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
