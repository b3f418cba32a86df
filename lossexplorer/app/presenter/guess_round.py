"""A round of guess first: the question, the guess, and what the curve says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lossexplorer.app.presenter.guess import Direction, beyond, direction
from lossexplorer.core.numbers import loss_value
from lossexplorer.session import Response
from lossexplorer.session.records.curves import Curves


@dataclass(frozen=True)
class GuessVerdict:
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
    title : str
        What that loss is called.
    guessed : {"up", "down"} or None
        None while nothing is guessed.
    """

    loss: str
    title: str
    guessed: Direction | None = None

    def with_guess(self, guessed: Direction) -> GuessRound:
        """Return the round with what was guessed."""
        return replace(self, guessed=guessed)

    def words(self, curves: Curves) -> str:
        """Return what is asked: whether the value goes up or down beyond the hand."""
        found = _beyond(curves)
        if found is None:
            return ""
        response, here, places = found
        way = "up" if places[0] > here else "down"
        title = response.number.title
        return f"{title} goes {way} from here.\nDoes {self.title} go up or down?"

    def waiting(self) -> str:
        """Return what is said while the curve is computed."""
        return f"You guessed {self.guessed}. Computing…"

    def verdict(self, curves: Curves) -> GuessVerdict | None:
        """Return what the curve says; None as long as it is not known, or nothing is guessed.

        It says where the value is another one first: of a hard prediction it changes in steps.
        """
        found, hand = _beyond(curves), curves.hand
        if found is None or hand is None or self.guessed is None:
            return None
        before = next((r for r in hand.losses if r.name == self.loss), None)
        if before is None or before.pending:
            return None
        response, _, places = found
        points = curves.points.get(self.loss, {})
        for place in places:
            if place not in points:
                return None
            goes = direction(before.value, points[place])
            if goes != "neither":
                break
        said = f"{loss_value(before.value)} → {loss_value(points[place])}"
        at = response.words_of(response.scale.value(place))
        way = {"up": "goes up", "down": "goes down", "neither": "goes neither up nor down"}[goes]
        is_right = goes == self.guessed
        sign = "✓ Right" if is_right else "✗ No"
        return GuessVerdict(is_right, f"{sign}: {self.title} {way}, {said} at {at}.")


def _beyond(curves: Curves) -> tuple[Response, float, tuple[float, ...]] | None:
    """Return what moves, where the hand is, and the places beyond it; None if there are none."""
    response, place = curves.response, curves.place
    if response is None or place is None:
        return None
    places = beyond(response.positions, place[0])
    return (response, place[0], places) if places else None


def asked_of(numbers: tuple[str, ...], curves: Curves) -> str | None:
    """Return the loss whose value is guessed: the first of a page's numbers that has a curve.

    A parameter moves the value of its own loss alone, which is the one that is guessed then.
    """
    response = curves.response
    if response is None:
        return None
    moved = response.reference.loss
    candidates = (*numbers, *response.shown) if moved is None else (moved,)
    return next((what for what in candidates if what in response.shown), None)
