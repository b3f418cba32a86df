"""Wires session, engine and views: state → request → engine → answer → what differs."""

from __future__ import annotations

import math
from dataclasses import replace

from qtpy.QtCore import QObject, Signal
from superqt.utils import create_worker, qdebounced, qthrottled

from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.message_bar import MessageBar
from lossexplorer.app.numbers import tidy
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.limits import check_size
from lossexplorer.engine.messages import TOTAL, Answer, EngineStatus, Plane, Request
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session, State, response_of
from lossexplorer.viewer import SliceCanvas
from lossexplorer.volumes import LabelVolume, open_volume

_THROTTLE_MS = 33
_DEBOUNCE_MS = 150
# Points of a response curve: each is a step of the engine, so large volumes get fewer.
_POINTS = 41
_FEW_POINTS = 11
_LARGE = 5e7


def gradient_title(state: State) -> str:
    """Return the name of the painted gradient, such as ``∂ Dice / ∂ logit``."""
    title = "Total" if state.loss == TOTAL else LOSSES[state.loss].title
    return f"∂ {title} / ∂ {state.wrt}"


def _without_plane(request: Request) -> Request:
    painted = request.painted and replace(request.painted, plane=None)
    return replace(request, generation=0, painted=painted)


def _asked_about(state: State) -> State:
    """Return what of a state the engine is asked about: all but the layout."""
    return replace(state, layout=State.layout)


def _opened(number: int, source: str) -> tuple[int, LabelVolume | Exception]:
    """Return the volume, or why there is none, with the number of the attempt."""
    try:
        volume = open_volume(source)
        check_size(volume.voxel_count, len(volume.classes))
    except Exception as error:  # noqa: BLE001 - said in the window
        return number, error
    return number, volume


class Explorer(QObject):
    """The program without its window: a session, an engine, and the canvas that shows both.

    Parameters
    ----------
    canvas : SliceCanvas
        Shows volume and fields.
    messages : MessageBar
        Says what went wrong.

    Attributes
    ----------
    answered : Signal(Answer)
        An answer, painted already.
    engine_changed : Signal(EngineStatus)
        What the engine is doing.
    probed : Signal(str)
        What is under the pointer.
    response_changed : Signal(Response)
        Curves are being drawn against something else.
    explored : Signal(Answer)
        A point of them.
    measured : Signal(Answer)
        The norms of the losses' gradients.
    settled : Signal()
        Everything about the present state is answered, curves and norms included.
    opened : Signal(LabelVolume)
        A volume was opened.
    rejected : Signal(str)
        A file was not, and why.
    """

    answered = Signal(object)
    engine_changed = Signal(object)
    probed = Signal(str)
    response_changed = Signal(object)
    explored = Signal(object)
    measured = Signal(object)
    settled = Signal()
    opened = Signal(object)
    rejected = Signal(str)

    def __init__(self, canvas: SliceCanvas, messages: MessageBar) -> None:
        super().__init__()
        self.session = Session()
        self._canvas = canvas
        self._messages = messages
        self._main_thread = MainThread()
        self.client = EngineClient(self._main_thread.run)
        self._painted: Request | None = None
        self._ask_soon = qthrottled(self._ask, timeout=_THROTTLE_MS)
        self._explore_soon = qdebounced(self._explore, timeout=_DEBOUNCE_MS)
        self._curves: list[Request] = []
        self._measured: Request | None = None
        self._unanswered: list[Request] = []
        self._explored: State | None = None
        self._answered: Request | None = None
        self._attempt = 0
        self.session.volume_changed.connect(self._on_volume)
        self.session.state_changed.connect(self._on_state)
        self.client.answered.connect(self._on_answer)
        self.client.explored.connect(self._on_explored)
        self.client.status_changed.connect(self._on_status)
        self.client.failed.connect(self._messages_say)
        canvas.plane_changed.connect(self._on_plane)
        canvas.probed.connect(self._on_probe)

    def start(self) -> None:
        """Start the engine, behind the window."""
        self.client.start()

    def open(self, source: str) -> None:
        """Open a file or ``sample:NAME`` in a thread; if it fails, what is open stays open."""
        self._messages.withdraw()
        self._attempt += 1
        create_worker(_opened, self._attempt, source, _connect={"returned": self._on_opened})

    def close(self) -> None:
        """End the engine and let go of the canvas."""
        self._attempt += 1
        self._ask_soon.cancel()
        self._explore_soon.cancel()
        self.client.close()
        self._canvas.close()

    def _on_opened(self, result: tuple[int, LabelVolume | Exception]) -> None:
        number, volume = result
        if number != self._attempt:
            return  # another one was asked for since, and may have been faster
        if isinstance(volume, Exception):
            self._messages_say(str(volume))
            self.rejected.emit(str(volume))
        else:
            self.session.open(volume)
            self.opened.emit(volume)

    def _messages_say(self, text: str) -> None:
        self._messages.say(text)

    def _on_volume(self, volume: LabelVolume) -> None:
        state = self.session.state
        self._painted = None
        self._canvas.open(volume, state.plane or Plane(0, 0))
        self.client.load(volume)
        self._curves, self._unanswered, self._explored = [], [], None
        self._ask_soon()
        self._explore_soon()

    def _on_state(self, old: State, new: State) -> None:
        if new.layout != old.layout:
            self._canvas.arrange(new.layout)
        if _asked_about(new) != _asked_about(old):
            self._ask_soon()
            self._explore_soon()

    def _on_plane(self, plane: Plane | None) -> None:
        self.session.show(plane=plane)

    def _ask(self) -> None:
        request = self.session.request()
        if request is not None:
            self.client.ask(request)

    def _explore(self) -> None:
        """Ask for norms and response curves, unless those that are there still hold."""
        volume, state = self.session.volume, self.session.state
        if volume is None:
            return
        scores = volume.voxel_count * len(volume.classes)
        response = response_of(state, volume.spacing, _POINTS if scores < _LARGE else _FEW_POINTS)
        curves, measurement = response.requests(state, volume.key), state.measurement(volume.key)
        wanted = [request for request in self._unanswered if not request.norms]
        if curves != self._curves:
            self._curves = wanted = curves
            self.response_changed.emit(response)
        if measurement != self._measured:
            wanted = [measurement, *wanted]
        if wanted != self._unanswered:
            self._unanswered = list(wanted)
            self.client.explore(wanted)
        self._explored = _asked_about(state)
        self._settle()

    def _on_explored(self, answer: Answer) -> None:
        # One of those that were wanted before may still have been in flight.
        if answer.request not in self._unanswered:
            return
        self._unanswered.remove(answer.request)
        if answer.request.norms:
            self._measured = answer.request
            self.measured.emit(answer)
        else:
            self.explored.emit(answer)
        self._settle()

    def _settle(self) -> None:
        """Say so if everything is answered and nothing new waits for the hand to rest."""
        explored = self._explored == _asked_about(self.session.state)
        answered = self._answered == self.session.request()
        if explored and answered and not self._unanswered:
            self.settled.emit()

    def _on_answer(self, answer: Answer) -> None:
        asked = _without_plane(answer.request)
        if answer.fields is not None and self.session.volume is not None:
            self._canvas.show_fields(answer.fields, same_state=asked == self._painted)
            state = self.session.state
            self._canvas.show_class(state.class_index, gradient_title(state))
        self._painted = asked
        self._answered = replace(answer.request, generation=0)
        self.answered.emit(answer)
        self._settle()

    def _on_status(self, status: EngineStatus) -> None:
        if status.state == "failed":
            self._messages.say(status.message, "Start it again", self.client.start)
        self.engine_changed.emit(status)

    def _on_probe(self, voxel: tuple[int, int, int] | None) -> None:
        volume = self.session.volume
        if voxel is None or volume is None:
            self.probed.emit("")
            return
        index, probability, gradient = self._canvas.values_at(voxel)
        z, y, x = voxel
        parts = [f"z {z}  y {y}  x {x}", f"truth {volume.classes[index].name}"]
        if not math.isnan(probability):  # painted
            parts += [
                f"prediction {tidy(probability)}",
                f"{gradient_title(self.session.state)} {tidy(gradient)}",
            ]
        self.probed.emit("     ".join(parts))
