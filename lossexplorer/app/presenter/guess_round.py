"""A round of guess first: the question, the guess, and what the curve says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lossexplorer.app.presenter.guess import Direction, direction, neighbour
from lossexplorer.core.numbers import loss_value
from lossexplorer.session import Response
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.words import loss_in_words


@dataclass(frozen=True)
class Verdict:
    """What the curve says of a guess.

    Attributes
    ----------
    is_right : bool
        Whether the value goes where it was guessed to go.
    text : str
        A sentence with the two values.
    """

    is_right: bool
    text: str


@dataclass(frozen=True)
class GuessRound:
    """What the audience is asked, and what it has guessed.

    Attributes
    ----------
    loss : str
        Whose value is guessed.
    guessed : {"up", "down"} or None
        None while nothing is guessed.
    """

    loss: str
    guessed: Direction | None = None

    def with_guess(self, guessed: Direction) -> GuessRound:
        """Return the round with what was guessed."""
        return replace(self, guessed=guessed)

    def question(self, curves: Curves) -> str:
        """Return what is asked: whether the value goes up or down beside the hand."""
        found = _beside(curves)
        if found is None:
            return ""
        response, here, there = found
        way = "up" if there > here else "down"
        title = response.number.title
        return f"{title} goes {way} from here.\nDoes {loss_in_words(self.loss)} go up or down?"

    def waiting(self) -> str:
        """Return what is said while the curve is computed."""
        return f"You guessed {self.guessed}. Computing…"

    def verdict(self, curves: Curves) -> Verdict | None:
        """Return what the curve says; None as long as it is not known, or nothing is guessed."""
        found, hand = _beside(curves), curves.hand
        if found is None or hand is None or self.guessed is None:
            return None
        response, _, there = found
        points = curves.points.get(self.loss, {})
        before = next((r for r in hand.losses if r.name == self.loss), None)
        if before is None or before.pending or there not in points:
            return None
        goes = direction(before.value, points[there])
        is_right = goes == self.guessed
        at = response.words_of(response.scale.value(there))
        way = {"up": "goes up", "down": "goes down", "neither": "goes neither up nor down"}[goes]
        text = (
            f"{'✓ Right' if is_right else '✗ No'}: {loss_in_words(self.loss)} {way}, "
            f"{loss_value(before.value)} → {loss_value(points[there])} at {at}."
        )
        return Verdict(is_right, text)


def _beside(curves: Curves) -> tuple[Response, float, float] | None:
    """Return what moves, where the hand is and the place beside it; None if there is none."""
    response, place = curves.response, curves.place
    if response is None or place is None:
        return None
    there = neighbour(response.positions, place[0])
    return None if there is None else (response, place[0], there)


def asked_of(numbers: tuple[str, ...], curves: Curves) -> str | None:
    """Return the loss whose value is guessed: the first of a page's numbers that has a curve."""
    response = curves.response
    if response is None:
        return None
    return next((what for what in (*numbers, *response.shown) if what in response.shown), None)
