"""A network as a picture: which loss reaches which layer, and switches to change that.

- `folding`, `layout`, `layout_thread`: what is drawn, and where; without Qt's graphics.
- `reach`, `strokes`, `words`: which norm a line shows, how wide it is, and what is written.
- `look`, `lettering`, `glyphs`: colours, fonts, texts and symbols that all items share.
- `stop`, `box_item`, `loss_item`, `link_item`: what is in the picture.
- `scene`, `view`, `focus_view`, `zoom_view`, `export`: the picture itself.
"""

from __future__ import annotations

from lossexplorer.app.network.output_colors import OUTPUT_COLORS, output_color
from lossexplorer.app.network.view import NetworkView

__all__ = ["OUTPUT_COLORS", "NetworkView", "output_color"]
