"""Reading and checking the values of controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lossexplorer.core.parameters import (
    ClassIndex,
    Number,
    NumberArray,
    ParameterError,
    Spacing,
    closest,
    complete,
)
from lossexplorer.predictions._catalog import CONTROLS, DEGRADATIONS


def complete_controls(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return every control's value: the chosen one, checked, or its default.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a name is unknown or a value is not allowed.

    Examples
    --------
    >>> complete_controls({"grow": 2})["grow"]
    2.0
    """
    for name in chosen:
        if name not in CONTROLS:
            raise closest(name, CONTROLS, "control")
    return complete(tuple(CONTROLS.values()), chosen, "the prediction")


def check_classes(values: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse values that do not fit a volume's classes.

    Parameters
    ----------
    values : mapping
        Every control's value.
    names : sequence of str
        The classes' names, background first.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a control names a class that does not exist, or does not have one value per class.
    """
    for name, value in values.items():
        control, count = CONTROLS[name], len(names)
        if isinstance(control, ClassIndex) and value >= count and value != control.default:
            raise ParameterError(f"{name} = {value}: there are only the classes 0 to {count - 1}.")
        if isinstance(value, tuple) and len(value) != count:
            what = "rows" if isinstance(control, NumberArray) else "numbers"
            raise ParameterError(
                f"{name} has {len(value)} {what} and the volume {count} classes, the background "
                "included; give one for each."
            )


def fitting(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the values, with defaults in place of values that do not fit a volume's classes."""
    kept = {}
    for name, value in values.items():
        try:
            check_classes({name: value}, names)
        except ParameterError:
            kept[name] = CONTROLS[name].default
        else:
            kept[name] = value
    return kept


def acting_on_given() -> tuple[str, ...]:
    """Return the controls that also act on a given prediction."""
    return tuple(c.name for each in DEGRADATIONS.values() if each.on_given for c in each.controls)


def refuse_controls(controls: Sequence[str], prediction: str | None) -> None:
    """Refuse controls of the simulation if the prediction is given.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is such a control; the message names the controls that act on a given prediction.
    """
    if prediction is None:
        return
    acting = acting_on_given()
    for each in controls:
        name = each.partition("=")[0]
        if name in CONTROLS and name not in acting:
            raise ParameterError(
                f"--set {each} is a control of the simulated prediction, but {prediction} is "
                f"given; leave one of them out. On a given prediction act: {', '.join(acting)}."
            )


def parse_controls(
    controls: Iterable[str], spacing: Spacing, ids: Sequence[int] = ()
) -> dict[str, Any]:
    """Read controls of the form ``NAME=VALUE``, lengths with ``mm`` or ``vox``.

    Parameters
    ----------
    controls : iterable of str
        For example ``["shift_x=1vox", "grow=2mm"]``. Numbers per class are separated by colons.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    ids : sequence of int
        The classes' ids, background first, by which classes are named.

    Returns
    -------
    dict
        Every control's value, lengths in mm, classes as indices.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a control has another form, or its name or value is not allowed.

    Examples
    --------
    >>> parse_controls(["shift_x=2vox"], (6.5, 0.5, 0.5))["shift_x"]
    1.0
    """
    chosen: dict[str, Any] = {}
    for each in controls:
        name, equals, text = each.partition("=")
        if not equals:
            raise ParameterError(f"--set {each!r} must have the form CONTROL=VALUE.")
        if name not in CONTROLS:
            raise closest(name, CONTROLS, "control")
        control = CONTROLS[name]
        if isinstance(control, ClassIndex) and ids:
            chosen[name] = control.of_id(text, ids)
        else:
            chosen[name] = control.parse(text, spacing)
    values = complete_controls(chosen)
    if ids:
        check_classes(values, [str(i) for i in ids])
    return values


def control_text(name: str, value: Any) -> str:
    """Return a control with its value as ``--set`` takes it, lengths in mm.

    Examples
    --------
    >>> control_text("grow", 1.5)
    'grow=1.5'
    """
    control = CONTROLS[name]
    return f"{name}={control.text(value) if isinstance(control, (Number, NumberArray)) else value}"


def of_one_class(values: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the controls' values for one of several overlapping classes, and all else.

    Parameters
    ----------
    values : mapping
        Every control's value.
    index : int
        The class, from 1.

    Returns
    -------
    dict
        Every control's value for a volume of two classes. Of numbers per class, those of the
        background and of the class are left. What acts on another class does nothing.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a degradation acts that needs classes that exclude each other.

    Examples
    --------
    >>> of_one_class(complete_controls({"grow": (0, 1, 2)}), 2)["grow"]
    (0.0, 2.0)
    """
    found = dict(values)
    for each in DEGRADATIONS.values():
        if each.idle(values):
            continue
        if each.exclusive:
            raise ParameterError(
                f"{each.title} needs classes that exclude each other, and these overlap. Put "
                f"{', '.join(each.strength)} back to the start."
            )
        for control in each.controls:
            value = values[control.name]
            if isinstance(control, ClassIndex):
                if value != index:
                    found |= {name: CONTROLS[name].default for name in each.strength}
                found[control.name] = 1
            elif isinstance(value, tuple):
                found[control.name] = (value[0], value[index])
    return found
