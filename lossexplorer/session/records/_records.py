"""All records, kept up to date with the engine's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psygnal import Signal

from lossexplorer.engine.messages import Answer
from lossexplorer.session.records._catalog import RECORDS
from lossexplorer.session.state import State
from lossexplorer.volumes import Batch


@dataclass(frozen=True)
class KeptRecords:
    """Records of steps, to come back to.

    Attributes
    ----------
    values : mapping of str to object
        By the name of the record.
    last : tuple or None
        What the newest step was about.
    lacking : frozenset of str
        What it left out: rows or classes, losses of the whole field.
    """

    values: Mapping[str, Any]
    last: tuple[Any, ...] | None
    lacking: frozenset[str]


class Records:
    """The newest value of every record, each replaced as answers come.

    Attributes
    ----------
    changed : Signal(str, object)
        The name of a record, and its new value if that is another one.

    Examples
    --------
    >>> Records()["history"].steps
    ()
    """

    changed = Signal(str, object)

    def __init__(self) -> None:
        self._values: dict[str, Any] = {name: record.empty for name, record in RECORDS.items()}
        self._last: tuple[Any, ...] | None = None
        self._lacking: frozenset[str] = frozenset()
        self._is_back = False

    def __getitem__(self, name: str) -> Any:
        """Return the newest value of a record."""
        return self._values[name]

    def follow(self, name: str, show: Callable[[Any], object]) -> None:
        """Have a function called with every new value of a record."""

        def on_change(changed: str, value: object) -> None:
            if changed == name:
                show(value)

        self.changed.connect(on_change)

    def open(self, volumes: Batch, *, of_other_case: bool = False) -> None:
        """Begin anew with another volume.

        Parameters
        ----------
        volumes : Batch
            Those of which one is shown from now on.
        of_other_case : bool
            Whether they are others than before, so that answers at rest say nothing of them.
        """
        self._last = None
        for name, record in RECORDS.items():
            if of_other_case and record.requests is not None and record.opened is None:
                self._replace(name, lambda _, empty: empty, record.empty)
            else:
                self._replace(name, record.opened, volumes)

    def add(self, answer: Answer) -> None:
        """Take a step; an answer that only shows another slice, class or loss is none.

        Nor is one that has what the last step left out: it completes that one.
        """
        asked, lacking = answer.question.subject, _lacking(answer)
        is_same = asked == self._last
        is_completed = is_same and lacking < self._lacking
        # Records that were not put back may be about another step than those that were.
        is_missed = is_same and self._is_back
        self._is_back = False
        if is_same and not (is_completed or is_missed):
            for name, record in RECORDS.items():
                self._replace(name, record.looked, answer)
            return
        self._last, self._lacking = asked, lacking
        for name, record in RECORDS.items():
            take = record.completed if is_completed and record.completed else record.step
            if is_completed or not is_missed or record.requests is not None:
                self._replace(name, take, answer)

    def begin(self, name: str, state: State) -> None:
        """Begin anew with what is asked at rest for a record."""
        self._replace(name, RECORDS[name].begun, state)

    def answer(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        """Take answers to what was asked at rest, by the record that they are for."""
        for name, found in answers.items():
            self._replace(name, RECORDS[name].answered, found)

    def kept(self) -> KeptRecords:
        """Return all that `put_back` needs: the records of steps.

        What is asked at rest is asked again where the state is another one.
        """
        values = {n: value for n, value in self._values.items() if RECORDS[n].requests is None}
        return KeptRecords(values, self._last, self._lacking)

    def put_back(self, kept: KeptRecords) -> None:
        """Come back to former records of steps; the others take the newest one once it comes."""
        self._last, self._lacking, self._is_back = kept.last, kept.lacking, True
        for name, value in kept.values.items():
            self._replace(name, lambda _now, former: former, value)

    def _replace(self, name: str, take: Callable[..., Any] | None, new: object) -> None:
        if take is not None:
            before, self._values[name] = self._values[name], take(self._values[name], new)
            if self._values[name] is not before:
                self.changed.emit(name, self._values[name])


def _lacking(answer: Answer) -> frozenset[str]:
    found = {"rows or classes": answer.left_out, "losses": answer.is_pending}
    return frozenset(what for what, is_lacking in found.items() if is_lacking)
