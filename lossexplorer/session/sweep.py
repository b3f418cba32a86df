"""A slider's way from one value to another: the states that it passes through."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lossexplorer.core.parameters import Number, ParameterError, closest
from lossexplorer.core.scales import SliderScale
from lossexplorer.engine.messages import Reference
from lossexplorer.predictions import check_room
from lossexplorer.session.response import varies
from lossexplorer.session.state import Experiment, State

MOST_FRAMES = 200
"""How many values a sweep has at most."""


@dataclass(frozen=True)
class Sweep:
    """What moves, and where it halts.

    Attributes
    ----------
    reference : Reference
        A control, or a parameter of a loss shown.
    values : tuple of float
        Its values, evenly spaced along its slider.
    """

    reference: Reference
    values: tuple[float, ...]

    def states(self, state: State) -> tuple[State, ...]:
        """Return a state for each value, in which all else is as it is in the given one.

        Parameters
        ----------
        state : State
            The one that the sweep was made for.
        """
        view = replace(state.view, against=state.experiment.against(self.reference))
        experiments = [state.experiment.with_value(self.reference, each) for each in self.values]
        return tuple(State(each, view) for each in experiments)


def reference_named(name: str, experiment: Experiment) -> Reference:
    """Return the control, or the parameter of a loss shown, that a name means.

    Parameters
    ----------
    name : str
        ``CONTROL``, ``LOSS:PARAMETER``, or as scenarios have it ``LOSS.PARAMETER``.
    experiment : Experiment
        Has the losses.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is none, or it is not one number.

    Examples
    --------
    >>> reference_named("tversky:alpha", Experiment())
    Reference(name='alpha', loss='tversky')
    """
    loss, separator, parameter = name.replace(".", ":").rpartition(":")
    reference = Reference(parameter, loss if separator else None)
    if separator and loss not in experiment.shown:
        raise closest(loss, experiment.shown, "loss shown")
    values = experiment.setting(loss).parameters if separator else experiment.controls
    if parameter not in values:
        raise closest(parameter, values, f"parameter of {loss}" if separator else "control")
    if not varies(reference.parameter, values[parameter]):
        raise ParameterError(f"{name} is not one number; choose a control or parameter that is.")
    return reference


def references(experiment: Experiment) -> tuple[Reference, ...]:
    """Return everything that a sweep can move: what acts on what is open."""
    controls = [Reference(name) for name in experiment.controls]
    parameters = [
        Reference(name, each.name) for each in experiment.losses for name in each.parameters
    ]
    return tuple(
        each
        for each in (*controls, *parameters)
        if varies(each.parameter, experiment.value(each)) and experiment.against(each) == each
    )


def sweep_of(
    experiment: Experiment, reference: Reference, start: str, stop: str, count: int
) -> Sweep:
    """Return a sweep between two values as they are typed, with or without a unit.

    Parameters
    ----------
    experiment : Experiment
        Has what is open.
    reference : Reference
        What moves.
    start, stop : str
        The first value and the last; a length without a unit is mm.
    count : int
        How many values, from 2 to `MOST_FRAMES`.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a value is not allowed, both are the same, or there are too many or too few.
    """
    if not 2 <= count <= MOST_FRAMES:
        raise ParameterError(f"A movie has 2 to {MOST_FRAMES} frames each way, not {count}.")
    number, size = reference.parameter_of(experiment.size), experiment.size
    assert isinstance(number, Number)
    ends = [float(number.check(number.parse(text, size.spacing))) for text in (start, stop)]
    if ends[0] == ends[1]:
        raise ParameterError(f"{reference.name} does not move from {start} to {stop}.")
    case = experiment.case
    if case is not None and reference.loss is None:
        for end in ends:
            check_room({reference.name: end}, case.batch[0].shape)
    scale = SliderScale(number, size.spacing)
    first, last = map(scale.position, ends)
    inner = [scale.value(first + (last - first) * i / (count - 1)) for i in range(1, count - 1)]
    return Sweep(reference, (ends[0], *inner, ends[1]))


def parse_sweep(text: str) -> tuple[str, str, str, int]:
    """Return name, first value, last value and count of what is written ``NAME=A:B:N``.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it is not written like that.

    Examples
    --------
    >>> parse_sweep("shift_x=-8vox:8vox:17")
    ('shift_x', '-8vox', '8vox', 17)
    """
    name, _, values = text.partition("=")
    fields = values.split(":")
    if len(fields) != 3 or not all(fields) or not fields[2].strip().isdecimal():
        raise ParameterError(
            f"{text!r} is no sweep: write CONTROL=FIRST:LAST:FRAMES, such as shift_x=-8vox:8vox:17."
        )
    return name.strip(), fields[0].strip(), fields[1].strip(), int(fields[2])
