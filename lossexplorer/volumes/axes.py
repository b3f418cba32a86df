"""The axes of an array by their letters: time t, channel c, and z, y, x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    import numpy as np

_ORDER = "tczyx"


def are_axes(letters: str) -> bool:
    """Return whether letters are those of the axes of an image, each once, y and x among them.

    Examples
    --------
    >>> are_axes("cyx"), are_axes("xyzc"), are_axes("zz"), are_axes("zc")
    (True, True, False, False)
    """
    once = len(set(letters)) == len(letters)
    return once and set("yx") <= set(letters) <= set(_ORDER)


def sorted_axes(letters: str) -> str:
    """Return the letters in the order of the program.

    Examples
    --------
    >>> sorted_axes("xyzc")
    'czyx'
    """
    return "".join(letter for letter in _ORDER if letter in letters)


def in_order(name: str, array: np.ndarray[Any, Any], letters: str) -> np.ndarray[Any, Any]:
    """Return an array with its axes in the order (t, c, z, y, x), as far as it has them.

    Parameters
    ----------
    name
        The name of the file, for the message.
    array
        The array.
    letters
        A letter for each axis; empty to leave them as they are.

    Raises
    ------
    VolumeError
        If the array has another number of axes.

    Examples
    --------
    >>> import numpy as np
    >>> in_order("p.npy", np.zeros((4, 5, 6, 2)), "xyzc").shape
    (2, 6, 5, 4)
    """
    if not letters:
        return array
    if len(letters) != array.ndim:
        lengths = " × ".join(map(str, array.shape))
        raise VolumeError(
            f"{name} has {array.ndim} axes ({lengths}), and @{letters} names "
            f"{len(letters)}: name each once."
        )
    return array.transpose([letters.index(axis) for axis in sorted_axes(letters)])
