"""Voxel spacing and orientation: units, usable values and how they are written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

Spacing = tuple[float, float, float]

ANGSTROM = 1e-7
"""In mm: the unit of an MRC file."""

_MICROMETRE = 1e-3

_MILLIMETRES = {
    "å": ANGSTROM,
    "angstrom": ANGSTROM,
    "nm": 1e-6,
    "nanometer": 1e-6,
    "nanometre": 1e-6,
    "um": _MICROMETRE,
    "µm": _MICROMETRE,  # micro sign
    "μm": _MICROMETRE,  # Greek mu
    "\\u00b5m": _MICROMETRE,  # as ImageJ writes the micro sign
    "micron": _MICROMETRE,
    "microns": _MICROMETRE,
    "micrometer": _MICROMETRE,
    "micrometre": _MICROMETRE,
    "mm": 1.0,
    "millimeter": 1.0,
    "millimetre": 1.0,
    "cm": 10.0,
    "centimeter": 10.0,
    "centimetre": 10.0,
    "in": 25.4,
    "inch": 25.4,
    "inches": 25.4,
    "m": 1e3,
    "meter": 1e3,
    "metre": 1e3,
}

_LARGEST_COSINE = 1e-3  # of axes that count as at right angles: 0.06 degrees

# From a tenth of an ångström to a kilometre: anything outside is a damaged or unset header.
_SMALLEST, _LARGEST = 1e-8, 1e6


def millimetres(unit: str) -> float | None:
    """Return how many millimetres one of this unit is, or None for a unit of no known length.

    Examples
    --------
    >>> millimetres("um"), millimetres("pixel")
    (0.001, None)
    """
    return _MILLIMETRES.get(unit.strip().strip('"').lower())


def usable_spacing(values: Iterable[float]) -> Spacing | None:
    """Return three spacings if all of them are usable lengths, else None.

    The values are rounded to seven significant digits: NIfTI stores 32-bit floats, and the same
    volume saved in two formats should have the same spacing.

    Parameters
    ----------
    values
        Spacings in mm, in the order (z, y, x).

    Examples
    --------
    >>> usable_spacing([6.499999999999998, 0.78125, 0.78125])
    (6.5, 0.78125, 0.78125)
    >>> usable_spacing([0.0, 1.0, 1.0]) is None
    True
    """
    rounded = tuple(float(f"{value:.7g}") for value in values)
    if len(rounded) != 3:
        return None
    if not all(math.isfinite(value) and _SMALLEST <= value <= _LARGEST for value in rounded):
        return None
    return rounded[0], rounded[1], rounded[2]


def slice_spacing(in_plane: Iterable[float]) -> Spacing | None:
    """Return the spacing of a 2D image, which is one slice as thick as its pixels are wide.

    Parameters
    ----------
    in_plane
        Spacings in mm, (y, x); None is returned if there are not two usable ones.

    Examples
    --------
    >>> slice_spacing([0.75, 0.5])
    (0.5, 0.75, 0.5)
    """
    values = list(in_plane)
    return usable_spacing([values[1], *values]) if len(values) == 2 else None


def orientation_of(affine: np.ndarray[Any, Any] | None) -> str | None:
    """Return the directions in which the indices (i, j, k) increase, or None if unknown.

    Parameters
    ----------
    affine
        (4, 4), from (i, j, k) to mm towards right, anterior and superior. An oblique axis counts
        as the direction that it is nearest to.

    Examples
    --------
    >>> orientation_of(np.diag([-0.8, -0.8, 6.5, 1.0]))
    'LPS'
    """
    if affine is None:
        return None
    from nibabel import orientations

    codes = cast("Any", orientations).aff2axcodes(affine)
    known = [code for code in codes if code is not None]
    return "".join(known) if len(known) == 3 else None


def right_angled(affine: np.ndarray[Any, Any]) -> bool:
    """Tell whether the file's axes stand at right angles: rotated ones do, sheared ones do not.

    Along sheared axes lengths in mm are right, and between them they are not: distances and
    volumes are computed as if the axes stood at right angles.

    Parameters
    ----------
    affine
        (4, 4), from (i, j, k) to mm; its axes are not of length 0.

    Examples
    --------
    >>> right_angled(np.diag([-0.8, -0.8, 6.5, 1.0]))
    True
    >>> gantry_tilt = np.eye(4)
    >>> gantry_tilt[1, 2] = 0.2
    >>> right_angled(gantry_tilt)
    False
    """
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    cosines = axes.T @ axes - np.eye(3)
    return bool(np.abs(cosines).max() <= _LARGEST_COSINE)
