"""Whether a model fits what it is to be trained on, in one sentence for each mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from lossexplorer.learning.activations import activation_of, last_layer
from lossexplorer.learning.networks.calls import call_of, shapes
from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.setup import Setup

Sizes = tuple[int, int, int]


def require_fit(model: keras.Model, setup: Setup, heads: Mapping[str, Head]) -> None:
    """Refuse a model that does not fit the outputs of a setup, their targets or the patch.

    Parameters
    ----------
    model : keras.Model
        Functional, with one input.
    setup : Setup
        Outputs and patch.
    heads : mapping of str to Head
        What the target of each output needs, by the output's name.

    Raises
    ------
    NetworkError
        At the first mistake.
    """
    names = [output.name for output in setup.outputs]
    if names != model.output_names:
        raise NetworkError(
            f"The model has the outputs {', '.join(model.output_names)}, in this order, and losses "
            f"are set for {', '.join(names)}: each output needs a loss, by its name."
        )
    patch = setup.training.patch
    sizes_of = output_shapes(model, patch)
    for name, tensor in zip(names, model.outputs, strict=True):
        _require_shape(name, sizes_of[name], patch, heads[name])
        _require_probabilities(name, tensor, heads[name])


def output_shapes(model: keras.Model, patch: Sizes) -> dict[str, tuple[int, ...]]:
    """Return the shape of each output for a patch, (z, y, x, channel).

    Parameters
    ----------
    model : keras.Model
        Functional, with one input.
    patch : tuple of int
        The patch's size, (z, y, x).

    Raises
    ------
    NetworkError
        If the model cannot take the patch.
    """
    taken = tuple(model.inputs[0].shape)[1:4]
    if any(size not in (None, own) for size, own in zip(taken, patch, strict=True)):
        raise NetworkError(
            f"The model takes patches of {sizes_text(taken)} voxels, and the patch has "
            f"{sizes_text(patch)}: set the patch to what the model takes."
        )
    places = {
        call_of(tensor): (name, tensor._keras_history.tensor_index)
        for name, tensor in zip(model.output_names, model.outputs, strict=True)
    }
    try:
        found = {
            places[call.node][0]: call.gives[places[call.node][1]][1:]
            for call in shapes(model, [(None, *patch, 1)])
            if call.node in places
        }
    except Exception as error:  # a layer can raise anything
        sentence = str(error).strip().splitlines()[0]
        raise NetworkError(
            f"The model cannot take a patch of {sizes_text(patch)} voxels: its layers may need "
            f"sizes that are multiples of a power of 2. Keras says: {sentence}"
        ) from error
    return {name: tuple(size or 0 for size in shape) for name, shape in found.items()}


def is_name(name: str) -> bool:
    """Return whether TensorFlow takes a layer's name, for which it opens a scope of its graph.

    Examples
    --------
    >>> is_name("y1"), is_name("my output")
    (True, False)
    """
    return re.fullmatch(r"[A-Za-z0-9_.\\/>-]+", name) is not None


def sizes_text(sizes: Iterable[int | None]) -> str:
    """Return sizes as text.

    Examples
    --------
    >>> sizes_text((16, None, 32))
    '16 × any × 32'
    """
    return " × ".join("any" if size is None else str(size) for size in sizes)


def _require_shape(name: str, shape: tuple[int, ...], patch: Sizes, head: Head) -> None:
    expected = tuple(size // head.scale for size in patch)
    if shape[:-1] != expected:
        raise NetworkError(
            f"Output {name} has {sizes_text(shape[:-1])} voxels for a patch of "
            f"{sizes_text(patch)}, and its target has {sizes_text(expected)}: choose a target of "
            "the output's resolution."
        )
    if shape[-1] != head.channels:
        raise NetworkError(
            f"Output {name} has {_channels(shape[-1])}, and its target has {head.channels}: choose "
            "another target, as many classes of the volume as the output has channels, or another "
            "model."
        )


def _require_probabilities(name: str, tensor: Any, head: Head) -> None:
    found = activation_of(tensor)
    if head.activation == "sigmoid" and found == "softmax":
        raise NetworkError(
            f"Output {name} ends in a softmax, whose channels exclude each other, and its target "
            "needs probabilities that do not: give its layer activation='sigmoid'."
        )
    if head.activation == "linear" or found != "linear":
        return
    # What ends in a layer without a kernel may be probabilities that are computed otherwise.
    if hasattr(last_layer(tensor), "kernel"):
        raise NetworkError(
            f"Output {name} ends without softmax or sigmoid, and its target needs probabilities: "
            f"give its layer activation={head.activation!r}."
        )


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
