"""The scheduler: gives the controller Qt's timers, its opener, and a place to say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QObject, Signal
from superqt.utils import qdebounced, qthrottled

from lossexplorer.app.message_bar import MessageBar, MessageButton
from lossexplorer.app.opener import Opener, Refusal
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import EngineStatus
from lossexplorer.session import Session
from lossexplorer.session.controller import Controller
from lossexplorer.volumes import Case

_THROTTLE_MS = 33
_DEBOUNCE_MS = 150


class Explorer(QObject):
    """The program without its window: a session, its controller and an engine.

    Parameters
    ----------
    client : EngineClient
        The engine, started or not.
    messages : MessageBar
        Says what went wrong.

    Attributes
    ----------
    answered, response_changed, explored, measured, progressed, withheld, settled : Signal
        As those of `lossexplorer.session.controller.Controller`.
    engine_changed : Signal(EngineStatus)
        What the engine is doing.
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
        self.controller = Controller(self.session, client, self._ask_soon, self._explore_soon)
        self._pass_signals_on()
        self.opener = Opener(lambda: self.session.case)
        self.opener.started.connect(messages.withdraw)
        self.opener.opened.connect(self._on_opened)
        self.opener.refused.connect(self._on_refused)
        self.opener.noted.connect(messages.say)
        client.status_changed.connect(self._on_status)
        client.failed.connect(messages.say)

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
        self.controller.cancel()

    def compute(self) -> None:
        """Compute the losses of the whole field after all."""
        self.controller.compute()

    def close(self) -> None:
        """End the engine."""
        self.opener.cancel()
        self._ask_soon.cancel()
        self._explore_soon.cancel()
        self.client.close()

    def _ask(self) -> None:
        self.controller.ask()

    def _explore(self) -> None:
        self.controller.explore()

    def _pass_signals_on(self) -> None:
        controller = self.controller
        controller.answered.connect(self.answered.emit)
        controller.response_changed.connect(self.response_changed.emit)
        controller.explored.connect(self.explored.emit)
        controller.measured.connect(self.measured.emit)
        controller.progressed.connect(self.progressed.emit)
        controller.withheld.connect(self.withheld.emit)
        controller.settled.connect(self.settled.emit)

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

    def _on_status(self, status: EngineStatus) -> None:
        if status.state == "failed":
            again = MessageButton("Start it again", self.client.start)
            self._messages.say(status.message, again, lasting=True)
        self.engine_changed.emit(status)
