"""Classes of which a voxel has one: the probabilities of a voxel are a softmax's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from lossexplorer.engine.classes.relation import ClassPlace, Labels, Sample, Tables
from lossexplorer.engine.gradients import squared_norm
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.simulation import Simulation
from lossexplorer.engine.values import Evaluated
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import Partials, WithRespectTo
from lossexplorer.predictions import Grid

Tensor = Any


class Exclusive:
    """Exclusive classes; see `lossexplorer.engine.classes.relation.Relation`.

    Parameters
    ----------
    volume : Volume
        The truth.
    """

    first = 0
    norm_share = 1.0

    def __init__(self, volume: Volume) -> None:
        self._volume = volume

    def samples(self, predictions: Sequence[NDArray[Any]] | None, *, dense: bool) -> list[Sample]:
        """Return a simulation of each sample."""
        volume = self._volume
        classes = len(volume.names)
        given = predictions if predictions is not None else [None] * len(volume.samples)
        return [
            Simulation(
                labels,
                Grid(volume.spacing, classes, number, len(volume.samples)),
                prediction,
                volume.ignored_in(number),
                dense=dense,
            )
            for number, (labels, prediction) in enumerate(zip(volume.samples, given, strict=True))
        ]

    def controls(self, values: Mapping[str, Any], plan: int) -> Mapping[str, Any]:
        """Return the values: they are the same for all plans."""
        del plan
        return values

    def place(self, sample: int, class_index: int) -> ClassPlace:
        """Return the place of a class: each sample has a plan with all classes."""
        return ClassPlace(sample, class_index)

    def labels(self, sample: int, class_index: int) -> Labels:
        """Return the labels of a sample."""
        del class_index
        found: Labels = self._volume.samples[sample]
        return found

    def shown(self, labels: NDArray[Any], class_index: int) -> Labels:
        """Return the labels, which are class indices, of the volume's type."""
        del class_index
        found: Labels = labels.astype(self._volume.labels.dtype, copy=False)
        return found

    def of_terms(self, setting: LossSetting) -> LossSetting:
        """Return the setting."""
        return setting

    def of_maps(self, setting: LossSetting) -> LossSetting:
        """Return the setting."""
        return setting

    def joined(self, tables: Tables) -> dict[str, Any]:
        """Return the tables: plans are samples."""
        return dict(tables)

    def spread(self, evaluated: Evaluated) -> Evaluated:
        """Return the loss: plans are samples."""
        return evaluated

    def fields(self, plan: Tensor) -> Tensor:
        """Return the field."""
        return plan

    def stacked(self, plans: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the fields: plans are samples."""
        return plans

    def partials(self, whole: Partials, sample: int, class_index: int) -> Partials:
        """Return the sample's partial derivatives."""
        del class_index
        return whole.map(lambda field: field[sample])

    def squared_norm(self, partials: Partials, p: Tensor) -> Tensor:
        """Return Σ (∂L/∂logit)² through the softmax, in every voxel."""
        return squared_norm(partials, p)

    def against(self, wrt: WithRespectTo) -> int | None:
        """Return None: the probabilities of a voxel's classes are independent variables."""
        del wrt
        return None
