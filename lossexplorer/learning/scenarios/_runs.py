"""Short training runs that scenarios measure; Keras is imported where a run begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.reports import LayerRow, StepReport
from lossexplorer.learning.setup import BuiltNetwork, Setup
from lossexplorer.volumes.sample_volumes import open_sample_volume

if TYPE_CHECKING:
    from lossexplorer.learning.training import Trainer
    from lossexplorer.volumes.model.labels import LabelVolume

Array = NDArray[np.float64]

PATCH = (8, 16, 16)


def small(setup: Setup, rate: float | None = None, depth: int = 1) -> Setup:
    """Return a setup with a smaller network and one small patch a step: a run of a second or two.

    Parameters
    ----------
    setup : Setup
        That of a scenario's start, whose network is built.
    rate : float, optional
        Another learning rate. One step of SGD is proportional to it; a large one leaves no digits
        of the step in the rounding of the variables.
    depth : int
        Levels of the trunk.
    """
    assert isinstance(setup.network, BuiltNetwork)
    network = replace(setup.network, filters=4, depth=depth, trunk=2)
    training = replace(setup.training, patch=PATCH, batch=1)
    if rate is not None:
        training = replace(training, rate=rate)
    return replace(setup, network=network, training=training)


def one_patch(sample: str = "tumour") -> LabelVolume:
    """Return the middle of a sample volume's labels, no larger than a patch.

    Every step sees the same patch of it, so a step's losses can be compared with the next one's.
    """
    volume = open_sample_volume(sample)
    middle = np.median(np.argwhere(volume.labels), axis=0).astype(int)
    corner = [
        min(max(0, m - n // 2), whole - n)
        for m, n, whole in zip(middle.tolist(), PATCH, volume.shape, strict=True)
    ]
    z, y, x = (slice(c, c + n) for c, n in zip(corner, PATCH, strict=True))
    return volume.within((z, y, x))


def trainer(setup: Setup, volume: LabelVolume | None = None) -> Trainer:
    """Return the trainer of a setup, on a volume or on `one_patch`."""
    from lossexplorer.learning.training import Trainer

    return Trainer(setup, one_patch() if volume is None else volume)


def with_weights(setup: Setup, *weights: float) -> Setup:
    """Return a setup with other λ."""
    outputs = zip(setup.outputs, weights, strict=True)
    return replace(setup, outputs=tuple(replace(each, weight=weight) for each, weight in outputs))


def with_training(setup: Setup, **changed: Any) -> Setup:
    """Return a setup with other settings of the training."""
    return replace(setup, training=replace(setup.training, **changed))


def first_step(run: Trainer, setup: Setup) -> tuple[StepReport, dict[str, Array]]:
    """Return the report of the first step of a setup, and by how much it changes each layer.

    Parameters
    ----------
    run : Trainer
        Of a setup that begins as this one.
    setup : Setup
        What it is adjusted to.
    """
    run.rewind()
    run.adjust(setup)
    before = _by_layer(run)
    report = run.train()
    return report, {name: value - before[name] for name, value in _by_layer(run).items()}


def row(report: StepReport, layer: str) -> LayerRow:
    """Return what the losses do to a layer in a step."""
    assert report.table is not None
    return next(each for each in report.table.rows if each.name == layer)


def global_norm(report: StepReport) -> float:
    """Return the norm of the total's gradient over all layers, from the table of a step."""
    assert report.table is not None
    squares = 0.0
    for each in report.table.rows:
        places = {name: place for place, name in enumerate(report.table.outputs)}
        squares += sum(number**2 for number in each.norms)
        for (one, other), cosine in each.cosines.items():
            product = each.norms[places[one]] * each.norms[places[other]]
            squares += 2 * product * (cosine or 0.0)
    return math.sqrt(squares)


def statistics(run: Trainer, branch: str) -> list[Array]:
    """Return what a branch has that moves without a gradient, such as means over the batches."""
    model = run.network.model
    owned = [v for v in model.non_trainable_variables if v.path.startswith(branch)]
    return [np.asarray(variable).astype(np.float64) for variable in owned]


def norm(*fields: Array) -> float:
    """Return the norm of some fields, as if they were one."""
    return float(np.sqrt(sum(np.sum(np.square(field)) for field in fields)))


def changes(of: dict[str, Array], layers: Sequence[str]) -> Array:
    """Return the changes of some layers, as one vector."""
    return np.concatenate([of[name] for name in layers])


def _by_layer(run: Trainer) -> dict[str, Array]:
    """Return the trainable variables of each layer as one vector, in float64."""
    return {
        name: np.concatenate([np.asarray(v).astype(np.float64).reshape(-1) for v in variables])
        for name, variables in run.network.layers_with_weights
    }
