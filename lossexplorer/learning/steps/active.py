"""The training steps of the backend that Keras was imported with."""

from __future__ import annotations

import keras

from lossexplorer.learning.steps.interface import Steps, TrainedNetwork


def make_steps(network: TrainedNetwork) -> Steps:
    """Return the training steps of the active backend; nothing is compiled before it is needed.

    Raises
    ------
    ValueError
        If Keras was imported with a backend that has none.
    """
    match keras.config.backend():
        case "tensorflow":
            from lossexplorer.learning.steps.tensorflow import TensorFlowSteps

            return TensorFlowSteps(network)
        case "jax":
            from lossexplorer.learning.steps.jax import JaxSteps

            return JaxSteps(network)
        case "torch":
            from lossexplorer.learning.steps.torch import TorchSteps

            return TorchSteps(network)
        case other:
            raise ValueError(f"There are no training steps on the backend {other!r}.")
