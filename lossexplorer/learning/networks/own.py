"""A user's own model, from a ``.keras`` file or from a Python file."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import keras

from lossexplorer.learning.activations import activation_of
from lossexplorer.learning.networks import keras_file, python_file
from lossexplorer.learning.networks.calls import call_of
from lossexplorer.learning.networks.checks import is_name, output_shapes, sizes_text
from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.networks.switching import trainable_variables
from lossexplorer.learning.setup import BuiltNetwork, OwnNetwork


def load(network: OwnNetwork, seed: int) -> keras.Model:
    """Return a user's model, with the variables of its file or initial ones of a seed.

    Parameters
    ----------
    network : OwnNetwork
        A ``.keras`` file, from which no code is run (``safe_mode``), or a Python file with
        ``build_model()``, which is run if it is trusted.
    seed : int
        Of initial variables.

    Returns
    -------
    keras.Model
        Functional, with one input of shape (batch, z, y, x, 1) and a list of at least two outputs
        of shape (batch, z, y, x, channel).

    Raises
    ------
    NotTrustedError
        If it is a Python file that the user has not agreed to run.
    NetworkError
        If there is no such model in the file.
    """
    path = Path(network.path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise NetworkError(f"The model {path} {what}: choose a .keras file or a Python file.")
    if path.suffix == ".keras":
        model = keras_file.read(path)
    elif path.suffix == ".py":
        model = python_file.read(path, network.is_trusted, seed)
    else:
        raise NetworkError(
            f"{path} is no model that can be opened: save it with model.save('NAME.keras'), or "
            "give a Python file with build_model()."
        )
    _require_graph(model, path)
    _require_names(model, path)
    _require_input(model, path)
    _require_outputs(model, path)
    if not any(trainable_variables(model).values()):
        raise NetworkError(f"{path} has no layer with weights: there is nothing to train.")
    # Always a list of outputs, whatever the user's model gives.
    return keras.Model(model.inputs[0], list(model.outputs), name=model.name)


def mistakes_said(network: BuiltNetwork | OwnNetwork) -> AbstractContextManager[None]:
    """Say in a sentence what layers of a user's Python file raise when the model is called."""
    if isinstance(network, OwnNetwork) and network.path.endswith(".py"):
        return python_file.mistakes_said(Path(network.path))
    return nullcontext()


def heads_of(model: keras.Model, patch: tuple[int, int, int]) -> dict[str, Head]:
    """Return what each output of a model is, from which fitting targets are known.

    Parameters
    ----------
    model : keras.Model
        As from `load`.
    patch : tuple of int
        The patch's size, (z, y, x).

    Returns
    -------
    dict of str to Head
        By the output's name, in the model's order. The activation is ``"linear"`` where none is
        seen at the output.

    Raises
    ------
    NetworkError
        If the model cannot take the patch, or an output is not 1/1, 1/2, 1/3, … of its size.
    """
    heads = {}
    sizes_of = output_shapes(model, patch)
    for name, tensor in zip(model.output_names, model.outputs, strict=True):
        *sizes, channels = sizes_of[name]
        scale = max(1, patch[0] // max(1, sizes[0]))
        if any(own != size // scale for size, own in zip(patch, sizes, strict=True)):
            raise NetworkError(
                f"Output {name} has {sizes_text(sizes)} voxels for a patch of {sizes_text(patch)}: "
                "it must have all of them, or the same part along each axis."
            )
        heads[name] = Head(channels, activation_of(tensor), scale)
    return heads


def _require_graph(model: Any, path: Path) -> None:
    if isinstance(model, keras.Sequential):
        raise NetworkError(
            f"{path} has a Sequential model, which has one output: losses are compared over at "
            "least two outputs of keras.Model(inputs, outputs)."
        )
    if not isinstance(model, keras.Function):
        raise NetworkError(
            f"{path} has a model of the class {type(model).__name__}, whose layers are not known "
            "from outside: make it with keras.Model(inputs, outputs)."
        )


def _require_names(model: keras.Model, path: Path) -> None:
    names = [layer.name for layer in model._flatten_layers()]
    if keras.config.backend() != "tensorflow" or all(map(is_name, names)):
        return
    name = next(name for name in names if not is_name(name))
    raise NetworkError(
        f"{path} has a layer called {name!r}, and TensorFlow trains none whose name has anything "
        "but A to Z, digits, ., - and _: rename it, or choose another backend."
    )


def _require_input(model: keras.Model, path: Path) -> None:
    if len(model.inputs) != 1:
        raise NetworkError(f"{path} takes {len(model.inputs)} inputs, and there is one image.")
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 5 or shape[0] is not None or shape[-1] not in (1, None):
        raise NetworkError(
            f"{path} takes an input of shape {_words(shape)}: it must be (batch, z, y, x, 1), for "
            "any batch."
        )


def _require_outputs(model: keras.Model, path: Path) -> None:
    if len(model.outputs) < 2:
        raise NetworkError(f"{path} has one output: losses are compared over at least two.")
    for name, count in Counter(model.output_names).items():
        if count > 1:
            raise NetworkError(
                f"{path} has {count} outputs of the layer {name}: end each output with a layer of "
                "its own, whose name is the output's."
            )
    for name, tensor in zip(model.output_names, model.outputs, strict=True):
        if len(tensor.shape) != 5:
            raise NetworkError(
                f"{path}: output {name} has the shape {_words(tensor.shape)}: it must be "
                "(batch, z, y, x, channel)."
            )
    for name, tensor in model.output.items() if isinstance(model.output, dict) else ():
        layer = call_of(tensor).operation.name
        if layer != name:
            raise NetworkError(
                f"{path}: output {name} is given by a layer called {layer}: give it the output's "
                "name."
            )


def _words(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"
