"""Reading and checking the values of controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lossexplorer.core.lengths import ANY_SIZE, VolumeSize
from lossexplorer.core.parameters import (
    ClassIndex,
    Number,
    NumberArray,
    Parameter,
    ParameterError,
    Spacing,
    closest,
    complete,
)
from lossexplorer.predictions._catalog import CONTROLS, DEGRADATIONS, controls_of


def complete_controls(chosen: Mapping[str, Any], size: VolumeSize = ANY_SIZE) -> dict[str, Any]:
    """Return every control's value: the chosen one, checked, or its default in a volume.

    Parameters
    ----------
    chosen : mapping
        Values by name, lengths in mm.
    size : VolumeSize
        The size of the volume, which defaults and ranges of lengths follow.

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
    return complete(tuple(controls_of(size).values()), chosen, "the prediction")


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


def fitting(
    values: Mapping[str, Any], names: Sequence[str], before: VolumeSize, size: VolumeSize
) -> dict[str, Any]:
    """Return every control's value as it fits another volume.

    Values that do not fit its classes are replaced by defaults, and so are lengths that are at
    their defaults. Other lengths stay the same mm while they are on the slider of a volume of about
    the same scale. Else they keep their share of the slider: what was 3 mm in a scan is no length
    in a cell.

    Parameters
    ----------
    values : mapping
        Every control's value.
    names : sequence of str
        The classes' names, background first.
    before, size : VolumeSize
        The sizes of the volume that the values were set for, and of the one that they are to fit.

    Examples
    --------
    >>> cell = VolumeSize((0.002, 0.00025, 0.00025), (8, 20, 24))
    >>> fitting({"softness": 1.6, "blob_radius": 3.0}, ("background", "cell"), ANY_SIZE, cell)
    {'softness': 0.00032, 'blob_radius': 0.0006}
    """
    old, new = controls_of(before), controls_of(size)
    kept = {}
    for name, value in values.items():
        try:
            check_classes({name: value}, names)
            kept[name] = _fitted(value, old[name], new[name])
        except ParameterError:
            kept[name] = new[name].default
    return kept


_ONE_SCALE = 10.0  # volumes are of about one scale if their sliders differ by less


def _fitted(value: Any, old: Parameter, new: Parameter) -> Any:
    """Return a control's value as it fits another volume, see `fitting`."""
    if not isinstance(old, Number) or not isinstance(new, Number) or old == new:
        return value
    if value == old.default:
        return new.default
    numbers = value if isinstance(value, tuple) else (value,)
    before, after, largest = old.span[1], new.span[1], max(map(abs, numbers))
    ratio = after / before
    stays = largest <= after or largest > before
    if not (stays and 1 / _ONE_SCALE < ratio < _ONE_SCALE):
        numbers = tuple(float(f"{number * ratio:.12g}") for number in numbers)
    return new.check(numbers if isinstance(value, tuple) else numbers[0])


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
    controls: Iterable[str], size: VolumeSize, ids: Sequence[int] = ()
) -> dict[str, Any]:
    """Read controls of the form ``NAME=VALUE``, lengths with a unit from nm to m, or ``vox``.

    Parameters
    ----------
    controls : iterable of str
        For example ``["shift_x=1vox", "grow=2mm"]``. Lengths without a unit are mm. Numbers per
        class are separated by colons.
    size : VolumeSize
        The size of the volume, which defaults and ranges of lengths follow.
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
    >>> parse_controls(["shift_x=2vox"], VolumeSize((6.5, 0.5, 0.5), (25, 256, 256)))["shift_x"]
    1.0
    """
    chosen = _typed(controls, controls_of(size), size.spacing, ids)
    values = complete_controls(chosen, size)
    if ids:
        check_classes(values, [str(i) for i in ids])
    return values


def check_controls(controls: Iterable[str]) -> None:
    """Refuse controls that are wrong whatever the volume, as `parse_controls` does.

    The ranges of lengths belong to a volume and are not checked.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a control has another form, or its name or value is not allowed.

    Examples
    --------
    >>> check_controls(["shift_x=5m"])
    """
    known = {
        name: control.of_any_size() if isinstance(control, Number) else control
        for name, control in CONTROLS.items()
    }
    _typed(controls, known, ANY_SIZE.spacing)


def _typed(
    controls: Iterable[str],
    known: Mapping[str, Parameter],
    spacing: Spacing,
    ids: Sequence[int] = (),
) -> dict[str, Any]:
    """Return the values of controls that are typed."""
    chosen: dict[str, Any] = {}
    for each in controls:
        name, equals, text = each.partition("=")
        if not equals:
            raise ParameterError(f"--set {each!r} must have the form CONTROL=VALUE.")
        if name not in CONTROLS:
            raise closest(name, known, "control")
        control = known[name]
        if isinstance(control, ClassIndex) and ids:
            chosen[name] = control.of_id(text, ids)
        else:
            chosen[name] = control.parse(text, spacing)
    return chosen


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
