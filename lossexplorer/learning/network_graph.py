"""The layers of a network and how they are connected, as data that a picture is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LayerNode:
    """A layer of a network; a nested model is one layer.

    Attributes
    ----------
    name : str
        The layer's name in the model.
    kind : str
        Its class, such as ``"Conv3D"``.
    detail : str
        What there is to say in a few characters, such as ``"3³, 8"`` (kernel, channels).
    weights : int
        The number of its trainable weights, also while it is frozen.
    shape : tuple of int or None
        The shape of what it gives, (batch, z, y, x, channel).
    outputs : tuple of str
        The outputs that it leads to, in the model's order, whether cut or not.
    is_frozen : bool
        Whether its variables are not updated.
    calls : int
        How often the model calls it; more than 1 if it is shared.
    inside : tuple of LayerNode
        The layers of a nested model; else empty.
    """

    name: str
    kind: str
    detail: str
    weights: int
    shape: tuple[int | None, ...]
    outputs: tuple[str, ...]
    is_frozen: bool = False
    calls: int = 1
    inside: tuple[LayerNode, ...] = ()


@dataclass(frozen=True)
class LayerEdge:
    """What one layer gives to another.

    Attributes
    ----------
    source, target : str
        Names of layers.
    cut : tuple of str
        The outputs whose gradient is stopped here.
    """

    source: str
    target: str
    cut: tuple[str, ...] = ()


@dataclass(frozen=True)
class NetworkGraph:
    """The layers of a network, in an order in which each comes after what it is given.

    Only where a shared layer is called again on what came of it, as in A(B(A(x))), an edge leads
    back.

    Attributes
    ----------
    nodes : tuple of LayerNode
        The layers, inputs included.
    edges : tuple of LayerEdge
        The connections.
    outputs : mapping of str to str
        The layer that gives each output, by the output's name in the model's order.
    inputs : tuple of str
        The names of the input layers.
    """

    nodes: tuple[LayerNode, ...]
    edges: tuple[LayerEdge, ...]
    outputs: Mapping[str, str]
    inputs: tuple[str, ...]

    @property
    def trunk(self) -> tuple[str, ...]:
        """The layers with weights that lead to at least two outputs."""
        return tuple(n.name for n in self.nodes if n.weights and len(n.outputs) > 1)
