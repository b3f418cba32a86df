"""The picture of a network: its items, and what they show of a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from qtpy.QtCore import QObject, QRectF
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QGraphicsItem, QGraphicsScene

from lossexplorer.app.network import words
from lossexplorer.app.network.box_item import BoxItem, box_size
from lossexplorer.app.network.folding import Box, FoldedGraph, Link
from lossexplorer.app.network.layout import Placement
from lossexplorer.app.network.link_item import LinkItem
from lossexplorer.app.network.longest_path import Ends, Point
from lossexplorer.app.network.look import Look
from lossexplorer.app.network.loss_item import LossItem, loss_size
from lossexplorer.app.network.reach import Line, Reach, combined
from lossexplorer.app.network.stop import Stop
from lossexplorer.app.network.strokes import full_norm
from lossexplorer.app.network.switches import Switches
from lossexplorer.learning.network_graph import LayerEdge, NetworkGraph
from lossexplorer.learning.reports import GradientTable, LayerRow

_MARGIN, _PLAIN_MARGIN = 12.0, 4.0


@dataclass(frozen=True)
class Drawing:
    """What the picture of a network has, before it is laid out.

    Attributes
    ----------
    graph : NetworkGraph
        The network.
    folded : FoldedGraph
        Its boxes and links.
    opened : frozenset of str
        The boxes whose layers are shown.
    """

    graph: NetworkGraph
    folded: FoldedGraph
    opened: frozenset[str]

    def sizes(self, look: Look) -> dict[str, Point]:
        """Return the size of each box and each loss, in pixels at zoom 1."""
        opened = self.opened
        sizes = {b.name: box_size(b, look, is_open=b.name in opened) for b in self.folded.boxes}
        return sizes | {loss_name(output): loss_size(look) for output in self.graph.outputs}

    def loss_links(self) -> tuple[Link, ...]:
        """Return a link from each output's layer to its loss."""
        return tuple(
            Link(
                self.folded.box_of(layer).name,
                loss_name(output),
                (LayerEdge(layer, loss_name(output)),),
            )
            for output, layer in self.graph.outputs.items()
        )

    def ends(self) -> tuple[Ends, ...]:
        """Return source and target of each link."""
        links = (*self.folded.links, *self.loss_links())
        return tuple((link.source, link.target) for link in links)


def loss_name(output: str) -> str:
    """Return the name of the loss of an output among the boxes."""
    return f"loss of {output}"


class NetworkScene(QGraphicsScene):
    """Boxes, links and losses.

    Parameters
    ----------
    look : Look
        Colours and marks.
    parent : QObject
        Its view, with which it ends. Else Python would end it, in the thread that looks for garbage
        first, and Qt would go on with a timer of it.

    Attributes
    ----------
    switches : Switches
        Tells what is clicked.
    boxes, losses, links : dict
        The items, by the name of the box, of the output, and of both ends.
    full : float
        The norm of the widest line.
    chosen : str
        The name of the box that is framed.
    """

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self.look = look
        self.switches = Switches(self)
        self.switches.chosen.connect(self._choose)
        self.boxes: dict[str, BoxItem] = {}
        self.losses: dict[str, LossItem] = {}
        self.links: dict[Ends, LinkItem] = {}
        self.full = 1.0
        self.chosen = ""
        self._table: GradientTable | None = None
        self._weights: Mapping[str, float] = {}
        self._titles: Mapping[str, str] = {}
        self._drawing: Drawing | None = None
        self._reach: Reach | None = None

    @property
    def stops(self) -> tuple[Stop, ...]:
        """What the Tab key comes to: layers, then losses."""
        return (*self.boxes.values(), *self.losses.values())

    @property
    def drawn(self) -> QRectF:
        """Where something is drawn."""
        margin = _PLAIN_MARGIN if self.look.is_plain else _MARGIN
        return self.itemsBoundingRect().adjusted(-margin, -margin, margin, margin)

    def build(self, drawing: Drawing, placement: Placement) -> None:
        """Make the items of another network."""
        self.clear()
        self.boxes, self.losses, self.links = {}, {}, {}
        for box in drawing.folded.boxes:
            box_item = BoxItem(self.look, self.switches, box, is_open=box.name in drawing.opened)
            self.boxes[box.name] = box_item
            self._add(box_item, placement.centers[box.name])
        for place, output in enumerate(drawing.graph.outputs):
            loss = LossItem(self.look, self.switches, place, output)
            self.losses[output] = loss
            self._add(loss, placement.centers[loss_name(output)])
        for link in (*drawing.folded.links, *drawing.loss_links()):
            ends = (link.source, link.target)
            is_last = link.target not in self.boxes
            route = placement.routes[ends]
            self.links[ends] = LinkItem(
                self.look, self.switches, link, route, leads_to_loss=is_last
            )
            self.addItem(self.links[ends])
        self._turn_labels()
        self._mark_chosen()
        self.revise(drawing)

    def _turn_labels(self) -> None:
        """Write what is said of a box that lies lower than the trunk below it."""
        most = max((len(item.box.outputs) for item in self.boxes.values()), default=0)
        trunk = [item.y() for item in self.boxes.values() if len(item.box.outputs) == most]
        middle = median(trunk) if trunk else 0.0
        for item in self.boxes.values():
            item.is_label_below = item.y() > middle + 1

    def _add(self, item: Stop, center: Point) -> None:
        item.setPos(*center)
        self.addItem(item)

    def revise(self, drawing: Drawing) -> None:
        """Show what is cut and frozen in a network that is laid out already."""
        self._drawing = drawing
        self._reach = Reach(drawing.graph)
        for box in drawing.folded.boxes:
            self.boxes[box.name].box = box
        for link in (*drawing.folded.links, *drawing.loss_links()):
            self.links[link.source, link.target].link = link
        self._refresh()
        self.redraw()

    def show_table(self, table: GradientTable | None, weights: Mapping[str, float]) -> None:
        """Show the norms of a table and λ of each output; nothing is laid out anew."""
        self._table, self._weights = table, weights
        self._refresh()

    def name_losses(self, titles: Mapping[str, str]) -> None:
        """Write the title of each output's loss beside its symbol."""
        self._titles = titles
        self._refresh()

    def show_palette(self) -> None:
        """Draw in the colours of another theme."""
        self._refresh()
        self.redraw()

    def redraw(self) -> None:
        """Draw everything anew, because a mark or the theme is another."""
        for item in self.items():
            item.update()

    @contextmanager
    def bare(self) -> Iterator[None]:
        """Have it drawn for a file: without what mouse and focus mark, and not from pixels kept."""
        look, stops = self.look, self.stops
        before = look.offers_switches, look.has_focus
        look.offers_switches = look.has_focus = False
        for item in stops:
            item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
        try:
            yield
        finally:
            look.offers_switches, look.has_focus = before
            for item in stops:
                item.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    @property
    def rows(self) -> Mapping[str, LayerRow]:
        """The rows of the table by layer; empty without a table of this network."""
        if self._table is None or self._reach is None or not self._reach.fits(self._table):
            return {}
        return {row.name: row for row in self._table.rows}

    def _refresh(self) -> None:
        if self._drawing is None or self._reach is None:
            return
        rows = self.rows
        self.full = full_norm([norm for row in rows.values() for norm in row.norms])
        for link_item in self.links.values():
            link = link_item.link
            lines = self._lines(link, rows)
            link_item.show_lines(lines, self.full)
            link_item.setToolTip(
                "" if link.target not in self.boxes else words.link_words(link, lines)
            )
        self._refresh_labels(rows)
        for output, loss in self.losses.items():
            loss.show_weight(self._weights.get(output), self._titles.get(output, ""))
            loss.say(words.loss_words(loss.place, output, loss.weight, loss.loss))

    def _lines(self, link: Link, rows: Mapping[str, LayerRow]) -> tuple[Line, ...]:
        if not rows or self._reach is None or self._drawing is None:
            return ()
        if link.target in self.boxes:
            return self._reach.lines(link, rows)
        layer = link.edges[0].source
        return tuple(
            Line(self._reach.norm(layer, output, rows) if link.target == loss_name(output) else 0.0)
            for output in self.losses
        )

    def _refresh_labels(self, rows: Mapping[str, LayerRow]) -> None:
        outputs = tuple(self.losses)
        said: dict[tuple[str, ...], str] = {}
        has_cosine = False
        for item in self.boxes.values():
            row = combined(item.box, rows, outputs)
            item.say(words.box_words(item.box, row, outputs))
            text = words.label(row, outputs, is_first=not has_cosine) if row else ""
            has_cosine |= "cos(" in text
            is_said = said.get(item.box.outputs) == text and "cos" not in text
            if row is not None:
                said[item.box.outputs] = text
            item.set_label("" if is_said or self.look.is_plain else text, self._label_color(row))
            item.set_still(row is not None and row.update == 0)

    def _label_color(self, row: LayerRow | None) -> QColor | None:
        if row is None:
            return None
        if not all(map(math.isfinite, row.norms)):
            return QColor(self.look.palette.warning)
        reaching = [place for place, norm in enumerate(row.norms) if norm != 0]
        return self.look.color(reaching[0]) if len(reaching) == 1 else None

    def norms_of(self, box: Box) -> tuple[float, ...] | None:
        """Return the norms of a box's weights by loss; None if they are not known."""
        row = combined(box, self.rows, tuple(self.losses))
        return row.norms if row else None

    def _choose(self, name: str) -> None:
        self.chosen = name
        self._mark_chosen()

    def _mark_chosen(self) -> None:
        for name, item in self.boxes.items():
            item.is_chosen = name == self.chosen
        self.redraw()

    def toggle_cut(self, item: Stop) -> bool:
        """Have the gradient cut of the one output that an item leads to, or not any more.

        Returns whether there is such an output, with a head.
        """
        output = self._head_of(item)
        has_head = any(output and link.link.head == output for link in self.links.values())
        if has_head:
            self.switches.cut_toggled.emit(output)
        return has_head

    def _head_of(self, item: Stop) -> str:
        if isinstance(item, LossItem):
            return item.output
        outputs = item.box.outputs if isinstance(item, BoxItem) else ()
        return outputs[0] if len(outputs) == 1 else ""
