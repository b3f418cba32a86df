"""Networks and tables to draw, without Keras."""

from dataclasses import replace

import numpy as np

from lossexplorer.learning.network_graph import LayerEdge, LayerNode, NetworkGraph
from lossexplorer.learning.reports import GradientTable, LayerRow

BOTH = ("y1", "y2")
PAIR = {BOTH: 0.11}
WEIGHTS = {"y1": 0.5, "y2": 0.3}
NORMS = {
    "x1_conv1": (0.1, 0.05),
    "x1_conv2": (0.02, 0.06),
    "x1_conv3": (0.04, 0.08),
    "x2_conv": (0.03, 0.0),
    "x3_conv": (0.0, 0.1),
    "y1": (0.02, 0.0),
    "y2": (0.0, 0.07),
}


def layer(name, outputs=BOTH, weights=100, kind="Conv3D", detail="3³, 8", **more):
    return LayerNode(name, kind, detail, weights, (None, 16, 32, 32, 8), tuple(outputs), **more)


def plain(name, kind, outputs=BOTH):
    """A layer without weights."""
    return layer(name, outputs, weights=0, kind=kind, detail="")


def joined(nodes, edges, outputs):
    """A graph of layers and of texts such as ``a > b > c``."""
    pairs = [
        pair for way in edges for pair in zip(way.split(" > "), way.split(" > ")[1:], strict=False)
    ]
    return NetworkGraph(
        tuple(nodes), tuple(LayerEdge(*pair) for pair in pairs), outputs, (nodes[0].name,)
    )


def u_net():
    """A trunk with a skip connection, and a head for each of two outputs."""
    nodes = [
        plain("image", "InputLayer"),
        layer("x1_conv1"),
        plain("x1_pool", "MaxPooling3D"),
        layer("x1_conv2", detail="3³, 16"),
        plain("x1_up", "UpSampling3D"),
        plain("x1_join", "Concatenate"),
        layer("x1_conv3"),
        layer("x2_conv", ["y1"]),
        layer("x3_conv", ["y2"]),
        layer("y1", ["y1"], detail="1³, 2"),
        layer("y2", ["y2"], detail="1³, 1"),
    ]
    edges = [
        "image > x1_conv1 > x1_pool > x1_conv2 > x1_up > x1_join > x1_conv3 > x2_conv > y1",
        "x1_conv1 > x1_join",
        "x1_conv3 > x3_conv > y2",
    ]
    return joined(nodes, edges, {"y1": "y1", "y2": "y2"})


def small_u_net():
    """What the scenarios of learning train: two levels, added up, and two heads."""
    nodes = [
        plain("image", "InputLayer"),
        layer("x1_conv1"),
        plain("x1_down2", "MaxPooling3D"),
        layer("x1_level2_conv"),
        plain("x1_up1", "UpSampling3D"),
        plain("x1_add1", "Add"),
        *(layer(name) for name in ("x1_conv2", "x1_conv3")),
        *(layer(name, ["y1"]) for name in ("x2_conv", "y1")),
        *(layer(name, ["y2"]) for name in ("x3_conv", "y2")),
    ]
    edges = [
        "image > x1_conv1 > x1_down2 > x1_level2_conv > x1_up1 > x1_add1 > x1_conv2 > x1_conv3",
        "x1_conv1 > x1_add1",
        "x1_conv3 > x2_conv > y1",
        "x1_conv3 > x3_conv > y2",
    ]
    return joined(nodes, edges, {"y1": "y1", "y2": "y2"})


def deep_u_net():
    """Four levels with an output on each, as deep supervision needs it; it is folded."""
    four = ["y1", "y2", "y3", "y4"]
    nodes = [plain("image", "InputLayer", four), layer("x1_conv1", four)]
    for level in (2, 3, 4):
        nodes += [plain(f"x1_down{level}", "MaxPooling3D", four), layer(f"x1_level{level}", four)]
    for level in (3, 2, 1):
        above = four[:level]
        nodes += [
            plain(f"x1_up{level}", "UpSampling3D", above),
            plain(f"x1_add{level}", "Add", above),
        ]
        nodes += [layer(f"x1_level{level}_up", above)]
    for place, output in enumerate(four):
        nodes += [layer(f"x{place + 2}_conv", [output]), layer(output, [output])]
    edges = [
        "image > x1_conv1 > x1_down2 > x1_level2 > x1_down3 > x1_level3 > x1_down4 > x1_level4",
        "x1_level4 > x1_up3 > x1_add3 > x1_level3_up > x1_up2 > x1_add2 > x1_level2_up",
        "x1_level2_up > x1_up1 > x1_add1 > x1_level1_up > x2_conv > y1",
        "x1_level3 > x1_add3",
        "x1_level2 > x1_add2",
        "x1_conv1 > x1_add1",
        "x1_level2_up > x3_conv > y2",
        "x1_level3_up > x4_conv > y3",
        "x1_level4 > x5_conv > y4",
    ]
    return joined(nodes, edges, {name: name for name in four})


def cut(graph, output):
    """The graph with an output's gradient stopped where its head begins."""
    outputs = {node.name: node.outputs for node in graph.nodes}
    edges = [
        replace(e, cut=(output,))
        if len(outputs[e.source]) > 1 and outputs[e.target] == (output,)
        else e
        for e in graph.edges
    ]
    return replace(graph, edges=tuple(edges))


def frozen(graph, *names):
    nodes = [replace(node, is_frozen=node.name in names) for node in graph.nodes]
    return replace(graph, nodes=tuple(nodes))


def deep(blocks=60, head=6):
    """A residual trunk of four layers a block, and three chains."""
    outputs = ("y1", "y2", "y3")
    nodes, edges, last = [plain("image", "InputLayer", outputs)], [], "image"
    for block in range(blocks):
        conv, norm, relu, add = (f"b{block}_{part}" for part in ("conv", "norm", "relu", "add"))
        nodes += [layer(conv, outputs), layer(norm, outputs, 16, "BatchNormalization")]
        nodes += [plain(relu, "Activation", outputs), plain(add, "Add", outputs)]
        edges += [f"{last} > {conv} > {norm} > {relu} > {add}", f"{last} > {add}"]
        last = add
    for output in outputs:
        names = [f"{output}_conv{place}" for place in range(head)] + [output]
        nodes += [layer(name, [output]) for name in names]
        edges.append(" > ".join([last, *names]))
    return joined(nodes, edges, {output: output for output in outputs})


def table(graph, norms=NORMS, updates=None, cosines=PAIR):
    """A table of a graph with the norms of each of its layers with weights."""
    rows = [
        LayerRow(
            node.name,
            node.weights,
            tuple(norms[node.name]),
            cosines if all(norms[node.name]) else dict.fromkeys(cosines),
            (updates or {}).get(node.name, 7e-4),
        )
        for node in graph.nodes
        if node.weights
    ]
    whole = LayerRow("trunk", 1, (1.0,) * len(graph.outputs), {}, 1e-3)
    return GradientTable(tuple(graph.outputs), tuple(rows), whole, ())


def random_norms(graph, seed=0):
    """Norms of each layer with weights, exactly 0 where it does not lead."""
    rng = np.random.default_rng(seed)
    return {
        node.name: tuple(rng.random() if o in node.outputs else 0.0 for o in graph.outputs)
        for node in graph.nodes
        if node.weights
    }
