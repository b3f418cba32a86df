"""The place of the canvas in the window, and what is shown there of session and answers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, QTimer, Signal
from qtpy.QtGui import QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QApplication, QLabel, QStackedLayout, QStackedWidget, QWidget

from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.stage.arrangement import Arrangement
from lossexplorer.app.stage.explanation import explain
from lossexplorer.app.stage.hands import connect_hands
from lossexplorer.app.stage.legend import Legend
from lossexplorer.app.stage.own_window import draw_apart
from lossexplorer.app.stage.painter import Painter
from lossexplorer.app.stage.painting_note import PaintingNote
from lossexplorer.app.stage.pane_closer import PaneCloser
from lossexplorer.app.stage.pointer_line import PointerLine
from lossexplorer.app.stage.probe import ValueProbe
from lossexplorer.app.widgets.row import set_mark
from lossexplorer.engine.messages import Plane, Voxel
from lossexplorer.session import Change, Session
from lossexplorer.session.run import Run
from lossexplorer.volumes import LabelVolume

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas
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
    appearance_wanted : Signal()
        Somebody wants to change opacity, outlines, contrast or interpolation.
    pane_removed : Signal(object)
        The `Pane` whose button was clicked.
    painted : Signal()
        An answer's maps are on the canvas.
    probed : Signal(str)
        What is under the pointer.
    """

    imported = Signal()
    pane_menu_wanted = Signal()
    appearance_wanted = Signal()
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
        self._arrangement: Arrangement | None = None
        self.probe: ValueProbe | None = None
        self._waiting: list[Callable[[SliceCanvas], object]] = []
        self._preparing = self._prepare()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
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
        self._painter = Painter(session, self.painting_note)
        self._line = PointerLine(session, self._painter)
        self._line.said.connect(self.probed)
        self._painter.painted.connect(self.painted)
        session.changed.connect(self._on_change)
        controller.measured.connect(self._painter.draw_soon)
        controller.answered.connect(self._painter.show_answer)

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
        self.do(lambda canvas: canvas.maps.finish())

    def close_canvas(self) -> None:
        """Let go of the canvas, or of making one."""
        self._focus_changed.disconnect(self._on_focus)
        self._timer.stop()
        self._painter.stop()
        if self._arrangement is not None:
            self._arrangement.stop()
        self._preparing.close()
        if self.canvas is not None:
            self.canvas.close()

    @property
    def closer(self) -> PaneCloser | None:
        """The buttons that remove panes, once they are there."""
        return None if self._arrangement is None else self._arrangement.closer

    @property
    def gradient_limit(self) -> float:
        """The gradient at the ends of the colour bar; 0 before anything is painted."""
        return self.canvas.maps.gradient_limit if self.canvas is not None else 0.0

    @property
    def pointed(self) -> Voxel | None:
        """The voxel (z, y, x) below the pointer; None where there is none."""
        return self._line.voxel

    def paint(self) -> None:
        """Paint now what waits to be painted, if anything does and the canvas is there."""
        self._painter.paint()

    def show_run(self, run: Run) -> None:
        """Paint a training run's maps soon, if it is what is looked at."""
        self._painter.show_run(run)

    def explain(self, legend: Legend) -> None:
        """Say in a legend what the colours on the canvas mean."""
        explain(legend, self._session.state, self.canvas, self._painter.gradient_title)

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
        canvas.maps.wait_for(lambda: self._controller.client.is_asked)
        self.setFocusProxy(canvas.native)
        if had_focus:
            canvas.native.setFocus()
        self._arrangement = Arrangement(self._session, self._controller, canvas)
        self._arrangement.pane_removed.connect(self.pane_removed)
        canvas.plane_changed.connect(lambda plane: self._session.show(plane=plane))
        canvas.pointer.probed.connect(self._line.point_at)
        self.probe = ValueProbe(self._session, self._controller, canvas)
        connect_hands(self._session, canvas)
        canvas.pointer.led.connect(self._session.go_to)
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action(canvas)
        self._painter.canvas = canvas
        self._dress(canvas, has_new=self._arrangement.arrange())
        if self._learns:  # its cells have another size than those that it was opened in
            self._arrangement.look_again()
        # Another may have been opened meanwhile.
        volume, plane = self._session.volume, self._session.state.view.plane
        if volume is not None and volume is not shown:
            canvas.open(volume, plane or Plane(0, 0))
        canvas.navigation.turn_to(plane)  # of a session, along any axis
        self._arrangement.cross()
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
        canvas, arrangement = self.canvas, self._arrangement
        if canvas is None or arrangement is None:
            return
        self._line.say()
        self._painter.say_painted()
        if change.is_of_controls_alone:  # a slider waits for this
            self._painter.set_scale(canvas)
        else:
            self._dress(canvas, has_new=arrangement.follow(change))
            self._painter.follow(change)
        if self.probe is not None:
            self.probe.follow(change)

    def _dress(self, canvas: SliceCanvas, *, has_new: bool) -> None:
        """Give panes their scale, titles and, if one is new, its map."""
        self._painter.set_scale(canvas)
        if self._session.volume is not None and not self._learns:
            self._painter.show_titles(canvas)
        if has_new:
            self._painter.fill()

    @property
    def _learns(self) -> bool:
        """Whether a training run is shown."""
        return self._session.state.view.workspace == "learn"

    def _open(self, volume: LabelVolume) -> None:
        self._painter.forget()
        self._line.point_at(None)
        if self.probe is not None:
            self.probe.forget()
        if self._arrangement is not None:
            self._arrangement.forget()
        if self.canvas is not None:
            self.canvas.open(volume, self._session.state.view.plane or Plane(0, 0))


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
