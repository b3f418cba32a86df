"""A Keras functional model as the calls of its layers: order, connections, shapes.

A layer is a `keras.layers.Layer` or an operation of `keras.ops` on symbolic tensors. Each call of
it is a node of Keras's graph; a shared layer has several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class SizedCall:
    """A call of a layer with the shapes of what it takes and gives.

    Attributes
    ----------
    node : Keras's node
        The call.
    takes, gives : tuple of shapes
        Of the symbolic tensors.
    """

    node: Any
    takes: tuple[Shape, ...]
    gives: tuple[Shape, ...]

    @property
    def layer(self) -> Any:
        """The layer or operation that is called."""
        return self.node.operation


def calls(model: keras.Model) -> list[Any]:
    """Return the calls of a functional model's layers, each after those that it is given.

    Parameters
    ----------
    model : keras.Model
        A functional model.

    Returns
    -------
    list of Keras's nodes
        Of these, ``operation`` is the layer, ``parent_nodes`` are the calls that it is given, and
        ``outputs`` its symbolic tensors.
    """
    place = {id(layer): index for index, layer in enumerate(model.operations)}
    return [
        node
        for _, nodes in sorted(model._nodes_by_depth.items(), reverse=True)
        for node in sorted(nodes, key=lambda node: place[id(node.operation)])
    ]


def call_of(tensor: keras.KerasTensor) -> Any:
    """Return the call that gives a symbolic tensor."""
    layer, index, _ = tensor._keras_history
    return layer._inbound_nodes[index]


def layers_in_order(model: keras.Model) -> list[Any]:
    """Return a model's layers and operations, each after those that it is given.

    Where shared layers make that impossible, as in A(B(A(x))), the first call decides.
    """
    sources_of = dict[int, set[int]]()
    waiting = dict[int, Any]()
    for call in calls(model):
        layer = call.operation
        waiting.setdefault(id(layer), layer)
        sources = {id(parent.operation) for parent in call.parent_nodes} - {id(layer)}
        sources_of.setdefault(id(layer), set()).update(sources)
    ordered = []
    while waiting:
        ready = (layer for key, layer in waiting.items() if not sources_of[key] & waiting.keys())
        layer = next(ready, next(iter(waiting.values())))
        ordered.append(waiting.pop(id(layer)))
    return ordered


def outputs_reached(model: keras.Model) -> dict[int, frozenset[str]]:
    """Return which outputs each layer leads to.

    A layer that shares a variable with another one, as a layer that is called in a nested model
    and beside it, leads to what both lead to.

    Parameters
    ----------
    model : keras.Model
        A functional model with named outputs.

    Returns
    -------
    dict of int to frozenset of str
        The names of the outputs, by the `id` of the layer.
    """
    by_call = {id(call): set[str]() for call in calls(model)}
    for name, tensor in zip(model.output_names, model.outputs, strict=True):
        by_call[id(call_of(tensor))].add(name)
    reached, by_variable = dict[int, set[str]](), dict[int, set[str]]()
    for call in reversed(calls(model)):
        leads_to = by_call[id(call)]
        for parent in call.parent_nodes:
            by_call[id(parent)] |= leads_to
        reached.setdefault(id(call.operation), set()).update(leads_to)
        for variable in weights_of(call.operation):
            by_variable.setdefault(id(variable), set()).update(leads_to)
    for layer in model.operations:
        for variable in weights_of(layer):
            reached[id(layer)] |= by_variable[id(variable)]
    return {key: frozenset(names) for key, names in reached.items()}


def weights_of(layer: Any) -> list[keras.Variable]:
    """Return the variables of a layer, trainable or not; an operation has none."""
    return layer.weights if isinstance(layer, keras.Layer) else []


def shapes(model: keras.Model, inputs: Sequence[Shape]) -> Iterator[SizedCall]:
    """Iterate over a model's calls with the shapes that follow from those of its inputs.

    Parameters
    ----------
    model : keras.Model
        A functional model.
    inputs : sequence of shapes
        The shape of each input, such as (batch, z, y, x, channel); further ones are ignored.

    Raises
    ------
    ValueError
        From Keras, if a layer cannot take what it gets.
    """
    known = {
        id(tensor): keras.KerasTensor(shape, tensor.dtype)
        for tensor, shape in zip(model.inputs, inputs, strict=False)
    }
    for call in calls(model):
        if not call.is_input:
            args, kwargs = call.arguments.fill_in(known)
            gives = keras.tree.flatten(call.operation.compute_output_spec(*args, **kwargs))
            known.update(zip(map(id, call.outputs), gives, strict=True))
        yield SizedCall(
            call,
            tuple(tuple(known[id(tensor)].shape) for tensor in call.input_tensors),
            tuple(tuple(known[id(tensor)].shape) for tensor in call.outputs),
        )


def inner_model(layer: Any) -> keras.Model | None:
    """Return the functional model that a nested model is, or None for any other layer."""
    if isinstance(layer, keras.Sequential):
        return layer._functional
    return layer if isinstance(layer, keras.Function) else None
