"""The place of the canvas in the window, and what is shown there of session and answers."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, QTimer, Signal
from qtpy.QtGui import QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QApplication, QLabel, QStackedLayout, QStackedWidget, QWidget

from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.stage.legend import Legend
from lossexplorer.app.stage.own_window import draw_apart
from lossexplorer.app.stage.painting_note import PaintingNote
from lossexplorer.app.stage.pane_closer import PaneCloser
from lossexplorer.app.stage.panes import (
    bar_of,
    gradient_title,
    pane_title,
    pane_titles,
    panes_shown,
)
from lossexplorer.app.stage.run_titles import is_probability, run_titles
from lossexplorer.app.stage.shared_scale import sharing, subject, subject_of_run
from lossexplorer.app.widgets.row import set_mark
from lossexplorer.app.widgets.voxel_text import truth_text
from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import TOTAL, Answer, PaintedMaps, Plane
from lossexplorer.engine.questions import Maps
from lossexplorer.session import Change, Session, State
from lossexplorer.session.panes import Pane
from lossexplorer.session.run import Run
from lossexplorer.session.state import Workspace
from lossexplorer.volumes import LabelVolume

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas
    from lossexplorer.viewer.navigation import Camera
    from lossexplorer.viewer.offers import LabelsOffer

# Modules of the canvas that take long to import, each about half a second.
_IMPORTED = (
    "pint",
    "scipy.spatial",
    "napari.utils.colormaps",
    "napari.settings",
    "napari.layers",
    "napari.components",
    "napari.qt",
    "pandas",
    "lossexplorer.viewer.canvas",
)

INVITATION = (
    "Drop a label volume here: NIfTI, NRRD, TIFF, NumPy, an OME-Zarr folder and others.\n"
    "Several of one shape are a batch; with a label volume open, an image, a prediction or a mask "
    "of it can be dropped, too.\n\n"
    "Or choose File › Open (Ctrl+O), or a sample in the File menu."
)


def is_hatched(state: State) -> bool:
    """Return whether the canvas hatches ignored voxels: there are some, and it shows a slice."""
    volume = state.volume
    return volume is not None and volume.ignored is not None and state.view.plane is not None


class Stage(QStackedWidget):
    """Shows what is open and what is answered on the canvas, once that is there.

    In Learn it shows the training run in place of the answers.

    The canvas needs napari, whose import takes seconds. It begins when the window is first on
    the screen, and between two modules the window takes events; engine and plots wait for nothing.

    Parameters
    ----------
    session : Session
        What is open and set.
    controller : Scheduler
        What is shown.

    Attributes
    ----------
    canvas : SliceCanvas or None
        Once it is there.
    painting_note : PaintingNote
        Says that a volume is painted.
    imported : Signal()
        What the canvas needs is imported, or cannot be.
    pane_menu_wanted : Signal()
        Somebody wants to choose panes.
    pane_removed : Signal(object)
        The `Pane` whose button was clicked.
    painted : Signal()
        An answer's maps are on the canvas.
    probed : Signal(str)
        What is under the pointer.
    """

    imported = Signal()
    pane_menu_wanted = Signal()
    pane_removed = Signal(object)
    painted = Signal()
    probed = Signal(str)

    def __init__(self, session: Session, controller: Scheduler) -> None:
        super().__init__()
        self.setObjectName("stage")
        draw_apart(self)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._focus_changed = app.focusChanged
        self._focus_changed.connect(self._on_focus)
        self.canvas: SliceCanvas | None = None
        self._session, self._controller = session, controller
        self.closer: PaneCloser | None = None
        self._unpainted: Answer | None = None
        self._painted_answer: Answer | None = None
        self._run = Run()
        self._run_on_canvas: object = None  # of which run, output and setup the maps are
        self._maps_on_canvas: PaintedMaps | None = None
        self._pointed: tuple[int, int, int] | None = None  # the voxel under the pointer
        self._painted_of: Maps | None = None  # what the maps on the canvas are about
        self._on_canvas: Maps | None = None  # what is painted, unless something of it is pending
        self._waiting: list[Callable[[SliceCanvas], object]] = []
        self._preparing = self._prepare()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
        self._painting = QTimer(self)
        self._painting.setSingleShot(True)
        self._painting.timeout.connect(self._draw_and_paint)
        # Once the panels of another workspace have left the canvas its size.
        self._cameras: dict[Workspace, Camera] = {}
        self._turning = QTimer(self)
        self._turning.setSingleShot(True)
        self._turning.timeout.connect(self._turn_camera)
        stacked = self.layout()
        assert isinstance(stacked, QStackedLayout)
        stacked.setStackingMode(QStackedLayout.StackingMode.StackAll)
        self._curtain = _Curtain(lambda: self._timer.start(0))
        self.addWidget(self._curtain)
        self._invitation = QLabel(INVITATION)
        self._invitation.setObjectName("invitation")
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._invitation.setWordWrap(True)
        self._invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.addWidget(self._invitation)
        self._invites = True
        self.painting_note = PaintingNote(self)
        self._session.changed.connect(self._on_change)
        controller.answered.connect(self._on_answer)

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Show whether the focus is here, which the canvas does not."""
        del before
        set_mark(self, "focused", now is not None and (now is self or self.isAncestorOf(now)))

    def invite(self, shown: bool) -> None:
        """Say what can be dropped, or not: while something is read, and once it is open."""
        self._invites = shown
        self._invitation.setVisible(shown and self._session.volume is None)

    def do(self, action: Callable[[SliceCanvas], object]) -> None:
        """Do something with the canvas: now, or as soon as it is there."""
        if self.canvas is None:
            self._waiting.append(action)
        else:
            action(self.canvas)

    def prepare(self) -> None:
        """Begin to make the canvas also where the stage is not painted, behind a talk."""
        if self.canvas is None:
            self._timer.start(0)

    def finish(self) -> None:
        """Return when the canvas is there and shows all that it is to show."""
        for _ in self._preparing:
            pass
        self.paint()
        self.do(lambda canvas: canvas.finish())

    def close_canvas(self) -> None:
        """Let go of the canvas, or of making one."""
        self._focus_changed.disconnect(self._on_focus)
        self._timer.stop()
        self._painting.stop()
        self._turning.stop()
        self._preparing.close()
        if self.canvas is not None:
            self.canvas.close()

    @property
    def gradient_title(self) -> str:
        """The name of the gradient that the session says is to be painted."""
        return self._run_titles()["gradient"] if self._learns else gradient_title(self._state)

    @property
    def gradient_limit(self) -> float:
        """The gradient at the ends of the colour bar; 0 before anything is painted."""
        return self.canvas.gradient_limit if self.canvas is not None else 0.0

    def explain(self, legend: Legend) -> None:
        """Say in a legend what the colours on the canvas mean."""
        panes = panes_shown(self._state)
        legend.panes.setVisible(not self._learns and self._session.volume is not None)
        legend.show_panes({pane.kind for pane in panes if pane.classes != "all"})
        legend.show_errors({pane.classes for pane in panes if pane.kind == "error"})
        legend.show_ignored(is_hatched(self._state))
        self._explain_gradients(legend)
        legend.scale.show_scale(self._state.view.scale)
        numbers = None if self.canvas is None else self.canvas.number_limits
        if self._learns and numbers is not None:
            legend.show_numbers(*numbers)
        else:
            canvas = self.canvas if self._learns else None
            legend.show_probability(math.nan if canvas is None else canvas.most_probable)

    def _explain_gradients(self, legend: Legend) -> None:
        bar = bar_of(self._state)
        if self._learns or bar is None or self.canvas is None:
            shown = self._learns or bar is not None or self._session.volume is None
            legend.show_gradient(self.gradient_title if shown else "", self.gradient_limit)
        else:
            title, pane = bar
            legend.show_gradient(title, self.canvas.limit_of(pane))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fit the titles into cells of another size."""
        super().resizeEvent(event)
        self.painting_note.place()
        if self.canvas is not None:
            self.canvas.fit_titles()

    def slider_span(self, of: QWidget) -> tuple[float, float] | None:
        """Return where a widget below has the slices as the slider has them."""
        span = None if self.canvas is None else self.canvas.slider_span()
        if span is None:
            return None
        slider, left, right = span
        x = of.mapFromGlobal(slider.mapToGlobal(QPoint(0, 0))).x()
        return x + left, x + right

    def offers(self) -> list[LabelsOffer]:
        """Return the layers on the canvas that can be chosen as the truth."""
        return self.canvas.offers() if self.canvas is not None else []

    def _go_on(self) -> None:
        """Import or make the next thing, and the one after it when events have been taken."""
        try:
            next(self._preparing)
        except StopIteration:
            return
        except Exception:
            # What is wrong is said in the window; all but the maps goes on working.
            self._curtain.setText("The canvas could not be made.")
            raise
        self._timer.start(0)

    def _prepare(self) -> Generator[None]:
        try:
            for module in _IMPORTED:
                importlib.import_module(module)
                yield
        finally:
            self.imported.emit()

        from lossexplorer.viewer.canvas import SliceCanvas

        canvas = SliceCanvas()
        # Below the curtain it has its size already, by which napari places what it shows.
        self.addWidget(canvas.widget)
        _bring_question_to_front(self.window())
        canvas.widget.setUpdatesEnabled(False)
        try:
            yield
            volume = self._session.volume
            if volume is not None:
                yield from canvas.opening(volume, self._session.state.view.plane or Plane(0, 0))
        except GeneratorExit:
            canvas.close()
            raise
        self._raise_curtain(canvas, volume)

    def _raise_curtain(self, canvas: SliceCanvas, shown: LabelVolume | None) -> None:
        """Show the canvas, on which there is this volume, or none yet."""
        self.canvas = canvas
        had_focus = self.hasFocus()
        canvas.wait_for(lambda: self._controller.client.is_asked)
        self.setFocusProxy(canvas.native)
        if had_focus:
            canvas.native.setFocus()
        self.closer = PaneCloser(canvas.native, canvas.panes.shape, self.pane_removed.emit)
        canvas.plane_changed.connect(lambda plane: self._session.show(plane=plane))
        canvas.pointer.probed.connect(self._on_probe)
        canvas.pointer.picked.connect(self._session.pick)
        canvas.pointer.led.connect(self._session.go_to)
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action(canvas)
        self._arrange(canvas)
        if self._learns:  # its cells have another size than those that it was opened in
            self._turning.start(0)
        # Another may have been opened meanwhile.
        answer, volume = self._unpainted, self._session.volume
        plane = self._state.view.plane
        if volume is not None and volume is not shown:
            self._open(volume)
        canvas.navigation.turn_to(plane)  # of a session, along any axis
        self._cross(canvas)
        self._unpainted = answer
        self.paint()
        canvas.widget.setUpdatesEnabled(True)
        self.removeWidget(self._curtain)
        self._curtain.deleteLater()
        self.setCurrentWidget(canvas.widget)  # else Qt shows the next one, the invitation
        self._invitation.raise_()
        self.invite(self._invites)

    def _on_change(self, change: Change) -> None:
        if change.shows_another_volume and change.new.volume is not None:
            self._open(change.new.volume)
        if self.canvas is None:
            return
        self._say_where()
        self._say_painted()
        if change.is_of_controls_alone:  # a slider waits for this
            self._set_scale(self.canvas)
            return
        self._arrange(self.canvas)
        if not change.shows_another_volume:
            self.canvas.navigation.turn_to(change.new.view.plane)
        self._cross(self.canvas)
        if change.new.view.workspace != change.old.view.workspace:
            self._cameras[change.old.view.workspace] = self.canvas.navigation.camera
            self._turning.start(0)
            self.canvas.clear_maps()
            self._on_canvas = self._run_on_canvas = self._maps_on_canvas = None
            self._unpainted = self._painted_answer = None
            if not self._learns:  # else the run's titles stay until the first answer
                self._show_titles(self.canvas)
            self.paint()
        elif self._learns and change.new.view != change.old.view:
            self._painting.start(0)

    def _turn_camera(self) -> None:
        """Look where the user looked in this workspace, or at the labels."""
        if self.canvas is None:
            return
        camera = self._cameras.get(self._state.view.workspace)
        if camera is None:
            self.canvas.navigation.look_at_labels()
        else:
            self.canvas.navigation.camera = camera

    @property
    def _state(self) -> State:
        return self._session.state

    @property
    def _learns(self) -> bool:
        """Whether a training run is shown."""
        return self._state.view.workspace == "learn"

    def _arrange(self, canvas: SliceCanvas) -> None:
        view = self._state.view
        canvas.use_convention(view.convention)
        has_new = canvas.arrange(view.layout, panes_shown(self._state), three=view.shows_three)
        self._set_scale(canvas)
        if self.closer is not None:
            removable = view.layout == "side by side" and not self._learns
            self.closer.show_panes(self._panes_of_views(canvas) if removable else ())
        if self._session.volume is not None and not self._learns:
            self._show_titles(canvas)
        if has_new and self._unpainted is None and self._painted_answer is not None:
            self._unpainted = self._painted_answer  # which may have what a new pane needs
            self._painting.start(0)

    def _cross(self, canvas: SliceCanvas) -> None:
        """Have three planes go through the crosshair."""
        view = self._state.view
        if view.shows_three and view.crosshair is not None:
            canvas.cross_at(view.crosshair)

    def _panes_of_views(self, canvas: SliceCanvas) -> tuple[Pane, ...]:
        """Return the pane in each view of the grid, which has several of a pane's planes."""
        panes = {pane.name: pane for pane in panes_shown(self._state)}
        return tuple(panes[name] for name, _ in canvas.panes.views()) if len(panes) > 1 else ()

    def _show_titles(self, canvas: SliceCanvas) -> None:
        """Write what each pane shows."""
        titles = pane_titles(self._state, canvas.limit_of)
        canvas.show_titles(titles, self._state.view.class_index)

    def _set_scale(self, canvas: SliceCanvas) -> None:
        view = self._state.view
        canvas.set_scale(view.scale, view.limit, sharing(self._state, self._run.painted_step))

    def _open(self, volume: LabelVolume) -> None:
        self._unpainted = self._painted_answer = self._on_canvas = None
        self._run_on_canvas = self._maps_on_canvas = None
        self._cameras.clear()
        self._pointed = self._painted_of = None
        self.probed.emit("")
        if self.canvas is not None:
            self.canvas.open(volume, self._session.state.view.plane or Plane(0, 0))

    def _on_answer(self, answer: Answer) -> None:
        """Paint it soon, in a slice of the event loop of its own: showing its numbers took one."""
        if self._learns:
            return
        self.paint()  # slices of the same state add up
        self._unpainted = answer
        self._painting.start(0)

    def show_run(self, run: Run) -> None:
        """Paint a training run's maps soon, if it is what is looked at."""
        self._run = run
        if self._learns:
            self._say_painted()
            self._painting.start(0)

    def _draw_and_paint(self) -> None:
        """Draw the maps that waited for newer numbers, and paint those of the same answer.

        The engine has the next question by now, and answers it while the canvas is drawn.
        """
        if self.canvas is not None:
            self.canvas.draw()
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
            canvas.show_maps(answer.maps, same_state=is_same, subjects=depend)
            self._painted_answer = answer
            self._show_titles(canvas)
            self._show_descent(canvas, answer, same_state=is_same)
        # What was pending has colours of its own once it is painted at rest.
        self._on_canvas = None if answer.is_pending else question
        self._painted_of = question
        self._say_where()
        self._say_painted()
        self.painted.emit()

    def _say_painted(self) -> None:
        """Say so if the volume on the canvas is not that of what is set: it takes a while."""
        asked = self._state.maps()
        is_volume = asked is not None and asked.painted.plane is None
        is_awaited = is_volume and self._painted_of != asked
        self.painting_note.follow(self._run.awaits_volume if self._learns else is_awaited)

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
            canvas.show_beside(answer.maps_beside, same_state=same_state)
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
                canvas.clear_maps()
            self._run_on_canvas = None
        else:
            self._set_scale(canvas)  # what was painted at another step counts no more
            is_same = self._run_on_canvas == of
            are_numbers = not is_probability(state.experiment.setup, state.view.output)
            canvas.show_maps(
                run.maps,
                same_state=is_same,
                are_numbers=are_numbers,
                of=state.view.output,
                subjects={TOTAL: subject_of_run(state, run.painted_step)},
            )
            self._run_on_canvas = of
        self.painted.emit()

    @property
    def pointed(self) -> tuple[int, int, int] | None:
        """The voxel (z, y, x) below the pointer; None where there is none."""
        return self._pointed

    def _on_probe(self, voxel: tuple[int, int, int] | None) -> None:
        self._pointed = voxel
        self._say_where()

    def _say_where(self) -> None:
        """Say what is under the pointer; values only while they are those of what is set."""
        voxel, volume = self._pointed, self._session.volume
        if voxel is None or volume is None or self.canvas is None:
            self.probed.emit("")
            return
        probability, gradient = self.canvas.values_at(voxel)
        z, y, x = voxel
        texts = [f"z {z}  y {y}  x {x}", f"truth {truth_text(volume, voxel)}"]
        is_current = self._learns or self._painted_of == self._state.maps()
        if is_current and not math.isnan(probability):  # painted
            texts += [
                f"prediction {tidy(probability)}",
                f"{self.gradient_title} {tidy(gradient)}",
                *self._other_gradients(self.canvas, voxel),
            ]
        self.probed.emit("     ".join(texts))

    def _other_gradients(self, canvas: SliceCanvas, voxel: tuple[int, int, int]) -> Iterator[str]:
        """Yield what panes of other gradients than the chosen one show in a voxel."""
        for pane in panes_shown(self._state):
            is_other = pane.kind == "gradient" and pane != Pane("gradient")
            is_other &= pane.name in canvas.panes.cells  # else it was chosen just now
            value = float(canvas.array(pane.name)[voxel]) if is_other else math.nan
            title = pane_title(pane, self._state) if is_other else ""
            if title not in ("", self.gradient_title) and not math.isnan(value):
                yield f"{title} {tidy(value)}"


class _Curtain(QLabel):
    """What is there before the canvas; says when it has been painted for the first time."""

    def __init__(self, painted: Callable[[], None]) -> None:
        super().__init__("Preparing the canvas…")
        self._painted = painted
        self.setObjectName("curtain")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint it, and say so."""
        super().paintEvent(event)
        self._painted()


def _bring_question_to_front(window: QWidget) -> None:
    """Put a dialog that is open above its window, which is a new one once OpenGL is in it.

    The system knows the dialog as one of the former window, and puts the new one above it.
    """
    dialog = QApplication.activeModalWidget()
    handle = None if dialog is None else dialog.windowHandle()
    if dialog is None or handle is None or dialog.parentWidget() is not window:
        return
    handle.setTransientParent(window.windowHandle())
    dialog.raise_()
    dialog.activateWindow()
