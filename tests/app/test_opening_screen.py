"""What is on the screen before the window is."""

import pytest

from lossexplorer.app.opening import OpeningScreen
from lossexplorer.app.theme import PALETTES


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_is_on_the_screen_at_once_in_the_theme_s_colours(qapp, qtbot, theme):
    screen = OpeningScreen(PALETTES[theme])
    qtbot.addWidget(screen)
    screen.show_at_once()
    assert screen.windowHandle().isExposed()
    picture = screen.grab().toImage()
    corner = picture.pixelColor(picture.width() - 3, 2).name()
    assert corner == PALETTES[theme].surface
    colors = {
        picture.pixelColor(x, y).name()
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    }
    assert PALETTES[theme].accent in colors
    assert PALETTES[theme].text in colors
