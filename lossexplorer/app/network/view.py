"""The picture of a network as a widget: zoom, keys, and what is said below it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QGraphicsView, QHBoxLayout, QLabel, QToolButton, QWidget

from lossexplorer.app.network import export, words
from lossexplorer.app.network.folding import fold
from lossexplorer.app.network.items import BoxItem, LossItem, Stop
from lossexplorer.app.network.layout import Placement
from lossexplorer.app.network.layout_thread import LayoutThread
from lossexplorer.app.network.look import Look
from lossexplorer.app.network.scene import Drawing, NetworkScene
from lossexplorer.app.network.strokes import WIDEST
from lossexplorer.app.theme import Palette
from lossexplorer.core.numbers import tidy
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import GradientTable

_HEADER, _CAPTION = 30, 26
_LARGEST, _SMALLEST = 4.0, 0.05
_LARGEST_FIT = 1.25
_READABLE = 0.8
_STEP = 1.2


class NetworkView(QGraphicsView):
    """Shows which loss reaches which layer of a network, and has switches on it.

    Attributes
    ----------
    cut_toggled : Signal(str)
        The gradient of an output is to be cut where its branch leaves the trunk, or not any more.
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
        super().__init__(parent)
        self._look = Look()
        self.picture = NetworkScene(self._look)
        self.setScene(self.picture)
        self._thread = LayoutThread(self)
        self._thread.placed.connect(self._build)
        self._graph: NetworkGraph | None = None
        self._drawing: Drawing | None = None
        self._asked: object = None
        self._opened: dict[str, frozenset[str]] = {}
        self._shows: frozenset[str] = frozenset()
        self._current = -1
        self._chosen = ""
        self._is_zoomed = False
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
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
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
        self._write_header()

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
        if self._graph is None or _names(graph) != _names(self._graph):
            self._opened, self._current, self._is_zoomed = {}, -1, False
        self._graph = graph
        self._draw()

    def show_table(self, table: GradientTable | None, weights: Mapping[str, float]) -> None:
        """Show the norms of a step, or none, and λ by output.

        Nothing is laid out anew. A table of another network is not shown.
        """
        self.picture.show_table(table, weights)
        self._weights = dict(weights)
        self._write_header()
        self._write_caption()

    def name_losses(self, titles: Mapping[str, str]) -> None:
        """Write the title of each output's loss beside its symbol."""
        self.picture.name_losses(titles)

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
        asked = (drawing.sizes(), drawing.ends())
        self._drawing = drawing
        if asked != self._asked:
            self._asked = asked
            self._thread.ask(drawing.sizes(), drawing.ends(), WIDEST)
        elif not self._thread.is_busy:
            self.picture.revise(drawing)
            self._write_caption()

    def _build(self, placement: Placement) -> None:
        if self._drawing is None:
            return
        self.picture.build(self._drawing, placement)
        self._current = min(self._current, len(self.picture.stops) - 1)
        self._mark_current()
        if not self._is_zoomed:
            self.fit()
        self._come_to(self._shows)
        self._shows = frozenset()
        self._write_caption()
        self.laid_out.emit()

    # What is written

    def _write_header(self) -> None:
        self._header.setText(self.header)
        self._arrange()

    @property
    def header(self) -> str:
        """What the widths mean."""
        scale = f"; widest line {tidy(self.picture.full)}" if self.picture.rows else ""
        return f"width: ‖λ ∂L/∂weights‖ of the layer, linear{scale}"

    @property
    def caption(self) -> str:
        """What is said below the picture."""
        return self._caption.text()

    def _write_caption(self) -> None:
        item = self.picture.boxes.get(self._chosen)
        text = ""
        if item is not None:
            text = words.caption(item.box, self.picture.norms_of(item.box), self._weights)
        self._caption.setText(text)
        self._arrange()

    def _choose(self, name: str) -> None:
        self._chosen = name
        self._write_caption()
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
        self._is_zoomed = False
        self._draw()

    # Zoom

    def fit(self) -> None:
        """Show the whole network, at most a quarter larger than at zoom 1."""
        self._is_zoomed = False
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        drawn = self.picture.drawn
        self.picture.setSceneRect(drawn)
        seen = self.viewport().size()
        zoom = min(seen.width() / drawn.width(), seen.height() / drawn.height(), _LARGEST_FIT)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(drawn.center())

    def zoom_in(self) -> None:
        """Show it larger."""
        self._zoom(_STEP)

    def zoom_out(self) -> None:
        """Show it smaller."""
        self._zoom(1 / _STEP)

    def _come_to(self, layers: frozenset[str]) -> None:
        """Show the beginning of what was opened, if it is too small to be read."""
        boxes = self.picture.boxes.values()
        shown = [item for item in boxes if layers.intersection(n.name for n in item.box.layers)]
        if shown and self.zoom < _READABLE:
            self._zoom(_READABLE / self.zoom)
            self.centerOn(shown[min(2, len(shown) - 1)])

    @property
    def zoom(self) -> float:
        """How many pixels of the screen a pixel at zoom 1 has."""
        return float(self.transform().m11())

    def _zoom(self, factor: float) -> None:
        zoom = min(max(self.zoom * factor, _SMALLEST), _LARGEST)
        self._is_zoomed = True
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.scale(zoom / self.zoom, zoom / self.zoom)

    # Files

    def save_svg(self, path: Path) -> None:
        """Save the picture as SVG, in the colours of the theme.

        Raises
        ------
        OSError
            If the file cannot be written; names it.
        """
        export.replace_file(Path(path), export.svg(self.picture, self.header))

    def save_png(self, path: Path, scale: float = 2.0) -> None:
        """Save the picture as PNG, with `scale` pixels for each at zoom 1.

        Raises
        ------
        OSError
            If the file cannot be written; names it.
        """
        export.replace_file(Path(path), export.png(self.picture, self.header, scale))

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the whole network in sight unless the user has zoomed."""
        super().resizeEvent(event)
        self._arrange()
        if not self._is_zoomed:
            self.fit()

    def _arrange(self) -> None:
        self._buttons.adjustSize()
        right = self.width() - self._buttons.width() - 12
        self._buttons.move(right, 6)
        self._header.setGeometry(16, 6, max(0, right - 24), 20)
        self._caption.setGeometry(16, self.height() - _CAPTION, self.width() - 32, 20)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom about the mouse."""
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self._zoom(_STEP ** (event.angleDelta().y() / 120))
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show the whole network, or the layers of a box."""
        if isinstance(self.itemAt(event.position().toPoint()), BoxItem):
            super().mouseDoubleClickEvent(event)
        else:
            self.fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let the keyboard act on what is clicked."""
        item = self.itemAt(event.position().toPoint())
        if isinstance(item, Stop):
            self._go(self.picture.stops.index(item))
        super().mousePressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        """Offer the switches."""
        super().enterEvent(event)
        self._offer()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Show the switches that are on, alone."""
        super().leaveEvent(event)
        self._offer()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Mark where the keyboard acts."""
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.TabFocusReason:
            self._go(0)
        elif event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._go(len(self.picture.stops) - 1)
        self._offer()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Mark nothing any more."""
        super().focusOutEvent(event)
        self._offer()

    def _offer(self) -> None:
        self._look.has_focus = self.hasFocus()
        self._look.offers_switches = self.hasFocus() or self.underMouse()
        self.viewport().update()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802
        """Go to the next or the former layer or loss, and after the last out of the picture."""
        to = self._current + (1 if next else -1)
        if self.hasFocus() and 0 <= to < len(self.picture.stops):
            self._go(to)
            return True
        return super().focusNextPrevChild(next)

    @property
    def current(self) -> Stop | None:
        """The layer or loss that the keyboard acts on."""
        stops = self.picture.stops
        return stops[self._current] if 0 <= self._current < len(stops) else None

    def _go(self, to: int) -> None:
        self._current = to
        self._mark_current()
        if self.current is not None and self._is_zoomed:
            self.ensureVisible(self.current)

    def _mark_current(self) -> None:
        for item in self.picture.stops:
            item.is_current = item is self.current
        self.setAccessibleDescription(self.current.spoken if self.current else "")
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Choose, cut, freeze, open, zoom."""
        if not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        key, keys = event.key(), Qt.Key
        if key in (keys.Key_Plus, keys.Key_Equal):
            self.zoom_in()
        elif key in (keys.Key_Minus, keys.Key_Underscore):
            self.zoom_out()
        elif key == keys.Key_0:
            self.fit()
        elif key == keys.Key_Left:
            self._go(max(0, self._current - 1))
        elif key == keys.Key_Right:
            self._go(min(len(self.picture.stops) - 1, self._current + 1))
        else:
            return self._act_on_current(key)
        return True

    def _act_on_current(self, key: int) -> bool:
        item, keys = self.current, Qt.Key
        if item is None:
            return False
        if key == keys.Key_C:
            self.picture.toggle_cut(item)
        elif isinstance(item, LossItem) and key in (
            keys.Key_Return,
            keys.Key_Enter,
            keys.Key_Space,
        ):
            item.toggle_weight()
        elif not isinstance(item, BoxItem):
            return False
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            item.choose()
        elif key == keys.Key_F:
            item.toggle_frozen()
        elif key == keys.Key_O:
            item.open()
        elif key == keys.Key_Backspace:
            self._fold_back(item)
        else:
            return False
        return True


def _names(graph: NetworkGraph) -> tuple[str, ...]:
    return tuple(node.name for node in graph.nodes)
