"""What a plot says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from qtpy.QtWidgets import QWidget

from lossexplorer.app.theme.palettes import Palette
from lossexplorer.engine.messages import LossSetting
from lossexplorer.session.state import Workspace

if TYPE_CHECKING:
    from lossexplorer.app.context import Context
    from lossexplorer.app.learn.shown import Shown

PlotWidget = TypeVar("PlotWidget", bound=QWidget)


@dataclass(frozen=True, kw_only=True)
class Plot(Generic[PlotWidget]):
    """A plot below the canvas, which is a tab; a module of this package has one as ``PLOT``.

    Attributes
    ----------
    id : str
        Its name in the program.
    title : str
        Of its tab.
    make : callable
        Returns its widget.
    order : int
        Its place among the tabs, ascending.
    palette : callable, optional
        Takes the widget and a theme's `Palette`, and draws in its colours.
    workspaces : tuple of str
        Where it is shown.
    records : mapping of str to callable
        What it shows: by the name of a record of `lossexplorer.session.records.Records`, a
        function that takes the widget and that record whenever it is another one.
    losses : callable, optional
        Takes the widget and the settings of the losses shown, whenever those are others.
    run : callable, optional
        Takes the widget and what there is to show of a training run, whenever that is another one.
    connect : callable, optional
        Takes the widget and the `Context`, and has what is done in the plot act on the session.
    has_table : bool
        Whether it shows the gradients' table of a step, which makes the step cost more.
    says_progress : bool
        Whether it says itself how much of it is to come, and stops that.
    is_needed : callable, optional
        Takes the `Context` and returns whether there is a tab; asked whenever the snapshots
        change. A tab that appears is shown.
    beside : tuple of str
        The ids of plots that are shown beside it, where there is room for both.
    table : callable, optional
        Takes the `Context` and returns what the plot shows as CSV, with all that it depends on.
    """

    id: str
    title: str
    make: Callable[[], PlotWidget]
    order: int = 100
    workspaces: tuple[Workspace, ...] = ("explore",)
    palette: Callable[[PlotWidget, Palette], object] | None = None
    records: Mapping[str, Callable[[PlotWidget, Any], object]] = field(default_factory=dict)
    losses: Callable[[PlotWidget, tuple[LossSetting, ...]], object] | None = None
    run: Callable[[PlotWidget, Shown], object] | None = None
    connect: Callable[[PlotWidget, Context], object] | None = None
    has_table: bool = False
    says_progress: bool = False
    is_needed: Callable[[Context], bool] | None = None
    beside: tuple[str, ...] = ()
    table: Callable[[Context], str] | None = None
