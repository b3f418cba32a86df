"""Whether two volumes lie on the same grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossexplorer.core.lengths import edges_in_words
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.raw import RawVolume, describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.model.labels import LabelVolume

_TOLERANCE = 0.01  # of the spacing: beyond the rounding of any file format, below any resampling


def check_same_grid(
    raw: RawVolume, shape: Sequence[int], volume: LabelVolume, *, other: str
) -> None:
    """Refuse a volume whose voxels are not those of another one.

    Parameters
    ----------
    raw
        What was read, with its name, spacing and orientation.
    shape
        Its shape along (z, y, x).
    volume
        The volume that it must fit.
    other
        What that volume is to the reader of the message, e.g. ``"the truth"``.

    Raises
    ------
    VolumeError
        If the shapes differ, the spacings differ by more than 1 % where both are known, or the
        orientations differ where both are known: then equal indices are not equal places.
    """
    if tuple(shape) != volume.shape:
        raise VolumeError(
            f"{raw.name} is {describe(shape)} (z, y, x), {other} is {describe(volume.shape)}: "
            f"{_difference(shape, volume.shape)}"
        )
    if raw.spacing is not None and volume.spacing_known:
        triples = zip("zyx", raw.spacing, volume.spacing, strict=True)
        if axes := [axis for axis, a, b in triples if abs(a - b) > _TOLERANCE * b]:
            raise VolumeError(
                f"{raw.name} has a spacing of {describe_spacing(raw.spacing)} (z, y, x), {other} "
                f"{describe_spacing(volume.spacing)}: {_named(axes)} Resample it to the grid of "
                f"{other}."
            )
    if raw.orientation and volume.orientation and raw.orientation != volume.orientation:
        raise VolumeError(
            f"{raw.name} is oriented {raw.orientation}, {other} {volume.orientation}: the same "
            f"index is another place. Save it on the grid of {other}, with the same affine."
        )


def describe_spacing(spacing: Sequence[float]) -> str:
    """Write a spacing for people.

    Examples
    --------
    >>> describe_spacing((6.5, 0.78125, 0.78125))
    '6.5 × 0.78125 × 0.78125 mm'
    """
    return edges_in_words(spacing)


def _difference(shape: Sequence[int], expected: Sequence[int]) -> str:
    if tuple(shape[::-1]) == tuple(expected):
        return "the axes are in reverse order. Transpose it."
    return _named([axis for axis, a, b in zip("zyx", shape, expected, strict=True) if a != b])


def _named(axes: Sequence[str]) -> str:
    if len(axes) == 1:
        return f"axis {axes[0]} differs."
    return f"axes {', '.join(axes[:-1])} and {axes[-1]} differ."
