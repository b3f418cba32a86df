"""Scores of a whole volume moved in one compiled pass, from rows to rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.rows import Field, Layout, Shape
from lossexplorer.predictions import shift_by

Tensor = Any


def move_whole(scores: Field, moves: Mapping[int, tuple[int, float]]) -> Field:
    """Return the scores moved; the classes' representatives stay.

    Parameters
    ----------
    scores : Field
        In mm.
    moves : mapping
        What `lossexplorer.predictions.shift_moves` returned.
    """
    layout = scores.layout
    numbers = {
        str(axis): (backend.to_device(np.int32(whole)), backend.to_device(np.float32(fraction)))
        for axis, (whole, fraction) in moves.items()
    }
    function = _shifting(layout.shape, layout.classes)
    return scores.changed(function(scores.rows, numbers))


@cache
def _shifting(shape: Shape, classes: int) -> Any:
    layout = Layout(shape, classes)

    def moved(rows: Tensor, numbers: dict[str, tuple[Tensor, Tensor]]) -> Tensor:
        field = shift_by(layout.unrolled(rows), {int(axis): n for axis, n in numbers.items()})
        return layout.rolled(field, rows)

    return backend.compiled(moved)
