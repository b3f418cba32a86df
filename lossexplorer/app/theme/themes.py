"""The theme in use."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal

from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.theme.palettes import PALETTES, Palette


class Themes(QObject):
    """Knows which palette is in use, and remembers the one that the user chooses.

    Parameters
    ----------
    name : {"dark", "light"}
        The theme to start with.
    settings : SettingsStore
        Keeps what was chosen.

    Attributes
    ----------
    palette : Palette
        The colours in use.
    changed : Signal(Palette)
        Another palette is in use.
    """

    changed = Signal(object)

    def __init__(self, name: str, settings: SettingsStore) -> None:
        super().__init__()
        self.palette: Palette = PALETTES[name]
        self._settings = settings

    def use(self, name: str) -> None:
        """Use a theme, now and when the program starts again."""
        self._settings.update(theme=name)
        self.palette = PALETTES[name]
        self.changed.emit(self.palette)
