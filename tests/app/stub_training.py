"""A learning engine of closed forms, in the window's process: for what the window does with it."""

from dataclasses import replace

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QTimer

from lossexplorer.engine.messages import (
    MapRequest,
    PaintedMaps,
    Prepared,
    TurnRefusal,
    TurnReport,
)
from lossexplorer.learning.network_graph import LayerEdge, LayerNode, NetworkGraph
from lossexplorer.learning.reports import GradientTable, LayerRow, MethodResult, StepReport

# ‖∂L/∂weights‖ of the trunk's layers without λ, for the first two losses.
NORMS = {
    "x1_conv1": (0.0174, 0.2777),
    "x1_conv2": (0.0244, 0.2327),
    "x1_conv3": (0.0642, 0.4637),
    "branch": (0.0368, 0.4353),
    "output": (0.0102, 0.0911),
}
COSINES = {"x1_conv1": 0.11, "x1_conv2": 0.17, "x1_conv3": 0.02}


def graph_of(setup):
    """The graph of a built network: a chain for a trunk, and a branch for each output."""
    outputs = tuple(output.name for output in setup.outputs)
    frozen = set(setup.frozen)

    def node(name, kind, detail, weights, leads):
        return LayerNode(name, kind, detail, weights, (None, 16, 32, 32, 8), leads, name in frozen)

    nodes = [node("image", "InputLayer", "1 channel", 0, outputs)]
    edges = []
    for place in range(1, setup.network.trunk + 1):
        name = f"x1_conv{place}"
        nodes.append(node(name, "Conv3D", "3³, 8", 224 if place == 1 else 1736, outputs))
        edges.append(LayerEdge(nodes[-2].name, name))
    trunk = nodes[-1].name
    for place, output in enumerate(setup.outputs):
        name = output.name
        branch = f"x{place + 2}_conv"
        nodes.append(node(branch, "Conv3D", "3³, 8", 1736, (name,)))
        edges.append(LayerEdge(trunk, branch, (name,) if output.is_cut else ()))
        nodes.append(node(name, "Conv3D", "softmax" if place == 0 else "linear", 18, (name,)))
        edges.append(LayerEdge(branch, name))
    return NetworkGraph(tuple(nodes), tuple(edges), {n: n for n in outputs}, ("image",))


def losses_at(setup, step):
    """The losses before the update of a step."""
    return tuple(
        (0.56, 0.51, 0.69, 0.43, 0.38)[place] * (0.985 - 0.004 * place) ** (step - 1)
        for place in range(len(setup.outputs))
    )


def table_of(setup):
    """The table of a step."""
    graph, names = graph_of(setup), tuple(output.name for output in setup.outputs)
    rows = [_row(setup, node, names) for node in graph.nodes if node.weights]
    trunk = [row for row in rows if row.name in graph.trunk]
    norms = tuple(
        float(np.linalg.norm(column)) for column in zip(*(r.norms for r in trunk), strict=True)
    )
    plain = [
        norm / output.weight if output.weight else 0.0
        for norm, output in zip(norms, setup.outputs, strict=True)
    ]
    gram = tuple(
        tuple(a * b * (1.0 if i == j else 0.06) for j, b in enumerate(plain))
        for i, a in enumerate(plain)
    )
    cosines = {
        (a, b): 0.06 if norms[i] and norms[j] else None
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i < j
    }
    whole = LayerRow("trunk", sum(row.weights for row in trunk), norms, cosines, 0.0018)
    return GradientTable(names, tuple(rows), whole, gram)


def _row(setup, node, names):
    norms = []
    for place, output in enumerate(setup.outputs):
        reaches = output.name in node.outputs and not (output.is_cut and len(node.outputs) > 1)
        kind = node.name if node.name in NORMS else ("branch" if "_" in node.name else "output")
        norms.append(abs(output.weight) * NORMS[kind][place % 2] if reaches else 0.0)
    cosines = {
        (a, b): COSINES.get(node.name, 0.1) if norms[i] and norms[j] else None
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i < j
    }
    update = 0.0 if node.is_frozen else setup.training.rate * float(np.linalg.norm(norms))
    return LayerRow(node.name, node.weights, tuple(norms), cosines, update)


def methods_of(setup):
    """What two methods would do; the second has a loss rise, and leaves out what is cut."""
    weights = tuple(output.weight for output in setup.outputs)
    sums = tuple(0.0011 + 0.018 * k for k in range(len(weights)))
    shares = tuple(0.99 - 0.98 * k for k in range(len(weights)))
    is_cut = tuple(output.is_cut for output in setup.outputs)
    return (
        MethodResult("weighted_sum", weights, sums, (False,) * len(weights)),
        MethodResult("mgda", shares, (-0.0041,) * len(weights), is_cut),
    )


class StubTraining:
    """Does turns by closed forms, each a moment later.

    Attributes
    ----------
    orders, turns : list
        Everything that was asked for.
    refusal : str
        The sentence by which the next order is refused; empty if it is not.
    holds_maps : bool
        Whether maps are painted and never come.
    """

    prepared = Signal(object)
    turned = Signal(object)
    refused = Signal(object)

    def __init__(self):
        self.orders, self.turns = [], []
        self.refusal = ""
        self.order = self.volume = None
        self.step = 0
        self.steps_a_turn = 4
        self.holds_maps = False
        self._to_do = 0

    @property
    def idle(self):
        """Whether everything that was asked for is done."""
        return not self._to_do

    def _later(self, function):
        def do():
            self._to_do -= 1
            function()

        self._to_do += 1
        QTimer.singleShot(0, do)

    # What the client asks of its lane, which has nothing to do here.

    def has_work(self, _loaded):
        return False

    def engine_begins(self):
        """The engine's process has begun."""

    def close(self):
        """The window is closed."""

    def crashed(self):
        """The engine's process has ended."""

    def learn(self, order, volume):
        is_other = self.order is None or order is None or not order.continues(self.order)
        self.orders.append(order)
        self.order, self.volume = order, volume
        if is_other:
            self.step = 0
        if order is not None:
            self._later(self._prepare)

    def turn(self, turn, **_how):
        self.turns.append(turn)
        self._later(lambda: self._do(turn))
        return len(self.turns)

    def end(self, _number):
        return False

    def _prepare(self):
        if self.refusal:
            self.refused.emit(TurnRefusal(self.order, self.refusal, has_network=False))
        elif self.order is not None:
            graph = graph_of(self.order.setup)
            self.prepared.emit(Prepared(self.order, graph, 42_000_000, self.step))

    def _do(self, turn):
        setup = self.order.setup
        report = TurnReport(self.order, turn, 0)
        if turn.rewinds:
            self.step = 0
        steps = []
        for _ in range(min(turn.steps, self.steps_a_turn)):
            self.step += 1
            steps.append(self._report(setup, turn))
        report = replace(report, step=self.step, steps=tuple(steps), seconds=0.03)
        if turn.looks:
            report = replace(report, table=table_of(setup), methods=methods_of(setup))
        if turn.painted is not None and self.holds_maps:
            self._later(lambda: self._do(turn))
            return
        if turn.painted is not None:
            report = replace(report, maps=self._maps(turn.painted))
        self.turned.emit(report)

    def _report(self, setup, turn):
        losses = losses_at(setup, self.step)
        weights = tuple(output.weight for output in setup.outputs)
        penalty = setup.network.l2 * 12.5
        total = sum(w * loss for w, loss in zip(weights, losses, strict=True)) + penalty
        table = table_of(setup) if turn.with_table else None
        methods = methods_of(setup) if turn.with_table else ()
        return StepReport(self.step, losses, weights, penalty, total, table, methods, 0.029)

    def _maps(self, asked):
        """A prediction that is the truth, blurred to a half, and its difference from the truth."""
        labels = np.asarray(self.volume.labels)
        if asked.plane is not None:
            labels = np.take(labels, asked.plane.index, axis=asked.plane.axis)
        truth = (labels == asked.class_index).astype(np.float32)
        moved = np.roll(truth, 4, axis=-1)
        probability = 0.1 + 0.8 * moved * min(self.step / 100, 1.0)
        request = MapRequest("total", asked.class_index, "logit", asked.plane, asked.sample)
        gradient = (probability - truth) * probability * (1 - probability)
        gradient *= 10.0 if asked.output == "y2" else 1.0
        decided = (probability > 0.5).astype(np.uint8)
        return PaintedMaps(
            request, probability.astype(np.float32), decided, gradient.astype(np.float32)
        )
