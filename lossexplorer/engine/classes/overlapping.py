"""Classes that may overlap: each has a probability of its own, a sigmoid's.

A sigmoid is the softmax of two classes, here called the class and all else. So each class of each
sample is simulated, summed and differentiated as a volume of two classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.active import ops
from lossexplorer.engine.classes.relation import ClassPlace, Labels, Sample, Tables
from lossexplorer.engine.gradients import squared_norm
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.simulation import Simulation
from lossexplorer.engine.values import Evaluated
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import SUM_NAMES, Partials, Sums, WithRespectTo
from lossexplorer.predictions import Grid, of_one_class

Tensor = Any

_ELSE, _CLASS = 0, 1

# The maps of a class whose sums are those of other maps of all else.
_NEGATIVE = {"positive": "negative", "every_positive": "every_negative"}

# What a loss's maps are told in a volume of two classes, if it has the parameter.
_OF_MAPS = {"include_background": True, "channels": "exclusive"}


class Overlapping:
    """Overlapping classes; see `lossexplorer.engine.classes.relation.Relation`.

    Parameters
    ----------
    volume : Volume
        The truth.
    """

    first = 1
    norm_share = 0.5

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._count = len(volume.names) - 1

    def samples(self, predictions: Sequence[NDArray[Any]] | None, *, dense: bool) -> list[Sample]:
        """Return a simulation of each class of each sample."""
        volume = self._volume
        found: list[Sample] = []
        count = len(volume.samples) * self._count
        for sample in range(len(volume.samples)):
            for index in range(1, self._count + 1):
                given = None if predictions is None else _two_classes(predictions[sample][index])
                number = sample * self._count + index - 1
                found.append(
                    Simulation(
                        self.labels(sample, index),
                        Grid(volume.spacing, 2, number, count),
                        given,
                        volume.ignored_in(sample),
                        dense=dense,
                    )
                )
        return found

    def controls(self, values: Mapping[str, Any], plan: int) -> Mapping[str, Any]:
        """Return the controls' values for one class."""
        return of_one_class(values, plan % self._count + 1)

    def place(self, sample: int, class_index: int) -> ClassPlace:
        """Return the place of a class; the background is shown as all else than the first class."""
        index = max(class_index, 1)
        return ClassPlace(sample * self._count + index - 1, _CLASS if class_index else _ELSE)

    def labels(self, sample: int, class_index: int) -> Labels:
        """Return 1 where the class is, else 0."""
        return self._volume.mask(sample, max(class_index, 1)).astype(np.uint8)

    def shown(self, labels: NDArray[Any], class_index: int) -> Labels:
        """Return the class's index where the labels are 1, else 0."""
        dtype = np.min_scalar_type(self._count)
        found: Labels = labels.astype(dtype) * dtype.type(max(class_index, 1))
        return found

    def of_terms(self, setting: LossSetting) -> LossSetting:
        """Return the setting for independent channels, all of which count."""
        loss = setting.described
        if loss.exclusive:
            raise ParameterError(
                f"{setting.heading} needs classes that exclude each other, and these overlap. "
                "Look at them one by one, or choose another loss."
            )
        return setting.of_overlapping()

    def of_maps(self, setting: LossSetting) -> LossSetting:
        """Return the setting for two classes that exclude each other: one class and all else."""
        return setting.with_values(_OF_MAPS)

    def joined(self, tables: Tables) -> dict[str, Any]:
        """Return the sums of the classes. All else is the negative map, of which it is positive."""
        found = {name: self._of(table, _CLASS) for name, table in tables.items()}
        negative = {
            other: self._of(tables[name], _ELSE)
            for name, other in _NEGATIVE.items()
            if name in tables
        }
        return found | negative

    def spread(self, evaluated: Evaluated) -> Evaluated:
        """Return the slopes in the sums of the class, and in the positive map of all else."""
        setting = self.of_maps(evaluated.setting)
        if evaluated.slopes is None:
            return replace(evaluated, setting=setting)
        slopes = evaluated.slopes
        standard = Sums(*[_column(getattr(slopes, name)) for name in SUM_NAMES])
        own = {
            name: _column(table)
            for name, table in slopes.own.items()
            if name not in _NEGATIVE.values()
        }
        for name, other in _NEGATIVE.items():
            if other in slopes.own:
                own[name][:, _ELSE] = slopes.own[other].reshape(-1)
        return replace(evaluated, setting=setting, slopes=standard.with_own(own))

    def fields(self, plan: Tensor) -> Tensor:
        """Return the field of the class alone."""
        return plan[_CLASS:]

    def stacked(self, plans: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the fields of each sample's classes."""
        count = self._count
        return [
            ops.concatenate(list(plans[start : start + count]))
            for start in range(0, len(plans), count)
        ]

    def partials(self, whole: Partials, sample: int, class_index: int) -> Partials:
        """Return the class's partial derivatives, and zeros for all else."""
        index = max(class_index, 1) - 1
        return whole.map(
            lambda field: np.stack([np.zeros_like(field[sample, index]), field[sample, index]])
        )

    def squared_norm(self, partials: Partials, p: Tensor) -> Tensor:
        """Return Σ (∂L/∂logit)² through the sigmoids, in every voxel."""
        zero = ops.zeros_like(p)

        def with_else(field: Tensor) -> Tensor:
            return ops.stack([zero, field])

        # The axis of the two comes first, as that of the classes of a softmax.
        squares = squared_norm(partials.map(with_else), ops.stack([1 - p, p]))
        return self.norm_share * ops.sum(squares, axis=0)

    def against(self, wrt: WithRespectTo) -> int | None:
        """Return all else for probabilities; the softmax of two logits has it within."""
        return _ELSE if wrt == "probability" else None

    def _of(self, table: NDArray[np.float64], index: int) -> NDArray[np.float64]:
        return table[:, index].reshape(-1, self._count)


def _two_classes(p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities of all else and of a class, (2, z, y, x)."""
    found: NDArray[np.float32] = np.stack([1 - p, p]).astype(np.float32)
    return found


def _column(table: Tensor) -> Tensor:
    """Return slopes in the sums of a class, (plan, 2), from those of (sample, class)."""
    flat = np.asarray(table, np.float64).reshape(-1)
    return np.stack([np.zeros_like(flat), flat], axis=1)
