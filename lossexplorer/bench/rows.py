"""What is compared, what it is held to, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lossexplorer.bench.measuring import Timing, quartiles

Kind = Literal["faster", "times", "seconds", "longest", "share"]
Verdict = Literal["aim", "at least", "missed", "aim missed", "measured", "not measured"]


@dataclass(frozen=True)
class Aim:
    """What a row is held to.

    Attributes
    ----------
    kind : {"faster", "times", "seconds", "longest", "share"}
        What is looked at: how many times faster ours is than what it is held against; how many
        times as long it takes; its median; its longest repetition; or its rate of work as a
        share of the other's.
    at_least, aim : float, optional
        Bounds from below for "faster" and "share", from above for the others, in seconds for
        times. Without an aim it is only reported; a row may have an aim alone.

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
        """Whether the bounds are from below."""
        return self.kind in ("faster", "share")

    def verdict(self, value: float) -> Verdict:
        """Return which of the bounds the value keeps."""
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
        By which it is chosen on the command line.
    what : str
        What of ours is timed.
    target : Aim
        What it is held to.
    ours : Timing, optional
        None if it could not be measured.
    against : Timing, optional
        What it is held against, timed in turn with it; None if it is held to a time.
    against_what : str
        Names it.
    work : float
        For a share: the bytes that ours moves over those that the other moves.
    note : str
        How it was done, if that is not plain from the rest; why not, if it was not.
    """

    group: str
    what: str
    target: Aim
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
        """Return a row of what `lossexplorer.bench.measuring.in_turn` returned.

        Parameters
        ----------
        what : tuple
            RowGroup, what of ours is timed, and what it is held to.
        times : sequence of Timing
            Ours, and what it is held against if there is anything.
        against_what, **more
            As in `TableRow`.
        """
        ours, *others = times
        against = others[0] if others else None
        return cls(*what, ours, against, against_what, **more)

    @property
    def value(self) -> float | None:
        """What the target looks at: of medians, except for the longest repetition."""
        if self.ours is None:
            return None
        if self.target.kind == "longest":
            return max(self.ours.seconds)
        if self.against is None:
            return self.ours.median
        return self._compared(self.ours.median, self.against.median)

    @property
    def spread(self) -> tuple[float, float] | None:
        """The quartiles of the same, taken of each repetition by itself."""
        if self.ours is None:
            return None
        if self.against is None or self.target.kind == "longest":
            return self.ours.quartiles
        pairs = zip(self.ours.seconds, self.against.seconds, strict=True)
        return quartiles(tuple(self._compared(ours, against) for ours, against in pairs))

    @property
    def verdict(self) -> Verdict:
        """Which bound it keeps."""
        return "not measured" if self.value is None else self.target.verdict(self.value)

    def _compared(self, ours: float, against: float) -> float:
        match self.target.kind:
            case "faster":
                return against / ours
            case "share":
                return self.work * against / ours
            case _:
                return ours / against

    def as_json(self) -> dict[str, Any]:
        """Return everything about it, every repetition included, in seconds."""
        return {
            "group": self.group,
            "what": self.what,
            "against": self.against_what,
            "kind": self.target.kind,
            "at_least": self.target.at_least,
            "aim": self.target.aim,
            "value": self.value,
            "quartiles": self.spread,
            "verdict": self.verdict,
            "ours_seconds": self.ours and self.ours.seconds,
            "against_seconds": self.against and self.against.seconds,
            "work": self.work,
            "note": self.note,
        }
