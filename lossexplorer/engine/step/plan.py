"""The plan of a step: its input for one sample, for all rows, some voxels or the whole volume."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.core.numbers import percent
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.messages import Plane
from lossexplorer.engine.step.best_classes import Few
from lossexplorer.engine.step.chunks import Counted
from lossexplorer.engine.step.moving import Moves
from lossexplorer.engine.step.row_subset import RowSubset
from lossexplorer.engine.step.rows import Field, Indices, Region, RowLayout, Shape
from lossexplorer.predictions import Recipe

Tensor = Any
Margins = tuple[int, int, int]


# Number of elements of a field that are painted at a time when a whole volume is painted.
_PAINTED = 2**20


@dataclass(frozen=True)
class Plan:
    """The input of a step for one sample, with one set of the controls' values.

    Attributes
    ----------
    recipe : Recipe
        The operations in each voxel.
    values : mapping
        The controls as tensors, by degradation.
    basis : Field
        Scores in mm, or probabilities, by class.
    moves : Moves or None
        The displacement of the basis; None without displacement.
    labels : Field
        Class indices of the truth, (1, row, ROW).
    truth : array of float64, shape (class,)
        The number of voxels of each class in the truth, its rim included.
    ignored : Field or None
        1 in the voxels that count nowhere, else 0; None if all voxels count.
    voxels : int
        The number of voxels that count.
    noise : mapping of str to Field
        Random fields, by degradation.
    rim : Field or None
        The class indices of the truth with its rim; None without a rim.
    rim_share : float
        The share of the truth that the class indices with the rim have, 0 … 1.
    margins : tuple of int
        How many planes (z, y, x) were added at both ends, negative if they were removed.
    counted : Counted
        The rows that sums run over.
    few : Few or None
        The best classes, if a preview sums them instead of all classes.
    left_out : float
        The share of the objects' probability in the classes that are not summed, 0 … 1.
    subset : RowSubset or None
        The row subset, if the counted rows are one.
    """

    recipe: Recipe
    values: Mapping[str, Mapping[str, Tensor]]
    basis: Field
    moves: Moves | None
    labels: Field
    truth: NDArray[np.float64]
    ignored: Field | None
    voxels: int
    noise: Mapping[str, Field]
    rim: Field | None
    rim_share: float
    margins: Margins
    counted: Counted
    few: Few | None
    left_out: float
    subset: RowSubset | None

    @property
    def is_preview(self) -> bool:
        """Whether the sums leave out voxels or classes."""
        return self.few is not None or self.subset is not None

    @property
    def row_layout(self) -> RowLayout:
        """The row layout of the basis."""
        return self.basis.row_layout

    @property
    def shape(self) -> Shape:
        """The lengths of the axes (z, y, x)."""
        return self.row_layout.shape

    def regions(self, plane: Plane | None) -> list[Region]:
        """Return the region of a slice, none if it is cropped; or regions that cover the volume.

        Parameters
        ----------
        plane : Plane or None
            A slice of the volume without margins; None for the whole volume.
        """
        if plane is None:
            planes = max(
                1, _PAINTED * self.shape[0] // (self.row_layout.voxels * self.row_layout.classes)
            )
            starts = range(0, self.shape[0], planes)
            return [(slice(z, z + planes), slice(None), slice(None)) for z in starts]
        place = plane.index + self.margins[plane.axis]
        if not 0 <= place < self.shape[plane.axis]:
            return []
        z, y, x = (place if axis == plane.axis else slice(None) for axis in range(3))
        return [(z, y, x)]

    def everywhere(self) -> dict[str, Any]:
        """Return the input of the fused functions in rows: fields of shape (k, row, ROW).

        If the basis is displaced, ``moves`` has the displacement.
        """
        found = self._with(self.basis.rows, lambda field: field.rows)
        if self.moves is not None:
            found["moves"] = self.moves.tensors
        return found

    def at(self, voxels: Indices) -> dict[str, Any]:
        """Return the input of `taken` for single voxels.

        Parameters
        ----------
        voxels : array of int, shape (n,)
            The voxels' numbers in memory order.
        """
        found = self.everywhere()
        found["place"] = backend.to_device(voxels)
        return found

    def whole(self) -> dict[str, Any]:
        """Return the input of `predicted` for the volume: fields of shape (k, z, y, x)."""
        basis = self.basis.whole() if self.moves is None else self._moved_whole(self.moves)
        return self._with(basis, Field.whole)

    def _moved_whole(self, moves: Moves) -> Tensor:
        # Region by region, because the intermediate results of a blend are as large as its result.
        scores = [
            moves.at(self.basis, self.row_layout.numbers(region)) for region in self.regions(None)
        ]
        return ops.concatenate(scores, axis=1)

    def _with(self, basis: Tensor, read: Callable[[Field], Tensor]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "basis": basis,
            "labels": read(self.labels),
            "classes": _class_indices(self.row_layout.classes),
            "noise": {name: read(field) for name, field in self.noise.items()},
        }
        if self.ignored is not None:
            found["ignored"] = read(self.ignored)
        if self.rim is not None:
            found["rim"] = read(self.rim)
            found["rim_share"] = backend.to_device(np.float32(self.rim_share))
        return found


# For the numbers of classes of the volumes that were opened last.
@cached(most=16)
def _class_indices(classes: int) -> Tensor:
    return backend.to_device(np.arange(classes, dtype=np.int32))


def left_out_sentences(samples: Sequence[Plan]) -> list[str]:
    """Return sentences about what the sums of samples leave out; none if the sums are exact."""
    said = []
    rows = [each.subset.share for each in samples if each.subset is not None]
    if rows:
        said.append(
            f"{percent(min(rows))} of the places where the prediction is not certain were "
            "computed for all of them"
        )
    few = [each.few.best.k for each in samples if each.few is not None]
    if few:
        left_out = max(each.left_out for each in samples)
        said.append(
            f"of the {samples[0].row_layout.classes} classes, at most {few[0]} that matter most "
            "were computed in each place. The others would have got "
            f"{percent(left_out)} of the objects' probability"
        )
    return said
