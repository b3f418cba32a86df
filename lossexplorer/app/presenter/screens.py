"""Which screen shows the talk, and which the speaker's notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from qtpy.QtGui import QScreen
from qtpy.QtWidgets import QWidget

Screen = TypeVar("Screen")


def places(screens: Sequence[Screen], desk: Screen) -> tuple[Screen, Screen | None]:
    """Return the screen of the talk and that of the notes.

    Parameters
    ----------
    screens : sequence
        Every screen there is.
    desk : screen
        The one that has the desk.

    Returns
    -------
    screen
        The first that does not have the desk; the desk's own if it is the only one.
    screen or None
        The desk's, if the talk is not there.

    Examples
    --------
    >>> places(["laptop", "projector"], "laptop"), places(["laptop"], "laptop")
    (('projector', 'laptop'), ('laptop', None))
    """
    others = [screen for screen in screens if screen is not desk]
    return (others[0], desk) if others else (desk, None)


def fill(window: QWidget, screen: QScreen) -> None:
    """Show a window on a whole screen."""
    window.setScreen(screen)
    # Also without a window manager, which is what makes a window full screen.
    window.setGeometry(screen.geometry())
    window.showFullScreen()
    window.activateWindow()
    window.raise_()
