"""Sums over rows of voxels within one compiled function: chunk by chunk, which fits a cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.band import Selection
from lossexplorer.engine.moving import chunks_moved
from lossexplorer.engine.rows import ROW, Indices, Layout, chunk_rows

Tensor = Any
Voxels = Mapping[str, Any]


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
        lie; these numbers as ``weights``; both padded with rows that do not count; and the number
        of ``chunks``.
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
        "weights": np.pad(weights, (0, padding)),
        "chunks": np.int32(-(-len(rows) // size)),
    }
    return Counted(rows, weights, {k: backend.to_device(v) for k, v in tensors.items()})


def class_count(voxels: Voxels) -> int:
    """Return how many classes what `Presented.everywhere` returned has."""
    count: int = voxels["source"].shape[0]
    return count


def in_chunks(
    voxels: Voxels,
    tensors: Voxels,
    function: Callable[[dict[str, Any], Tensor], Any],
    nothing: Any,
) -> Any:
    """Return the sum of what a function makes of each chunk; within a compiled function.

    A chunk's fields have its voxels in one axis: over an axis as short as a row, XLA's loops take
    longer.

    Parameters
    ----------
    voxels : mapping
        What `Presented.everywhere` returned.
    tensors : mapping
        Of a `Counted`.
    function : callable
        Takes the same fields of a chunk's voxels, shape (k, voxel), and the weights of their
        rows, of which those of rows that do not count are 0. Returns tensors in any structure.
    nothing : tensors in that structure
        Zeros to begin with. To find them out, the function would have to be traced once more.
    """
    fields = dict(voxels)
    moves = fields.pop("moves", None)
    size, chosen = chunk_rows(class_count(voxels)), "index" in tensors
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
            return flat(ops.slice(field, (start, first, start), (field.shape[0], size, ROW)))

        taken = keras.tree.map_structure(rows, fields)
        if moves is not None:
            taken["source"] = moved(index, taken.pop("outside")[0])
        return function(taken, weights)

    def add(number: Tensor, total: Any) -> Any:
        return keras.tree.map_structure(ops.add, total, of_chunk(number))

    return ops.fori_loop(0, tensors["chunks"], add, nothing)


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


def apart(function: Callable[[], Any], like: Any, *, tensors: Voxels) -> Any:
    """Return what a function gives, computed once: XLA would do it again in each sum that uses it.

    `like` is tensors of the shapes and types of what it gives.

    A loop of one turn is what it does not look into. Where nothing is fused, none is needed.
    """
    if not backend.FUSES:
        return function()
    once = ops.minimum(tensors["chunks"], 1)
    nothing = keras.tree.map_structure(ops.zeros_like, like)
    return ops.fori_loop(0, once, lambda _, __: function(), nothing)
