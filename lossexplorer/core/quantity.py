"""A real number with its range and its unit; a length fits the volume that is open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal

from lossexplorer.core.lengths import UNITS, Axis, Spacing, VolumeSize
from lossexplorer.core.numbers import exact, typed_number

__all__ = ["Number", "ParameterError", "ScaleKind"]

ScaleKind = Literal["linear", "log", "log-complement"]

_POWERS = {"mm": 1, "mm³": 3}
_VOXEL = "vox"
_VOXELS = ("voxels", "voxel", "vox")  # as they are typed
_VOXELS_OF_SLIDER = 3  # at least, to each side, for a length along an axis


class ParameterError(ValueError):
    """A name or value of the user's is unknown or not allowed."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A real number with its range.

    A length, or a volume in mm³, is described for the scans of patients. `at` returns it as it is
    in a volume: default, range and slider fit the volume's width and its voxels, and it is shown
    in the volume's unit. Values are mm everywhere.

    Attributes
    ----------
    name, title : str
        The identifier (command line, files) and the words on the slider.
    meaning : str
        One sentence for the tooltip and the docs.
    default : float
        The neutral or the published value.
    low, high : float
        Smallest and largest value allowed, both included.
    slider : tuple of float, optional
        What the slider spans of the range; the whole range by default.
    scale : {"linear", "log", "log-complement"}
        How slider positions map to values: evenly, by decades of the value, or by decades of
        ``1 - value``. A log slider has the value 0 (or 1) below its first decade.
    smallest : float
        The first decade of a log slider.
    unit : str
        What values are in: ``"mm"`` for a length, ``"mm³"`` for a volume, empty for a bare number.
    shown_in : str
        The unit of length in which values are shown, a key of `lossexplorer.core.lengths.UNITS`.
    axis : {"x", "y", "z"}, optional
        The array axis along which a length lies, which determines the length of one voxel.
    within : float
        The largest share of a volume's width that the slider of a length reaches to, and that its
        default has.
    whole : bool
        Whether only whole numbers are allowed.
    per_class : bool
        Whether the value can also be a tuple with one number per class, background first; as text
        the numbers are separated by colons.

    Examples
    --------
    >>> shift = Number(name="shift_z", title="Shift z", meaning="…", default=0.0,
    ...                low=-100.0, high=100.0, unit="mm", axis="z")
    >>> shift.parse("2vox", spacing=(6.5, 0.78, 0.78)), shift.parse("3um")
    (13.0, 0.003)
    >>> confocal = shift.at(VolumeSize((0.002, 0.00025, 0.00025), (8, 20, 24)))
    >>> confocal.span, confocal.shown_unit
    ((-0.016, 0.016), 'µm')
    """

    name: str
    title: str
    meaning: str
    default: float
    low: float
    high: float
    slider: tuple[float, float] | None = None
    scale: ScaleKind = "linear"
    smallest: float = 1e-6
    unit: str = ""
    shown_in: str = "mm"
    axis: Axis | None = None
    within: float = 1.0
    whole: bool = False
    per_class: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """The ends of the slider."""
        return self.slider or (self.low, self.high)

    @property
    def power(self) -> int:
        """1 for a length, 3 for a volume, 0 for any other number."""
        return _POWERS.get(self.unit, 0)

    @property
    def shown_unit(self) -> str:
        """The unit in which values are shown: µm, or µm³ for a volume in mm³."""
        return self.shown_in + ("³" if self.power == 3 else "") if self.power else self.unit

    def shown(self, value: float) -> float:
        """Return a value in the unit in which it is shown."""
        return UNITS[self.shown_in].of(value, self.power) if self.power else value

    def of_shown(self, value: float) -> float:
        """Return the value of a number in the unit in which it is shown."""
        return UNITS[self.shown_in].millimetres(value, self.power) if self.power else value

    def voxel(self, spacing: Spacing) -> float:
        """Return one voxel in mm, along the axis or the smallest edge, or in mm³ for a volume."""
        if self.power == 3:
            return math.prod(spacing)
        return min(spacing) if self.axis is None else spacing["zyx".index(self.axis)]

    def at(self, size: VolumeSize) -> Number:
        """Return a length as it is in a volume; any other number as it is.

        Default, range and slider are multiplied by the volume's factor, see
        `lossexplorer.core.lengths.length_factor`. The slider ends at the volume's width, along the
        length's axis if it has one; along an axis it spans at least three voxels to each side.
        """
        if not self.power:
            return self
        factor = size.factor**self.power
        if self.scale == "log":
            factor = 10.0 ** round(math.log10(factor))  # ten notches are a decade from a round one
        most = self.within * size.width(self.axis) if self.power == 1 else math.inf
        least = _VOXELS_OF_SLIDER * size.voxel(self.axis) if self.axis else 0.0

        def end(value: float) -> float:
            reach = min(max(abs(value) * factor, least), most)
            return _rounded(math.copysign(reach, value)) if value else 0.0

        first, last = self.span
        ends = (min(end(first), end(last) / 2) if first > 0 else end(first), end(last))
        beyond = size.width(self.axis) if self.axis else 0.0
        return replace(
            self,
            default=min(_rounded(self.default * factor), max(ends)),
            low=min(_rounded(self.low * factor), ends[0], -beyond if self.low < 0 else 0.0),
            high=max(_rounded(self.high * factor), ends[1], beyond),
            slider=ends,
            smallest=self.smallest * factor,
            shown_in=size.unit.symbol,
        )

    def of_any_size(self) -> Number:
        """Return a length without the ends of its range, which belong to a volume."""
        if not self.power:
            return self
        return replace(self, low=-math.inf if self.low < 0 else 0.0, high=math.inf)

    def check(self, value: Any) -> Any:
        """Return `value` as a float, or, with one number per class, as a tuple of floats.

        Raises
        ------
        ParameterError
            If the value is not a number, not finite, out of range, or not whole where it must be.
        """
        if self.per_class and isinstance(value, Sequence) and not isinstance(value, str):
            return tuple(self._check_one(each) for each in value)
        return self._check_one(value)

    def _check_one(self, value: Any) -> float:
        # NumPy's numbers are instances of `Real`, too.
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ParameterError(f"{self.name} must be a number, not {value!r}.")
        number = float(value)
        if not (math.isfinite(number) and self.low <= number <= self.high):
            unit = f" {self.shown_unit}" if self.unit else ""
            low, high = self.shown(self.low), self.shown(self.high)
            raise ParameterError(
                f"{self.name} = {exact(self.shown(number))}{unit} is out of range: it must lie "
                f"between {low:g} and {high:g}{unit}."
            )
        if self.whole and not number.is_integer():
            raise ParameterError(f"{self.name} = {exact(number)} must be a whole number.")
        return number

    def parse(self, text: str, spacing: Spacing = (1.0, 1.0, 1.0), *, bare_unit: str = "mm") -> Any:
        """Read a value as typed; a length may end in ``vox`` or in a unit from nm to m.

        Parameters
        ----------
        text : str
            For example ``"0.5"``, ``"0,5"``, ``"2 mm"``, ``"3um"``, ``"1vox"`` or ``"2 voxels"``;
            ``"5um3"`` of a volume.
        spacing : tuple of float
            Voxel edges in mm, (z, y, x).
        bare_unit : str
            The unit of length of a number that is typed without one.

        Raises
        ------
        ParameterError
            If the text is not a number of this kind, or out of range.
        """
        texts = text.split(":") if self.per_class else [text]
        numbers = tuple(self._read(each, spacing, bare_unit) for each in texts)
        return self.check(numbers if len(numbers) > 1 else numbers[0])

    def text(self, value: Any) -> str:
        """Return a value as it is typed.

        Examples
        --------
        >>> grow = Number(name="grow", title="Grow", meaning="…", default=0.0, low=-9.0, high=9.0,
        ...               unit="mm", per_class=True)
        >>> grow.text((0.0, 1.5)), grow.text(2.0)
        ('0:1.5', '2')
        """
        return ":".join(f"{each:g}" for each in (value if isinstance(value, tuple) else (value,)))

    def _read(self, text: str, spacing: Spacing, bare_unit: str) -> float:
        typed, symbol = _without_unit(text.strip(), self.power)
        try:
            number = typed_number(typed)
        except ValueError as error:
            why = f" ({error})" if "may be" in str(error) else ""
            message = f"{self.name} must be {self._kind()}, not {text!r}{why}."
            raise ParameterError(message) from None
        if not self.power:
            return number
        if symbol == _VOXEL:
            return number * self.voxel(spacing)
        return UNITS[symbol or bare_unit].millimetres(number, self.power)

    def _kind(self) -> str:
        if not self.power:
            return "a number"
        what = "volume" if self.power == 3 else "length"
        return f"a {what} such as 2{self.shown_unit}, 1vox or 2"


def _without_unit(text: str, power: int) -> tuple[str, str]:
    """Return what stands before a unit of length, or of volume, and the unit of length."""
    if not power:
        return text, ""
    cubed = ("³", "^3", "3") if power == 3 else ("",)
    endings = {symbol + cube: symbol for symbol in UNITS for cube in cubed}
    endings |= dict.fromkeys(_VOXELS, _VOXEL)
    for ending in sorted(endings, key=len, reverse=True):  # mm before m
        if text.endswith(ending):
            return text.removesuffix(ending), endings[ending]
    return text, ""


def _rounded(value: float) -> float:
    """Return a value without the rounding of a product: 0.0006 for 3 × 0.0002."""
    return float(f"{value:.12g}")
