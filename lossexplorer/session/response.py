"""Response curves: how every loss answers when one number moves and all else stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import Number, Parameter
from lossexplorer.core.scales import SliderScale
from lossexplorer.engine.messages import EXACT, PREVIEW, Effort, Question, Reference, Request
from lossexplorer.engine.questions import CurvePoint
from lossexplorer.session.state import Experiment, State


@dataclass(frozen=True)
class Response:
    """What curves are drawn against.

    Attributes
    ----------
    reference : Reference
        What moves.
    number : Number
        Its description.
    positions : tuple of float
        Evenly spaced places of its slider.
    scale : SliderScale
        Maps places to values.
    shown : tuple of str
        The losses that curves are drawn of.
    """

    reference: Reference
    number: Number
    positions: tuple[float, ...]
    scale: SliderScale
    shown: tuple[str, ...]

    def concerns(self, question: Question) -> bool:
        """Return whether what moves is one number in a question; its loss may not be shown."""
        loss = self.reference.loss
        if loss is None:
            return not isinstance(question.controls[self.reference.name], tuple)
        return loss in [setting.name for setting in question.losses]

    def value(self, question: Question) -> float:
        """Return the value that a question has for what moves."""
        name = self.reference.name
        if self.reference.loss is None:
            return float(question.controls[name])
        setting = next(s for s in question.losses if s.name == self.reference.loss)
        return float(setting.parameters[name])

    def words_of(self, value: float) -> str:
        """Return a value of what moves with its unit."""
        number = self.number
        shown = 1 - value if number.scale == "log-complement" else number.shown(value)
        return f"{tidy(shown, signed=number.low < 0)} {number.shown_unit}".strip()

    def requests(self, experiment: Experiment) -> tuple[Request, ...]:
        """Return a question for each place, the same wherever the hand is; coarse to fine.

        A preview is enough at first; the exact answer is asked for where it left something out.
        Where losses need the whole field, a request without these losses comes first for each
        place: the curves of the others do not wait.

        Parameters
        ----------
        experiment : Experiment
            What all else is set to; something is open.
        """
        # Places whose index is divisible by a high power of two come first.
        order = sorted(range(len(self.positions)), key=lambda i: -(i & -i) if i else -(2**30))
        points = [self._point(experiment, self.positions[index]) for index in order]
        if not points[0].has_field_loss:
            return tuple(Request(point, Effort(exact=False)) for point in points)
        return tuple(Request(point, effort) for effort in (PREVIEW, EXACT) for point in points)

    def _point(self, experiment: Experiment, position: float) -> CurvePoint:
        value = self.scale.value(position)
        moved = experiment.with_value(self.reference, value)
        assert moved.case is not None
        # Of a whole number, where the value is, which is not where it was looked up.
        place = self.scale.position(value)
        return CurvePoint(moved.case.key, moved.controls, moved.losses, place)


def varies(parameter: Parameter, value: Any) -> bool:
    """Whether curves can be drawn against a parameter: it has one number, that is no seed's."""
    return (
        isinstance(parameter, Number)
        and not isinstance(value, tuple)
        and not parameter.name.endswith("seed")
    )


def response_of(state: State, count: int) -> Response:
    """Return what was moved last as something to draw curves against.

    Parameters
    ----------
    state : State
        Names it; something is open.
    count : int
        Number of places, at least 2.
    """
    case, reference = state.experiment.case, state.view.against
    assert case is not None
    number = reference.parameter_of(case.batch.size)
    assert isinstance(number, Number)
    scale = SliderScale(number, case.batch.spacing)
    low, high = scale.ends
    distance = (high - low) / (count - 1)
    positions = (*(low + distance * index for index in range(count - 1)), high)
    return Response(reference, number, positions, scale, state.experiment.shown)
