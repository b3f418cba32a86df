"""The engine of a training run without a process: it does each turn when it is told.

Its network is the smallest with two outputs: a trunk ``x1``, branches ``x2`` and ``x3``. The losses
of step n are 1 / n and 2 / n, the gradients of the trunk (3, 0) and (0, 4) at every step, so that
all numbers of a report follow from the setup by hand.
"""

import numpy as np
from psygnal import Signal

from lossexplorer.engine.messages import (
    TOTAL,
    MapRequest,
    PaintedMaps,
    Prepared,
    TurnRefusal,
    TurnReport,
)
from lossexplorer.learning.network_graph import LayerEdge, LayerNode, NetworkGraph
from lossexplorer.learning.reports import GradientTable, LayerRow, MethodResult, StepReport

SHAPE = (None, 16, 32, 32, 8)
STEPS_A_TURN = 3
"""How many steps fit into a turn that trains."""


def graph_of(setup):
    first, second = setup.outputs[0].name, setup.outputs[-1].name
    names = {
        "image": ("InputLayer", 0, (first, second)),
        "x1": ("Conv3D", 2, (first, second)),
        "x2": ("Conv3D", 2, (first,)),
        "x3": ("Conv3D", 2, (second,)),
    }
    nodes = tuple(
        LayerNode(name, kind, "3³, 8", weights, SHAPE, outputs, name in setup.frozen)
        for name, (kind, weights, outputs) in names.items()
    )
    edges = (LayerEdge("image", "x1"), LayerEdge("x1", "x2"), LayerEdge("x1", "x3"))
    return NetworkGraph(nodes, edges, {first: "x2", second: "x3"}, ("image",))


def table_of(setup):
    first, second = (output.name for output in setup.outputs)
    weights = [output.weight for output in setup.outputs]
    trunk = (3.0 * weights[0], 4.0 * weights[1])

    def row(name, norms, cosine):
        update = 0.0 if name in setup.frozen else setup.training.rate * float(np.hypot(*norms))
        return LayerRow(name, 2, norms, {(first, second): cosine}, update)

    rows = (
        row("x1", trunk, 0.0),
        row("x2", (trunk[0], 0.0), None),
        row("x3", (0.0, trunk[1]), None),
    )
    return GradientTable((first, second), rows, rows[0], ((9.0, 0.0), (0.0, 16.0)))


def methods_of(setup):
    weights = tuple(output.weight for output in setup.outputs)
    projections = (9.0 * weights[0], 16.0 * weights[1])
    return (MethodResult("weighted_sum", weights, projections, (False, False)),)


def step_of(setup, number, with_table):
    losses = (1.0 / number, 2.0 / number)
    weights = tuple(output.weight for output in setup.outputs)
    total = weights[0] * losses[0] + weights[1] * losses[1]
    table, methods = (table_of(setup), methods_of(setup)) if with_table else (None, ())
    return StepReport(number, losses, weights, 0.0, total, table, methods)


class StubLane:
    """Notes what it is to do, and does it when it is told."""

    prepared = Signal(object)
    turned = Signal(object)
    refused = Signal(object)

    def __init__(self):
        self.order = self.volume = self.ready = None
        self.turns = []  # all that were asked for
        self.in_flight = None  # the number of the one that is to be done
        self.ended = []
        self.at_once = False  # whether the newest turn was to come before what is explored
        self.steps = 0

    def learn(self, order, volume):
        if order is None or self.ready is None or not order.continues(self.ready):
            self.ready = self.in_flight = None
            self.steps = 0
        self.order, self.volume = order, volume

    def turn(self, turn, *, at_once=False):
        assert self.in_flight is None
        self.turns.append(turn)
        self.at_once = at_once
        self.in_flight = len(self.turns) - 1
        return self.in_flight

    def end(self, number):
        if number != self.in_flight:
            return False
        self.ended.append(number)
        self.in_flight = None
        return True

    def prepare(self):
        """Have a network for the newest order."""
        self.ready = self.order
        self.prepared.emit(Prepared(self.order, graph_of(self.order.setup), 2**20, self.steps))

    def do(self, **what):
        """Do the turn in flight; what is given takes the place of what comes of it."""
        turn, self.in_flight = self.turns[self.in_flight], None
        order = what.pop("order", self.order)
        setup = order.setup
        if turn.rewinds:
            self.steps = 0
        first = self.steps + 1
        self.steps += min(turn.steps, STEPS_A_TURN)
        steps = tuple(step_of(setup, n, turn.with_table) for n in range(first, self.steps + 1))
        found = {
            "steps": steps,
            "table": table_of(setup) if turn.looks else None,
            "methods": methods_of(setup) if turn.looks else (),
            "maps": self._painted(turn.painted),
        }
        self.turned.emit(TurnReport(order, turn, self.steps, **{**found, **what}))

    def settle(self):
        """Prepare what is to be prepared, and do what is to be done until nothing is."""
        if self.order is not None and self.ready != self.order:
            self.prepare()
        while self.in_flight is not None:
            self.do()

    def refuse(self, text, *, has_network):
        self.in_flight = None
        self.refused.emit(TurnRefusal(self.order, text, has_network))

    def _painted(self, maps):
        if maps is None:
            return None
        request = MapRequest(TOTAL, maps.class_index, "logit", maps.plane, maps.sample)
        shape = list(self.volume.shape)
        if maps.plane is not None:
            del shape[maps.plane.axis]
        zeros = np.zeros(shape, np.float32)
        return PaintedMaps(request, zeros, zeros.astype(np.uint8), zeros)
