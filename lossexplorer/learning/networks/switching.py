"""The two switches on a network that are not in a loss: cut and freeze."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

import keras

from lossexplorer.learning.networks.calls import call_of, calls, outputs_reached, weights_of
from lossexplorer.learning.networks.errors import NetworkError

Edge = tuple[str, str]
"""The names of two layers, of which the second is given what the first gives."""


def cut_edges(model: keras.Model, output: str) -> frozenset[Edge]:
    """Return where the gradient of one output's loss is stopped, so that it stays in its branch.

    These are the edges from layers that lead to other outputs, too, into those that lead to this
    output alone, as far as there are weights before them.

    Parameters
    ----------
    model : keras.Model
        A functional model.
    output : str
        The output's name.

    Raises
    ------
    NetworkError
        If no layer leads to this output alone.
    """
    reached = outputs_reached(model)
    last = call_of(model.outputs[model.output_names.index(output)])
    others = reached[id(last.operation)] - {output}
    if others:
        raise NetworkError(
            f"Output {output} cannot be cut: its last layer leads to "
            f"{' and '.join(sorted(others))}, too, so it has no branch of its own."
        )
    learns = dict[int, bool]()
    for call in calls(model):
        is_fed = any(learns[id(parent)] for parent in call.parent_nodes)
        learns[id(call)] = is_fed or bool(weights_of(call.operation))
    # From the output backwards, as the gradient goes, to the first edges where it can be stopped.
    edges, passed = set[Edge](), {id(last)}
    for call in reversed(calls(model)):
        for parent in call.parent_nodes if id(call) in passed else ():
            if len(reached[id(parent.operation)]) == 1:
                passed.add(id(parent))
            elif learns[id(parent)]:
                edges.add((parent.operation.name, call.operation.name))
    return frozenset(edges)


def with_cuts(model: keras.Model, edges: Collection[Edge]) -> keras.Model:
    """Return a model of the same layers with ``stop_gradient`` on some edges.

    It computes the same and has the same variables.

    Parameters
    ----------
    model : keras.Model
        A functional model with one input and a list of outputs.
    edges : collection of (str, str)
        As from `cut_edges`.
    """
    if not edges:
        return model
    stopped = dict[int, keras.KerasTensor]()

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        def cut(value: Any) -> Any:
            if not isinstance(value, keras.KerasTensor):
                return value
            source = call_of(value).operation.name
            if (source, layer.name) not in edges:
                return value
            if id(value) not in stopped:
                stopped[id(value)] = _stopped(value, f"cut{len(stopped) + 1}_after_{source}")
            return stopped[id(value)]

        args, kwargs = keras.tree.map_structure(cut, (args, kwargs))
        return layer(*args, **kwargs)

    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def _stopped(tensor: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Return the tensor without its gradient, by an operation of a name that Keras cannot give."""
    stopped = keras.ops.stop_gradient(tensor)
    call_of(stopped).operation.name = name
    return stopped


def trainable_variables(model: keras.Model) -> dict[int, tuple[keras.Variable, ...]]:
    """Return the variables that each layer would train if nothing were frozen.

    Parameters
    ----------
    model : keras.Model
        A functional model.

    Returns
    -------
    dict of int to tuple of keras.Variable
        By the `id` of the layer, with the layers inside nested models.
    """
    flags = trainable_flags(model)
    set_flags([(layer, True) for layer, _ in flags])
    variables = {id(layer): tuple(layer.trainable_variables) for layer, _ in flags}
    set_flags(flags)
    return variables


Flags = list[tuple[keras.Layer, bool]]
"""Layers, each before those inside it, and whether it is trainable."""


def trainable_flags(model: keras.Model) -> Flags:
    """Return which layers are trainable, with those inside others."""
    return [(layer, layer.trainable) for layer in model._flatten_layers()]


def set_flags(flags: Flags) -> None:
    """Make layers trainable or not.

    A layer comes before those inside it, because it sets theirs; on TensorFlow it does so only
    where its own changes.
    """
    for layer, flag in flags:
        layer.trainable = flag


def layers_to_freeze(model: keras.Model, names: Collection[str]) -> list[keras.Layer]:
    """Return the layers of some names.

    Parameters
    ----------
    model : keras.Model
        A functional model.
    names : collection of str
        Layers with variables.

    Raises
    ------
    NetworkError
        If the model has no such layer, or it has nothing to train.
    """
    by_name = {layer.name: layer for layer in model.layers}
    for name in names:
        if name not in by_name:
            close = difflib.get_close_matches(name, by_name, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise NetworkError(f"The network has no layer {name!r} to freeze.{hint}")
        if not weights_of(by_name[name]):
            raise NetworkError(f"Layer {name} has no weights that could be frozen.")
    return [by_name[name] for name in names]
