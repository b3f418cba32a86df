"""Sums over rows of voxels within one compiled function: chunk by chunk, which fits a cache."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.step.band import Selection
from lossexplorer.engine.step.moving import chunks_moved
from lossexplorer.engine.step.rows import ROW, TOGETHER, Indices, Layout, by_row, chunk_rows
from lossexplorer.predictions import Once, plainly

Tensor = Any
Voxels = Mapping[str, Any]

Passes = Sequence[Sequence[Tensor]]
"""Fields that are added up, those of one list in one pass over them: `Backend.sums`."""

# Of how many sums of rows one is made before they are added to those of other chunks.
_FOLDED = 8


@dataclass(frozen=True, eq=False)
class Counted:
    """The rows that sums run over, on the device.

    Attributes
    ----------
    rows : array of int
        Of the volume, and after them the classes' representatives.
    host_weights : array of float64
        How many voxels each voxel of them counts for.
    tensors : dict
        What compiled functions take: the rows as ``index``, unless they are the volume's as they
        lie; these numbers as ``weights`` in float32; both padded with rows that do not count; and
        the number of ``chunks``.
    """

    rows: Indices
    host_weights: NDArray[np.float64]
    tensors: dict[str, Tensor]

    @property
    def are_chosen(self) -> bool:
        """Whether the rows are some, and not all as they lie: a function is compiled for either."""
        return "index" in self.tensors

    @property
    def none_of_other_form(self) -> dict[str, Tensor]:
        """What `tensors` would be if all were computed instead of some, or the reverse: of none."""
        found = {**self.tensors, "chunks": backend.to_device(np.int32(0))}
        index = np.zeros(self.tensors["weights"].shape, np.int32)
        if found.pop("index", None) is None:
            found["index"] = backend.to_device(index)
        return found


def counted(layout: Layout, selection: Selection | None) -> Counted:
    """Return the rows to sum over.

    The sum of a field over the volume is the sum of these rows, by their weights.

    Parameters
    ----------
    layout : Layout
        Where the voxels lie.
    selection : Selection or None
        The rows to compute, or all.
    """
    if selection is None:
        rows = np.arange(layout.filled)
        every = numbered(rows, layout.ones(rows), layout.classes, layout.capacity)
        del every.tensors["index"]
        return every
    rows = np.concatenate([selection.rows, np.arange(layout.rows)[layout.representatives]])
    weights = np.concatenate([layout.ones(selection.rows), selection.certain / ROW])
    return numbered(rows, weights, layout.classes, layout.capacity)


def numbered(rows: Indices, weights: NDArray[np.float64], classes: int, length: int) -> Counted:
    """Return these rows, with so many classes of each.

    Parameters
    ----------
    rows : array of int
        Of the volume.
    weights : array of float64
        How many voxels each voxel of them counts for.
    classes : int
        Of the fields that are summed.
    length : int
        That of the padded rows, at least.
    """
    size = chunk_rows(classes)
    padding = -(-length // size) * size - len(rows)
    tensors = {
        "index": np.pad(rows, (0, padding)).astype(np.int32),
        "weights": np.pad(weights, (0, padding)).astype(np.float32),
        "chunks": np.int32(-(-len(rows) // size)),
    }
    return Counted(rows, weights, {k: backend.to_device(v) for k, v in tensors.items()})


def class_count(voxels: Voxels) -> int:
    """Return how many classes what `Plan.everywhere` returned has."""
    count: int = voxels["source"].shape[0]
    return count


def in_chunks(
    voxels: Voxels,
    tensors: Voxels,
    function: Callable[[dict[str, Any]], Passes],
    shape: tuple[int, int],
) -> Tensor:
    """Return sums over the voxels of fields that a function makes of each chunk, in float64.

    To be used within a compiled function. A chunk's fields have its voxels in one axis: over an
    axis as short as a row, XLA's loops take longer.

    Parameters
    ----------
    voxels : mapping
        What `Plan.everywhere` returned.
    tensors : mapping
        Of a `Counted`.
    function : callable
        Takes the same fields of a chunk's voxels, shape (k, voxel). Returns fields of one shape
        (l, voxel), in float32.
    shape : tuple of int
        How many fields it returns in all, and their l: that of the sums. To find them out, the
        function would have to be traced once more.
    """
    fields = dict(voxels)
    moves = fields.pop("moves", None)
    size, chosen = chunk_rows(class_count(voxels)), "index" in tensors
    count, parts = shape
    if moves is not None:
        moved = chunks_moved(fields.pop("source"), moves, following=not chosen)
        fields["outside"] = moves["outside"]

    def flat(field: Tensor) -> Tensor:
        return ops.reshape(field, (field.shape[0], -1))

    def of_chunk(number: Tensor) -> Any:
        # Of one type: JAX takes no others together.
        first, start = ops.cast(number * size, "int32"), ops.cast(0, "int32")
        weights = ops.slice(tensors["weights"], (first,), (size,))
        if chosen:
            index = ops.slice(tensors["index"], (first,), (size,))
        else:
            index = first + ops.arange(size, dtype="int32")

        def rows(field: Tensor) -> Tensor:
            if len(field.shape) < 2:
                return field
            if chosen:
                return flat(ops.take(field, index, axis=1))
            return ops.slice(flat(field), (start, first * ROW), (field.shape[0], size * ROW))

        taken = keras.tree.map_structure(rows, fields)
        if moves is not None:
            taken["source"] = moved(index, taken.pop("outside")[0])
        return _lane_sums(function(taken), weights)

    def add(number: Tensor, total: list[Tensor]) -> list[Tensor]:
        return [*map(operator.add, total, of_chunk(number))]

    lanes = ops.zeros((parts, _lane_rows(size), ROW), "float64")
    found = ops.fori_loop(0, tensors["chunks"], add, [lanes] * count)
    return ops.stack([ops.sum(each, axis=(1, 2)) for each in found])


def _lane_rows(rows: int) -> int:
    """Return how many rows are left of so many by `_lane_sums`."""
    groups = rows // TOGETHER
    return groups // math.gcd(groups, _FOLDED)


def _lane_sums(passes: Passes, weights: Tensor) -> list[Tensor]:
    """Return rows of float64 whose sums are those of fields (k, voxel): (k, row, ROW).

    Voxel by voxel of a row: along it, a sum is not made of vector instructions. A running float32
    total of more than a few rows would lose percents.

    Parameters
    ----------
    passes : sequence of sequence of tensor, shape (k, voxel)
    weights : tensor of float32, shape (row,)
        A row of weight 0 does not count, whatever is in it.
    """
    parts, of_rows = passes[0][0].shape[0], weights[:, None]

    def weighted(field: Tensor) -> Tensor:
        rows = ops.where(of_rows != 0, by_row(field) * of_rows, 0.0)
        return ops.reshape(rows, (parts, -1, TOGETHER, ROW))

    def folded(sums: Tensor) -> Tensor:
        # Additions: XLA's reductions of such an axis compute one element at a time.
        wide = ops.reshape(ops.cast(sums, "float64"), (parts, -1, left, ROW))
        return reduce(operator.add, ops.unstack(wide, axis=1))

    left = _lane_rows(weights.shape[0])
    every = [backend.sums([*map(weighted, fields)], axis=2) for fields in passes]
    return [folded(sums) for found in every for sums in found]


def each_chunk(
    voxels: Voxels, tensors: Voxels, function: Callable[[dict[str, Any]], Any], nothing: Any
) -> Any:
    """Return what a function makes of the rows, in the order in which they are counted.

    Parameters
    ----------
    voxels, tensors
        As in `in_chunks`; nothing is moved.
    function : callable
        Takes the same fields of a chunk's rows. Returns tensors of shape (row, …) in any
        structure.
    nothing : tensors in that structure
        Zeros for all rows, which what is found replaces.
    """
    size = chunk_rows(class_count(voxels))

    def of_chunk(number: Tensor) -> Any:
        index = ops.slice(tensors["index"], (number * size,), (size,))
        return function(
            keras.tree.map_structure(lambda field: ops.take(field, index, axis=-2), dict(voxels))
        )

    def put(number: Tensor, found: Any) -> Any:
        return keras.tree.map_structure(
            lambda whole, part: ops.slice_update(
                whole, (ops.cast(number * size, "int32"), ops.cast(0, "int32")), part
            ),
            found,
            of_chunk(number),
        )

    return ops.fori_loop(0, tensors["chunks"], put, nothing)


def computed_once(tensors: Voxels) -> Once:
    """Return what keeps XLA from computing tensors again in each sum that uses them.

    What it takes to be cheap it does again rather than keep, but for quotients: it keeps them. One
    by 1 changes nothing, and it does not know that the divisor is 1.

    Parameters
    ----------
    tensors : mapping
        Of a `Counted`, which has a chunk at least.
    """
    if not backend.FUSES:
        return plainly
    one = ops.minimum(tensors["chunks"], 1)

    def divided(each: Tensor) -> Tensor:
        return each / ops.cast(one, each.dtype)

    def once(found: Any) -> Any:
        return keras.tree.map_structure(divided, found)

    return once
