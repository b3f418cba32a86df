"""All that the plots show, kept up to date with the engine's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from psygnal import Signal

from lossexplorer.engine.messages import Answer
from lossexplorer.session.records.class_terms import ClassTerms
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.records.history import History
from lossexplorer.session.response import Response
from lossexplorer.volumes import LabelVolume


class Records:
    """The newest records, each replaced as answers come.

    Attributes
    ----------
    changed : Signal(str, object)
        The name of a record, and the new one: ``"history"`` a `History`, ``"class_terms"`` a
        `ClassTerms`, ``"curves"`` `Curves`, and ``"hand"`` `Curves` of which only the place of
        the hand is another one.
    history, class_terms, curves
        The newest.
    """

    changed = Signal(str, object)

    def __init__(self) -> None:
        self.history = History()
        self.class_terms = ClassTerms()
        self.curves = Curves()
        self._last: tuple[Any, ...] | None = None
        self._pending = False

    def follow(self, name: str, show: Callable[[Any], object]) -> None:
        """Have a function called with every new record of a name."""

        def on_change(changed: str, record: object) -> None:
            if changed == name:
                show(record)

        self.changed.connect(on_change)

    def begin(self, volume: LabelVolume) -> None:
        """Begin anew with another volume."""
        self._last = None
        self._set_history(History())
        self._set_class_terms(ClassTerms(tuple(each.name for each in volume.classes)))

    def add(self, answer: Answer) -> None:
        """Take a step; an answer that only shows another slice is none."""
        asked = (answer.question.controls, answer.question.losses)
        if asked != self._last:
            self._set_history(self.history.with_step(answer))
        elif self._pending and not answer.is_pending:
            self._set_history(self.history.completed(answer))
        else:
            return
        self._last, self._pending = asked, answer.is_pending
        self._set_class_terms(self.class_terms.of(answer))
        self.curves = Curves(self.curves.response, self.curves.points, answer)
        self.changed.emit("hand", self.curves)

    def begin_curves(self, response: Response) -> None:
        """Draw curves against something else, or anew."""
        self._set_curves(self.curves.against(response))

    def add_points(self, answers: Sequence[Answer]) -> None:
        """Take points of the curves."""
        self._set_curves(self.curves.with_points(answers))

    def _set_history(self, history: History) -> None:
        self.history = history
        self.changed.emit("history", history)

    def _set_class_terms(self, terms: ClassTerms) -> None:
        self.class_terms = terms
        self.changed.emit("class_terms", terms)

    def _set_curves(self, curves: Curves) -> None:
        self.curves = curves
        self.changed.emit("curves", curves)
