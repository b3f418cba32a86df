"""What a plot says of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from qtpy.QtWidgets import QWidget

from lossexplorer.app.theme.palettes import Palette
from lossexplorer.engine.messages import Answer
from lossexplorer.session import Response
from lossexplorer.volumes import LabelVolume

View = TypeVar("View", bound=QWidget)


@dataclass(frozen=True, kw_only=True)
class Plot(Generic[View]):
    """A plot below the canvas, which is a tab; a module of this package has one as ``PLOT``.

    What a plot is fed is declared by functions that take its widget and what there is to show; a
    plot without one of them is not fed that.

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
        Draws in a theme's `Palette`.
    volume : callable, optional
        Begins anew with a `LabelVolume` that was opened or is shown.
    answer : callable, optional
        Shows the `Answer` to settings that differ from those of the last one.
    completed : callable, optional
        Shows the `Answer` that has what was pending in the last one; as `answer` does if absent.
    response : callable, optional
        Begins with the curves of another `Response`.
    points : callable, optional
        Takes a sequence of `Answer`, which are points of these curves.
    """

    id: str
    title: str
    make: Callable[[], View]
    order: int = 100
    palette: Callable[[View, Palette], object] | None = None
    volume: Callable[[View, LabelVolume], object] | None = None
    answer: Callable[[View, Answer], object] | None = None
    completed: Callable[[View, Answer], object] | None = None
    response: Callable[[View, Response], object] | None = None
    points: Callable[[View, Sequence[Answer]], object] | None = None
