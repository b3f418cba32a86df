"""The scheduler: lends the controller Qt's timers, and its signals to Qt's."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer, Signal
from superqt.utils import qdebounced

from lossexplorer.app.widgets.message_bar import MessageBar, MessageButton
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import EngineStatus, Voxel
from lossexplorer.session import Session
from lossexplorer.session.agenda import ToCome
from lossexplorer.session.controller import Controller
from lossexplorer.session.descent_controller import DescentController
from lossexplorer.session.records import Records
from lossexplorer.session.run_controller import RunController
from lossexplorer.session.snapshots import Snapshots

_DEBOUNCE_MS = 150
_RELAYED = (
    "answered", "measured", "progressed", "waited", "compiling", "withheld", "of_plots_changed",
    "settled", "looked_at",
)  # fmt: skip
"""The controller's signals that are the scheduler's, too."""


def later(seconds: float, function: Callable[[], None]) -> None:
    """Call a function after a number of seconds."""
    QTimer.singleShot(round(1e3 * seconds), function)


class Scheduler(QObject):
    """The engine's side of the window: when it is asked, and what it answers.

    Parameters
    ----------
    session : Session
        What is open and set.
    client : EngineClient
        The engine, started or not.
    messages : MessageBar
        Says what went wrong.

    Attributes
    ----------
    client : EngineClient
        The engine.
    trainer : RunController
        Trains a network.
    descent : DescentController
        Has the prediction's logits follow a gradient.
    snapshots : Snapshots
        States that were kept.
    answered, measured, progressed, waited, compiling, withheld, of_plots_changed : Signal
    settled : Signal
        As those of `lossexplorer.session.controller.Controller`.
    looked_at : Signal(Answer)
        As that of `lossexplorer.session.controller.Controller`.
    seen_changed : Signal()
        Another plot is seen.
    engine_changed : Signal(EngineStatus)
        What the engine is doing.
    """

    answered = Signal(object)
    measured = Signal(object)
    progressed = Signal(object)
    waited = Signal(int, int)
    compiling = Signal(str)
    withheld = Signal()
    of_plots_changed = Signal()
    settled = Signal()
    looked_at = Signal(object)
    seen_changed = Signal()
    engine_changed = Signal(object)

    def __init__(self, session: Session, client: EngineClient, messages: MessageBar) -> None:
        super().__init__()
        self._messages = messages
        self._seeing: list[Callable[[], frozenset[str]]] = []
        self.client = client
        self._explore_soon = qdebounced(self._explore, timeout=_DEBOUNCE_MS)
        self._controller = Controller(session, client, self._explore_soon)
        for name in _RELAYED:
            getattr(self._controller, name).connect(getattr(self, name).emit)
        self.descent = DescentController(self._controller)
        self.snapshots = Snapshots(self._controller)
        self.trainer = RunController(session, client.lane, later)
        client.status_changed.connect(self._on_status)
        client.failed.connect(messages.say)
        client.noted.connect(messages.say)

    @property
    def records(self) -> Records:
        """What the plots show."""
        return self._controller.records

    def ask(self) -> None:
        """Ask about the present state once more, for what has missed the answer."""
        self._controller.ask_again()

    def see(self, seen: Callable[[], frozenset[str]]) -> None:
        """Have what records need asked only while a function says that they are seen.

        Of several functions it is enough that one says so.
        """
        self._seeing.append(seen)
        self._controller.seen = lambda: frozenset().union(*(each() for each in self._seeing))

    def look(self) -> None:
        """Ask for what is seen now and was not before."""
        self._explore_soon()
        QTimer.singleShot(0, self.seen_changed.emit)  # once the other plot is hidden

    def is_seen(self, record: str) -> bool:
        """Return whether a plot is seen that shows a record."""
        return record in self._controller.seen()

    def look_at(self, voxel: Voxel | None) -> None:
        """Ask for the values of a voxel (z, y, x), which `looked_at` has."""
        self._controller.look_at(voxel)

    def stop(self, record: str) -> None:
        """Ask no more for the record of a plot, until what it needs is something else."""
        self._controller.stop(record)

    def go_on(self, record: str) -> None:
        """Ask for the record of a plot again, after `stop`."""
        self._controller.go_on(record)

    def to_come(self, record: str) -> ToCome | None:
        """Return how much of the record of a plot is known; None if nothing is to come."""
        return self._controller.to_come(record)

    def expect(self, controls: tuple[str, ...]) -> None:
        """Have functions compiled at rest for controls that the hand may move next."""
        self._controller.expect(controls)

    def cancel(self) -> None:
        """Do without the losses that need the whole field, until what they depend on changes."""
        self._controller.cancel()

    def compute(self) -> None:
        """Compute the losses of the whole field after all."""
        self._controller.compute()

    def close(self) -> None:
        """End the engine."""
        self._controller.close()
        self._seeing.clear()  # its widgets end, and a look may still be on its way
        self._explore_soon.cancel()
        self.client.close()

    def _explore(self) -> None:
        self._controller.explore()

    def _on_status(self, status: EngineStatus) -> None:
        if status.state == "failed":
            again = MessageButton("Start it again", self.client.start)
            self._messages.say(status.message, again, lasting=True)
        self.engine_changed.emit(status)
