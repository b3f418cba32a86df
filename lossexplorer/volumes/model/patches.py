"""Patches: what a volume is cut into, as for training or sliding-window inference."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.raw import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.formats.raw import Shape

PatchBox = tuple[slice, ...]
"""A block of a volume: a slice without a stride along each of (z, y, x)."""

_BETWEEN = re.compile(r"\s*[xX×*,\s]\s*")
_LENGTH = re.compile(r"\d{1,9}")


def parse_patch(text: str | None) -> Shape | None:
    """Read the size of a patch as a person writes it, on the command line or in the window.

    Parameters
    ----------
    text
        One length for all axes, or three in the order (z, y, x), as arrays have them: whole
        numbers of voxels from 1, with x, ×, an asterisk, a comma or spaces between them.

    Returns
    -------
    tuple of int or None
        Voxels along (z, y, x); None, which leaves volumes whole, if the text is empty.

    Raises
    ------
    VolumeError
        If it is neither one length nor three.

    Examples
    --------
    >>> parse_patch("64"), parse_patch("8 x 64 × 96"), parse_patch("8, 64, 96")
    ((64, 64, 64), (8, 64, 96), (8, 64, 96))
    >>> parse_patch("") is None
    True
    >>> parse_patch("8x64")
    Traceback (most recent call last):
    lossexplorer.volumes.errors.VolumeError: A patch is 64 or 8x64x64 (z, y, x) voxels, not '8x64'.
    """
    if text is None or not text.strip():
        return None
    lengths = [int(each) if _LENGTH.fullmatch(each) else 0 for each in _BETWEEN.split(text.strip())]
    if len(lengths) not in (1, 3) or min(lengths) < 1:
        raise VolumeError(f"A patch is 64 or 8x64x64 (z, y, x) voxels, not {text!r}.")
    z, y, x = lengths * (3 // len(lengths))
    return z, y, x


def patch_boxes(shape: Sequence[int], size: Sequence[int]) -> list[PatchBox]:
    """Return the patches of one size that cover a volume.

    Where the size does not divide the volume, the last patch of an axis is moved back to end with
    the volume, as in sliding-window inference; it then shares voxels with the one before.

    Parameters
    ----------
    shape
        Of the volume, (z, y, x).
    size
        Of a patch, at least 1; where the volume is smaller, all of it.

    Raises
    ------
    VolumeError
        If a length is below 1.

    Examples
    --------
    >>> [box[2] for box in patch_boxes((1, 1, 5), (1, 1, 2))]
    [slice(0, 2, None), slice(2, 4, None), slice(3, 5, None)]
    """
    if min(size) < 1:
        raise VolumeError(f"A patch of {describe(size)} voxels is empty; lengths start at 1.")
    lengths = [min(int(n), whole) for n, whole in zip(size, shape, strict=True)]
    starts = [
        sorted({min(start, whole - n) for start in range(0, whole, n)})
        for n, whole in zip(lengths, shape, strict=True)
    ]
    return [
        tuple(slice(s, s + n) for s, n in zip(corner, lengths, strict=True))
        for corner in product(*starts)
    ]
