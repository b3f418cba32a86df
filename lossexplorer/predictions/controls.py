"""The controls of a simulated prediction, each described once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from lossexplorer.parameters import Number, ParameterError, Spacing, closest, complete

__all__ = ["CONTROLS", "complete_controls", "parse_controls"]


def _shift(axis: Literal["x", "y", "z"]) -> Number:
    return Number(
        name=f"shift_{axis}",
        title=f"Shift {axis}",
        meaning=f"Moves the whole prediction along {axis}, towards larger indices. What enters "
        "is background.",
        default=0.0,
        low=-1000.0,
        high=1000.0,
        slider=(-20.0, 20.0),
        unit="mm",
        axis=axis,
    )


_DESCRIPTIONS = (
    _shift("x"),
    _shift("y"),
    _shift("z"),
    Number(
        name="grow",
        title="Grow",
        meaning="Moves every boundary with the background outwards; below 0 inwards.",
        default=0.0,
        low=-1000.0,
        high=1000.0,
        slider=(-10.0, 10.0),
        unit="mm",
    ),
    Number(
        name="softness",
        title="Softness",
        meaning="The width of the transition at a boundary; at 0 every voxel is decided.",
        default=0.0,
        low=0.0,
        high=1000.0,
        slider=(0.0, 10.0),
        unit="mm",
    ),
    Number(
        name="confidence",
        title="1 − confidence",
        meaning="The probability given to the decided class; the rest is spread evenly over the "
        "others. The slider shows what is missing to 1.",
        default=1.0,
        low=0.5,
        high=1.0,
        slider=(0.5, 1.0),
        scale="log-complement",
        smallest=1e-6,
    ),
)

CONTROLS: Mapping[str, Number] = MappingProxyType({c.name: c for c in _DESCRIPTIONS})
"""Every control by name. All of them at their defaults: the prediction is the truth."""


def complete_controls(given: Mapping[str, Any]) -> dict[str, float]:
    """Return every control's value: the given one, checked, or its default.

    Raises
    ------
    lossexplorer.parameters.ParameterError
        If a name is unknown or a value is out of range.

    Examples
    --------
    >>> complete_controls({"grow": 2})["grow"]
    2.0
    """
    for name in given:
        if name not in CONTROLS:
            raise closest(name, CONTROLS, "control")
    return complete(_DESCRIPTIONS, given, "the prediction")


def refuse_controls(settings: Sequence[str], prediction: str | None) -> None:
    """Refuse settings of a simulated prediction beside one that is read from a file.

    Raises
    ------
    lossexplorer.parameters.ParameterError
        If both are given.
    """
    if prediction is not None and settings:
        raise ParameterError(
            f"--set {settings[0]} is a setting of the simulated prediction, but {prediction} is "
            "given; leave one of them out."
        )


def parse_controls(settings: Iterable[str], spacing: Spacing) -> dict[str, float]:
    """Read settings of the form ``NAME=VALUE``, lengths with ``mm`` or ``vox``.

    Parameters
    ----------
    settings : iterable of str
        For example ``["shift_x=1vox", "grow=2mm"]``.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).

    Returns
    -------
    dict
        Every control's value, lengths in mm.

    Raises
    ------
    lossexplorer.parameters.ParameterError
        If a setting has another form, or its name or value is not allowed.

    Examples
    --------
    >>> parse_controls(["shift_x=2vox"], (6.5, 0.5, 0.5))["shift_x"]
    1.0
    """
    given: dict[str, float] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ParameterError(f"--set {setting!r} must have the form CONTROL=VALUE.")
        if name not in CONTROLS:
            raise closest(name, CONTROLS, "control")
        given[name] = CONTROLS[name].parse(text, spacing)
    return complete_controls(given)
