"""The losses of the outputs as Keras's objects, as `keras.Model.compile` takes them."""

from __future__ import annotations

from typing import Any

import keras

from lossexplorer.core.parameters import ParameterError
from lossexplorer.keras_classes.catalog import KERAS_CLASSES
from lossexplorer.learning.loss_choices import KERAS_LOSSES, checked, misfit
from lossexplorer.learning.setup import LossChoice, Setup
from lossexplorer.learning.targets import target_named
from lossexplorer.losses import LOSSES, OF_OVERLAPPING
from lossexplorer.volumes.spacing import Spacing


def keras_loss(
    loss: LossChoice, spacing: Spacing | None = None, *, overlapping: bool = False
) -> Any:
    """Return the loss of an output as an object of Keras.

    Parameters
    ----------
    loss : LossChoice
        A loss of the library or of Keras.
    spacing : tuple of float, optional
        Voxel edges in mm, (z, y, x), for a loss of distances whose parameter ``spacing`` is
        ``"volume"``: a Keras loss itself knows no volume.
    overlapping : bool
        Whether the channels are classes that may overlap.

    Returns
    -------
    keras.losses.Loss
        With the reduction ``"sum_over_batch_size"``, so that it gives a scalar.

    Raises
    ------
    ParameterError
        If the name is unknown, or a parameter or its value is not allowed.

    Examples
    --------
    >>> truth, prediction = keras.ops.array([[0.0, 1.0]]), keras.ops.array([[0.5, 0.5]])
    >>> float(keras_loss(LossChoice("mean_squared_error"))(truth, prediction))
    0.25
    """
    checked(loss)
    if loss.name not in LOSSES:
        return getattr(keras.losses, KERAS_LOSSES[loss.name].class_name)()
    return KERAS_CLASSES[loss.name](**arguments(loss, spacing, overlapping=overlapping))


def arguments(
    loss: LossChoice, spacing: Spacing | None = None, *, overlapping: bool = False
) -> dict[str, Any]:
    """Return the arguments of the Keras class of a loss of the library.

    Parameters
    ----------
    loss : LossChoice
        A known loss of the library.
    spacing, overlapping
        As in `keras_loss`.
    """
    chosen = dict(loss.parameters)
    if overlapping:
        names = {parameter.name for parameter in LOSSES[loss.name].parameters}
        chosen |= {name: value for name, value in OF_OVERLAPPING.items() if name in names}
    values = LOSSES[loss.name].complete(chosen)
    if spacing is not None and values.get("spacing") == "volume":
        chosen["spacing"] = tuple(spacing)
    return chosen


def compile_arguments(setup: Setup, spacing: Spacing | None = None) -> dict[str, Any]:
    """Return losses and loss weights by output name, as `keras.Model.compile` takes them.

    Parameters
    ----------
    setup : Setup
        Its outputs have the losses and the weights.
    spacing : tuple of float, optional
        As in `keras_loss`.

    Returns
    -------
    dict
        ``loss`` and ``loss_weights``, dictionaries by the output's name.

    Raises
    ------
    ParameterError
        If a loss is unknown or does not fit its target.

    Examples
    --------
    >>> compile_arguments(Setup())["loss_weights"]
    {'y1': 0.5, 'y2': 0.3}
    """
    for output in setup.outputs:
        if sentence := misfit(checked(output.loss), target_named(output.target)):
            raise ParameterError(f"{output.name}: {sentence}")
    return {
        "loss": {output.name: keras_loss(output.loss, spacing) for output in setup.outputs},
        "loss_weights": {output.name: output.weight for output in setup.outputs},
    }
