"""Fields as rows of voxels in memory order, over which sums run and from which slices are taken."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.backends.interface import ALIGNMENT
from lossexplorer.engine.step.padding import (
    CHUNK,
    ROW,
    padded,
    rows_at_a_time,
    rows_filled,
)

Tensor = Any
Shape = tuple[int, int, int]
Indices = NDArray[np.integer]
Region = tuple[slice | int, slice | int, slice | int]
EVERYWHERE: Region = (slice(None), slice(None), slice(None))
"""The whole volume."""

# Number of elements of a field in a chunk: its arrays fit a CPU's cache, or fill a GPU.
_CHUNK = 2**24 if backend.is_gpu() else CHUNK


def chunk_rows(classes: int, rows: int | None = None) -> int:
    """Return how many rows are computed at a time, a multiple of `TOGETHER`.

    Parameters
    ----------
    classes : int
        The number of classes.
    rows : int or None
        The number of rows of a `Field`; a small volume's chunk is the whole volume.
    """
    size = rows_at_a_time(classes, _CHUNK)
    return size if rows is None else min(size, rows // 2)


def by_row(field: Tensor) -> Tensor:
    """Return the voxels of a field (k, voxel) as rows, (k, row, ROW)."""
    return ops.reshape(field, (field.shape[0], -1, ROW))


class RowLayout:
    """The layout of a volume's voxels in rows.

    The rows that the volume fills come first, in memory order. If voxels are left over, they make
    a partly filled row of weight 0, and for each left-over voxel follows a row of `ROW` copies, of
    weight 1/`ROW`. Then each class's representative, a voxel whose prediction is certain, fills a
    row, whose weight is the number of voxels it stands for, divided by `ROW`. With these weights
    every sum over voxels is a sum over rows. Empty rows follow, up to one of a few lengths.

    Parameters
    ----------
    shape : tuple of int
        The shape of the volume, (z, y, x).
    classes : int
        The number of classes.
    samples : int
        How many samples the batch has.

    Attributes
    ----------
    voxels : int
        The number of voxels of the volume.
    full : int
        The number of rows that the volume fills.
    single : int
        The first row of copies of one voxel.
    filled : int
        The number of rows before the representatives.
    rows : int
        The number of rows with the representatives.
    capacity : int
        The number of rows with the empty rows. A field has a copy of its first chunk behind them.
    chunk : int
        The number of rows of a chunk.
    """

    def __init__(self, shape: Shape, classes: int, samples: int = 1) -> None:
        self.shape = shape
        self.voxels = int(np.prod(shape))
        self.full, left = divmod(self.voxels, ROW)
        self.classes = classes
        self.single = self.full + (left > 0)
        self.filled = rows_filled(self.voxels)
        self.rows = self.filled + classes
        self.capacity = padded(self.rows, classes, samples, _CHUNK)
        self.chunk = min(chunk_rows(classes), self.capacity)

    @property
    def representatives(self) -> slice:
        """The rows of the classes' representatives."""
        return slice(self.filled, self.rows)

    def numbers(self, region: Region) -> Indices:
        """Return the numbers, in memory order, of the voxels of a region."""
        _, rows, columns = self.shape
        strides = rows * columns, columns, 1
        axes = [
            np.arange(0, length * stride, stride)[chosen]
            for length, stride, chosen in zip(self.shape, strides, region, strict=True)
        ]
        found: Indices = reduce(np.add.outer, axes)
        return found

    def voxel(self, rows: Indices) -> Indices:
        """Return each voxel's number in memory order, (row, ROW), at most the last voxel's."""
        inner = rows[:, None] * ROW + np.arange(ROW)
        single = (self.full * ROW + rows - self.single)[:, None]
        number: Indices = np.where((rows < self.single)[:, None], inner, single)
        return np.minimum(number, self.voxels - 1)

    def ones(self, rows: Indices) -> NDArray[np.float64]:
        """Return the weights of rows of the volume if none are left out."""
        counts = [rows < self.full, rows < self.single]
        return np.select(counts, [1.0, 0.0], 1 / ROW)


class Field:
    """A field (k, z, y, x) on the device, in rows.

    Parameters
    ----------
    row_layout : RowLayout
        The layout of the volume.
    components : iterable of array, shape (z, y, x)
        The field's k components, which are taken one at a time, because all together may be large.
    count : int
        The number of components k.
    dtype : dtype
        The field's type.
    representatives : array, shape (k, class)
        The field's values at each class's representative.
    region : Region, optional
        The part of the volume that the components are of; the field is 0 in the rest.

    Attributes
    ----------
    rows : tensor, shape (k, capacity + a chunk, ROW)
        The field in rows.
    """

    def __init__(
        self,
        row_layout: RowLayout,
        components: Iterable[NDArray[Any]],
        count: int,
        dtype: Any,
        representatives: NDArray[Any],
        region: Region = EVERYWHERE,
    ) -> None:
        self.row_layout = row_layout
        chunk = row_layout.chunk
        rows = _zeros((count, row_layout.capacity + chunk, ROW), dtype)
        end = row_layout.full * ROW
        for row, component in zip(rows, components, strict=True):
            voxels = row.reshape(-1)[: row_layout.voxels]
            voxels.reshape(row_layout.shape)[region] = component
            row[row_layout.single : row_layout.filled] = voxels[end:, None]
        rows[:, row_layout.representatives] = representatives[:, :, None]
        rows[:, row_layout.capacity :] = rows[:, :chunk]
        self.rows = backend.taken_over(rows)
        self._count = count

    def with_rows(self, rows: Tensor) -> Field:
        """Return a field with other values, of the shape of `rows`, which are not copied."""
        other = copy.copy(self)
        other.rows = rows
        return other

    def take(self, rows: Indices) -> Tensor:
        """Return rows, shape (k, row, ROW)."""
        return ops.take(self.rows, rows, axis=1)

    def whole(self) -> Tensor:
        """Return the field, shape (k, z, y, x)."""
        row_layout = self.row_layout
        flat = ops.reshape(self.rows, (self._count, -1))[:, : row_layout.voxels]
        return ops.reshape(flat, (self._count, *row_layout.shape))


def _zeros(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return zeros that a tensor may share; memory is only taken where they are written."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    wide = np.zeros(size + ALIGNMENT, np.uint8)
    start = -wide.ctypes.data % ALIGNMENT
    found: NDArray[Any] = wide[start : start + size].view(dtype).reshape(shape)
    return found


def portions(rows: Indices, size: int) -> Iterator[tuple[Indices, int]]:
    """Yield rows in portions of equal size, each with its number of rows without padding.

    The last portion is padded with copies of its first row.
    """
    for start in range(0, len(rows), size):
        portion = rows[start : start + size]
        missing = size - len(portion)
        yield (
            np.concatenate([portion, np.full(missing, portion[0])]) if missing else portion,
            len(portion),
        )
