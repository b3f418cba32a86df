"""Sum over rows within one compiled function, in a loop over chunks that fit into a cache."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.backends.interface import usable_processors
from lossexplorer.engine.step.band import Selection
from lossexplorer.engine.step.moving import chunks_moved
from lossexplorer.engine.step.padding import ROW, TOGETHER
from lossexplorer.engine.step.rows import Indices, RowLayout, by_row, chunk_rows
from lossexplorer.engine.until_compiled import between_steps, is_by_steps
from lossexplorer.predictions import Once, unchanged

Tensor = Any
Voxels = Mapping[str, Any]

Passes = Sequence[Sequence[Tensor]]
"""Fields to be summed; `Backend.sums` sums the fields of one list in one pass over memory."""

# How many chunks are one where operations are carried out one by one.
_BY_STEPS = 16

# How many sums of rows are added to one before the sums of the next chunk are added.
_FOLDED = 8


@dataclass(frozen=True, eq=False)
class Counted:
    """The rows that sums run over, on the device.

    Attributes
    ----------
    rows : array of int
        Rows of the volume, followed by the classes' representatives.
    host_row_weights : array of float64
        The number of voxels that each voxel of a row counts for.
    tensors : dict
        The inputs of compiled functions: ``index``, the rows, left out if all rows are summed in
        their order; ``row_weights`` in float32; both padded with rows of weight 0; and the number
        of ``chunks``, with the ``first`` of them.
    """

    rows: Indices
    host_row_weights: NDArray[np.float64]
    tensors: dict[str, Tensor]

    @property
    def are_chosen(self) -> bool:
        """Whether rows are chosen, instead of all rows; a function is compiled for each form."""
        return "index" in self.tensors

    @cached_property
    def stretches(self) -> Sequence[dict[str, Tensor]]:
        """The tensors for each of some stretches of chunks, which are as many as processors.

        The loop of a compiled function has one thread. A GPU is one processor.
        """
        chunks = int(self.tensors["chunks"])
        count = min((backend.FUSES and not backend.is_gpu() and usable_processors()) or 1, chunks)
        ends = [backend.to_device(np.int32(chunks * k // count)) for k in range(count + 1)]
        return [{**self.tensors, "first": a, "chunks": b} for a, b in itertools.pairwise(ends)]

    @property
    def none_of_other_form(self) -> dict[str, Tensor]:
        """The tensors of the other form without chunks, with which it is compiled ahead."""
        found = {**self.tensors, "chunks": backend.to_device(np.int32(0))}
        index = np.zeros(self.tensors["row_weights"].shape, np.int32)
        if found.pop("index", None) is None:
            found["index"] = backend.to_device(index)
        return found


def counted(row_layout: RowLayout, selection: Selection | None) -> Counted:
    """Return the rows to sum over.

    The sum of a field over the volume is the weighted sum over these rows.

    Parameters
    ----------
    row_layout : RowLayout
        The layout of the rows.
    selection : Selection or None
        The rows to compute; None for all rows.
    """
    if selection is None:
        rows = np.arange(row_layout.filled)
        every = numbered(rows, row_layout.ones(rows), row_layout.chunk, row_layout.capacity)
        del every.tensors["index"]
        return every
    rows = np.concatenate([selection.rows, np.arange(row_layout.rows)[row_layout.representatives]])
    row_weights = np.concatenate([row_layout.ones(selection.rows), selection.certain / ROW])
    return numbered(rows, row_weights, row_layout.chunk, row_layout.capacity)


def numbered(rows: Indices, row_weights: NDArray[np.float64], size: int, length: int) -> Counted:
    """Return rows as counted rows, padded to whole chunks.

    Parameters
    ----------
    rows : array of int
        Rows of the volume.
    row_weights : array of float64
        The number of voxels that each voxel of a row counts for.
    size : int
        The number of rows of a chunk.
    length : int
        The least number of rows after padding.
    """
    padding = -(-length // size) * size - len(rows)
    tensors = {
        "index": np.pad(rows, (0, padding)).astype(np.int32),
        "row_weights": np.pad(row_weights, (0, padding)).astype(np.float32),
        "first": np.int32(0),
        "chunks": np.int32(-(-len(rows) // size)),
    }
    return Counted(rows, row_weights, {k: backend.to_device(v) for k, v in tensors.items()})


def class_count(voxels: Voxels) -> int:
    """Return the number of classes of the fields that `Plan.everywhere` returned."""
    count: int = voxels["basis"].shape[0]
    return count


def in_chunks(
    voxels: Voxels,
    tensors: Voxels,
    function: Callable[[dict[str, Any]], Passes],
    shape: tuple[int, int],
) -> Tensor:
    """Return sums over the voxels, in float64, of the fields that a function makes of each chunk.

    For use within a compiled function. A chunk's fields have all voxels on one axis, because XLA's
    loops over an axis as short as a row take longer.

    Parameters
    ----------
    voxels : mapping
        The fields that `Plan.everywhere` returned.
    tensors : mapping
        The tensors of a `Counted`.
    function : callable
        Takes the fields of a chunk's voxels, shape (k, voxel). Returns float32 fields, which have
        all the same shape (l, voxel).
    shape : tuple of int
        The number of fields that the function returns, and l: the shape of the result, which
        otherwise would take another trace of the function.
    """
    read, size = _reader(voxels, tensors)
    count, length = shape

    def lane_sums(number: Tensor, together: int = 1) -> list[Tensor]:
        found, row_weights = read(number, together)
        return _lane_sums(function(found), row_weights)

    def add(number: Tensor, total: list[Tensor]) -> list[Tensor]:
        return [*map(operator.add, total, lane_sums(number))]

    if is_by_steps():  # the time of an operation is Python's then
        first, end = int(tensors["first"]), int(tensors["chunks"])
        found = [
            ops.stack([ops.sum(each, axis=(1, 2)) for each in lane_sums(start, together)])
            for start in range(first, end, _BY_STEPS)
            for together in [min(_BY_STEPS, end - start)]
        ]
        return reduce(operator.add, found)
    lanes = ops.zeros((length, _lane_rows(size), ROW), "float64")
    found = ops.fori_loop(tensors["first"], tensors["chunks"], add, [lanes] * count)
    return ops.stack([ops.sum(each, axis=(1, 2)) for each in found])


def products_in_chunks(
    voxels: Voxels, tensors: Voxels, function: Callable[[dict[str, Any]], tuple[Tensor, Tensor]]
) -> Tensor:
    """Return Σ a bᵀ over the voxels, in float64, of two fields that a function makes of each chunk.

    For use within a compiled function.

    Parameters
    ----------
    voxels, tensors
        As in `in_chunks`.
    function : callable
        Takes the fields of a chunk's voxels. Returns two float32 fields of shape (class, voxel).

    Returns
    -------
    tensor of float64, shape (class, class)
    """
    read, _ = _reader(voxels, tensors)
    classes, together = class_count(voxels), TOGETHER * ROW

    def apart(field: Tensor) -> Tensor:
        return ops.transpose(ops.reshape(field, (classes, -1, together)), (1, 0, 2))

    def add(number: Tensor, total: Tensor) -> Tensor:
        found, row_weights = read(number)
        weights = ops.repeat(row_weights, ROW)
        first, second = function(found)
        second = ops.where(weights != 0, second * weights, 0.0)
        # In float32 a few voxels are added up at a time, as in `in_chunks`.
        products = ops.matmul(apart(first), ops.transpose(apart(second), (0, 2, 1)))
        return total + ops.sum(ops.cast(products, "float64"), axis=0)

    return ops.fori_loop(0, tensors["chunks"], add, ops.zeros((classes, classes), "float64"))


def fields_in_chunks(
    voxels: Voxels,
    tensors: Voxels,
    function: Callable[[dict[str, Any]], Sequence[Tensor]],
    count: int,
) -> Tensor:
    """Return the fields themselves that a function makes of each chunk, shape (count, row, ROW).

    For use within a compiled function. The rows are the counted ones, in their order.

    Parameters
    ----------
    voxels, tensors
        As in `in_chunks`.
    function : callable
        Takes the fields of a chunk's voxels. Returns float32 fields of shape (voxel,).
    count : int
        How many it returns.
    """
    read, size = _reader(voxels, tensors)

    def put(number: Tensor, whole: Tensor) -> Tensor:
        found = ops.reshape(ops.stack(function(read(number)[0])), (count, size, ROW))
        start, zero = ops.cast(number * size, "int32"), ops.cast(0, "int32")
        return ops.slice_update(whole, (zero, start, zero), found)

    nothing = ops.zeros((count, tensors["row_weights"].shape[0], ROW), "float32")
    return ops.fori_loop(0, tensors["chunks"], put, nothing)


def _reader(
    voxels: Voxels, tensors: Voxels
) -> tuple[Callable[..., tuple[dict[str, Any], Tensor]], int]:
    """Return a function of a chunk's number, and the number of rows of a chunk.

    It returns the fields of the chunk's voxels, shape (k, voxel), and the weights of its rows: of a
    number of chunks together, where operations are carried out one by one.
    """
    fields = dict(voxels)
    moves = fields.pop("moves", None)
    classes, rows_held, _ = voxels["basis"].shape
    size, chosen = chunk_rows(classes, rows_held), "index" in tensors
    once = computed_once(tensors)  # what is gathered lies voxel by voxel, with its classes together
    if moves is not None:
        following = not (chosen or is_by_steps())  # a stretch is one chunk at most
        moved = chunks_moved(fields.pop("basis"), moves, following=following)
        fields["outside"] = moves["outside"]

    def flat(field: Tensor) -> Tensor:
        return ops.reshape(field, (field.shape[0], -1))

    def read(number: Tensor, together: int = 1) -> tuple[dict[str, Any], Tensor]:
        between_steps()
        length = together * size
        # Start indices must have one type, because JAX refuses a mixture.
        first, start = ops.cast(number * size, "int32"), ops.cast(0, "int32")
        row_weights = ops.slice(tensors["row_weights"], (first,), (length,))
        if chosen:
            index = ops.slice(tensors["index"], (first,), (length,))
        else:
            index = first + ops.arange(length, dtype="int32")

        def rows(field: Tensor) -> Tensor:
            if len(field.shape) < 2:
                return field
            if chosen:
                return flat(ops.take(field, index, axis=1))
            return ops.slice(flat(field), (start, first * ROW), (field.shape[0], length * ROW))

        taken: dict[str, Any] = keras.tree.map_structure(rows, fields)
        if moves is not None:
            taken["basis"] = moved(index, taken.pop("outside")[0])
        if chosen:
            taken["basis"] = once(taken["basis"])
        return taken, row_weights

    return read, size


def _lane_rows(rows: int) -> int:
    """Return the number of rows that `_lane_sums` returns for a number of rows."""
    groups = rows // TOGETHER
    return groups // math.gcd(groups, _FOLDED)


def _lane_sums(passes: Passes, row_weights: Tensor) -> list[Tensor]:
    """Return a few float64 rows, (k, row, ROW), with the weighted sums of fields (k, voxel).

    Rows are added to each other, because XLA makes no vector instructions for a sum along a row. A
    running float32 sum of more than a few rows would be wrong by percents.

    Parameters
    ----------
    passes : sequence of sequence of tensor, shape (k, voxel)
        The fields.
    row_weights : tensor of float32, shape (row,)
        A row of weight 0 does not count, even if it is not finite.
    """
    length, of_rows = passes[0][0].shape[0], row_weights[:, None]

    def weighted(field: Tensor) -> Tensor:
        rows = ops.where(of_rows != 0, by_row(field) * of_rows, 0.0)
        return ops.reshape(rows, (length, -1, TOGETHER, ROW))

    def folded(sums: Tensor) -> Tensor:
        # Written as additions, because XLA reduces so short an axis one element at a time.
        wide = ops.reshape(ops.cast(sums, "float64"), (length, -1, left, ROW))
        return reduce(operator.add, ops.unstack(wide, axis=1))

    def together(fields: Sequence[Tensor]) -> list[Tensor]:
        if len(fields) > 1 or not backend.FUSES or is_by_steps():
            return backend.sums([*map(weighted, fields)], axis=2)
        # XLA makes vector instructions of additions, and none of the sums of an expensive field.
        return [reduce(operator.add, ops.unstack(weighted(fields[0]), axis=2))]

    left = _lane_rows(row_weights.shape[0])
    return [folded(sums) for fields in passes for sums in together(fields)]


def each_chunk(
    voxels: Voxels, tensors: Voxels, function: Callable[[dict[str, Any]], Any], nothing: Any
) -> Any:
    """Return a function's results for each chunk's rows, in the order of the counted rows.

    Parameters
    ----------
    voxels, tensors
        As in `in_chunks`, without displacement.
    function : callable
        Takes the fields of a chunk's rows. Returns tensors of shape (row, …) in any structure.
    nothing : tensors in that structure
        Zeros for all rows, which the results replace.
    """
    size = chunk_rows(class_count(voxels))

    def of_chunk(number: Tensor) -> Any:
        between_steps()
        index = ops.slice(tensors["index"], (number * size,), (size,))
        return function(
            keras.tree.map_structure(lambda field: ops.take(field, index, axis=-2), dict(voxels))
        )

    def put(number: Tensor, found: Any) -> Any:
        return keras.tree.map_structure(
            lambda whole, rows: ops.slice_update(
                whole, (ops.cast(number * size, "int32"), ops.cast(0, "int32")), rows
            ),
            found,
            of_chunk(number),
        )

    return ops.fori_loop(0, tensors["chunks"], put, nothing)


def computed_once(tensors: Voxels) -> Once:
    """Return a function that stops XLA from recomputing tensors in each sum that uses them.

    XLA recomputes expressions that it takes to be cheap instead of storing them, except quotients.
    The function therefore divides tensors by a runtime 1, which stops XLA from recomputing them:
    the values stay the same, and since the 1 is no constant, the division is not optimised away.

    Parameters
    ----------
    tensors : mapping
        The tensors of a `Counted`; the 1 is made from its number of chunks, which is at least 1.
    """
    if not backend.FUSES:
        return unchanged
    one = ops.minimum(tensors["chunks"], 1)

    def divided(each: Tensor) -> Tensor:
        return each / ops.cast(one, each.dtype)

    def once(found: Any) -> Any:
        return keras.tree.map_structure(divided, found)

    return once
