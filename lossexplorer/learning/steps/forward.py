"""The forward pass of a training step, as a function of the variables' values."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import ops

from lossexplorer.learning.steps.interface import StepParts, Tensor


def forward(
    parts: StepParts,
    values: Sequence[Tensor],
    states: Sequence[Tensor],
    x: Tensor,
    targets: Sequence[Tensor],
) -> tuple[list[Tensor], Tensor, list[Tensor]]:
    """Return losses, regularisation and new states of a call with ``training=True``.

    Nothing changes in the model: what a call assigns, such as the statistics of a batch
    normalization, is returned.

    Parameters
    ----------
    parts : StepParts
        Model and losses.
    values : sequence of tensor
        The values of `StepParts.variables`.
    states : sequence of tensor
        The values of `StepParts.others`.
    x : tensor
        The input.
    targets : sequence of tensor
        What each output is to predict.

    Returns
    -------
    losses : list of scalar
        Each output's loss without λ.
    regularisation : scalar
        The sum of what the layers add.
    states : list of tensor
        The new values of `StepParts.others`.
    """
    mapping = [*zip(parts.variables, values, strict=True), *zip(parts.others, states, strict=True)]
    with keras.StatelessScope(mapping, collect_losses=True) as scope:
        outputs = keras.tree.flatten(parts.model(x, training=True))
        regularisation = sum(parts.model.losses, start=ops.zeros(()))
    losses = [
        loss(target, output)
        for loss, target, output in zip(parts.losses, targets, outputs, strict=True)
    ]
    return losses, regularisation, [scope.get_current_value(variable) for variable in parts.others]
