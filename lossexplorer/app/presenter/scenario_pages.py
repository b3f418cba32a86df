"""The pages of a talk about scenarios: what each shows, and how it is opened."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lossexplorer.app.presenter.page import MOST_CONTROLS, MOST_MAPS, Page, StatedNumber
from lossexplorer.app.presenter.playlist import Playlist, PlaylistEntry
from lossexplorer.app.presenter.run_page import run_page
from lossexplorer.documents import DocumentError, Opening, is_open, opening_of, restored
from lossexplorer.documents.scenario import ScenarioDocument
from lossexplorer.documents.scenario_list import (
    ListedScenario,
    built_in_scenarios,
    own_scenarios,
)
from lossexplorer.engine.messages import Reference
from lossexplorer.volumes import Case

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_KEPT = 3  # volumes that are not read again: pages that follow each other share them
_log = logging.getLogger("lossexplorer")


def page_of_scenario(document: ScenarioDocument) -> Page:
    """Return what a talk shows of a scenario.

    Examples
    --------
    >>> from lossexplorer.documents.scenario_list import scenario_named
    >>> page = page_of_scenario(scenario_named("alpha-beta").document)
    >>> page.numbers[0].startswith("tversky"), len(page.maps) <= 2
    (True, True)
    """
    words = Page(
        title=document.title,
        claim=document.claim,
        text=document.text,
        source=document.source,
        notes=document.notes,
    )
    if document.view.workspace == "learn":
        return run_page(words, document.setup)
    shows = document.shows
    losses = tuple(each.name for each in document.losses)
    stated = tuple(
        StatedNumber(each.what, each.value, each.tolerance, each.controls, each.parameters)
        for each in document.expected
        if not document.measured
    )
    return replace(
        words,
        maps=shows.maps[:MOST_MAPS],
        plot=shows.plot,
        numbers=shows.numbers or losses,
        controls=tuple(map(reference_of, shows.controls))[:MOST_CONTROLS],
        stated=stated,
    )


def reference_of(name: str) -> Reference:
    """Return the control, or the parameter of a loss, that a scenario names.

    Examples
    --------
    >>> reference_of("shift_x"), reference_of("tversky_2.alpha").loss
    (Reference(name='shift_x', loss=None), 'tversky_2')
    """
    loss, _, parameter = name.rpartition(".")
    return Reference(parameter, loss or None)


def scenario_playlist(name: str | None = None) -> Playlist:
    """Return all scenarios in their order, beginning with one of them.

    Parameters
    ----------
    name : str, optional
        The scenario that is shown first; the first one if it is none of these.
    """
    own, problems = own_scenarios()
    for problem in problems:
        _log.warning("left out of the talk: %s", problem)
    shown = [*built_in_scenarios(), *own]
    cases = _Cases()
    entries = [
        PlaylistEntry(page_of_scenario(e.document), partial(_begin, cases, e)) for e in shown
    ]
    place = next((place for place, each in enumerate(shown) if each.name == name), 0)
    return Playlist(entries, place)


class _Cases:
    """What was opened last, by what it was opened of."""

    def __init__(self) -> None:
        self._made: OrderedDict[Opening, Case] = OrderedDict()

    def make(self, opening: Opening) -> Case | None:
        """Return what there is, or open it."""
        case = self._made.pop(opening, None) or opening.open()
        if case is not None:
            self._made[opening] = case
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return case


def _begin(
    cases: _Cases, scenario: ListedScenario, context: Context, then: Callable[[], object]
) -> None:
    """Open what a scenario needs, set what it has, and go on."""
    document = scenario.document
    folder = None if scenario.path is None else Path(scenario.path).parent

    def set_all(case: Case | None) -> None:
        try:
            state = restored(document, case)
        except DocumentError as error:
            context.messages.say(f"{document.title}: {error}")
            return
        context.session.restore(state, document.title)
        then()

    def refuse(error: Exception) -> bool:
        context.files.rejected.emit(f"{document.title}: {error}")
        return True

    case = context.session.case
    if case is not None and is_open(document, case):
        set_all(case)
        return
    opening = opening_of(document, folder)
    context.files.opener.open_document(lambda: cases.make(opening), set_all, refuse)
