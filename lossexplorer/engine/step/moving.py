"""Displaced scores: each voxel's scores are read at a displaced place; no volume is moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.step.rows import Field, Indices, by_row
from lossexplorer.predictions import displaced_at

Tensor = Any


class Moves:
    """A displacement of a volume's scores along one axis, as compiled functions take it.

    Parameters
    ----------
    beyond : Field
        The scores of the volume beyond the side where its continuation enters.
    outside : Field
        The result of `lossexplorer.predictions.Displacement.outside`, as one component.
    axis_moves : mapping of str to array
        The result of `lossexplorer.predictions.Displacement.axis_moves`.

    Attributes
    ----------
    tensors : dict
        The input of `chunks_moved`, with the numbers of rows of the row layout.
    """

    def __init__(self, beyond: Field, outside: Field, axis_moves: Mapping[str, Any]) -> None:
        row_layout = beyond.row_layout
        ends = np.array(
            (row_layout.full, row_layout.single, row_layout.filled, row_layout.voxels), np.int32
        )
        numbers = {**axis_moves, "ends": ends}
        self.tensors: dict[str, Any] = {
            "beyond": beyond.rows,
            "outside": outside.rows,
            **{name: backend.to_device(array) for name, array in numbers.items()},
        }

    def at(self, basis: Field, voxels: Indices) -> Tensor:
        """Return the displaced scores, shape (k, …), of voxels numbered in memory order."""
        return voxels_moved(basis.rows, self.tensors, backend.to_device(voxels))


def voxels_moved(basis: Tensor, moves: Mapping[str, Tensor], voxels: Tensor) -> Tensor:
    """Return the displaced scores of voxels, shape (k, …); also within a compiled function.

    Parameters
    ----------
    basis : tensor, shape (k, row, ROW)
        The scores of the volume.
    moves : mapping
        The tensors of `Moves`.
    voxels : tensor of int
        The voxels' numbers in memory order, of any shape.
    """
    number, count = ops.cast(voxels, "int32"), moves["ends"][3]

    def of(rows: Tensor) -> Callable[[Tensor], Tensor]:
        flat = _flat(rows)
        return lambda back: ops.take(flat, ops.clip(number - back, 0, count - 1), axis=1)

    outside = ops.take(ops.reshape(moves["outside"], (-1,)), number)
    return displaced_at(of(basis), of(moves["beyond"]), outside, moves)


def _flat(rows: Tensor) -> Tensor:
    return ops.reshape(rows, (rows.shape[0], -1))


def chunks_moved(
    basis: Tensor, moves: Mapping[str, Tensor], *, following: bool
) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that returns the displaced scores of a chunk, shape (k, voxel).

    It takes the chunk's rows, shape (row,), and the chunk of the field `outside` of `Moves`, shape
    (voxel,).

    Parameters
    ----------
    basis, moves
        As in `voxels_moved`.
    following : bool
        Whether a chunk's rows are consecutive. The voxels to read are then consecutive, too, and
        are taken as one stretch instead of being gathered.
    """
    full, single, filled, voxels = (moves["ends"][index] for index in range(4))
    volume, beyond = _flat(basis), _flat(moves["beyond"])
    lane = ops.arange(ROW, dtype="int32")

    def gathered(rows: Tensor, outside: Tensor) -> Tensor:
        row = rows[:, None]
        copied = ops.logical_and(row >= single, row < filled)
        place = ops.where(copied, full * ROW + row - single, row * ROW + lane)
        # A representative is read without displacement: it stands for voxels that stay certain.
        stays = ops.broadcast_to(row >= filled, place.shape)
        place, stays = ops.reshape(place, (-1,)), ops.reshape(stays, (-1,))

        def of(flat: Tensor) -> Callable[[Tensor], Tensor]:
            def read(back: Tensor) -> Tensor:
                there = ops.where(stays, place, ops.clip(place - back, 0, voxels - 1))
                return ops.take(flat, there, axis=1)

            return read

        return displaced_at(of(volume), of(beyond), outside, moves)

    if not following:
        return gathered

    # Voxels that do not fill a row are stored as rows of copies, which a stretch does not contain.
    last = ops.reshape(full, (1,))
    rest = gathered(last, ops.take(moves["outside"], last, axis=1)[0, 0])

    def slid(rows: Tensor, outside: Tensor) -> Tensor:
        length = rows.shape[0] * ROW
        ring = volume.shape[1] - length  # followed by a copy of its first chunk

        def of(flat: Tensor) -> Callable[[Tensor], Tensor]:
            return lambda back: backend.stretch(flat, ops.mod(rows[0] * ROW - back, ring), length)

        def with_rest(found: Tensor) -> Tensor:
            number = rows - single
            copies = ops.take(rest, ops.clip(number, 0, ROW - 1), axis=1)[:, :, None]
            copied = ops.logical_and(number >= 0, rows < filled)[:, None]
            return ops.reshape(ops.where(copied, copies, by_row(found)), found.shape)

        has_rest = ops.logical_and(rows[0] < filled, rows[-1] >= single)
        found = displaced_at(of(volume), of(beyond), outside, moves)
        return ops.fori_loop(0, ops.cast(has_rest, "int32"), lambda _, one: with_rest(one), found)

    return slid
