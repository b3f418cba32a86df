"""Rows of the benchmark: comparisons with their aims and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lossexplorer.bench.measuring import Timing, quartiles

Kind = Literal["faster", "times", "seconds", "longest", "share"]
Verdict = Literal["aim", "at least", "missed", "aim missed", "measured", "not measured"]


@dataclass(frozen=True)
class Aim:
    """The bounds for the value of a row.

    Attributes
    ----------
    kind : {"faster", "times", "seconds", "longest", "share"}
        The value of the row: how many times faster ours is than the other side; how many times as
        long it takes; its median time; its longest repetition; or its rate of work as a share of
        the other side's rate.
    at_least, aim : float, optional
        Lower bounds for "faster" and "share", upper bounds for the other kinds; times are in
        seconds. Without an aim the value is only reported; `at_least` may be left out.

    Examples
    --------
    >>> Aim("faster", 2, 4).verdict(3.0), Aim("times", 12, 6).verdict(3.0)
    ('at least', 'aim')
    """

    kind: Kind
    at_least: float | None = None
    aim: float | None = None

    @property
    def more_is_better(self) -> bool:
        """Whether the bounds are lower bounds."""
        return self.kind in ("faster", "share")

    def verdict(self, value: float) -> Verdict:
        """Return which bound the value keeps."""
        if self.aim is None:
            return "measured"
        if self._keeps(value, self.aim):
            return "aim"
        if self.at_least is None:
            return "aim missed"
        return "at least" if self._keeps(value, self.at_least) else "missed"

    def _keeps(self, value: float, bound: float) -> bool:
        return value >= bound if self.more_is_better else value <= bound


@dataclass(frozen=True)
class TableRow:
    """A comparison.

    Attributes
    ----------
    group : str
        The group, by which rows are chosen on the command line.
    what : str
        What is timed on our side.
    goal : Aim
        The bounds.
    ours : Timing, optional
        The times of our side; None if it could not be measured.
    against : Timing, optional
        The times of the other side, taken in turn with ours; None if the bounds are times.
    against_what : str
        The name of the other side.
    work : float
        For a share: the bytes that our side moves divided by those that the other side moves.
    note : str
        How the row was measured, if that needs an explanation, or why it was not measured.
    """

    group: str
    what: str
    goal: Aim
    ours: Timing | None = None
    against: Timing | None = None
    against_what: str = ""
    work: float = 1.0
    note: str = ""

    @classmethod
    def of(
        cls,
        what: tuple[str, str, Aim],
        times: Sequence[Timing],
        against_what: str = "",
        **more: Any,
    ) -> TableRow:
        """Return a row from the result of `lossexplorer.bench.measuring.in_turn`.

        Parameters
        ----------
        what : tuple
            The group, what is timed on our side, and the bounds.
        times : sequence of Timing
            The times of our side, and of the other side if there is one.
        against_what, **more
            As in `TableRow`.
        """
        ours, *others = times
        against = others[0] if others else None
        return cls(*what, ours, against, against_what, **more)

    @property
    def value(self) -> float | None:
        """The value that the bounds apply to: of medians, or of the longest repetition."""
        if self.ours is None:
            return None
        if self.goal.kind == "longest":
            return max(self.ours.seconds)
        if self.against is None:
            return self.ours.median
        return self._compared(self.ours.median, self.against.median)

    @property
    def spread(self) -> tuple[float, float] | None:
        """The quartiles of the value over single repetitions, or of our times."""
        if self.ours is None:
            return None
        if self.against is None or self.goal.kind == "longest":
            return self.ours.quartiles
        turns = zip(self.ours.seconds, self.against.seconds, strict=True)
        return quartiles(tuple(self._compared(ours, against) for ours, against in turns))

    @property
    def verdict(self) -> Verdict:
        """Which bound the value keeps."""
        return "not measured" if self.value is None else self.goal.verdict(self.value)

    def _compared(self, ours: float, against: float) -> float:
        match self.goal.kind:
            case "faster":
                return against / ours
            case "share":
                return self.work * against / ours
            case _:
                return ours / against

    def as_json(self) -> dict[str, Any]:
        """Return all data of the row, with the times of all repetitions in seconds."""
        return {
            "group": self.group,
            "what": self.what,
            "against": self.against_what,
            "kind": self.goal.kind,
            "at_least": self.goal.at_least,
            "aim": self.goal.aim,
            "value": self.value,
            "quartiles": self.spread,
            "verdict": self.verdict,
            "ours_seconds": self.ours and self.ours.seconds,
            "against_seconds": self.against and self.against.seconds,
            "work": self.work,
            "note": self.note,
        }
