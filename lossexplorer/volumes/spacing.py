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

_SI_PREFIXES = {
    "yotta": ("Y", 1e24),
    "zetta": ("Z", 1e21),
    "exa": ("E", 1e18),
    "peta": ("P", 1e15),
    "tera": ("T", 1e12),
    "giga": ("G", 1e9),
    "mega": ("M", 1e6),
    "kilo": ("k", 1e3),
    "hecto": ("h", 1e2),
    "deca": ("da", 1e1),
    "": ("", 1.0),
    "deci": ("d", 1e-1),
    "centi": ("c", 1e-2),
    "milli": ("m", 1e-3),
    "micro": ("µ", 1e-6),
    "nano": ("n", 1e-9),
    "pico": ("p", 1e-12),
    "femto": ("f", 1e-15),
    "atto": ("a", 1e-18),
    "zepto": ("z", 1e-21),
    "yocto": ("y", 1e-24),
}

# Those of OME-XML and of OME-Zarr (which has them from UDUNITS-2), and spellings of ImageJ's.
_OTHER_UNITS = {
    ("Å", "å", "angstrom", "ångström", "ångstrom"): ANGSTROM,
    ("um", "micron", "\\u00b5m"): 1e-3,
    ("thou",): 0.0254,
    ("li", "line"): 25.4 / 12,
    ("in", "inch", "inches", '"'): 25.4,
    ("ft", "foot", "feet"): 304.8,
    ("yd", "yard"): 914.4,
    ("mi", "mile"): 1609344.0,
    ("ua", "astronomical_unit"): 149597870700e3,
    ("ly", "light_year"): 9460730472580800e3,
    ("pc", "parsec"): 3.0856775814913673e19,
    ("pt", "point"): 25.4 / 72,
}


def _units() -> dict[str, float]:
    """Return millimetres by spelling: symbols in their own case, words in lower case."""
    found = {}
    for prefix, (symbol, metres) in _SI_PREFIXES.items():
        found[f"{symbol}m"] = found[f"{prefix}meter"] = found[f"{prefix}metre"] = metres * 1e3
    for spellings, length in _OTHER_UNITS.items():
        found |= dict.fromkeys(spellings, length)
    return found


_MILLIMETRES = _units()

_NO_LENGTHS = {"", "pixel", "pixels", "px", "voxel", "voxels", "reference frame", "none", "?"}

SPACING_TOLERANCE = 0.01
"""Of the spacing: beyond the rounding of any file format, below any resampling."""

_LARGEST_COSINE = 1e-3  # of axes that count as at right angles: 0.06 degrees

# From a tenth of an ångström to a kilometre: anything outside is a damaged or unset header.
_SMALLEST, _LARGEST = 1e-8, 1e6


def millimetres(unit: str) -> float | None:
    """Return how many millimetres one of this unit is, or None for a unit of no known length.

    Parameters
    ----------
    unit
        A symbol or a name, in one or several. A symbol in another case than its own is read as
        long as no other symbol has that case: ``"MM"`` is mm, ``"Mm"`` a megametre.

    Examples
    --------
    >>> millimetres("um"), millimetres("Nanometers"), millimetres("Mm"), millimetres("pixel")
    (0.001, 1e-06, 1000000000.0, None)
    """
    text = unit.strip().strip('"').replace("μ", "µ")  # Greek mu for the micro sign
    for spelling in (text, text.lower(), text.lower().removesuffix("s")):
        if spelling in _MILLIMETRES:
            return float(f"{_MILLIMETRES[spelling]:.15g}")
    return None


def is_no_length(unit: str) -> bool:
    """Tell whether a unit says that lengths are not known, as ``pixel`` does.

    Examples
    --------
    >>> is_no_length("pixel"), is_no_length("furlong")
    (True, False)
    """
    return unit.strip().strip('"').lower() in _NO_LENGTHS


def describe_spacing(spacing: Iterable[float], unit: str = "mm") -> str:
    """Write a spacing for people.

    Examples
    --------
    >>> describe_spacing((6.5, 0.78125, 0.78125))
    '6.5 × 0.78125 × 0.78125 mm'
    """
    return f"{' × '.join(f'{value:g}' for value in spacing)} {unit}".rstrip()


def are_equal(one: Iterable[float], other: Iterable[float]) -> bool:
    """Tell whether two spacings differ by no more than files round them, 1 %.

    Examples
    --------
    >>> are_equal((2.5, 0.78125, 0.78125), (2.5, 0.78, 0.78))
    True
    """
    return all(abs(a - b) <= SPACING_TOLERANCE * b for a, b in zip(one, other, strict=True))


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
