"""What an action says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lossexplorer.session.state import WORKSPACES, Workspace

if TYPE_CHECKING:
    from lossexplorer.app.context import Context


def always(context: Context) -> bool:
    """Return that something can always be done."""
    del context
    return True


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that the user can have done, wherever it is offered.

    Its functions take the `Context`. They are asked again whenever the state changes, and where
    only controls were set if the action follows these.

    Attributes
    ----------
    id : str
        Its subject and its name, such as ``"file.open"``.
    title : str or callable
        As in a menu, with & before its key.
    run : callable
        What it does.
    tip : str
        For the status line.
    shortcut : str
        In Qt's notation, such as ``"Ctrl+O"``.
    enabled : callable
        Whether it can be done now.
    checked : callable, optional
        Whether it is what holds now; None if it never is.
    group : str
        Actions of one group exclude each other; empty if it excludes none.
    workspaces : tuple of str
        Where it is offered; actions of different workspaces may have one shortcut.
    follows_controls : bool
        Whether title, `enabled` or `checked` depend on the controls of the prediction, which a
        slider sets at each move.
    """

    id: str
    title: str | Callable[[Context], str]
    run: Callable[[Context], object]
    tip: str = ""
    shortcut: str = ""
    enabled: Callable[[Context], bool] = always
    checked: Callable[[Context], bool] | None = None
    group: str = ""
    workspaces: tuple[Workspace, ...] = WORKSPACES
    follows_controls: bool = False

    def is_offered_in(self, context: Context) -> bool:
        """Return whether it is offered in the workspace on screen."""
        return context.session.state.view.workspace in self.workspaces

    def title_in(self, context: Context) -> str:
        """Return the title as it is now."""
        return self.title if isinstance(self.title, str) else self.title(context)


def plain(title: str) -> str:
    """Return a title without the marks of keys.

    Examples
    --------
    >>> plain("Save Pi&cture…"), plain("cats && dogs")
    ('Save Picture…', 'cats & dogs')
    """
    return title.replace("&&", "\0").replace("&", "").replace("\0", "&")


def literal(text: str) -> str:
    """Return a text as a title in which & is one, and no mark of a key.

    Examples
    --------
    >>> literal("cats & dogs")
    'cats && dogs'
    """
    return text.replace("&", "&&")
