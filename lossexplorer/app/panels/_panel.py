"""What a panel says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qtpy.QtWidgets import QWidget

from lossexplorer.session.state import Workspace

if TYPE_CHECKING:
    from lossexplorer.app.context import Context


def always(context: Context) -> bool:
    """Return that a panel is needed."""
    del context
    return True


Area = Literal["left", "right", "top", "bottom"]
"""A side of the stage."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel around the stage; a module of this package has one as ``PANEL``.

    Attributes
    ----------
    id : str
        Its name in the program and in the remembered arrangement.
    title : str
        In the menu and in its title bar.
    area : {"left", "right", "top", "bottom"}
        Where it is until the user moves it.
    make : callable
        Returns its widget, wired to what it shows and sets. The size hint of the widget is the
        size that the panel starts with.
    order : int
        Its place among the panels of its area and in the menu, ascending.
    workspaces : tuple of str
        Where it is shown.
    is_needed : callable
        Takes the `Context` and returns whether it is shown at first; else it is closed until
        something shows it.
    shortcut : str
        The key that shows or closes it; panels of different workspaces may have one.
    """

    id: str
    title: str
    area: Area
    make: Callable[[Context], QWidget]
    order: int = 100
    workspaces: tuple[Workspace, ...] = ("explore",)
    is_needed: Callable[[Context], bool] = always
    shortcut: str = ""
