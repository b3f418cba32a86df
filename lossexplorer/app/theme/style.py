"""The window's style sheet and font."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from qtpy.QtGui import QColor, QFont, QPalette
from qtpy.QtWidgets import QApplication

from lossexplorer.app.theme.contrast import readable_on
from lossexplorer.app.theme.palettes import Palette
from lossexplorer.core.resources import resource

FAMILIES = ("Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "DejaVu Sans")
_TEXT = 4.5  # the contrast of text, WCAG 2.2


def style_sheet(palette: Palette) -> str:
    """Return the window's style sheet in the colours of a palette."""
    template = Template(resource("style", "window.qss").read_text(encoding="utf-8"))
    drawings = ("arrow", "left", "right", "check")
    files = {name: resource("style", f"{name}.svg").as_posix() for name in drawings}
    return template.substitute(asdict(palette), **files)


def canvas_style(palette: Palette) -> str:
    """Return the style sheet of what lies on the canvas and of the sliders below it.

    They are in a widget of napari with a style sheet of its own, which is nearer to them than the
    window's.
    """
    template = Template(resource("style", "canvas.qss").read_text(encoding="utf-8"))
    return template.substitute(asdict(palette))


def color_links(palette: Palette) -> None:
    """Have links in texts in the accent of a palette, which style sheets cannot say."""
    colors, seen = QApplication.palette(), readable_on(palette.surface, palette.accent, _TEXT)
    colors.setColor(QPalette.ColorRole.Link, QColor(seen))
    QApplication.setPalette(colors)


def use_font(app: QApplication) -> None:
    """Set the program's font: the first family that is there, on widgets with figures of one width.

    On the canvas, napari measures a glyph without such features and would cut a wider one off. By
    itself, Inter makes a × of an x between figures, as in “y 90 x 187”.
    """
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(13)
    if hasattr(QFont, "Tag"):
        font.setFeature(QFont.Tag("calt"), 0)
    app.setFont(font)
    if hasattr(QFont, "Tag"):  # Qt 6.7; the other families have such figures anyway
        tabular = QFont(font)
        tabular.setFeature(QFont.Tag("tnum"), 1)
        app.setFont(tabular, "QWidget")  # type: ignore[arg-type]  # bytes are refused
