"""The training steps of the backend that Keras was imported with."""

from __future__ import annotations

import keras

from lossexplorer.learning.steps.interface import StepParts, Steps


def make_steps(parts: StepParts) -> Steps:
    """Return the training steps of the active backend; nothing is compiled before it is needed.

    Raises
    ------
    ValueError
        If Keras was imported with a backend that has none.
    """
    match keras.config.backend():
        case "tensorflow":
            from lossexplorer.learning.steps.tensorflow import TensorFlowSteps

            return TensorFlowSteps(parts)
        case "jax":
            from lossexplorer.learning.steps.jax import JaxSteps

            return JaxSteps(parts)
        case "torch":
            from lossexplorer.learning.steps.torch import TorchSteps

            return TorchSteps(parts)
        case other:
            raise ValueError(f"There are no training steps on the backend {other!r}.")
