"""A model as the graph that its picture is drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from lossexplorer.learning.network_graph import LayerEdge, LayerNode, NetworkGraph
from lossexplorer.learning.networks.calls import (
    Shape,
    SizedCall,
    call_of,
    calls,
    inner_model,
    layers_in_order,
    outputs_reached,
    shapes,
)
from lossexplorer.learning.networks.switching import Edge

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def read_graph(
    model: keras.Model,
    shape: Shape,
    cuts: Mapping[str, frozenset[Edge]],
    trainable: Mapping[int, tuple[keras.Variable, ...]],
) -> NetworkGraph:
    """Return the layers of a functional model, and how they are connected.

    Parameters
    ----------
    model : keras.Model
        Without cuts.
    shape : tuple of int or None
        The shape of what goes in, (batch, z, y, x, channel).
    cuts : mapping of str to edges
        Where the gradient of an output is stopped, by the output's name.
    trainable : mapping of int to variables
        As from `lossexplorer.learning.networks.switching.trainable_variables`.
    """
    reached = outputs_reached(model)
    leads_to = {
        key: tuple(name for name in model.output_names if name in names)
        for key, names in reached.items()
    }
    return NetworkGraph(
        nodes=_nodes(model, (shape,), leads_to, trainable),
        edges=_edges(model, cuts),
        outputs={name: name for name in model.output_names},
        inputs=tuple(call_of(tensor).operation.name for tensor in model.inputs),
    )


def _nodes(
    model: keras.Model,
    inputs: Sequence[Shape],
    leads_to: Mapping[int, tuple[str, ...]],
    trainable: Mapping[int, tuple[keras.Variable, ...]],
) -> tuple[LayerNode, ...]:
    sized = dict[int, list[SizedCall]]()
    for call in shapes(model, inputs):
        sized.setdefault(id(call.layer), []).append(call)
    nodes = []
    for layer in layers_in_order(model):
        first, *others = sized[id(layer)]
        outputs = leads_to[id(layer)]
        weights = sum(math.prod(variable.shape) for variable in trainable.get(id(layer), ()))
        nested = inner_model(layer)
        inside: tuple[LayerNode, ...] = ()
        if nested is not None:
            # All of a nested model leads where the model does.
            inner = dict.fromkeys(map(id, nested.operations), outputs)
            inside = _nodes(nested, first.takes, inner, trainable)
        nodes.append(
            LayerNode(
                name=layer.name,
                kind=type(layer).__name__,
                detail=detail(layer, first.gives[0]),
                weights=weights,
                shape=first.gives[0],
                outputs=outputs,
                is_frozen=weights > 0 and not layer.trainable,
                calls=1 + len(others),
                inside=inside,
            )
        )
    return tuple(nodes)


def _edges(model: keras.Model, cuts: Mapping[str, frozenset[Edge]]) -> tuple[LayerEdge, ...]:
    connected = dict.fromkeys(
        (parent.operation.name, call.operation.name)
        for call in calls(model)
        for parent in call.parent_nodes
        if parent.operation is not call.operation
    )
    return tuple(
        LayerEdge(*edge, cut=tuple(name for name, edges in cuts.items() if edge in edges))
        for edge in connected
    )


def detail(layer: Any, shape: Shape) -> str:
    """Return what there is to say of a layer in a few characters.

    Parameters
    ----------
    layer : keras.Layer or operation
        The layer.
    shape : tuple of int or None
        The shape of what it gives.

    Examples
    --------
    >>> detail(keras.layers.Conv3D(8, (1, 3, 3), padding="same"), (None, 4, 4, 4, 8))
    '1 × 3 × 3, 8'
    """
    nested = inner_model(layer)
    if nested is not None:
        inner = (not isinstance(each, keras.layers.InputLayer) for each in nested.operations)
        return _counted(sum(inner), "layer")
    if isinstance(layer, keras.layers.InputLayer):
        return _counted(shape[-1], "channel")
    extents = [getattr(layer, name, None) for name in ("kernel_size", "pool_size", "size")]
    numbers = [getattr(layer, name, None) for name in ("filters", "units", "rate")]
    words = [_extent(each) for each in extents if each] + [str(each) for each in numbers if each]
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if not words or activation in ("softmax", "sigmoid"):
        words += [activation] if activation != "linear" else []
    return ", ".join(words)


def _counted(count: int | None, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _extent(size: int | tuple[int, ...]) -> str:
    """Return the size of a window in voxels: ``"3³"``, or ``"1 × 3 × 3"``."""
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if len(set(sizes)) > 1:
        return " × ".join(map(str, sizes))
    return f"{sizes[0]}{str(len(sizes)).translate(_SUPERSCRIPTS) if len(sizes) > 1 else ''}"
