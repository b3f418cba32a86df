"""The first phase: the labels of the truth as the losses see them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.limits import check_margin
from lossexplorer.engine.simulation.extent import Extent
from lossexplorer.engine.step.plan import Margins
from lossexplorer.engine.step.rows import Field
from lossexplorer.predictions import Grid, Values, active

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Truth:
    """A sample's truth with the controls' values.

    Attributes
    ----------
    extent : Extent
        The extent of the volume that the losses see.
    labels : Field
        Class indices, (1, row, ROW).
    rim : Field or None
        The class indices with the rim; None without a rim.
    rim_share : float
        The share of the truth that the class indices with the rim have, 0 … 1.
    counts : array of float64, shape (class,)
        The number of voxels of each class; voxels of the rim count by its share.
    ignored : Field or None
        1 in the voxels that count nowhere, else 0; None if all voxels count.
    voxels : int
        The number of voxels that count.
    """

    extent: Extent
    labels: Field
    rim: Field | None
    rim_share: float
    counts: NDArray[np.float64]
    ignored: Field | None
    voxels: int


class TruthPhase:
    """Makes a sample's truth.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices.
    grid : Grid
        The volume's grid.
    ignored : array of bool, shape (z, y, x), or None
        The voxels that count nowhere; None if all voxels count.
    """

    def __init__(self, labels: Labels, grid: Grid, ignored: NDArray[np.bool_] | None) -> None:
        self._labels, self._grid, self._ignored = labels, grid, ignored
        self._ignored_rows: Cache[Extent, Field | None] = Cache(1)
        self._rows: Cache[Extent, Field] = Cache(1)
        self._rim: Cache[float, Labels] = Cache(1)
        self._rim_rows: Cache[tuple[float, Extent], Field] = Cache(1)
        self._counts: Cache[tuple[Extent, float], list[NDArray[np.float64]]] = Cache(1)

    def make(self, values: Values) -> Truth:
        """Return the truth with the controls' values."""
        extent, rim = self._extent(values), self.rim(values)
        rim_rows = None
        if rim is not None:
            key = values["rim"], extent
            rim_rows = self._rim_rows.get(key, lambda: self._field(rim, extent))
        return Truth(
            extent=extent,
            labels=self._rows.get(extent, lambda: self._field(self._labels, extent)),
            rim=rim_rows,
            rim_share=values["rim_share"],
            counts=self._counted(values, extent),
            ignored=self._ignored_rows.get(extent, lambda: self._ignored_field(extent)),
            voxels=extent.row_layout.voxels - self._ignored_voxels(extent),
        )

    def rim(self, values: Values) -> Labels | None:
        """Return the labels with their rim, shape (z, y, x); None without a rim."""
        acting = active("truth", values)
        if not acting:
            return None

        def made() -> Labels:
            labels = self._labels
            for each in acting:
                labels = each.apply(labels, self._grid, values)
            return labels

        return self._rim.get(values["rim"], made)

    def counts(self, decided: Labels) -> NDArray[np.float64]:
        """Return how many voxels that count there are, by class of the truth and decided class.

        Parameters
        ----------
        decided : array of int, shape (z, y, x)
            The decided class in each voxel.
        """
        classes, kept = self._grid.classes, None if self._ignored is None else ~self._ignored
        found = np.zeros(classes * classes, np.int64)
        for z, (truth, prediction) in enumerate(zip(self._labels, decided, strict=True)):
            kinds = truth.astype(np.intp) * classes + prediction
            some = kinds if kept is None else kinds[kept[z]]
            found += np.bincount(some.reshape(-1), minlength=len(found))
        return found.reshape(classes, classes).astype(np.float64)

    def _extent(self, values: Values) -> Extent:
        shape = self._labels.shape
        margins: Margins = (0, 0, 0)
        for each in active("extent", values):
            margins = each.apply(shape, self._grid, values)
        z, y, x = shape
        extent = Extent((z, y, x), margins, self._grid.classes, self._grid.samples)
        if any(margin > 0 for margin in margins):
            check_margin(math.prod(extent.row_layout.shape), extent.classes, extent.samples)
        return extent

    def _field(self, labels: Labels, extent: Extent) -> Field:
        return extent.field([labels], labels.dtype, np.arange(self._grid.classes)[None])

    def _ignored_field(self, extent: Extent) -> Field | None:
        if self._ignored is None:
            return None
        nothing = np.zeros((1, self._grid.classes))
        return extent.field([self._ignored], np.uint8, nothing)

    def _ignored_voxels(self, extent: Extent) -> int:
        if self._ignored is None:
            return 0
        return int(np.count_nonzero(extent.extended(self._ignored, beyond=False)))

    def _counted(self, values: Values, extent: Extent) -> NDArray[np.float64]:
        rim = self.rim(values)
        every = [labels for labels in (self._labels, rim) if labels is not None]
        counts = self._counts.get(
            (extent, values["rim"]), lambda: [self._class_counts(each, extent) for each in every]
        )
        share = values["rim_share"]
        return counts[0] if rim is None else (1 - share) * counts[0] + share * counts[1]

    def _class_counts(self, labels: Labels, extent: Extent) -> NDArray[np.float64]:
        planes = extent.extended(labels, 0)
        kept = None if self._ignored is None else ~extent.extended(self._ignored, beyond=False)
        # Plane by plane, because counting takes 8 bytes per voxel.
        counts = [
            np.bincount(
                (plane if kept is None else plane[kept[z]]).reshape(-1),
                minlength=self._grid.classes,
            )
            for z, plane in enumerate(planes)
        ]
        found: NDArray[np.float64] = np.sum(counts, axis=0, dtype=np.float64)
        return found
