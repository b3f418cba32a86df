"""What a case was opened from, and what was in it: enough to open it again and to compare."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lossexplorer.volumes.model.batch import Batch

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class CaseSources:
    """What a case was opened from, as it was named.

    Attributes
    ----------
    volumes
        Files, parts of them or ``sample:NAME``; empty for volumes that are no file's.
    image, prediction, mask
        Files of what belongs to the volumes; empty for none.
    overlapping
        Whether somebody has said that classes may overlap; None for what files say.
    """

    volumes: tuple[str, ...] = ()
    image: str = ""
    prediction: str = ""
    mask: str = ""
    overlapping: bool | None = None


def labels_sha256(volumes: Batch) -> str:
    """Return a hash of what volumes hold: labels, ids and spacing, in hexadecimal digits.

    It is of the voxels and not of the file, so that a file that is only compressed otherwise is
    the same. Names do not count, nor does an image.

    Examples
    --------
    >>> from lossexplorer.volumes import open_case
    >>> case = open_case(["sample:tumour"])
    >>> labels_sha256(case.originals) == open_case(["sample:tumour"]).contents
    True
    """
    digest = hashlib.sha256()
    for volume in volumes:
        digest.update(repr((volume.spacing, [c.id for c in volume.classes])).encode())
        _add(digest, volume.labels)
        if volume.overlap is not None:
            _add(digest, volume.overlap.members)
        if volume.ignored is not None:
            _add(digest, volume.ignored)
    return digest.hexdigest()


def arrays_sha256(arrays: Iterable[Array]) -> str:
    """Return a hash of arrays, their shapes and types, in hexadecimal digits."""
    digest = hashlib.sha256()
    for array in arrays:
        _add(digest, array)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, array: Array) -> None:
    digest.update(repr((array.shape, array.dtype.str)).encode())
    digest.update(np.ascontiguousarray(array).data.cast("B"))
