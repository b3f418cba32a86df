"""Paints on the canvas what is answered, or how a training run stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from lossexplorer.app.stage.painting_note import PaintingNote
from lossexplorer.app.stage.panes import gradient_title, pane_titles
from lossexplorer.app.stage.run_titles import is_probability, run_titles
from lossexplorer.app.stage.shared_scale import sharing, subject, subject_of_run
from lossexplorer.engine.messages import TOTAL, Answer, PaintedMaps
from lossexplorer.engine.questions import Maps
from lossexplorer.session import Change, Session, State
from lossexplorer.session.run import Run

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas


class Painter(QObject):
    """Paints the maps of answers; in Learn, those of the training run in their place.

    Parameters
    ----------
    session : Session
        What is open and set.
    note : PaintingNote
        Says that a volume is painted.

    Attributes
    ----------
    canvas : SliceCanvas or None
        Once it is there.
    painted : Signal()
        Maps are on the canvas.
    """

    painted = Signal()

    def __init__(self, session: Session, note: PaintingNote) -> None:
        super().__init__()
        self._session, self._note = session, note
        self.canvas: SliceCanvas | None = None
        self._unpainted: Answer | None = None
        self._painted_answer: Answer | None = None
        self._run = Run()
        self._run_on_canvas: object = None  # of which run, output and setup the maps are
        self._maps_on_canvas: PaintedMaps | None = None
        self._painted_of: Maps | None = None  # what the maps on the canvas are about
        self._on_canvas: Maps | None = None  # what is painted, unless something of it is pending
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._draw_and_paint)

    def stop(self) -> None:
        """Paint no more."""
        self._soon.stop()

    def forget(self) -> None:
        """Have nothing to paint of the volume that was shown."""
        self._unpainted = self._painted_answer = self._on_canvas = None
        self._run_on_canvas = self._maps_on_canvas = self._painted_of = None

    def show_answer(self, answer: Answer) -> None:
        """Paint it soon, in a slice of the event loop of its own: showing its numbers took one."""
        if self._learns:
            return
        self.paint()  # slices of the same state add up
        self._unpainted = answer
        self._soon.start(0)

    def draw_soon(self) -> None:
        """Draw what waited for the numbers that are there now, once these are on the screen."""
        self._soon.start(0)

    def show_run(self, run: Run) -> None:
        """Paint a training run's maps soon, if it is what is looked at."""
        self._run = run
        if self._learns:
            self.say_painted()
            self._soon.start(0)

    def follow(self, change: Change) -> None:
        """Paint what another workspace shows, or another output of a run."""
        if self.canvas is None:
            return
        if change.new.view.workspace != change.old.view.workspace:
            self.canvas.maps.clear()
            self._on_canvas = self._run_on_canvas = self._maps_on_canvas = None
            self._unpainted = self._painted_answer = None
            if not self._learns:  # else the run's titles stay until the first answer
                self.show_titles(self.canvas)
            self.paint()
        elif self._learns and change.new.view != change.old.view:
            self._soon.start(0)

    def fill(self) -> None:
        """Paint a pane that is new from the last answer, which may have what it needs."""
        if self._unpainted is None and self._painted_answer is not None:
            self._unpainted = self._painted_answer
            self._soon.start(0)

    @property
    def _state(self) -> State:
        return self._session.state

    @property
    def _learns(self) -> bool:
        """Whether a training run is shown."""
        return self._state.view.workspace == "learn"

    @property
    def gradient_title(self) -> str:
        """The name of the gradient that the session says is to be painted."""
        return self._run_titles()["gradient"] if self._learns else gradient_title(self._state)

    @property
    def is_current(self) -> bool:
        """Whether the maps on the canvas are those of what is set."""
        return self._learns or self._is_painted

    def show_titles(self, canvas: SliceCanvas) -> None:
        """Write what each pane shows."""
        titles = pane_titles(self._state, canvas.maps.limit_of)
        canvas.show_titles(titles, self._state.view.class_index)

    def set_scale(self, canvas: SliceCanvas) -> None:
        """Have the colours of gradients follow what the session says."""
        view = self._state.view
        canvas.maps.set_scale(view.scale, view.limit, sharing(self._state, self._run.painted_step))

    def _draw_and_paint(self) -> None:
        """Draw the maps that waited for newer numbers, and paint those of the same answer.

        The engine has the next question by now, and answers it while the canvas is drawn.
        """
        if self.canvas is not None:
            self.canvas.maps.draw()
        self.paint()

    def paint(self) -> None:
        """Paint now what waits to be painted, if anything does and the canvas is there."""
        answer, canvas = self._unpainted, self.canvas
        if canvas is None:
            return
        if self._learns:
            self._paint_run(canvas)
            return
        if answer is None:
            return
        self._unpainted = None
        question, before = answer.question, self._on_canvas
        assert isinstance(question, Maps)
        if answer.maps is not None and self._session.volume is not None:
            is_same = before is not None and question.is_another_slice_of(before)
            subjects = {each.loss for each in question.painted.subjects}
            depend = {loss: subject(question, loss) for loss in subjects if loss}
            canvas.maps.show(answer.maps, same_state=is_same, subjects=depend)
            self._painted_answer = answer
            self.show_titles(canvas)
            self._show_descent(canvas, answer, same_state=is_same)
        # What was pending has colours of its own once it is painted at rest.
        self._on_canvas = None if answer.is_pending else question
        self._painted_of = question
        self.say_painted()
        self.painted.emit()

    @property
    def _is_painted(self) -> bool:
        """Whether the maps on the canvas are those of what is set."""
        asked, painted = self._state.maps(), self._painted_of
        return asked is not None and painted is not None and painted.shows_as(asked)

    def say_painted(self) -> None:
        """Say so if the volume on the canvas is not that of what is set: it takes a while."""
        asked = self._state.maps()
        is_volume = asked is not None and asked.painted.plane is None
        is_awaited = is_volume and not self._is_painted
        self._note.follow(self._run.awaits_volume if self._learns else is_awaited)

    def _show_descent(self, canvas: SliceCanvas, answer: Answer, *, same_state: bool) -> None:
        """Say how far a descent is; show the other prediction of two, and which one is which."""
        if answer.descent is None:
            return
        state, volume = self._state, self._session.volume
        assert volume is not None
        descent, title = state.experiment.descent, state.experiment.title
        shown = volume.classes[state.view.class_index].name
        titles = {"prediction": f"Prediction · {shown}, step {answer.descent.number}"}
        if answer.beside is not None and answer.maps_beside is not None:
            canvas.maps.show_beside(answer.maps_beside, same_state=same_state)
            titles = {
                "prediction": f"{title(descent.follows)}, step {answer.descent.number}",
                "beside": f"{title(descent.beside)}, step {answer.beside.number}",
            }
        canvas.show_titles(titles, state.view.class_index)

    def _run_titles(self) -> Mapping[str, str]:
        state, volume = self._state, self._session.volume
        name = "" if volume is None else volume.classes[state.view.class_index].name
        setup = state.experiment.setup
        has_image = volume is not None and volume.image is not None
        step = self._run.step if self._run.maps is None else self._run.painted_step
        return run_titles(setup, state.view.output, name, step, has_image=has_image)

    def _paint_run(self, canvas: SliceCanvas) -> None:
        """Paint a run's maps, if they are not on the canvas already."""
        run, state = self._run, self._state
        if self._session.volume is None:
            return
        # While steps follow one another, maps come seldom, and drawing the canvas takes long.
        if run.status == "training" and run.maps is not None and run.maps is self._maps_on_canvas:
            return
        self._maps_on_canvas = run.maps
        canvas.show_titles(self._run_titles(), state.view.class_index)
        of = (run.painted_step, state.experiment.setup, state.view.output, state.view.class_index)
        if run.maps is None:
            if self._run_on_canvas is not None:
                canvas.maps.clear()
            self._run_on_canvas = None
        else:
            self.set_scale(canvas)  # what was painted at another step counts no more
            is_same = self._run_on_canvas == of
            are_numbers = not is_probability(state.experiment.setup, state.view.output)
            canvas.maps.show(
                run.maps,
                same_state=is_same,
                are_numbers=are_numbers,
                of=state.view.output,
                subjects={TOTAL: subject_of_run(state, run.painted_step)},
            )
            self._run_on_canvas = of
        self.painted.emit()
