"""SVG documents of what Qt draws, whose texts every viewer can show.

A font of the viewer's may lack the lowered figures of "L₁": CairoSVG then draws boxes. They are
written as plain ones, smaller and below the line. The list of font families ends with the viewer's
own sans-serif, and what Qt writes in pieces, because an alphabet changes, is one text again: in a
wider font the pieces would overlap.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from qtpy.QtCore import QBuffer, QIODevice, QRectF, QSize
from qtpy.QtGui import QFont, QFontMetricsF, QPainter
from qtpy.QtSvg import QSvgGenerator

_CSS_DPI = 96  # so that a pixel of the screen is one in a browser
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼ", "0123456789ij")
_SIZE = 0.65  # of a lowered figure, where 1 is that of the text
_BELOW = 0.2  # how far it is below the line

_FAMILIES = re.compile(r'(?<=font-family=")[^"]*')
_FIGURES = re.compile(f"([{''.join(map(chr, _LOWERED))}]+)")
_TEXT = re.compile(
    r'<text (?P<before>[^>]*) x="(?P<x>[^"]*)" (?P<after>[^>]*font-family="(?P<families>[^"]*)" '
    r'font-size="(?P<size>[^"]*)" font-weight="(?P<weight>[^"]*)"[^>]*)>(?P<text>[^<]*)</text>'
)
_NEAR = 0.1  # pixels between a text's end and the beginning of its next piece


def svg_of(
    draw: Callable[[QPainter], object],
    box: QRectF,
    size: QSize,
    title: str,
    description: str = "",
) -> bytes:
    """Return an SVG document.

    Parameters
    ----------
    draw : callable
        Draws it with a painter, which it does not end.
    box : QRectF
        What is seen of what is drawn.
    size : QSize
        The document's own size in CSS pixels, to which the box is scaled.
    title, description : str
        What the document says of itself.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setResolution(_CSS_DPI)
    generator.setViewBox(box)
    generator.setTitle(title)
    generator.setDescription(description)
    painter = QPainter(generator)
    draw(painter)
    painter.end()
    return for_every_viewer(bytes(buffer.data().data()).decode("utf-8")).encode("utf-8")


def for_every_viewer(document: str) -> str:
    """Return a document of Qt's whose texts are whole and need no font with lowered figures."""
    made, end, last = "", 0, None
    for found in _TEXT.finditer(document):
        between = document[end : found.start()]
        if last is not None and not between.strip() and _follows(last, found):
            made = made.removesuffix("</text>")
        else:
            made += between + document[found.start() : found.start("text")]
        made += _with_plain_figures(found["text"], float(found["size"])) + "</text>"
        end, last = found.end(), found
    return _FAMILIES.sub(lambda found: f"{found[0]},sans-serif", made + document[end:])


def _follows(text: re.Match[str], next_one: re.Match[str]) -> bool:
    """Whether a text begins where another one in the same font ends."""
    if any(text[key] != next_one[key] for key in ("before", "after")):
        return False
    font = QFont(text["families"].split(","))
    font.setPixelSize(round(float(text["size"])))
    font.setWeight(QFont.Weight(int(text["weight"])))
    width = QFontMetricsF(font).horizontalAdvance(html.unescape(text["text"]))
    return abs(float(text["x"]) + width - float(next_one["x"])) < _NEAR


def _with_plain_figures(text: str, size: float) -> str:
    """Return a text with its lowered figures as plain ones below the line."""
    first, *rest = _FIGURES.split(text)
    below = f"{size * _BELOW:.3g}"
    for figures, following in zip(rest[::2], rest[1::2], strict=True):
        plain = figures.translate(_LOWERED)
        first += f'<tspan dy="{below}" font-size="{size * _SIZE:.3g}">{plain}</tspan>'
        first += f'<tspan dy="-{below}">{following}</tspan>' if following else ""
    return first
