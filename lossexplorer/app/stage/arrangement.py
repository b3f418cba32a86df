"""Arranges the canvas as the session says: panes, planes, marks and cameras."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.stage.pane_closer import PaneCloser
from lossexplorer.app.stage.panes import panes_shown
from lossexplorer.core.lengths import distance_in_words
from lossexplorer.engine.messages import Voxel
from lossexplorer.session import Change, Session
from lossexplorer.session.panes import Pane
from lossexplorer.session.records.profile import Profile
from lossexplorer.session.state import Workspace
from lossexplorer.viewer.marked import Marked

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas
    from lossexplorer.viewer.navigation import Camera


class Arrangement(QObject):
    """Has the canvas show the panes, planes and marks of the view, from where the user looked.

    Parameters
    ----------
    session : Session
        What is open and looked at.
    controller : Scheduler
        Has the line of the profile.
    canvas : SliceCanvas
        What is arranged.

    Attributes
    ----------
    closer : PaneCloser
        The buttons that remove panes.
    pane_removed : Signal(object)
        The `Pane` whose button was clicked.
    """

    pane_removed = Signal(object)

    def __init__(self, session: Session, controller: Scheduler, canvas: SliceCanvas) -> None:
        super().__init__()
        self._session, self._controller, self._canvas = session, controller, canvas
        self.closer = PaneCloser(canvas.native, canvas.panes.shape, self.pane_removed.emit)
        self._cameras: dict[Workspace, Camera] = {}
        # Once the panels of another workspace have left the canvas its size.
        self._turning = QTimer(self)
        self._turning.setSingleShot(True)
        self._turning.timeout.connect(self._turn_camera)
        controller.records.follow("profile", lambda _: self.mark())
        controller.seen_changed.connect(self.mark)

    def stop(self) -> None:
        """Turn no more."""
        self._turning.stop()

    def forget(self) -> None:
        """Have no place from where another volume was looked at."""
        self._cameras.clear()

    def look_again(self) -> None:
        """Look from where the workspace was looked at, once the canvas has its size."""
        self._turning.start(0)

    def follow(self, change: Change) -> bool:
        """Show what is looked at now.

        Returns
        -------
        bool
            Whether a pane is there on which nothing is painted yet.
        """
        has_new = self.arrange()
        if not change.shows_another_volume:
            self._canvas.navigation.turn_to(change.new.view.plane)
        self.cross()
        if change.new.view.workspace != change.old.view.workspace:
            self._cameras[change.old.view.workspace] = self._canvas.navigation.camera
            self.look_again()
        return has_new

    def arrange(self) -> bool:
        """Show the panes that are chosen; return whether nothing is painted yet on one."""
        state, canvas = self._session.state, self._canvas
        view = state.view
        canvas.use_convention(view.convention)
        has_new = canvas.arrange(view.layout, panes_shown(state), three=view.shows_three)
        canvas.show_appearance(view.appearance)
        self.mark()
        removable = view.layout == "side by side" and view.workspace != "learn"
        self.closer.show_panes(self._panes_of_views() if removable else ())
        return has_new

    def cross(self) -> None:
        """Have three planes go through the crosshair."""
        view = self._session.state.view
        if view.shows_three and view.crosshair is not None:
            self._canvas.cross_at(view.crosshair)

    def mark(self) -> None:
        """Draw above each pane what is marked: the pinned voxel, the profile's line, the ruler."""
        view, volume = self._session.state.view, self._session.volume
        if volume is None:
            self._canvas.mark(Marked())
            return
        length = ""
        if view.ruler is not None:
            way = [b - a for a, b in zip(*view.ruler, strict=True)]
            length = distance_in_words(way, volume.spacing, known=volume.spacing_known)
        marked = Marked(view.pinned, self._line(), view.ruler, length)
        learns = view.workspace == "learn"
        self._canvas.mark(replace(marked, pinned=None, line=None) if learns else marked)

    def _line(self) -> tuple[Voxel, Voxel] | None:
        """Return the line of the profile: one that was drawn, or that of the plot that is seen."""
        line = self._session.state.view.line
        if line is not None:
            return line
        profile: Profile = self._controller.records["profile"]
        return profile.line if self._controller.is_seen("profile") else None

    def _panes_of_views(self) -> tuple[Pane, ...]:
        """Return the pane in each view of the grid, which has several of a pane's planes."""
        panes = {pane.name: pane for pane in panes_shown(self._session.state)}
        views = self._canvas.panes.views()
        return tuple(panes[name] for name, _ in views) if len(panes) > 1 else ()

    def _turn_camera(self) -> None:
        """Look where the user looked in this workspace, or at the labels."""
        camera = self._cameras.get(self._session.state.view.workspace)
        if camera is None:
            self._canvas.navigation.look_at_labels()
        else:
            self._canvas.navigation.camera = camera
