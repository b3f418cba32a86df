"""Descriptions of adjustable values, shared by sliders, the command line and the docs.

A loss or a degradation lists its parameters once, with the classes of this module. Sliders, the
command line, checks and documentation are derived from this list.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

from lossexplorer.core.numbers import exact

__all__ = [
    "Choice",
    "ClassIndex",
    "Flag",
    "Number",
    "NumberArray",
    "Parameter",
    "ParameterError",
    "ScaleKind",
    "closest",
    "complete",
    "parse_values",
]

ScaleKind = Literal["linear", "log", "log-complement"]
Spacing = tuple[float, float, float]


class ParameterError(ValueError):
    """A name or value of the user's is unknown or not allowed."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A real number with its range.

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
        ``"mm"`` for a length, empty for a bare number.
    axis : {"x", "y", "z"}, optional
        The array axis along which a length lies, which determines the length of one voxel.
    whole : bool
        Whether only whole numbers are allowed.
    per_class : bool
        Whether the value can also be a tuple with one number per class, background first; as text
        the numbers are separated by colons.

    Examples
    --------
    >>> shift = Number(name="shift_z", title="Shift z", meaning="…", default=0.0,
    ...                low=-100.0, high=100.0, unit="mm", axis="z")
    >>> shift.parse("2vox", spacing=(6.5, 0.78, 0.78))
    13.0
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
    axis: Literal["x", "y", "z"] | None = None
    whole: bool = False
    per_class: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """The ends of the slider."""
        return self.slider or (self.low, self.high)

    def voxel(self, spacing: Spacing) -> float:
        """One voxel of this length in mm: along its axis, or the smallest edge if it has none."""
        return min(spacing) if self.axis is None else spacing["zyx".index(self.axis)]

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
            unit = f" {self.unit}" if self.unit else ""
            raise ParameterError(
                f"{self.name} = {exact(number)} is out of range: it must lie between "
                f"{self.low:g} and {self.high:g}{unit}."
            )
        if self.whole and not number.is_integer():
            raise ParameterError(f"{self.name} = {exact(number)} must be a whole number.")
        return number

    def parse(self, text: str, spacing: Spacing = (1.0, 1.0, 1.0)) -> Any:
        """Read a value as typed; a length may end in ``mm`` or ``vox``, bare numbers are mm.

        Parameters
        ----------
        text : str
            For example ``"0.5"``, ``"2 mm"`` or ``"1vox"``.
        spacing : tuple of float
            Voxel edges in mm, (z, y, x).

        Raises
        ------
        ParameterError
            If the text is not a number of this kind, or out of range.
        """
        if self.per_class and ":" in text:
            return tuple(self._parse_one(each, spacing) for each in text.split(":"))
        return self._parse_one(text, spacing)

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

    def _parse_one(self, text: str, spacing: Spacing) -> float:
        stripped, factor = text.strip().replace("−", "-"), 1.0
        if self.unit == "mm" and stripped.endswith("vox"):
            stripped, factor = stripped.removesuffix("vox"), self.voxel(spacing)
        elif self.unit == "mm":
            stripped = stripped.removesuffix("mm")
        try:
            number = float(stripped)
        except ValueError:
            kind = "a length such as 2mm, 1vox or 2" if self.unit == "mm" else "a number"
            raise ParameterError(f"{self.name} must be {kind}, not {text!r}.") from None
        return self._check_one(number * factor)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of several named options.

    Attributes
    ----------
    options : tuple of str
        The names; the meaning of each is in `meaning`.
    titles : tuple of str
        What each option is called in the window; empty where the names are words already.
    """

    name: str
    title: str
    meaning: str
    default: str
    options: tuple[str, ...]
    titles: tuple[str, ...] = ()

    def title_of(self, option: str) -> str:
        """Return what an option is called in the window.

        Examples
        --------
        >>> over = Choice(name="over", title="Over", meaning="…", default="sum",
        ...               options=("sum", "mean"), titles=("sum Σ", "mean"))
        >>> over.title_of("sum")
        'sum Σ'
        """
        return self.titles[self.options.index(option)] if self.titles else option

    def check(self, value: Any) -> str:
        """Return `value` if it is one of the options, else raise `ParameterError`."""
        if value not in self.options:
            raise ParameterError(
                f"{self.name} must be one of {', '.join(self.options)}, not {value!r}."
            )
        return str(value)

    def parse(self, text: str, spacing: Spacing = (1.0, 1.0, 1.0)) -> str:
        """Read an option as typed."""
        del spacing
        return self.check(text.strip())


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A switch that is on or off."""

    name: str
    title: str
    meaning: str
    default: bool

    def check(self, value: Any) -> bool:
        """Return `value` if it is a bool, else raise `ParameterError`."""
        if not isinstance(value, bool):
            raise ParameterError(f"{self.name} must be true or false, not {value!r}.")
        return value

    def parse(self, text: str, spacing: Spacing = (1.0, 1.0, 1.0)) -> bool:
        """Read ``true`` or ``false`` as typed."""
        del spacing
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        word = text.strip().lower()
        if word not in words:
            raise ParameterError(f"{self.name} must be true or false, not {text!r}.")
        return words[word]


@dataclass(frozen=True, kw_only=True)
class ClassIndex:
    """One of the volume's classes, by its index; as text it is the class's id in the file.

    The ids belong to a volume, so text is converted to an index by `of_id`.

    Attributes
    ----------
    default : int
        0 is the background, 1 the first class of the foreground.
    """

    name: str
    title: str
    meaning: str
    default: int

    def check(self, value: Any) -> int:
        """Return `value` as an int if it is a whole number from 0, else raise `ParameterError`."""
        bounds = Number(
            name=self.name, title="", meaning="", default=0.0, low=0.0, high=2**31 - 1, whole=True
        )
        return int(bounds.check(value))

    def parse(self, text: str, spacing: Spacing = (1.0, 1.0, 1.0)) -> int:
        """Read a class's id as typed."""
        del spacing
        try:
            typed = int(text.strip())
        except ValueError:
            raise ParameterError(f"{self.name} must be the id of a class, not {text!r}.") from None
        return self.check(typed)

    def of_id(self, text: str, ids: Sequence[int]) -> int:
        """Return the index of the class whose id is typed.

        Parameters
        ----------
        text : str
            An id.
        ids : sequence of int
            The classes' ids, background first.

        Raises
        ------
        ParameterError
            If the text is not the id of a class.
        """
        typed = self.parse(text)
        if typed not in ids:
            known = ", ".join(map(str, ids[:12])) + (" …" if len(ids) > 12 else "")
            raise ParameterError(f"{self.name} = {typed}: the classes' ids are {known}.")
        return list(ids).index(typed)


@dataclass(frozen=True, kw_only=True)
class NumberArray:
    """One number, one per class or a table of them, or the name of a rule that makes them.

    As text, numbers are separated by colons and the rows of a table by slashes.

    Attributes
    ----------
    default : str, float or tuple
        A rule's name or the numbers.
    rules : tuple of str
        The rules' names; the meaning of each is in `meaning`.
    dimensions : tuple of int
        The allowed forms: 0 for one number, 1 for one per class, 2 for a square table.
    low, high : float
        Smallest and largest number allowed, both included.

    Examples
    --------
    >>> weights = NumberArray(name="class_weights", title="Class weights", meaning="…",
    ...                   default="none", rules=("none",), dimensions=(1,))
    >>> weights.parse("none"), weights.parse("0.5:2")
    ('none', (0.5, 2.0))
    >>> weights.text((0.5, 2.0))
    '0.5:2'
    """

    name: str
    title: str
    meaning: str
    default: Any
    rules: tuple[str, ...]
    dimensions: tuple[int, ...]
    low: float = 0.0
    high: float = 1e12

    def check(self, value: Any) -> Any:
        """Return a rule's name, a float, a tuple of floats or a tuple of such tuples.

        Raises
        ------
        ParameterError
            If the value has none of the allowed forms.
        """
        if isinstance(value, str):
            if value not in self.rules:
                raise self._refusal(value)
            return value
        value = value.tolist() if hasattr(value, "tolist") else value  # NumPy's arrays and numbers
        rank, inner = 0, value
        while isinstance(inner, Sequence) and not isinstance(inner, str) and inner:
            rank, inner = rank + 1, inner[0]
        if rank not in self.dimensions:
            raise self._refusal(value)
        if rank == 2:
            rows = tuple(self._row(row) for row in value)
            if any(len(row) != len(rows) for row in rows):
                raise ParameterError(f"{self.name} must be a square table: {self.text(rows)}.")
            return rows
        return self._row(value) if rank else self._number(value)

    def parse(self, text: str, spacing: Spacing = (1.0, 1.0, 1.0)) -> Any:
        """Read a rule's name or numbers as typed."""
        del spacing
        stripped = text.strip()
        if stripped in self.rules:
            return stripped
        try:
            rows = tuple(tuple(map(float, row.split(":"))) for row in stripped.split("/"))
        except ValueError:
            raise self._refusal(text) from None
        if len(rows) > 1 or self.dimensions == (2,):
            return self.check(rows)
        single = len(rows[0]) == 1 and 0 in self.dimensions
        return self.check(rows[0][0] if single else rows[0])

    def text(self, value: Any) -> str:
        """Return a value as it is typed."""
        if isinstance(value, str):
            return value
        if isinstance(value, Sequence):
            between = "/" if value and isinstance(value[0], Sequence) else ":"
            return between.join(self.text(each) for each in value)
        return f"{value:g}"

    def _row(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self._refusal(value)
        return tuple(self._number(each) for each in value)

    def _number(self, value: Any) -> float:
        bounds = Number(
            name=self.name, title="", meaning="", default=0.0, low=self.low, high=self.high
        )
        return float(bounds.check(value))

    def _refusal(self, value: Any) -> ParameterError:
        forms = {0: "a number", 1: "numbers such as 1:2:5", 2: "a table such as 0:1/1:0"}
        allowed = [*self.rules, *(forms[d] for d in self.dimensions)]
        return ParameterError(f"{self.name} must be {' or '.join(allowed)}, not {value!r}.")


Parameter = Number | Choice | ClassIndex | Flag | NumberArray


def closest(name: str, names: Iterable[str], kind: str) -> ParameterError:
    """Return the error for an unknown name, with the closest name and all known names.

    Examples
    --------
    >>> str(closest("dise", ["dice", "iou"], "loss"))
    "There is no loss 'dise'; did you mean 'dice'? There are: dice, iou."
    >>> str(closest("eps", [], "parameter of pcgrad"))
    "There is no parameter of pcgrad 'eps', nor any other."
    """
    known = list(names)
    if not known:
        return ParameterError(f"There is no {kind} {name!r}, nor any other.")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return ParameterError(f"There is no {kind} {name!r}{hint} There are: {', '.join(known)}.")


def complete(
    parameters: Sequence[Parameter], values: Mapping[str, Any], owner: str
) -> dict[str, Any]:
    """Return every parameter's value: from `values`, checked, or its default.

    Raises
    ------
    ParameterError
        If a name is unknown or a value is not allowed; the message names `owner`.
    """
    names = [parameter.name for parameter in parameters]
    for name in values:
        if name not in names:
            raise closest(name, names, f"parameter of {owner}")
    return {p.name: p.check(values.get(p.name, p.default)) for p in parameters}


def parse_values(parameters: Sequence[Parameter], text: str, owner: str) -> dict[str, Any]:
    """Read values of some parameters as typed.

    Parameters
    ----------
    parameters : sequence of Parameter
        Those that there are.
    text : str
        ``PARAM=VALUE,…``; empty for none.
    owner : str
        Whose parameters they are, for messages.

    Raises
    ------
    ParameterError
        If one has another form, a name is unknown or a value not allowed.

    Examples
    --------
    >>> alpha = Number(name="alpha", title="α", meaning="…", default=0.5, low=0.0, high=1.0)
    >>> parse_values([alpha], "alpha=0.3", "tversky")
    {'alpha': 0.3}
    """
    known = {parameter.name: parameter for parameter in parameters}
    values = {}
    for assignment in filter(None, text.split(",")):
        name, equals, value = assignment.partition("=")
        if not equals:
            raise ParameterError(f"{owner}: {assignment!r} must have the form PARAM=VALUE.")
        if name not in known:
            raise closest(name, known, f"parameter of {owner}")
        values[name] = known[name].parse(value)
    return values
