"""What to ask the engine next: pure functions of what is set and what is known.

While a slider is dragged, one question is asked again and again: the values and the maps of the
present state, for which a preview is enough (`now`). At rest come the questions that take longer
(`at_rest`): what the records need, such as the points of the response curves and the gradients'
norms, and the exact answer where there is only a preview. What answers change is in `after_answer`
and `after_explored`; the state is settled when nothing is open any more (`is_settled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossexplorer.engine.messages import EXACT, PREVIEW, Answer, Effort, Request
from lossexplorer.engine.questions import Descended, Maps
from lossexplorer.session.records import RECORDS
from lossexplorer.session.state import Change, State

Requests = tuple[Request, ...]

_PATIENCE = 2.0  # seconds of points that a loss of the whole field on screen waits for


@dataclass(frozen=True)
class Knowledge:
    """What is known about the present state, and what is still to come.

    Attributes
    ----------
    answered : Request or None
        What the newest answer was to.
    is_preview : bool
        Whether that answer was a preview.
    left_out : bool
        Whether it left out rows or classes.
    asked : mapping of str to tuple of Request
        By record, what was asked at rest.
    outstanding : mapping of str to tuple of Request
        By record, what of it is not answered yet.
    refinements : tuple of Request
        The exact requests that were asked at rest in place of a preview, and are not answered yet:
        the last is for all there is, one before it for what needs no whole field.
    waited : float
        How many seconds points of curves have taken while these were waiting.
    rested_at : tuple or None
        What the questions at rest were made for, see `subject`.
    is_withheld : bool
        Whether losses of the whole field are not computed, because the user has cancelled it.
    seen : frozenset of str
        The records of plots that are seen: of the others nothing is asked.
    stopped : frozenset of str
        Of these, those whose requests the user has stopped; until they are others.
    """

    answered: Request | None = None
    is_preview: bool = False
    left_out: bool = False
    asked: Mapping[str, Requests] = field(default_factory=dict)
    outstanding: Mapping[str, Requests] = field(default_factory=dict)
    refinements: Requests = ()
    waited: float = 0.0
    rested_at: tuple[Any, ...] | None = None
    is_withheld: bool = False
    seen: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()

    @property
    def of_plots(self) -> Requests:
        """What to ask behind all else, for the plots that are seen."""
        return tuple(
            request
            for name, requests in self.outstanding.items()
            if RECORDS[name].of_plot and name in self.seen - self.stopped
            for request in requests
            if not (self.is_withheld and request.takes_long)
        )

    @property
    def wanted(self) -> Requests:
        """What to ask at rest, in this order.

        What is on screen becomes exact first, as far as that is one step. Points that need no whole
        field come before losses that do. Most such points are quick, but the first shift to a side
        has to measure the distances of what enters, of every class: with 83 of them that takes
        seconds. So these losses wait for points for a bounded time. Points that need the whole
        field come last.
        """
        always = _always(self.outstanding)
        every = [request for requests in always.values() for request in requests]
        points = [request for request in every if request.question.numbers_alone]
        lasting = [request for request in every if not request.question.numbers_alone]
        quick = [each for each in _points_without_field(always) if not each.effort.exact]
        slow = [point for point in points if point.takes_long and not self.is_withheld]
        if self.keeps_waiting:
            *first, last = self.refinements
            return (*first, *quick, last, *lasting, *slow)
        return (*self.refinements, *lasting, *quick, *slow)

    @property
    def exact_points(self) -> Requests:
        """What to ask behind the plots that are seen: points of curves that are previews now."""
        points = _points_without_field(_always(self.outstanding))
        return tuple(each for each in points if each.effort.exact)

    @property
    def keeps_waiting(self) -> bool:
        """Whether losses of the whole field on screen come after points of curves."""
        return any(each.takes_long for each in self.refinements) and self.waited < _PATIENCE


def _always(requests: Mapping[str, Requests]) -> Mapping[str, Requests]:
    """Return the requests that are asked whatever plot is seen."""
    return {name: each for name, each in requests.items() if not RECORDS[name].of_plot}


def _points_without_field(requests: Mapping[str, Requests]) -> list[Request]:
    """Return the points of curves that need no whole field."""
    every = [request for of_record in requests.values() for request in of_record]
    return [each for each in every if each.question.numbers_alone and not each.takes_long]


@dataclass(frozen=True)
class ToCome:
    """How much of what a plot needs is known.

    Attributes
    ----------
    done, asked : int
        The numbers of its requests that are answered, and of all.
    is_stopped : bool
        Whether the user has stopped the others.
    """

    done: int
    asked: int
    is_stopped: bool


def to_come(knowledge: Knowledge, record: str) -> ToCome | None:
    """Return how much of the record of a plot is known; None if nothing is to come."""
    asked = knowledge.asked.get(record, ())
    left = [
        request
        for request in knowledge.outstanding.get(record, ())
        if not (knowledge.is_withheld and request.takes_long)
    ]
    if not left or record not in knowledge.seen:
        return None
    return ToCome(len(asked) - len(left), len(asked), record in knowledge.stopped)


def subject(state: State) -> tuple[Any, ...]:
    """Return all of a state that questions depend on."""
    return (state.maps(), state.view.against, state.view.axes, state.view.line)


def now(state: State) -> Request | None:
    """Return what to ask at once, while the hand may be moving; None while nothing is open."""
    maps = state.maps()
    if maps is None:
        return None
    # A step of a descent takes no preview.
    return Request(maps, EXACT if isinstance(maps, Descended) else PREVIEW)


def takes_its_time(state: State, knowledge: Knowledge) -> Requests:
    """Return what to ask now that may be interrupted: steps of a descent, unless they are known."""
    request = now(state)
    if request is None or not isinstance(request.question, Descended):
        return ()
    return () if knowledge.answered == request else (request,)


def after_change(knowledge: Knowledge, change: Change) -> Knowledge:
    """Return what is known after a change of the state."""
    if change.shows_another_volume:
        return _about_another_volume(knowledge, change)
    if _whole_field_basis(change.new) != _whole_field_basis(change.old):
        return replace(knowledge, is_withheld=False)
    return knowledge


def at_rest(
    state: State, knowledge: Knowledge, seen: frozenset[str] = frozenset()
) -> tuple[Knowledge, tuple[str, ...]]:
    """Return what is known and wanted once the hand rests.

    Parameters
    ----------
    state : State
        Something is open.
    knowledge : Knowledge
        What is known before.
    seen : frozenset of str
        The records that a plot shows which is seen.

    Returns
    -------
    Knowledge
        `wanted` is what to ask, and `of_plots` behind it.
    tuple of str
        The records that begin anew, because what they need asked is something else.
    """
    effort = Effort(whole_field=not knowledge.is_withheld)
    asked: dict[str, Requests] = {}
    outstanding: dict[str, Requests] = {}
    begun: list[str] = []
    for name, record in RECORDS.items():
        if record.requests is None:
            continue
        if record.of_plot and name not in seen:  # what is known of it may still hold once it is
            if name in knowledge.asked:
                asked[name], outstanding[name] = knowledge.asked[name], knowledge.outstanding[name]
            continue
        asked[name] = record.requests(state, effort)
        if asked[name] == knowledge.asked.get(name):
            outstanding[name] = knowledge.outstanding[name]
        else:
            outstanding[name] = asked[name]
            begun.append(name)
    about = subject(state)
    found = replace(
        knowledge,
        asked=asked,
        outstanding=outstanding,
        refinements=_refinements(state, knowledge),
        waited=knowledge.waited if about == knowledge.rested_at else 0.0,
        rested_at=about,
        seen=seen,
        stopped=knowledge.stopped - set(begun),
    )
    return found, tuple(begun)


def after_answer(knowledge: Knowledge, answer: Answer) -> Knowledge:
    """Return what is known after an answer about the present state, or one it has overtaken."""
    return replace(
        knowledge,
        answered=answer.request,
        is_preview=bool(answer.preview),
        left_out=answer.left_out,
    )


def after_explored(
    knowledge: Knowledge, answers: Iterable[Answer]
) -> tuple[Knowledge, Mapping[str, tuple[Answer, ...]], Answer | None]:
    """Return what is known after answers to what was asked at rest.

    Parameters
    ----------
    knowledge : Knowledge
        What is known before.
    answers : iterable of Answer
        One to a question that is no longer wanted may still have been in flight; it is dropped.

    Returns
    -------
    Knowledge
        Without what is answered.
    mapping of str to tuple of Answer
        By record, its answers.
    Answer or None
        The exact answer about the present state.
    """
    by_record: dict[str, tuple[Answer, ...]] = {}
    refined = None
    for answer in answers:
        if answer.request in knowledge.refinements:
            knowledge, refined = _without_refinements(knowledge, [answer.request]), answer
        elif answer.question.numbers_alone and knowledge.refinements:
            knowledge = replace(knowledge, waited=knowledge.waited + answer.seconds)
        outstanding = dict(knowledge.outstanding)
        for name, requests in knowledge.outstanding.items():
            if answer.request in requests:
                by_record[name] = (*by_record.get(name, ()), answer)
                outstanding[name] = (*requests, *_exact_after(answer))
        knowledge = _without(replace(knowledge, outstanding=outstanding), [answer.request])
    return knowledge, by_record, refined


def waited_for(knowledge: Knowledge) -> tuple[int, int] | None:
    """Return what comes before losses of the whole field: the points that are known, of all.

    None if no such loss is still to come.
    """
    if not any(each.takes_long for each in knowledge.refinements):
        return None
    asked, left = (
        _points_without_field(_always(each)) for each in (knowledge.asked, knowledge.outstanding)
    )
    # What was a preview is known, and asked for once more.
    known = len(asked) - sum(not each.effort.exact for each in left)
    return known, len(asked) if knowledge.keeps_waiting else known


def is_overdue(state: State, before: Knowledge, knowledge: Knowledge) -> bool:
    """Return whether losses of the whole field need not wait any more, while the hand rests."""
    had_to = before.keeps_waiting and not knowledge.keeps_waiting
    return had_to and bool(knowledge.refinements) and knowledge.rested_at == subject(state)


def has_previews(state: State, knowledge: Knowledge, answers: Iterable[Answer]) -> bool:
    """Return whether exact answers are wanted after some, while the hand rests."""
    return knowledge.rested_at == subject(state) and any(map(_exact_after, answers))


def is_awaited(knowledge: Knowledge, requests: Requests) -> bool:
    """Return whether requests in the engine are about what is to be shown, and unanswered."""
    answered = knowledge.answered.question if knowledge.answered is not None else None
    return any(isinstance(each.question, Maps) and each.question != answered for each in requests)


def after_abandoned(knowledge: Knowledge, requests: Iterable[Request]) -> Knowledge:
    """Return what is known where the engine could not take some requests."""
    abandoned = list(requests)
    return _without(_without_refinements(knowledge, abandoned), abandoned)


def is_settled(state: State, knowledge: Knowledge) -> bool:
    """Return whether all about the present state is answered, and nothing waits for rest."""
    answered = knowledge.answered.question if knowledge.answered is not None else None
    is_about_now = answered == state.maps() and knowledge.rested_at == subject(state)
    wanted = (*knowledge.wanted, *knowledge.of_plots, *knowledge.exact_points)
    return is_about_now and not wanted and not _refinements(state, knowledge)


def _about_another_volume(knowledge: Knowledge, change: Change) -> Knowledge:
    """Return what is known of another volume: of another sample, what is known of the batch."""
    found = Knowledge(knowledge.answered, knowledge.is_preview, knowledge.left_out)
    old, new = change.old.experiment.case, change.new.experiment.case
    if old is None or new is None or old.key != new.key:
        return found
    return replace(found, asked=knowledge.asked, outstanding=knowledge.outstanding)


def _exact_after(answer: Answer) -> Requests:
    """Return what is asked behind all else of a record, where its answer left something out."""
    effort = answer.request.effort
    if effort.exact or not answer.left_out:
        return ()
    return (Request(answer.question, replace(effort, exact=True)),)


def _without(knowledge: Knowledge, requests: list[Request]) -> Knowledge:
    outstanding = {
        name: tuple(request for request in wanted if request not in requests)
        for name, wanted in knowledge.outstanding.items()
    }
    return replace(knowledge, outstanding=outstanding)


def _without_refinements(knowledge: Knowledge, requests: list[Request]) -> Knowledge:
    left = tuple(each for each in knowledge.refinements if each not in requests)
    return replace(knowledge, refinements=left)


def _refinements(state: State, knowledge: Knowledge) -> Requests:
    """Return the exact requests for what is shown, where only a preview of it is known."""
    maps, answered = state.maps(), knowledge.answered
    if maps is None or not knowledge.is_preview or answered is None or answered.question != maps:
        return ()
    every = Request(maps, Effort(whole_field=not knowledge.is_withheld))
    first = Request(maps, Effort(whole_field=False))
    if every.takes_long and knowledge.left_out:
        return (first, every)
    return () if answered.effort == every.effort else (every,)


def _whole_field_basis(state: State) -> tuple[Any, ...]:
    """Return what the losses that need the whole field depend on."""
    experiment = state.experiment
    losses = [s for s in experiment.losses if s.described.kind == "field"]
    return experiment.controls, [(setting.loss, setting.parameters) for setting in losses]
