"""The forward pass of a training step, as a function of the variables' values."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import ops

from lossexplorer.learning.steps.interface import Tensor, TrainedNetwork


def forward(
    network: TrainedNetwork,
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
    network : TrainedNetwork
        Model and losses.
    values : sequence of tensor
        The values of `TrainedNetwork.variables`.
    states : sequence of tensor
        The values of `TrainedNetwork.others`.
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
        The new values of `TrainedNetwork.others`.
    """
    mapping = [
        *zip(network.variables, values, strict=True),
        *zip(network.others, states, strict=True),
    ]
    with keras.StatelessScope(mapping, collect_losses=True) as scope:
        outputs = keras.tree.flatten(network.model(x, training=True))
        regularisation = sum(network.model.losses, start=ops.zeros(()))
    losses = [
        loss(target, output)
        for loss, target, output in zip(network.losses, targets, outputs, strict=True)
    ]
    return (
        losses,
        regularisation,
        [scope.get_current_value(variable) for variable in network.others],
    )
