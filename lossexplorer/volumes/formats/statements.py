"""Sentences about statements of a file that disagree, or that say nothing that can be used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.spacing import (
    are_equal,
    describe_spacing,
    is_no_length,
    millimetres,
    usable_spacing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lossexplorer.volumes.spacing import Spacing

_SKEWED = 1e-3
"""The cosine between two axes below which they are taken for rounded."""


def two_spacings(
    name: str, used: str, spacing: Spacing | None, unused: str, other: Sequence[float] | None
) -> tuple[str, ...]:
    """Say that two statements of a file about its spacing differ by more than 1 %, if they do.

    Parameters
    ----------
    name
        The name of the file.
    used, unused
        What states the spacing that is used, and what the other.
    spacing, other
        mm, (z, y, x); None where there is no such statement.

    Examples
    --------
    >>> two_spacings("v.nii", "its pixdim", (2.0, 1.0, 1.0), "its sform", (2.5, 1.0, 1.0))
    ('v.nii has a spacing of 2 × 1 × 1 mm (z, y, x) by its pixdim and of 2.5 × 1 × 1 mm by its \
sform: its pixdim is used.',)
    """
    if spacing is None or other is None or are_equal(other, spacing):
        return ()
    return (
        f"{name} has a spacing of {describe_spacing(spacing)} (z, y, x) by {used} and of "
        f"{describe_spacing(other)} by {unused}: {used} is used.",
    )


def unknown_units(name: str, units: Iterable[str]) -> tuple[str, ...]:
    """Say which units of a file are of no known length, or missing along some of its axes.

    Pixels alone, which are no length, are not named.

    Examples
    --------
    >>> unknown_units("v.tif", ["pixel", "mm", "mm"])
    ("v.tif gives lengths in 'mm' along some axes and no unit of length along others: its spacing \
is not used, and 1 mm is assumed.",)
    >>> unknown_units("v.nrrd", ["mm", "furlong", "pixel"])
    ("v.nrrd gives lengths in 'furlong', which is no unit that is known here: its spacing is not \
used, and 1 mm is assumed.",)
    """
    named = dict.fromkeys(units)
    unknown = [each for each in named if millimetres(each) is None and not is_no_length(each)]
    if not unknown and 0 < sum(map(is_no_length, named)) < len(named):
        known = " and ".join(repr(each) for each in named if not is_no_length(each))
        return (
            f"{name} gives lengths in {known} along some axes and no unit of length along others: "
            "its spacing is not used, and 1 mm is assumed.",
        )
    return tuple(
        f"{name} gives lengths in {unit!r}, which is no unit that is known here: its spacing is "
        "not used, and 1 mm is assumed."
        for unit in unknown
    )


def not_at_right_angles(name: str, affine: np.ndarray[Any, Any] | None) -> tuple[str, ...]:
    """Say that the axes do not stand at right angles, if they do not.

    Parameters
    ----------
    name
        The name of the file.
    affine
        (4, 4), from indices to mm; None if the file has none.

    Examples
    --------
    >>> sheared = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    >>> not_at_right_angles("v.nii", sheared)
    ('v.nii has axes at 90°, 90°, 45° to each other: distances hold along the axes only.',)
    """
    if affine is None:
        return ()
    with np.errstate(all="ignore"):  # what is no direction is refused where places are compared
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        return ()
    x, y, z = (affine[:3, :3] / lengths).T
    cosines = [float(one @ other) for one, other in ((y, z), (x, z), (x, y))]
    if all(abs(cosine) < _SKEWED for cosine in cosines):
        return ()
    angles = [math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) for cosine in cosines]
    return (
        f"{name} has axes at {', '.join(f'{angle:.4g}°' for angle in angles)} to each other: "
        "distances hold along the axes only.",
    )


def no_unit(name: str, what: str, numbers: Iterable[float]) -> tuple[str, ...]:
    """Say that a file gives lengths without a unit, if they are not all 1.

    Parameters
    ----------
    name
        The name of the file.
    what
        What it calls the lengths.
    numbers
        They.
    """
    lengths = list(numbers)
    if all(length == 1 for length in lengths):
        return ()
    return (
        f"{name} gives {what} {' × '.join(f'{length:g}' for length in lengths)} without a unit of "
        "length: it is not used, and 1 mm is assumed.",
    )


def unusable(name: str, what: str, lengths: Iterable[float]) -> tuple[str, ...]:
    """Say that a file gives lengths that no voxel has, if it does; zeros alone are not set.

    Parameters
    ----------
    name
        The name of the file.
    what
        What it calls the lengths.
    lengths
        mm, (z, y, x).

    Examples
    --------
    >>> unusable("v.mha", "ElementSpacing", (2.5, 0.0, 0.8))
    ('v.mha gives ElementSpacing 2.5 × 0 × 0.8 mm (z, y, x), which no voxel has: it is not used, \
and 1 mm is assumed.',)
    >>> unusable("v.mrc", "the cell", (0.0, 0.0, 0.0))
    ()
    """
    values = list(lengths)
    if not any(values) or usable_spacing(values) is not None:
        return ()
    return (
        f"{name} gives {what} {describe_spacing(values)} (z, y, x), which no voxel has: it is not "
        "used, and 1 mm is assumed.",
    )


def place_without_size(name: str, origin: Iterable[float | None]) -> tuple[str, ...]:
    """Say that a file's place is not used because its voxels have no size, if it is not at 0.

    Parameters
    ----------
    name
        The name of the file.
    origin
        Where its first voxel lies, with None in it where that is not said.

    Examples
    --------
    >>> place_without_size("v.mrc", (8.0, 0.0, 0.0))
    ('v.mrc says where its first voxel lies and not how large a voxel is: its place is not used.',)
    >>> place_without_size("v.mrc", (0.0, 0.0, 0.0))
    ()
    """
    if not any(origin):
        return ()
    return (
        f"{name} says where its first voxel lies and not how large a voxel is: its place is not "
        "used.",
    )


def longer(name: str) -> tuple[str, ...]:
    """Say that bytes are left behind the voxels that a header declares.

    Examples
    --------
    >>> longer("v.nhdr")
    ('v.nhdr declares fewer voxels than its data hold: what stands behind them is not read. If \
something stands before them, the header has to say how many bytes to skip.',)
    """
    return (
        f"{name} declares fewer voxels than its data hold: what stands behind them is not read. "
        "If something stands before them, the header has to say how many bytes to skip.",
    )
