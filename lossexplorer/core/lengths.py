"""Lengths of volumes: their units, and how large a volume and its voxels are.

Lengths are mm wherever they are stored or computed with. A unit is how a length is typed and shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ANY_SIZE",
    "UNITS",
    "Axis",
    "LengthUnit",
    "Spacing",
    "VolumeSize",
    "edges_in_words",
    "length_factor",
    "unit_of",
]

Spacing = tuple[float, float, float]
Axis = Literal["x", "y", "z"]


@dataclass(frozen=True)
class LengthUnit:
    """A unit of length: `numerator` / `denominator` mm.

    It is kept as a fraction of whole numbers, so that a conversion is rounded once.

    Examples
    --------
    >>> UNITS["µm"].millimetres(3.0), UNITS["nm"].of(2e-6), UNITS["µm"].of(8e-9, power=3)
    (0.003, 2.0, 8.0)
    """

    symbol: str
    numerator: float = 1.0
    denominator: float = 1.0

    def millimetres(self, value: float, power: int = 1) -> float:
        """Return a value in this unit, or in its cube with `power` 3, in mm or mm³."""
        return value * self.numerator**power / self.denominator**power

    def of(self, value: float, power: int = 1) -> float:
        """Return a value in mm, or in mm³ with `power` 3, in this unit or in its cube."""
        return value * self.denominator**power / self.numerator**power


_SHOWN = (
    LengthUnit("m", numerator=1e3),
    LengthUnit("mm"),
    LengthUnit("µm", denominator=1e3),
    LengthUnit("nm", denominator=1e6),
)
_TYPED = (
    LengthUnit("um", denominator=1e3),
    LengthUnit("μm", denominator=1e3),  # Greek mu; the unit that is shown has the micro sign
    LengthUnit("cm", numerator=10.0),
    LengthUnit("Å", denominator=1e7),
)
UNITS = {unit.symbol: unit for unit in (*_SHOWN, *_TYPED)}
"""Every unit that can be typed, by its symbol; the first four are shown."""

# A unit is shown for voxels of at least this many of it: 0.05 µm, but 40 nm.
_LEAST_SHOWN = 0.05

# Descriptions state lengths for scans of patients, whose voxels measure so many mm.
_FINEST, _COARSEST = 0.25, 5.0


def unit_of(edge: float) -> LengthUnit:
    """Return the unit in which lengths of a volume are shown.

    Parameters
    ----------
    edge : float
        The middle one of a voxel's edges in mm.

    Examples
    --------
    >>> [unit_of(edge).symbol for edge in (1e-6, 4e-5, 0.00025, 0.78125, 1000.0)]
    ['nm', 'nm', 'µm', 'mm', 'm']
    """
    # 50 nm are 0.05 µm, whatever the rounding.
    fitting = (unit for unit in _SHOWN if unit.of(edge) >= _LEAST_SHOWN * (1 - 1e-9))
    return next(fitting, _SHOWN[-1])


def length_factor(spacing: Spacing) -> float:
    """Return by what the lengths of descriptions are multiplied in a volume.

    Descriptions are written for voxels whose middle edge is 0.25 to 5 mm: in these volumes lengths
    are the same mm, so that scans compare. In others they are multiplied by the middle edge in mm,
    rounded to 1, 2 or 5 times a power of ten, as if a voxel were about 1 mm wide.

    Parameters
    ----------
    spacing : tuple of float
        Voxel edges in mm.

    Examples
    --------
    >>> [length_factor((e, e, 8 * e)) for e in (0.78125, 0.00025, 1e-6, 1000.0)]
    [1.0, 0.0002, 1e-06, 1000.0]
    """
    edge = sorted(spacing)[1]
    if _FINEST <= edge <= _COARSEST:
        return 1.0
    decade = math.floor(math.log10(edge))
    mantissa = edge / 10.0**decade
    neighbours = ((1, 2), (2, 5), (5, 10))
    digit = next((low for low, high in neighbours if mantissa < math.sqrt(low * high)), 10)
    return float(f"{digit}e{decade}")


@dataclass(frozen=True)
class VolumeSize:
    """The shape of a volume and the edges of its voxels.

    Attributes
    ----------
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    shape : tuple of int
        Voxels along (z, y, x).

    Examples
    --------
    >>> confocal = VolumeSize((0.002, 0.00025, 0.00025), (8, 20, 24))
    >>> confocal.unit.symbol, confocal.factor, confocal.width("x"), confocal.width()
    ('µm', 0.0002, 0.006, 0.006)
    """

    spacing: Spacing
    shape: tuple[int, int, int]

    @property
    def unit(self) -> LengthUnit:
        """The unit in which its lengths are shown, see `unit_of`."""
        return unit_of(sorted(self.spacing)[1])

    @property
    def factor(self) -> float:
        """By what the lengths of descriptions are multiplied, see `length_factor`."""
        return length_factor(self.spacing)

    def voxel(self, axis: Axis | None = None) -> float:
        """Return one voxel's edge in mm: along an axis, or the smallest one."""
        return min(self.spacing) if axis is None else self.spacing["zyx".index(axis)]

    def width(self, axis: Axis | None = None) -> float:
        """Return the volume's width in mm: along an axis, or the middle one of the three."""
        widths = [edge * count for edge, count in zip(self.spacing, self.shape, strict=True)]
        return sorted(widths)[1] if axis is None else widths["zyx".index(axis)]


ANY_SIZE = VolumeSize((1.0, 1.0, 1.0), (1000, 1000, 1000))
"""What stands for a volume where none is open: lengths are those of the descriptions."""


def edges_in_words(edges: Sequence[float], digits: int = 6) -> str:
    """Return lengths in mm, joined by ×, with the unit in which they are shown.

    Parameters
    ----------
    edges : sequence of float
        The edges of a voxel in mm.
    digits : int
        Significant digits.

    Examples
    --------
    >>> edges_in_words((6.5, 0.78125, 0.78125)), edges_in_words((1.0, 0.00025, 0.00025), digits=3)
    ('6.5 × 0.78125 × 0.78125 mm', '1000 × 0.25 × 0.25 µm')
    """
    unit = unit_of(sorted(edges)[len(edges) // 2])
    rounded = (float(f"{unit.of(edge):.{digits}g}") for edge in edges)
    return f"{' × '.join(f'{edge:.15g}' for edge in rounded)} {unit.symbol}"  # 1000, not 1e+03


def distance_in_words(way: Sequence[float], spacing: Sequence[float], *, known: bool) -> str:
    """Return how long a way is, in a unit that fits the voxels, and in voxels.

    Parameters
    ----------
    way : sequence of float
        Along z, y, x in voxels.
    spacing : sequence of float
        The voxel edges in mm, (z, y, x).
    known : bool
        Whether the spacing is; else the length is said in voxels alone.

    Examples
    --------
    >>> distance_in_words((0, 3, 4), (5.0, 0.5, 0.5), known=True)
    '2.5 mm · 5 voxels'
    >>> distance_in_words((1, 0, 0), (5.0, 0.5, 0.5), known=False)
    '1 voxel'
    """
    voxels = float(f"{math.hypot(*way):.3g}")
    words = f"{voxels:.15g} voxel{'' if voxels == 1 else 's'}"
    if not known:
        return words
    length = math.hypot(*(each * edge for each, edge in zip(way, spacing, strict=True)))
    unit = unit_of(sorted(spacing)[1])
    return f"{float(f'{unit.of(length):.3g}'):.15g} {unit.symbol} · {words}"
