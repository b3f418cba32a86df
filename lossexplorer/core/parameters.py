"""Descriptions of adjustable values, shared by sliders, the command line and the docs.

A loss or a degradation lists its parameters once, with the classes of this module. Sliders, the
command line, checks and documentation are derived from this list.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lossexplorer.core.lengths import Spacing
from lossexplorer.core.numbers import typed_number
from lossexplorer.core.quantity import Number, ParameterError, ScaleKind

__all__ = [
    "Choice",
    "ClassIndex",
    "Flag",
    "Number",
    "NumberArray",
    "Parameter",
    "ParameterError",
    "ScaleKind",
    "Spacing",
    "closest",
    "complete",
    "parse_values",
]


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
    each : {"class", "axis"}
        What there is a number of, if there is more than one.

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
    each: Literal["class", "axis"] = "class"

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
            rows = tuple(tuple(map(typed_number, row.split(":"))) for row in stripped.split("/"))
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
