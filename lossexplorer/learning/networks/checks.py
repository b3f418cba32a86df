"""Whether a model fits what it is to be trained on, in one sentence for each mistake."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from lossexplorer.learning.networks.calls import call_of, shapes
from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.setup import Setup


def require_fit(model: keras.Model, setup: Setup, heads: Mapping[str, Head]) -> None:
    """Refuse a model that does not fit the outputs of a setup, their targets or the patch.

    Parameters
    ----------
    model : keras.Model
        Functional, with one input.
    setup : Setup
        Outputs, patch and batch.
    heads : mapping of str to Head
        What the target of each output needs.

    Raises
    ------
    NetworkError
        At the first mistake.
    """
    names = [output.name for output in setup.outputs]
    if names != model.output_names:
        raise NetworkError(
            f"The model has the outputs {_listed(model.output_names)}, in this order, and losses "
            f"are set for {_listed(names)}: give a loss to each output by its name."
        )
    given = given_shapes(model, setup.training.patch)
    for output in setup.outputs:
        _require_head(output.name, given[output.name], setup.training.patch, heads[output.name])


def given_shapes(
    model: keras.Model, patch: tuple[int, int, int]
) -> dict[str, tuple[int | None, ...]]:
    """Return the shape of each output for a patch.

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
    expected = tuple(model.inputs[0].shape)[1:4]
    if any(size not in (None, own) for size, own in zip(expected, patch, strict=True)):
        sizes = " × ".join("any" if size is None else str(size) for size in expected)
        raise NetworkError(
            f"The model takes patches of {sizes} voxels, and the patch is {_sizes(patch)}: set the "
            "patch to what the model takes."
        )
    last = {id(call_of(tensor).operation): name for name, tensor in _outputs(model)}
    try:
        return {
            last[id(call.layer)]: call.gives[0]
            for call in shapes(model, [(None, *patch, 1)])
            if id(call.layer) in last
        }
    except (ValueError, TypeError) as error:
        sentence = str(error).strip().splitlines()[0]
        raise NetworkError(
            f"The model cannot take a patch of {_sizes(patch)} voxels; try sizes that are "
            f"multiples of 16. Keras says: {sentence}"
        ) from error


def _outputs(model: keras.Model) -> zip[tuple[str, keras.KerasTensor]]:
    return zip(model.output_names, model.outputs, strict=True)


def _require_head(
    name: str, shape: tuple[int | None, ...], patch: tuple[int, int, int], head: Head
) -> None:
    sizes = tuple(size // head.scale for size in patch)
    if tuple(shape[1:4]) != sizes:
        raise NetworkError(
            f"Output {name} has {_sizes(shape[1:4])} voxels for a patch of {_sizes(patch)}, and "
            f"its target has {_sizes(sizes)}: choose a target of the output's resolution."
        )
    if shape[-1] != head.channels:
        raise NetworkError(
            f"Output {name} has {_channels(shape[-1])}, and its target has {head.channels}, one "
            "for each class: choose another target, other classes of the volume, or another model."
        )


def _sizes(sizes: tuple[int | None, ...]) -> str:
    return " × ".join(map(str, sizes))


def _channels(count: int | None) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _listed(names: list[str]) -> str:
    return ", ".join(names)
