"""The maps of a page, side by side, which follow the engine's answers."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QWidget

from lossexplorer.app.presenter.map_view import MapView
from lossexplorer.app.presenter.painting import picture
from lossexplorer.app.theme import UNIT
from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import Answer, Plane
from lossexplorer.session import State
from lossexplorer.session.slices import fullest_plane
from lossexplorer.viewer.maps import contrast_limits, robust_limit
from lossexplorer.volumes import LabelVolume


class MapsRow(QWidget):
    """One or two maps of the slice that the desk shows; of 3D, the slice with most labels.

    Attributes
    ----------
    views : dict of str to MapView
        By the name of the map.
    """

    def __init__(self) -> None:
        super().__init__()
        self.views: dict[str, MapView] = {}
        self._grey: tuple[LabelVolume, tuple[float, float] | None] | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)

    def show_names(self, names: tuple[str, ...]) -> None:
        """Have a view for each of these maps."""
        for view in self.views.values():
            self._row.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.views = {name: MapView(name) for name in names}
        for view in self.views.values():
            self._row.addWidget(view)
        self.setVisible(bool(names))

    def use_factor(self, factor: float) -> None:
        """Draw words and outlines larger."""
        self._row.setSpacing(round(UNIT * factor))
        for view in self.views.values():
            view.factor = factor
            view.update()

    def show_answer(self, answer: Answer, state: State, limit: float, gradient: str) -> None:
        """Draw the maps of an answer.

        Parameters
        ----------
        answer : Answer
            About what is set.
        state : State
            What is set.
        limit : float
            The gradient at the high end of its colours on the canvas; 0 if there is none yet.
        gradient : str
            What the gradient is called.
        """
        volume, maps = state.volume, answer.maps
        if volume is None or maps is None:
            return
        limit = limit or robust_limit(maps.gradient) or 1.0
        name = volume.classes[maps.request.class_index].name
        titles = {"gradient": gradient, "truth": "Truth"}
        for map_name, view in self.views.items():
            drawn = picture(
                map_name, maps, volume, self._plane(state), limit, self._contrast(volume)
            )
            title = titles.get(map_name, f"{map_name.title()} · {name}")
            ends = (tidy(-limit), tidy(limit, signed=True))
            view.show_picture(drawn, title, ends if map_name == "gradient" else ("0", "1"))

    def clear(self) -> None:
        """Draw nothing."""
        for view in self.views.values():
            view.clear()

    @staticmethod
    def _plane(state: State) -> Plane:
        case = state.experiment.case
        assert case is not None
        return state.view.plane or fullest_plane(case, state.view.sample)

    def _contrast(self, volume: LabelVolume) -> tuple[float, float] | None:
        if self._grey is None or self._grey[0] is not volume:
            self._grey = volume, contrast_limits(volume)
        return self._grey[1]
