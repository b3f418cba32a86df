"""Which axes of the volume a plane lies in, and how planes are ordered and called."""

from __future__ import annotations

from dataclasses import dataclass

from lossexplorer.session.state import SideConvention

_ORDER = {"S": 0, "I": 0, "A": 1, "P": 1, "R": 2, "L": 2}
_NAMES = ("axial", "coronal", "sagittal")


@dataclass(frozen=True)
class PlaneAxes:
    """The axes of the array (z, y, x) that a plane has on the screen.

    Attributes
    ----------
    axis : int
        The one that it lies across.
    down, across : int
        Those that run down and across the screen.
    """

    axis: int
    down: int
    across: int


def three_planes(
    orientation: str | None, convention: SideConvention
) -> tuple[PlaneAxes, PlaneAxes, PlaneAxes]:
    """Return the planes of a volume, from the left to the right.

    Turned by a convention, they are the axial, the coronal and the sagittal plane, with the body's
    long axis upright; as stored, those along z, y and x, with the later axis across.

    Parameters
    ----------
    orientation : str or None
        As in `lossexplorer.viewer.directions.directions_of`; None if it is not known.
    convention : {"as stored", "radiological", "neurological"}
        How slices are turned.

    Examples
    --------
    Of a volume whose first axis, z, runs from left to right:

    >>> axial, coronal, sagittal = three_planes("SPR", "radiological")
    >>> axial
    PlaneAxes(axis=2, down=1, across=0)
    """
    axes = [0, 1, 2]
    if orientation is not None and convention != "as stored":
        axes.sort(key=lambda axis: _ORDER[orientation[2 - axis]])
    first, second, third = axes
    return (
        PlaneAxes(first, second, third),
        PlaneAxes(second, first, third),
        PlaneAxes(third, first, second),
    )


def plane_name(orientation: str | None, axis: int) -> str:
    """Return what a plane is called: by the body if the orientation is known, else by its axis.

    Examples
    --------
    >>> plane_name("LPS", 0), plane_name(None, 1)
    ('axial', 'along y')
    """
    return f"along {'zyx'[axis]}" if orientation is None else _NAMES[_ORDER[orientation[2 - axis]]]
