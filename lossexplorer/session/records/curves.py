"""Response curves: the value of every loss at each place of a slider, and where the hand is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lossexplorer.engine.messages import Answer
from lossexplorer.engine.questions import CurvePoint
from lossexplorer.session.response import Response


@dataclass(frozen=True)
class Curves:
    """What is known of the response curves.

    Attributes
    ----------
    response : Response or None
        What they are drawn against; None before anything is open.
    points : mapping of str to mapping of float to float
        By loss, the value at each place of the slider that is known.
    hand : Answer or None
        The newest step: where the hand is.
    """

    response: Response | None = None
    points: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    hand: Answer | None = None

    def against(self, response: Response) -> Curves:
        """Return curves without points, against something else or under other settings."""
        return Curves(response, {name: {} for name in response.shown}, self.hand)

    def with_points(self, answers: Iterable[Answer]) -> Curves:
        """Return the curves with more points."""
        points = {name: dict(known) for name, known in self.points.items()}
        for answer in answers:
            assert isinstance(answer.question, CurvePoint)
            for result in answer.losses:
                if not result.pending and result.name in points:
                    points[result.name][answer.question.position] = result.value
        return replace(self, points=points)

    @property
    def place(self) -> tuple[float, float] | None:
        """Where the hand is: place and value; None if what moves is not in the newest step."""
        if self.response is None or self.hand is None:
            return None
        if not self.response.concerns(self.hand.question):
            return None
        value = self.response.value(self.hand.question)
        return self.response.scale.position(value), value
