"""The picture of a network as a widget: zoom, keys, and what is said below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QMouseEvent, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from lossexplorer.app.network import export, words
from lossexplorer.app.network.box_item import BoxItem
from lossexplorer.app.network.focus_view import FocusView
from lossexplorer.app.network.folding import fold
from lossexplorer.app.network.layout import NARROW_GAPS, USUAL_GAPS, Placement
from lossexplorer.app.network.layout_thread import LayoutThread
from lossexplorer.app.network.look import Look
from lossexplorer.app.network.scene import Drawing, NetworkScene
from lossexplorer.app.network.stop import Stop
from lossexplorer.app.network.strokes import WIDEST
from lossexplorer.app.theme import Palette
from lossexplorer.core.files import replace_file
from lossexplorer.core.numbers import tidy
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import GradientTable

_HEADER, _CAPTION = 30, 26
_READABLE = 0.8


class NetworkView(FocusView):
    """Shows which loss reaches which layer of a network, and has switches on it.

    Attributes
    ----------
    cut_toggled : Signal(str)
        The gradient of an output is to be cut where its head begins, or not any more.
    frozen_toggled : Signal(str)
        A layer is to be frozen, or not any more.
    weight_toggled : Signal(str)
        λ of an output is to be 0, or what it was.
    chosen : Signal(str)
        A layer was chosen.
    laid_out : Signal()
        Another network has its places.
    """

    cut_toggled = Signal(str)
    frozen_toggled = Signal(str)
    weight_toggled = Signal(str)
    chosen = Signal(str)
    laid_out = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Look(), parent)
        self.picture = NetworkScene(self._look, self)
        self.setScene(self.picture)
        self._thread = LayoutThread(self)
        self._thread.placed.connect(self._build)
        self._is_bare = False
        self._graph: NetworkGraph | None = None
        self._drawing: Drawing | None = None
        self._asked: object = None
        self._opened: dict[str, frozenset[str]] = {}
        self._shows: frozenset[str] = frozenset()
        self._weights: dict[str, float] = {}
        self._connect()
        self._decorate()
        self.use(self._look.palette)

    def _connect(self) -> None:
        switches = self.picture.switches
        switches.cut_toggled.connect(self.cut_toggled)
        switches.frozen_toggled.connect(self.frozen_toggled)
        switches.weight_toggled.connect(self.weight_toggled)
        switches.chosen.connect(self._choose)
        switches.opened.connect(self._toggle_opened)

    def _decorate(self) -> None:
        self.setObjectName("network")
        self.setAccessibleName("Network")
        self.setViewportMargins(0, _HEADER, 0, _CAPTION)
        self._header = QLabel(self)
        self._header.setObjectName("note")
        self._caption = QLabel(self)
        self._caption.setObjectName("note")
        self._buttons = QWidget(self)
        self._row = row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._fold = self._button("Fold", "Fold all layers again", self._fold_all)
        self._fold.hide()
        for text, tip, run in (
            ("−", "Zoom out (Ctrl+−)", self.zoom_out),
            ("+", "Zoom in (Ctrl++)", self.zoom_in),
            ("Fit", "Show the whole network (0, or a double click)", self.fit),
        ):
            self._button(text, tip, run)
        self._write()

    def _button(self, text: str, tip: str, run: object) -> QToolButton:
        button = QToolButton(self._buttons)
        button.setObjectName("flat")
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(run)
        self._row.addWidget(button)
        return button

    # What is shown

    def show_network(self, graph: NetworkGraph) -> None:
        """Show a network; it is laid out in a thread unless only its switches are others."""
        if graph == self._graph:
            return
        if self._graph is None or _names(graph) != _names(self._graph):
            self._opened, self.is_zoomed = {}, False
            self.go(-1)
        self._graph = graph
        self._draw()

    def show_table(self, table: GradientTable | None, weights: Mapping[str, float]) -> None:
        """Show the norms of a step, or none, and λ by output.

        Nothing is laid out anew. A table of another network is not shown.
        """
        self.picture.show_table(table, weights)
        self._weights = dict(weights)
        self._write()

    def name_losses(self, titles: Mapping[str, str]) -> None:
        """Write the title of each output's loss beside its symbol."""
        self.picture.name_losses(titles)

    def show_anything(self, anything: bool) -> None:
        """Show the picture and what is written around it, or an empty panel."""
        self.viewport().setVisible(anything)
        for widget in (self._header, self._caption, self._buttons):
            widget.setVisible(anything and not self._is_bare)

    def bare(self, largest_fit: float) -> None:
        """Show names and lines alone, without details, and without words and buttons around.

        Parameters
        ----------
        largest_fit : float
            How many times larger than at zoom 1 it is shown at most.
        """
        self._is_bare = self._look.is_plain = True
        self.largest_fit = largest_fit
        self.setViewportMargins(0, 0, 0, 0)
        self.show_anything(True)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._look.palette = palette
        self.setBackgroundBrush(self._look.background)
        name = self._look.background.name()
        self.setStyleSheet(
            f"QGraphicsView#network {{ background: {name}; }}"
            f"QLabel#note {{ color: {palette.quiet}; font-size: 11px; }}"
        )
        self.picture.show_palette()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size at which a small network is legible."""
        return QSize(980, 300)

    def _draw(self) -> None:
        if self._graph is None:
            return
        drawing = Drawing(self._graph, fold(self._graph, self._opened), frozenset(self._opened))
        self._fold.setVisible(bool(self._opened))
        sizes, gaps = drawing.sizes(self._look), NARROW_GAPS if self._is_bare else USUAL_GAPS
        asked = (sizes, drawing.ends())
        self._drawing = drawing
        if asked != self._asked:
            self._asked = asked
            self._thread.ask(sizes, drawing.ends(), WIDEST, gaps)
        elif not self._thread.is_busy:
            self.picture.revise(drawing)
            self._write()

    def _build(self, placement: Placement) -> None:
        if self._drawing is None:
            return
        self.picture.build(self._drawing, placement)
        self.go(self._place)
        if not self.is_zoomed:
            self.fit()
        self._come_to(self._shows)
        self._shows = frozenset()
        self._write()
        self.laid_out.emit()

    @property
    def is_busy(self) -> bool:
        """Whether a network is being laid out that is not drawn yet."""
        return self._thread.is_busy

    @property
    def drawn(self) -> QRectF:
        """Where something is drawn, in pixels at zoom 1."""
        return self.picture.drawn

    # What is written

    @property
    def header(self) -> str:
        """What the widths mean."""
        scale = f"; widest line {tidy(self.picture.full)}" if self.picture.rows else ""
        return f"width: ‖λ ∂L/∂weights‖ of the layer, linear{scale}"

    @property
    def caption(self) -> str:
        """What the losses do to the chosen layer."""
        item = self.picture.boxes.get(self.picture.chosen)
        if item is None:
            return ""
        return words.caption(item.box, self.picture.norms_of(item.box), self._weights)

    def _write(self) -> None:
        self._header.setText(self.header)
        self._caption.setText(self.caption)
        self.speak()

    def _choose(self, name: str) -> None:
        self._write()
        self.chosen.emit(name)

    # Folding

    def _toggle_opened(self, name: str) -> None:
        layers = frozenset(layer.name for layer in self.picture.boxes[name].box.layers)
        if self._opened.pop(name, None) is None:
            self._opened[name] = layers
            self._shows = layers
        self._draw()

    def _fold_back(self, item: BoxItem) -> None:
        """Fold the smallest box that was opened and has the layers of this one."""
        layers = {layer.name for layer in item.box.layers}
        around = [name for name, inside in self._opened.items() if layers <= inside]
        if around:
            del self._opened[min(around, key=lambda name: len(self._opened[name]))]
            self._draw()

    def _fold_all(self) -> None:
        self._opened = {}
        self.is_zoomed = False
        self._draw()

    # Zoom

    def _come_to(self, layers: frozenset[str]) -> None:
        """Show the beginning of what was opened, if it is too small to be read."""
        boxes = self.picture.boxes.values()
        shown = [item for item in boxes if layers.intersection(n.name for n in item.box.layers)]
        if shown and self.zoom < _READABLE:
            self.zoom_by(_READABLE / self.zoom)
            self.centerOn(shown[min(2, len(shown) - 1)])

    # Files

    def save_svg(self, path: Path) -> None:
        """Save the picture as SVG, in the colours of the theme.

        Raises
        ------
        OSError
            If the file cannot be written; names it.
        """
        content = export.svg(self.picture, self.header)
        replace_file(Path(path), lambda file: file.write_bytes(content))

    def save_png(self, path: Path, scale: float = 2.0) -> None:
        """Save the picture as PNG, with `scale` pixels for each at zoom 1.

        Raises
        ------
        OSError
            If the file cannot be written; names it.
        """
        content = export.png(self.picture, self.header, scale)
        replace_file(Path(path), lambda file: file.write_bytes(content))

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put texts and buttons into their corners."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self._buttons.adjustSize()
        right = self.width() - self._buttons.width() - 12
        self._buttons.move(right, 6)
        self._header.setGeometry(16, 6, max(0, right - 24), 20)
        self._caption.setGeometry(16, self.height() - _CAPTION, self.width() - 32, 20)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show the whole network, or the layers of a box."""
        if self.itemAt(event.position().toPoint()) is None:
            self.fit()
        else:
            super().mouseDoubleClickEvent(event)

    @property
    def stops(self) -> Sequence[Stop]:
        """Layers, then losses."""
        return self.picture.stops

    def actions_of(self, item: Stop) -> dict[Qt.Key, Callable[[], object]]:
        """Return what each key does with a layer or a loss."""
        keys = Qt.Key
        enter = (keys.Key_Return, keys.Key_Enter, keys.Key_Space)
        actions: dict[Qt.Key, Callable[[], object]] = dict.fromkeys(enter, item.activate)
        actions[keys.Key_C] = partial(self._cut, item)
        if isinstance(item, BoxItem):
            actions[keys.Key_F] = partial(self._freeze, item)
            actions[keys.Key_O] = item.open
            actions[keys.Key_Backspace] = partial(self._fold_back, item)
        return actions

    def _cut(self, item: Stop) -> None:
        if not self.picture.toggle_cut(item):
            self._caption.setText("Go to a layer of a head: its gradient is cut before it.")

    def _freeze(self, item: BoxItem) -> None:
        if item.can_freeze:
            item.toggle_frozen()
        else:
            self._caption.setText(words.not_frozen(item.box))


def _names(graph: NetworkGraph) -> tuple[str, ...]:
    return tuple(node.name for node in graph.nodes)
