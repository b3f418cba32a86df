"""What two snapshots differ in: values with their differences, and what was set otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import Number, Parameter
from lossexplorer.engine.messages import DESCENT_PARAMETERS, TOTAL, Answer, LossSetting
from lossexplorer.predictions import controls_of
from lossexplorer.session.snapshots import Snapshot
from lossexplorer.session.state import Experiment
from lossexplorer.session.words import (
    control_in_words,
    value_in_words,
    within_sentence,
)
from lossexplorer.volumes import Case

_NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class ComparedValue:
    """A number in both snapshots.

    Attributes
    ----------
    name : str
        The loss's, or `TOTAL`.
    title : str
        What it is called: the loss's title, or the class's name.
    class_index : int or None
        The class whose term it is; None for a loss's value and for the total.
    first, second : float or None
        The two numbers, NaN or infinite if that is what they are; None where there is none: the
        loss is not shown, leaves the class out, or is not computed yet.
    """

    name: str
    title: str
    class_index: int | None
    first: float | None
    second: float | None

    @property
    def difference(self) -> float | None:
        """The second less the first; 0 between equal infinities, None if one of them is None."""
        if self.first is None or self.second is None:
            return None
        if self.first == self.second:
            return 0.0
        return self.second - self.first


@dataclass(frozen=True)
class ComparedText:
    """Something that is set otherwise: its title, and what it is in both, with its unit."""

    title: str
    first: str
    second: str


def values_compared(first: Snapshot, second: Snapshot) -> tuple[ComparedValue, ...]:
    """Return every loss, below it the terms of its classes, and the total.

    Classes are compared by name, so that snapshots of two volumes can be compared.

    Parameters
    ----------
    first, second : Snapshot
        What is compared. A loss that only one of them shows comes where that has it, behind those
        of both.
    """
    found: list[ComparedValue] = []
    for name in _names(first.state.experiment, second.state.experiment):
        values = (_value(first.answer, name), _value(second.answer, name))
        title = _title(name, first.state.experiment, second.state.experiment)
        found.append(ComparedValue(name, title, None, *values))
        terms = _terms(first, name), _terms(second, name)
        for index, class_name in enumerate(dict.fromkeys([*terms[0], *terms[1]])):
            both = [each.get(class_name) for each in terms]
            if any(value is not None for value in both):
                found.append(ComparedValue(name, class_name, index, *both))
    totals = (_total(first.answer), _total(second.answer))
    return (*found, ComparedValue(TOTAL, "Total", None, *totals))


def settings_compared(first: Snapshot, second: Snapshot) -> tuple[ComparedText, ...]:
    """Return all that is set otherwise: volumes, controls, losses with parameters and λ, descent.

    Parameters
    ----------
    first, second : Snapshot
        What is compared.
    """
    one, other = first.state.experiment, second.state.experiment
    found = [*_cases(one.case, other.case), *_controls(one, other), *_losses(one, other)]
    found += _descents(one, other)
    taken = first.state.view.descended, second.state.view.descended
    found.append(ComparedText("Descent, steps taken", *map(str, taken)))
    return tuple(each for each in found if each.first != each.second)


def _names(first: Experiment, second: Experiment) -> list[str]:
    return list(dict.fromkeys([*first.shown, *second.shown]))


def _title(name: str, first: Experiment, second: Experiment) -> str:
    """Return what a loss is called where it is shown, if it is shown in the first, there."""
    return (first if name in first.shown else second).title(name)


def _value(answer: Answer | None, name: str) -> float | None:
    for result in answer.losses if answer is not None else ():
        if result.name == name and not result.pending:
            return result.value
    return None


def _total(answer: Answer | None) -> float | None:
    """Return Σ λ L; None if a loss that is part of it is not computed."""
    if answer is None or any(result.pending and result.weight for result in answer.losses):
        return None
    return answer.total


def _terms(snapshot: Snapshot, name: str) -> Mapping[str, float | None]:
    """Return the terms of a loss by the classes' names."""
    case, answer = snapshot.state.experiment.case, snapshot.answer
    if case is None or answer is None:
        return {}
    terms = next((each.per_class for each in answer.losses if each.name == name), ())
    return dict(zip(case.batch.names, terms, strict=False))


def _cases(one: Case | None, other: Case | None) -> Iterator[ComparedText]:
    """Return what is open otherwise."""
    if one is other or one is None or other is None:
        return
    for title, of in _OF_CASES.items():
        yield ComparedText(title, of(one), of(other))


def _classes(case: Case) -> str:
    if case.classes == "each":
        return "each id"
    return "foreground as one" if case.classes == "foreground" else ", ".join(case.batch.names[1:])


_OF_CASES: Mapping[str, Callable[[Case], str]] = {
    "Volume": lambda case: ", ".join(volume.name for volume in case.originals),
    "Classes": _classes,
    "Patches": lambda case: "none" if case.patch is None else " × ".join(map(str, case.patch)),
    "Prediction": lambda case: case.given_name or "simulated",
    "Mask": lambda case: case.mask_name or "none",
    "Ignored id": lambda case: "none" if case.ignore is None else str(case.ignore),
}


def _controls(one: Experiment, other: Experiment) -> Iterator[ComparedText]:
    described = controls_of(one.size), controls_of(other.size)
    for name, value in one.controls.items():
        title = control_in_words(name)
        parameters = (described[0][name], described[1][name])
        yield _compared(title[0].upper() + title[1:], parameters, (value, other.controls[name]))


def _losses(one: Experiment, other: Experiment) -> Iterator[ComparedText]:
    for name in _names(one, other):
        title = _title(name, one, other)
        if name not in one.shown or name not in other.shown:
            shown = [
                "shown" if name in experiment.shown else _NOT_SHOWN for experiment in (one, other)
            ]
            yield ComparedText(title, *shown)
            continue
        both = one.setting(name), other.setting(name)
        yield from _parameters(title, *both)
        yield ComparedText(f"{title} λ", *(tidy(each.weight) for each in both))


def _parameters(title: str, one: LossSetting, other: LossSetting) -> Iterator[ComparedText]:
    for parameter in one.described.parameters:
        values = (one.parameters[parameter.name], other.parameters[parameter.name])
        yield _compared(f"{title}, {within_sentence(parameter.title)}", (parameter,) * 2, values)


def _descents(one: Experiment, other: Experiment) -> Iterator[ComparedText]:
    for parameter in DESCENT_PARAMETERS:
        values = tuple(getattr(each.descent, parameter.name) for each in (one, other))
        yield _compared(f"Descent, {within_sentence(parameter.title)}", (parameter,) * 2, values)
    for title in ("follows", "beside"):
        words = (each.title(getattr(each.descent, title)) for each in (one, other))
        yield ComparedText(f"Descent, {title}", *words)


def _compared(
    title: str, parameters: tuple[Parameter, Parameter], values: tuple[Any, ...]
) -> ComparedText:
    """Return two values in words, or with all digits where the words would be the same."""
    words = [_in_words(*each) for each in zip(parameters, values, strict=True)]
    if words[0] == words[1] and values[0] != values[1]:
        words = [str(value) for value in values]
    return ComparedText(title, *words)


def _in_words(parameter: Parameter, value: Any) -> str:
    unit = f" {parameter.shown_unit}" if isinstance(parameter, Number) and parameter.unit else ""
    return f"{value_in_words(parameter, value)}{unit}"
