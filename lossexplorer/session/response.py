"""Response curves: how every loss answers when one number moves and all else stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lossexplorer.core.parameters import Number, Parameter, Spacing
from lossexplorer.core.scales import SliderScale
from lossexplorer.engine.messages import LossSetting, Request
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS
from lossexplorer.session.state import State


@dataclass(frozen=True)
class Response:
    """What curves are drawn against.

    Attributes
    ----------
    loss : str
        The loss whose parameter moves; empty if it is a control of the prediction.
    number : Number
        What moves.
    positions : tuple of float
        Evenly spaced places of its slider.
    scale : SliderScale
        Maps places to values.
    shown : tuple of str
        The losses that curves are drawn of.
    """

    loss: str
    number: Number
    positions: tuple[float, ...]
    scale: SliderScale
    shown: tuple[str, ...]

    def concerns(self, request: Request) -> bool:
        """Return whether what moves is in a request: its loss may be shown no longer."""
        return not self.loss or self.loss in [setting.name for setting in request.losses]

    def value(self, request: Request) -> float:
        """Return the value that a request has for what moves."""
        if not self.loss:
            return float(request.controls[self.number.name])
        setting = next(s for s in request.losses if s.name == self.loss)
        return float(setting.parameters[self.number.name])

    def requests(self, state: State, volume: str) -> list[Request]:
        """Return a question for each place, the same wherever the hand is; coarse to fine.

        Where losses need the whole field, one for each place without them comes first: the curves
        of the others do not wait for theirs.

        Parameters
        ----------
        state : State
            What all else is set to.
        volume : str
            The volume's key.
        """
        base = replace(state.request(volume), painted=None, exact=False)
        # Places whose index is divisible by a high power of two come first.
        order = sorted(range(len(self.positions)), key=lambda i: -(i & -i) if i else -(2**30))
        found = [self._moved(base, self.scale.value(self.positions[index])) for index in order]
        if not base.needs_field:
            return found
        return [*(replace(request, whole_field=False) for request in found), *found]

    def _moved(self, request: Request, value: float) -> Request:
        name = self.number.name
        if not self.loss:
            return replace(request, controls={**request.controls, name: value})
        losses = tuple(
            LossSetting(s.name, {**s.parameters, name: value}, s.weight)
            if s.name == self.loss
            else s
            for s in request.losses
        )
        return replace(request, losses=losses)


def varies(parameter: Parameter, value: Any) -> bool:
    """Whether curves can be drawn against a parameter: it has one number, that is no seed's."""
    return (
        isinstance(parameter, Number)
        and not isinstance(value, tuple)
        and not parameter.name.endswith("seed")
    )


def response_of(state: State, spacing: Spacing, count: int) -> Response:
    """Return what was moved last as something to draw curves against.

    Parameters
    ----------
    state : State
        Names it.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    count : int
        Number of places, at least 2.
    """
    loss, name = state.against
    described = LOSSES[loss].parameters if loss else CONTROLS.values()
    number = next(p for p in described if isinstance(p, Number) and p.name == name)
    scale = SliderScale(number, spacing)
    low, high = scale.ends
    step = (high - low) / (count - 1)
    positions = (*(low + step * index for index in range(count - 1)), high)
    shown = tuple(setting.name for setting in state.losses)
    return Response(loss, number, positions, scale, shown)
