"""The training steps of the backend that Keras was imported with."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import keras

from lossexplorer.learning.steps.interface import StepParts, Steps

if TYPE_CHECKING:
    from lossexplorer.learning.steps import jax, tensorflow, torch

    _EACH_IS_ONE: tuple[type[Steps], ...] = (tensorflow.Steps, jax.Steps, torch.Steps)


def make_steps(parts: StepParts) -> Steps:
    """Return the training steps of the active backend; nothing is compiled before it is needed."""
    module = importlib.import_module(f"lossexplorer.learning.steps.{keras.config.backend()}")
    steps: Steps = module.Steps(parts)
    return steps
