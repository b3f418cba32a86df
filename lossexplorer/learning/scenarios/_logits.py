"""Gradients of losses in the logits of a prediction, by what a training step differentiates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.setup import LossChoice

Array = NDArray[Any]


def value_and_gradient(loss: LossChoice, truth: Array, prediction: Array) -> tuple[float, Array]:
    """Return a loss, and its gradient in the logits that a softmax makes a prediction of.

    Parameters
    ----------
    loss : LossChoice
        A loss.
    truth, prediction : array, shape (batch, z, y, x, class)
        One-hot classes, and probabilities.

    Returns
    -------
    value : float
        The loss.
    gradient : array, shape (batch, z, y, x, class), float32
        ∂L/∂z.
    """
    from lossexplorer.learning.activations import in_logits
    from lossexplorer.learning.losses_of_outputs import keras_loss
    from lossexplorer.learning.steps.active import make_steps
    from lossexplorer.learning.steps.interface import TrainedNetwork

    function = keras_loss(loss)
    truth, prediction = truth.astype(np.float32), prediction.astype(np.float32)
    steps = make_steps(TrainedNetwork(model=None, variables=(), losses=(function,), optimizer=None))
    slope = steps.slope(0, prediction, truth)
    return float(function(truth, prediction)), in_logits(slope, prediction, "softmax")
