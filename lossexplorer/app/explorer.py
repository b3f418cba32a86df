"""Wires session and engine: state → request → engine → answer → what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QObject, Signal
from superqt.utils import qdebounced, qthrottled

from lossexplorer.app.opener import Opener, Refusal
from lossexplorer.app.widgets.message_bar import MessageBar, MessageButton
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import Answer, EngineStatus, Request
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session, State, response_of
from lossexplorer.volumes import Case, LabelVolume

_THROTTLE_MS = 33
_DEBOUNCE_MS = 150
# Points of a response curve: each is a step of the engine, so large volumes get fewer.
_POINTS = 41
_FEW_POINTS = 11
_LARGE = 5e7


def _in_full(request: Request) -> Request:
    """Return what a request asks, however much of it was to be computed."""
    return replace(request, generation=0, exact=True, whole_field=True)


def _field_settings(state: State) -> tuple[Any, ...]:
    """Return what the losses that need the whole field depend on."""
    losses = [s for s in state.losses if LOSSES[s.name].kind == "field"]
    return state.controls, [(setting.name, setting.parameters) for setting in losses]


def _asked_about(state: State) -> State:
    """Return what of a state the engine is asked about: all but the layout."""
    return replace(state, layout=State.layout)


class Explorer(QObject):
    """The program without its window: a session and an engine.

    Parameters
    ----------
    client : EngineClient
        The engine, started or not.
    messages : MessageBar
        Says what went wrong.

    Attributes
    ----------
    answered : Signal(Answer)
        An answer about what is open.
    engine_changed : Signal(EngineStatus)
        What the engine is doing.
    response_changed : Signal(Response)
        Curves are being drawn against something else.
    explored : Signal(list)
        Answers that are points of them.
    measured : Signal(Answer)
        The norms of the losses' gradients.
    progressed : Signal(Progress)
        How far a loss is that needs the whole field.
    withheld : Signal()
        Such losses are not computed for what is set now, since the user has cancelled it.
    settled : Signal()
        Everything about the present state is answered, curves and norms included.
    opened : Signal(Case)
        Something was opened, or is seen with other classes, patches, image or prediction.
    rejected : Signal(str)
        It was not, and why.
    """

    answered = Signal(object)
    engine_changed = Signal(object)
    response_changed = Signal(object)
    explored = Signal(object)
    measured = Signal(object)
    progressed = Signal(object)
    withheld = Signal()
    settled = Signal()
    opened = Signal(object)
    rejected = Signal(str)

    def __init__(self, client: EngineClient, messages: MessageBar) -> None:
        super().__init__()
        self.session = Session()
        self._messages = messages
        self.client = client
        self._ask_soon = qthrottled(self._ask, timeout=_THROTTLE_MS)
        self._explore_soon = qdebounced(self._explore, timeout=_DEBOUNCE_MS)
        self._curves: list[Request] = []
        self._measured: Request | None = None
        self._unanswered: list[Request] = []
        self._explored: State | None = None
        self._answered: Request | None = None
        self._previewed: Request | None = None
        self._cancelled = False
        self.opener = Opener(lambda: self.session.case)
        self.opener.started.connect(messages.withdraw)
        self.opener.opened.connect(self._on_opened)
        self.opener.refused.connect(self._on_refused)
        self.opener.noted.connect(messages.say)
        self.session.volume_changed.connect(self._on_volume)
        self.session.state_changed.connect(self._on_state)
        self.client.answered.connect(self._on_answer)
        self.client.explored.connect(self._on_explored)
        self.client.given_up.connect(self._on_given_up)
        self.client.progressed.connect(self.progressed.emit)
        self.client.status_changed.connect(self._on_status)
        self.client.failed.connect(messages.say)

    def open(
        self, sources: Sequence[str], image: str | None = None, prediction: str | None = None
    ) -> None:
        """Open files or ``sample:NAME`` in a thread; if it fails, what is open stays open.

        Parameters
        ----------
        sources : sequence of str
            Label volumes; several are a batch.
        image, prediction : str, optional
            Files with the anatomy of the first, and with the prediction of all.
        """
        self.opener.open(sources, image, prediction)

    def cancel(self) -> None:
        """Do without the losses that need the whole field, until what they depend on changes."""
        self._cancelled = True
        self.withheld.emit()
        self._explore()

    def compute(self) -> None:
        """Compute them after all."""
        self._cancelled = False
        self._curves = []
        self._explore()

    def close(self) -> None:
        """End the engine."""
        self.opener.cancel()
        self._ask_soon.cancel()
        self._explore_soon.cancel()
        self.client.close()

    def _on_opened(self, case: Case) -> None:
        self.session.open(case)
        self.opened.emit(case)

    def _on_refused(self, refusal: Refusal) -> None:
        source, opener = refusal.source, self.opener
        offers = {
            "image": MessageButton("Show it below the labels", lambda: opener.show_image(source)),
            "prediction": MessageButton(
                "Open it as the prediction", lambda: opener.use_prediction(source)
            ),
            "foreground": MessageButton(
                "Open all foreground as one class",
                lambda: opener.open([source], classes="foreground"),
            ),
        }
        self._messages.say(refusal.text, *(offers[name] for name in refusal.open_as))
        self.rejected.emit(refusal.text)

    def _on_volume(self, volume: LabelVolume) -> None:
        del volume
        case = self.session.case
        if case is None:
            return
        self.client.load(case)
        self._curves, self._unanswered, self._explored = [], [], None
        self._cancelled = False
        self._ask_soon()
        self._explore_soon()

    def _on_state(self, old: State, new: State) -> None:
        if _field_settings(new) != _field_settings(old):
            self._cancelled = False
        if _asked_about(new) != _asked_about(old):
            self._ask_soon()
            self._explore_soon()

    def _ask(self) -> None:
        request = self.session.request()
        if request is not None:
            self.client.explore([])  # until the hand rests
            self.client.ask(replace(request, exact=False, whole_field=False))

    def _explore(self) -> None:
        """Ask for norms, response curves and exact values, unless those there still hold."""
        case, state = self.session.case, self.session.state
        if case is None:
            return
        scores = case.batch.voxel_count * len(case.batch.names)
        points = _POINTS if scores < _LARGE else _FEW_POINTS
        response = response_of(state, case.batch.spacing, points)
        curves, shown = response.requests(state, case.key), self._wanted(state.request(case.key))
        measurement = self._wanted(state.measurement(case.key))
        wanted = [r for r in self._unanswered if not r.norms and r.painted is None]
        if curves != self._curves:
            self._curves = wanted = curves
            self.response_changed.emit(response)
        lasting = [measurement] if measurement != self._measured else []
        quick = [r for r in wanted if not r.needs_field]
        slow = [r for r in wanted if r.needs_field and not self._cancelled]
        previewed = self._previewed
        if previewed is not None and previewed != shown and _in_full(previewed) == _in_full(shown):
            # Where exact values take long, most curves do not: they do not keep the hand waiting.
            self._unanswered = [*quick, shown, *lasting, *slow]
        else:
            self._unanswered = [*lasting, *quick, *slow]
        self.client.explore(self._unanswered)
        self._explored = _asked_about(state)
        self._settle()

    def _wanted(self, request: Request) -> Request:
        return replace(request, whole_field=not self._cancelled)

    def _on_explored(self, answers: tuple[Answer, ...]) -> None:
        points = []
        for answer in answers:
            # One of those that were wanted before may still have been in flight.
            if answer.request not in self._unanswered:
                continue
            self._unanswered.remove(answer.request)
            if answer.request.norms:
                self._measured = answer.request
                self.measured.emit(answer)
            elif answer.request.painted is None:
                points.append(answer)
            elif _in_full(answer.request) == self.session.request():
                self._on_answer(answer)
        if points:
            self.explored.emit(points)
        self._settle()

    def _on_given_up(self, requests: tuple[Request, ...]) -> None:
        self._unanswered = [each for each in self._unanswered if each not in requests]
        self._settle()

    def _settle(self) -> None:
        """Say so if everything is answered and nothing new waits for the hand to rest."""
        explored = self._explored == _asked_about(self.session.state)
        answered = self._answered == self.session.request()
        if explored and answered and not self._unanswered:
            self.settled.emit()

    def _on_answer(self, answer: Answer) -> None:
        self._answered = _in_full(answer.request)
        self._previewed = replace(answer.request, generation=0) if answer.preview else None
        self.answered.emit(answer)
        if self._cancelled:
            self.withheld.emit()
        if answer.preview:
            self._explore_soon()
        self._settle()

    def _on_status(self, status: EngineStatus) -> None:
        if status.state == "failed":
            again = MessageButton("Start it again", self.client.start)
            self._messages.say(status.message, again, lasting=True)
        self.engine_changed.emit(status)
