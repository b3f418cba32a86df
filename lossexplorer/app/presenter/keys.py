"""The keys of a talk, and how its footer and its windows have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QWidget

from lossexplorer.session.state import WORKSPACES, Workspace


@dataclass(frozen=True)
class TalkKey:
    """What a key does in a talk.

    Attributes
    ----------
    id : str
        Its name in the program.
    sequences : tuple of str
        The keys, in Qt's notation.
    words : str
        In the footer; empty for none.
    while_guessing : bool
        Whether it holds only while the audience is asked.
    workspaces : tuple of str
        On which pages it does something.
    """

    id: str
    sequences: tuple[str, ...]
    words: str = ""
    while_guessing: bool = False
    workspaces: tuple[Workspace, ...] = WORKSPACES


KEYS = (
    # Remote controls send Page Up and Page Down.
    TalkKey("previous", ("Left", "PgUp")),
    TalkKey("next", ("Right", "PgDown"), "← → page"),
    TalkKey("up", ("Up",), while_guessing=True),
    TalkKey("down", ("Down",), while_guessing=True),
    TalkKey("spotlight", ("Space",), "Space spotlight"),
    TalkKey("guess", ("G",), "G guess first", workspaces=("explore",)),
    TalkKey("train", ("T",), "T train, pause", workspaces=("learn",)),
    TalkKey("restart", ("R",), "R back to its start"),
    TalkKey("larger", ("Ctrl++", "Ctrl+="), "Ctrl ± text"),
    TalkKey("smaller", ("Ctrl+-",)),
    TalkKey("usual", ("Ctrl+0",)),
    TalkKey("end", ("Esc", "F5"), "Esc the desk, as it was"),
)
"""Every key; arrows up and down move the slider while nothing is guessed."""

_SLIDER = "↑ ↓ slider"


def footer(
    *, has_slider: bool = False, is_guessing: bool = False, workspace: Workspace = "explore"
) -> str:
    """Return the keys as the footer says them.

    Examples
    --------
    >>> footer(has_slider=True, is_guessing=False).split("     ")[:3]
    ['← → page', '↑ ↓ slider', 'Space spotlight']
    >>> "guess up or down" in footer(has_slider=True, is_guessing=True)
    True
    """
    words = [key.words for key in KEYS if key.words and workspace in key.workspaces]
    if is_guessing:
        words.insert(1, "↑ ↓ guess up or down")
    elif has_slider:
        words.insert(1, _SLIDER)
    return "     ".join(words)


def bind(window: QWidget, actions: Mapping[str, Callable[[], object]]) -> list[QShortcut]:
    """Give a window the keys; return those that hold only while the audience is asked.

    Parameters
    ----------
    window : QWidget
        Where they are pressed.
    actions : mapping
        By the id of the key, what it does.
    """
    passing = []
    for key in KEYS:
        for sequence in key.sequences:
            shortcut = QShortcut(QKeySequence(sequence), window)
            # A page is turned once, however long its key is held.
            shortcut.setAutoRepeat(key.id in ("larger", "smaller"))
            shortcut.activated.connect(actions[key.id])
            if key.while_guessing:
                shortcut.setEnabled(False)
                passing.append(shortcut)
    return passing
