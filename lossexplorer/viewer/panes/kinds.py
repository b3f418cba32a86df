"""Which class shows which kind of pane."""

from __future__ import annotations

from lossexplorer.session.panes import Pane
from lossexplorer.viewer.panes.error import ErrorMap
from lossexplorer.viewer.panes.gradient import GradientMap
from lossexplorer.viewer.panes.image import ImageMap
from lossexplorer.viewer.panes.pane_map import PaneMap
from lossexplorer.viewer.panes.prediction import BesideMap, DecidedMap, ProbabilityMap
from lossexplorer.viewer.panes.truth import TruthMap
from lossexplorer.volumes import LabelVolume

_KINDS: dict[str, type[PaneMap]] = {
    "truth": TruthMap,
    "prediction": ProbabilityMap,
    "error": ErrorMap,
    "gradient": GradientMap,
    "image": ImageMap,
    "beside": BesideMap,
}


def map_of(pane: Pane, volume: LabelVolume) -> PaneMap:
    """Return the map of a pane, with nothing painted yet."""
    if pane.kind == "prediction" and pane.classes == "all":
        return DecidedMap(pane, volume)
    return _KINDS[pane.kind](pane, volume)
