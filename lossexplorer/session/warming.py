"""What the engine compiles before the hand moves a control or turns to another plane."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from lossexplorer.core.lengths import VolumeSize
from lossexplorer.core.parameters import Number
from lossexplorer.core.scales import SliderScale
from lossexplorer.engine.messages import PREVIEW, MapRequest, Plane, Request
from lossexplorer.engine.questions import Warm
from lossexplorer.predictions import acting_on_given, controls_of
from lossexplorer.session.overlapping import degradation_of
from lossexplorer.session.state import State


def warm_requests(
    state: State, expected: Iterable[str], warm: Collection[Hashable]
) -> dict[str, Request]:
    """Return what is to be compiled for controls that the hand may move next, by the control.

    Parameters
    ----------
    state : State
        What is set.
    expected : iterable of str
        The controls' names; those that need nothing are left out.
    warm : collection
        What is compiled already, see `compiled_with`.
    """
    found, size = {}, state.experiment.size
    for control in expected:
        question = _question(state, control)
        if question is not None and compiled_with(question, size) not in warm:
            found[control] = Request(question, PREVIEW)
    return found


def warm_planes(state: State, warm: Collection[Hashable]) -> tuple[Request, ...]:
    """Return what is to be compiled for slices along the axes that are not on screen.

    Parameters
    ----------
    state : State
        What is set.
    warm : collection
        As for `warm_requests`.
    """
    maps = state.maps()
    if maps is None or maps.painted.plane is None:
        return ()
    planes = (maps.painted.plane, *maps.painted.across)
    found = []
    for axis in {0, 1, 2} - {plane.axis for plane in planes}:
        painted = replace(maps.painted, plane=Plane(axis, 0), across=(), voxel=None)
        question = Warm(maps.volume, maps.controls, maps.losses, "", painted)
        if compiled_with(question, state.experiment.size) not in warm:
            found.append(Request(question, PREVIEW))
    return tuple(found)


def _question(state: State, control: str) -> Warm | None:
    """Return the question that compiles what the first move of a control needs.

    None if it needs nothing: it was moved already, does not act here, or is no slider.
    """
    experiment, view = state.experiment, state.view
    case, degradation = experiment.case, degradation_of(control)
    described = controls_of(experiment.size)[control]
    if (
        case is None
        or not isinstance(described, Number)
        or control not in degradation.strength
        or experiment.controls[control] != described.default
        or control in experiment.without_room
        or (case.given is not None and control not in acting_on_given())
        or (experiment.overlaps and degradation.exclusive)
    ):
        return None
    controls = {**experiment.controls, control: _first_move(described, experiment.size)}
    painted = MapRequest(view.loss, view.class_index, view.wrt, view.plane, view.sample)
    return Warm(case.key, controls, experiment.losses, control, painted)


def compiled_with(question: Warm, size: VolumeSize) -> Hashable:
    """Return what decides which functions are compiled: two questions alike need it once.

    Parameters
    ----------
    question : Warm
        The question.
    size : VolumeSize
        The size of its volume.
    """
    losses = tuple(setting.name for setting in question.losses)
    painted = question.painted
    shown = (painted.loss, painted.wrt, painted.plane and painted.plane.axis)
    return (question.volume, frozenset(_moved(question.controls, size)), losses, shown)


def _first_move(number: Number, size: VolumeSize) -> float:
    """Return the value one notch of the slider from the neutral one."""
    scale = SliderScale(number, size.spacing)
    neutral = scale.position(number.default)
    up = neutral + scale.notch <= scale.ends[1]
    return scale.value(neutral + (scale.notch if up else -scale.notch))


def _moved(controls: Mapping[str, Any], size: VolumeSize) -> Iterable[tuple[str, Any]]:
    """Yield the controls that are not neutral; which number a slider sets compiles nothing."""
    for name, described in controls_of(size).items():
        value = controls[name]
        if value != described.default:
            yield name, isinstance(value, tuple) if isinstance(described, Number) else value
