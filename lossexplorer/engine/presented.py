"""A sample as the losses see it: parts of it, and what is computed in each voxel of a part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.band import Selection
from lossexplorer.engine.rows import ROW, Field, Indices, Layout, Shape
from lossexplorer.engine.rows import batches as in_batches
from lossexplorer.predictions import Recipe, follow

Tensor = Any
Margins = tuple[int, int, int]
Move = Callable[[Callable[[Indices], Tensor], Indices], Tensor]

# Elements of a field that are computed at a time: what is needed in between stays in a CPU's cache.
_BATCH = 2**19
# Few rows are computed in batches that are smaller by this factor: there are no other sizes, since
# each is compiled for itself.
_SMALLER = 16


@dataclass(frozen=True)
class Presented:
    """A sample as the losses see it: what to take parts of, and what to do in each voxel.

    Attributes
    ----------
    recipe : Recipe
        What to do.
    values : mapping
        The controls as tensors, by degradation.
    source : Field
        Scores in mm, or probabilities, by class.
    move : callable or None
        Returns the source of voxels that are moved, ``move(read, voxels)``.
    labels : Field
        Class indices of the truth, as one part.
    noise : mapping of str to Field
        Random fields, by degradation.
    rim : Field or None
        What a share of the truth is instead.
    rim_share : float
        That share.
    margins : tuple of int
        How many planes (z, y, x) were added at both ends, negative if they were taken away.
    selection : Selection or None
        The rows to compute, or all.
    """

    recipe: Recipe
    values: Mapping[str, Mapping[str, Tensor]]
    source: Field
    move: Move | None
    labels: Field
    noise: Mapping[str, Field]
    rim: Field | None
    rim_share: float
    margins: Margins
    selection: Selection | None

    @property
    def layout(self) -> Layout:
        """Where its voxels lie."""
        return self.source.layout

    @property
    def shape(self) -> Shape:
        """The lengths of the axes (z, y, x)."""
        return self.layout.shape

    def batches(self) -> Iterator[tuple[Indices, NDArray[np.float64]]]:
        """Return batches of rows, of few different sizes, and each row's weight.

        The sum of a field over the volume is the sum of its rows in all batches, by their weights.
        """
        layout, selection = self.layout, self.selection
        rows = np.arange(layout.full + layout.left) if selection is None else selection.rows
        weights = layout.ones(rows)
        if selection is not None:
            rows = np.concatenate([rows, np.arange(layout.rows)[layout.representatives]])
            weights = np.concatenate([weights, selection.certain / ROW])
        start, large = 0, max(_BATCH // (layout.classes * ROW), 1)
        small = max(large // _SMALLER, 1)
        many = len(rows) - len(rows) % large if len(rows) % large <= 4 * small else len(rows)
        for size, end in ((large, many), (small, len(rows))):
            for batch, count in in_batches(rows[start:end], size):
                weight = np.zeros(size)
                weight[:count] = weights[start : start + count]
                start += count
                yield batch, weight

    def rows(self, rows: Indices) -> dict[str, Any]:
        """Return what the fused functions take of rows, fields of shape (k, row, ROW)."""
        source = self.source.take(rows)
        if self.move is not None:
            moved = self.move(self.source.at, self.layout.voxel(rows))
            fixed = (rows >= self.layout.representatives.start)[None, :, None]
            source = ops.where(fixed, source, moved) if fixed.any() else moved
        return self._with(source, lambda field: field.take(rows))

    def at(self, voxels: Indices) -> dict[str, Any]:
        """Return the same of voxels, numbered in memory order, of any shape."""
        read = self.source.at
        source = read(voxels) if self.move is None else self.move(read, voxels)
        return self._with(source, lambda field: field.at(voxels))

    def whole(self) -> dict[str, Any]:
        """Return the same of the volume, fields of shape (k, z, y, x)."""
        planes = np.arange(self.layout.voxels).reshape(self.shape) if self.move else ()
        source = (
            self.source.whole()
            if self.move is None
            else ops.stack([self.move(self.source.at, plane) for plane in planes], axis=1)
        )
        return self._with(source, Field.whole)

    def _with(self, source: Tensor, part: Callable[[Field], Tensor]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "source": source,
            "labels": part(self.labels)[0],
            "noise": {name: part(field) for name, field in self.noise.items()},
        }
        if self.rim is not None:
            found["rim"] = part(self.rim)[0]
            found["rim_share"] = backend.to_device(np.float32(self.rim_share))
        return found


def predicted(
    chosen: Recipe, values: Any, voxels: Mapping[str, Any]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return truth, probabilities and their logarithms of a part of a volume.

    Parameters
    ----------
    chosen, values
        As in `Presented`.
    voxels : mapping
        What a method of `Presented` returned.
    """
    p, log_p = follow(chosen, voxels["source"], values, voxels["noise"])
    return truth(voxels, p), p, log_p


def truth(voxels: Mapping[str, Any], p: Tensor) -> Tensor:
    """Return the truth of a part of a volume, one-hot but for its rim, shaped like `p`."""
    g = one_hot(voxels["labels"], p)
    if "rim" not in voxels:
        return g
    share = voxels["rim_share"]
    return (1 - share) * g + share * one_hot(voxels["rim"], p)


def one_hot(labels: Tensor, p: Tensor) -> Tensor:
    """Return the one-hot truth of class indices, shaped and typed like the probabilities `p`."""
    classes = ops.reshape(ops.arange(p.shape[0], dtype="int32"), [-1] + [1] * (len(p.shape) - 1))
    return ops.cast(ops.cast(labels, "int32")[None] == classes, p.dtype)
