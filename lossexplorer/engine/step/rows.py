"""Fields as rows of voxels in memory order: sums run over rows, and slices are taken from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops

Tensor = Any
Shape = tuple[int, int, int]
Indices = NDArray[np.integer]
Region = tuple[slice | int, slice | int, slice | int]

ROW = 32
"""Voxels in a row: short enough for float32 sums, and for a surface to cut few of them."""

TOGETHER = 8
"""Rows that are added in float32, voxel by voxel, before their sums are added in float64."""

# Fields are padded to one of this many lengths between a power of two and the next, in steps of
# at least this many elements (8 MiB), because a function is compiled for each length.
_LENGTHS = 8
_LEAST = 2**21

# Elements of a field in a chunk: intermediate results stay in a CPU's cache, or fill a GPU.
_CHUNK = 2**24 if backend.is_gpu() else 2**17


def chunk_rows(classes: int) -> int:
    """Return how many rows are computed at a time, a multiple of `TOGETHER`."""
    return TOGETHER * max(1, _CHUNK // (classes * ROW * TOGETHER))


def by_row(field: Tensor) -> Tensor:
    """Return the voxels of a field (k, voxel) as rows, (k, row, ROW)."""
    return ops.reshape(field, (field.shape[0], -1, ROW))


class RowLayout:
    """Where voxels lie in rows.

    The rows that the volume fills come first, in memory order. If voxels are left over, they make
    a row that is filled in part and has weight 0, and each of them fills a row of its own with
    copies of itself, of weight 1/`ROW`. Behind them each class's representative, a voxel whose
    prediction is certain, fills a row, whose weight is what it stands for. With these weights
    every sum over voxels is a sum over rows. Empty rows follow, up to one of few lengths.

    Parameters
    ----------
    shape : tuple of int
        Of the volume, (z, y, x).
    classes : int
        Of the volume.

    Attributes
    ----------
    voxels : int
        How many the volume has.
    full : int
        How many rows it fills.
    single : int
        The first row of copies of one voxel.
    filled : int
        How many rows there are before the representatives.
    rows : int
        How many there are with them.
    capacity : int
        How many there are with the empty ones. Behind them comes the first chunk once more.
    """

    def __init__(self, shape: Shape, classes: int) -> None:
        self.shape = shape
        self.voxels = int(np.prod(shape))
        self.full, left = divmod(self.voxels, ROW)
        self.classes = classes
        self.single = self.full + (left > 0)
        self.filled = self.single + left
        self.rows = self.filled + classes
        # Volumes of about the same size get the same length and share compiled functions.
        least = _LEAST // (classes * ROW)
        unit = max(least, 2 ** (self.rows - 1).bit_length() // (2 * _LENGTHS))
        chunk = chunk_rows(classes)
        unit = -(-unit // chunk) * chunk
        self.capacity = -(-self.rows // unit) * unit

    @property
    def representatives(self) -> slice:
        """The rows of the classes' representatives."""
        return slice(self.filled, self.rows)

    def numbers(self, region: Region) -> Indices:
        """Return the numbers, in memory order, of the voxels of a part of the volume."""
        _, rows, columns = self.shape
        steps = rows * columns, columns, 1
        axes = [
            np.arange(0, length * step, step)[chosen]
            for length, step, chosen in zip(self.shape, steps, region, strict=True)
        ]
        found: Indices = reduce(np.add.outer, axes)
        return found

    def voxel(self, rows: Indices) -> Indices:
        """Return each voxel's number in memory order, shape (row, ROW); the last beyond these."""
        inner = rows[:, None] * ROW + np.arange(ROW)
        single = (self.full * ROW + rows - self.single)[:, None]
        number: Indices = np.where((rows < self.single)[:, None], inner, single)
        return np.minimum(number, self.voxels - 1)

    def ones(self, rows: Indices) -> NDArray[np.float64]:
        """Return the weights of rows of the volume: how many voxels each voxel counts for."""
        counts = [rows < self.full, rows < self.single]
        return np.select(counts, [1.0, 0.0], 1 / ROW)


class Field:
    """A field (k, z, y, x) on the device, in rows.

    Parameters
    ----------
    layout : RowLayout
        Of its volume.
    parts : iterable of array, shape (z, y, x)
        The field's k parts, which are taken one at a time, because all together may be large.
    count : int
        k.
    dtype : dtype
        Of the field.
    representatives : array, shape (k, class)
        What it is at each class's representative.

    Attributes
    ----------
    rows : tensor, shape (k, capacity and a chunk, ROW)
        All of it.
    """

    def __init__(
        self,
        layout: RowLayout,
        parts: Iterable[NDArray[Any]],
        count: int,
        dtype: Any,
        representatives: NDArray[Any],
    ) -> None:
        self.layout = layout
        chunk = chunk_rows(layout.classes)
        rows = np.zeros((count, layout.capacity + chunk, ROW), dtype)
        end = layout.full * ROW
        for row, part in zip(rows, parts, strict=True):
            voxels = part.reshape(-1)
            row.reshape(-1)[: layout.voxels] = voxels
            row[layout.single : layout.filled] = voxels[end:, None]
        rows[:, layout.representatives] = representatives[:, :, None]
        rows[:, layout.capacity :] = rows[:, :chunk]
        self.rows = backend.to_device(rows)
        self._count = count

    def take(self, rows: Indices) -> Tensor:
        """Return rows, shape (k, row, ROW)."""
        return ops.take(self.rows, rows, axis=1)

    def whole(self) -> Tensor:
        """Return the field, shape (k, z, y, x)."""
        layout = self.layout
        flat = ops.reshape(self.rows, (self._count, -1))[:, : layout.voxels]
        return ops.reshape(flat, (self._count, *layout.shape))


def batches(rows: Indices, size: int) -> Iterator[tuple[Indices, int]]:
    """Yield rows in batches of one size, and how many of each batch count.

    The last batch is filled up with copies of its first row.
    """
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        missing = size - len(batch)
        yield np.concatenate([batch, np.full(missing, batch[0])]) if missing else batch, len(batch)
