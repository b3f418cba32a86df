"""The values in the voxel that is pinned, and in the one where the pointer rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QPointF, QTimer

from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.stage.voxel_box import VoxelBox
from lossexplorer.engine.messages import Answer, Voxel
from lossexplorer.engine.questions import Maps
from lossexplorer.session import Change, Session, State

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas

_REST_MS = 350
FORMER = "of a former state, is computed…"


class ValueProbe(QObject):
    """Lists a voxel's values on the canvas: never those of another state without saying so.

    Parameters
    ----------
    session : Session
        What is set.
    scheduler : Scheduler
        Asks the engine.
    canvas : SliceCanvas
        What is pointed at.

    Attributes
    ----------
    pinned, resting : VoxelBox
        Beside the voxel that is pinned, and beside the pointer once it rests.
    """

    def __init__(self, session: Session, scheduler: Scheduler, canvas: SliceCanvas) -> None:
        super().__init__(canvas.native)
        self._session, self._scheduler, self._canvas = session, scheduler, canvas
        self.pinned = VoxelBox(canvas.native, closable=True)
        self.resting = VoxelBox(canvas.native, closable=False)
        self.pinned.closed.connect(lambda: session.show(pinned=None))
        self._pane = 0  # in which the pinned voxel was clicked
        self._answer: Answer | None = None  # the newest with the values of the pinned voxel
        self._pointed: Voxel | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(lambda: scheduler.look_at(self._pointed))
        scheduler.looked_at.connect(self._on_looked_at)
        scheduler.answered.connect(self._on_answer)
        canvas.pointer.probed.connect(self._on_probe)
        canvas.pointer.picked.connect(self._on_pick)
        canvas.marks.moved.connect(self._place)
        self._show_pinned()

    @property
    def _state(self) -> State:
        return self._session.state

    @property
    def _explores(self) -> bool:
        """Whether the engine is asked about a prediction that can be seen."""
        return self._state.view.workspace == "explore" and self._session.volume is not None

    # Where the pointer rests

    def forget(self) -> None:
        """Have nothing below the pointer: another volume may not reach there."""
        self._on_probe(None)

    def _on_probe(self, voxel: Voxel | None) -> None:
        self._pointed = voxel
        self._forget_rest()

    def _forget_rest(self) -> None:
        """Hide what was said of the pointer's place, and wait until it rests again."""
        self.resting.hide()
        self._scheduler.look_at(None)
        is_slice = self._state.view.plane is not None  # in 3D a whole volume would be painted
        if self._pointed is not None and self._pointed != self._state.view.pinned:
            if is_slice and self._explores:
                self._rest.start()
        else:
            self._rest.stop()

    def _on_looked_at(self, answer: Answer) -> None:
        voxel = self._pointed
        if voxel is None or answer.question != self._state.at(voxel).maps():
            return
        assert answer.maps is not None
        note = "some losses are computed when nothing else is" if answer.is_pending else ""
        self.resting.show_values(self._state, voxel, answer.maps.at_voxel)
        self.resting.note.setText(note)
        self.resting.note.setVisible(bool(note))
        self.resting.place_beside(self._canvas.pointer.pixel)

    # What is pinned

    def _on_pick(self, voxel: Voxel) -> None:
        """Pin the voxel that is clicked, and show its class."""
        self._pane = self._canvas.places.pane_at(self._canvas.pointer.pixel)
        self._rest.stop()
        self.resting.hide()
        self._session.pick(voxel)
        if self._explores:
            self._session.show(pinned=voxel)

    def follow(self, change: Change) -> None:
        """Say what holds after a change; what is listed may hold no more."""
        if change.old.maps() == change.new.maps() and change.old.view == change.new.view:
            return
        self._forget_rest()
        self._show_pinned()

    def _on_answer(self, answer: Answer) -> None:
        if isinstance(answer.question, Maps) and answer.question.painted.voxel is not None:
            self._answer = answer
            self._show_pinned()

    def _show_pinned(self) -> None:
        voxel, answer = self._state.view.pinned, self._answer
        if voxel is None or not self._explores:
            self.pinned.hide()
            return
        values = None if answer is None or answer.maps is None else answer.maps.at_voxel
        if values is not None and (values.voxel != voxel or not self._is_of_what_is_open(answer)):
            values = None
        note = ""
        if answer is not None and values is not None:
            is_current = answer.question == self._state.maps()
            note = answer.preview if is_current else FORMER
        self.pinned.show_values(self._state, voxel, values, note)
        self._place()

    def _is_of_what_is_open(self, answer: Answer | None) -> bool:
        """Whether an answer is about the class, sample and volume that are shown."""
        now = self._state.maps()
        if answer is None or now is None or not isinstance(answer.question, Maps):
            return False
        then = answer.question
        return (then.volume, then.painted.sample, then.painted.class_index, then.painted.wrt) == (
            now.volume,
            now.painted.sample,
            now.painted.class_index,
            now.painted.wrt,
        )

    def _place(self) -> None:
        """Have the box beside its voxel, in the pane in which that was clicked."""
        voxel = self._state.view.pinned
        if voxel is None or not self._explores:
            return
        pane = min(self._pane, self._canvas.marks.count - 1)
        at = self._canvas.places.pixel(voxel, pane)
        whole = self._canvas.places.pane(pane)
        if at is None:  # in 3D
            at = whole.center()
        at = QPointF(
            min(max(at.x(), whole.left()), whole.right()),
            min(max(at.y(), whole.top()), whole.bottom()),
        )
        self.pinned.place_beside(at)
