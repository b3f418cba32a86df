"""Controls that have no place to move to, because a volume has one voxel along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lossexplorer.core.parameters import ParameterError
from lossexplorer.predictions._catalog import CONTROLS, DEGRADATIONS


def without_room(shape: Sequence[int]) -> tuple[str, ...]:
    """Return the controls that would move a volume out of itself.

    Parameters
    ----------
    shape : tuple of int
        The shape of the volume, (z, y, x).

    Examples
    --------
    >>> sorted(without_room((1, 64, 64))), without_room((2, 64, 64))
    (['rotate_x', 'rotate_y', 'shift_z'], ())
    """
    single = {axis for axis, length in zip("zyx", shape, strict=True) if length == 1}
    moves = [each.moves for each in DEGRADATIONS.values()]
    return tuple(name for each in moves for name, axes in each.items() if single & set(axes))


def check_room(values: Mapping[str, Any], shape: Sequence[int]) -> None:
    """Refuse values of controls that would move a volume out of itself.

    Parameters
    ----------
    values : mapping
        The controls' values.
    shape : tuple of int
        The shape of the volume, (z, y, x).

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If one of them is not at its default.
    """
    for name in without_room(shape):
        if name in values and values[name] != CONTROLS[name].default:
            single = [axis for axis, length in zip("zyx", shape, strict=True) if length == 1]
            raise ParameterError(
                f"{name} moves the prediction out of the volume, which has one voxel along "
                f"{' and '.join(single)}. Leave it at {CONTROLS[name].default:g}."
            )
