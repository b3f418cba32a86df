"""Save as Scenario: what is on screen becomes a claim with the numbers that it shows."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.widgets.choosers import Chooser
from lossexplorer.core.numbers import loss_value
from lossexplorer.documents import (
    SCENARIO_SUFFIX,
    Expected,
    ScenarioDocument,
    session_document,
    write_document,
)
from lossexplorer.documents.scenario import Shows
from lossexplorer.documents.scenario_list import built_in_scenarios, own_folder
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.session import State

MEASURED = "measured by this program"
"""The source of numbers that were on screen, which is no source for what they claim."""

_ROUNDING = 1e-5  # of a number: other devices and backends round otherwise
_MOST_NUMBERS = 4
_MOST_CONTROLS = 3


@dataclass(frozen=True)
class Words:
    """What a person says of a scenario.

    Attributes
    ----------
    title, text, claim, source : str
        As in `ScenarioDocument`.
    """

    title: str
    text: str
    claim: str
    source: str


def ask(context: Context) -> None:
    """Ask what the scenario is called and claims, and save it among the user's own."""
    answer: Answer | None = context.controller.records["curves"].hand
    if answer is None or answer.is_pending:
        context.messages.say("The numbers are not there yet. Save the scenario once they are.")
        return
    numbers = tuple(shown_numbers(answer))
    dialog = SaveScenarioDialog(context.messages.window(), numbers)
    state = context.session.state
    dialog.described.connect(lambda words: _save(context, scenario_of(state, words, numbers)))
    dialog.open()


def shown_numbers(answer: Answer) -> Iterator[Expected]:
    """Yield what the cards show: each loss, its terms per class if they are few, and the total.

    Parameters
    ----------
    answer : Answer
        What is on screen.
    """
    for result in answer.losses:
        yield _measured(result.name, result.value)
        terms = [(c, term) for c, term in enumerate(result.per_class) if term is not None]
        if 1 < len(terms) <= _MOST_NUMBERS:
            for c, term in terms:
                yield _measured(f"{result.name}.class.{c}", term)
    yield _measured(TOTAL, answer.total)


def _measured(what: str, value: float) -> Expected:
    tolerance = _ROUNDING * max(abs(value), _ROUNDING) if math.isfinite(value) else 0.0
    return Expected(what=what, value=value, tolerance=tolerance, source=MEASURED)


def scenario_of(state: State, words: Words, numbers: tuple[Expected, ...]) -> ScenarioDocument:
    """Return what is on screen as a scenario.

    Parameters
    ----------
    state : State
        What is open and set.
    words : Words
        What is said of it.
    numbers : tuple of Expected
        What it must show.
    """
    session = session_document(state)
    against = state.view.against
    moved = against.name if against.loss is None else f"{against.loss}.{against.name}"
    controls = [name for name, value in session.controls.items() if _is_moved(state, name, value)]
    values = [each.what for each in numbers if each.what in state.experiment.shown]
    return ScenarioDocument.model_validate(
        {field: getattr(session, field) for field in type(session).model_fields if field != "kind"}
        | {
            "name": name_for(words.title),
            "title": words.title,
            "text": words.text,
            "claim": words.claim,
            "source": words.source,
            "shows": Shows(
                maps=("error", "gradient"),
                plot="response",
                numbers=tuple(values[:_MOST_NUMBERS]),
                controls=tuple(dict.fromkeys([moved, *controls]))[:_MOST_CONTROLS],
            ),
            "expected": numbers,
        }
    )


def _is_moved(state: State, name: str, value: object) -> bool:
    from lossexplorer.predictions import controls_of

    return value != controls_of(state.experiment.size)[name].default


def name_for(title: str) -> str:
    """Return a name for the file of a scenario that no other scenario has.

    Examples
    --------
    >>> name_for("Über α & β: who wins?"), name_for("Thin plate")
    ('uber-who-wins', 'thin-plate-2')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "scenario"
    taken = {each.name for each in built_in_scenarios()}
    name, number = stem, 1
    while name in taken or _file(name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def _file(name: str) -> Path:
    return own_folder() / f"{name}{SCENARIO_SUFFIX}"


def _save(context: Context, document: ScenarioDocument) -> None:
    path = _file(document.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_document(document, path)
    except OSError as error:
        context.messages.say(
            f"{path} could not be written ({error.strerror}). Make room or access there, and save "
            "the scenario again."
        )
        return
    context.messages.inform(
        f"Saved as {path}. It is in the Scenarios menu, and lossexplorer check {document.name} "
        "computes its numbers again."
    )


class SaveScenarioDialog(Chooser):
    """Asks what a scenario is called, what to look at, what it claims, and who says so.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    numbers : tuple of Expected
        The numbers that it will state.

    Attributes
    ----------
    title, text, claim, source : QLineEdit or QPlainTextEdit
        What is asked.
    described : Signal(Words)
        What was answered.
    """

    described = Signal(object)

    def __init__(self, parent: QWidget, numbers: tuple[Expected, ...]) -> None:
        super().__init__(
            parent,
            "Save as scenario",
            "A scenario opens what is on screen at one click, says what to look at, and states "
            "numbers that can be checked.",
        )
        self.accept_button.setText("&Save")
        self.title, self.source = QLineEdit(), QLineEdit()
        self.text, self.claim = QPlainTextEdit(), QPlainTextEdit()
        self.title.setPlaceholderText("A few words")
        self.text.setPlaceholderText("One or two sentences")
        self.claim.setPlaceholderText("A sentence that could be wrong")
        self.source.setPlaceholderText("An article, a formula, or your name")
        form = QFormLayout()
        for words, field in (
            ("&Title", self.title),
            ("&What to look at", self.text),
            ("&Claim", self.claim),
            ("S&ource", self.source),
        ):
            if isinstance(field, QPlainTextEdit):
                field.setTabChangesFocus(True)
            form.addRow(words, field)
        values = [f"{each.what} {loss_value(each.value)}" for each in numbers]
        self.numbers = QLabel(f"Its numbers, {MEASURED}: {', '.join(values)}.")
        self.numbers.setWordWrap(True)
        self.column.addLayout(form, 1)
        self.column.addWidget(self.numbers)
        self._finish(560, 420)
        self.title.setFocus()  # else Cancel had it
        for field in (self.title, self.claim):
            field.textChanged.connect(self._on_change)
        self._on_change()

    def words(self) -> Words:
        """Return what is entered, without blanks at the ends."""
        plain = (self.text.toPlainText(), self.claim.toPlainText())
        text, claim = (" ".join(each.split()) for each in plain)
        return Words(self.title.text().strip(), text, claim, self.source.text().strip())

    def accept(self) -> None:
        """Say what was answered, if there is a title and a claim."""
        words = self.words()
        if not (words.title and words.claim):
            return
        super().accept()
        self.described.emit(words)

    def _on_change(self) -> None:
        words = self.words()
        self.accept_button.setEnabled(bool(words.title and words.claim))
