"""What a case was opened from, and what was in it: enough to open it again and to compare."""

from __future__ import annotations

import hashlib
import weakref
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
    return hashlib.sha256("".join(volume.key for volume in volumes).encode()).hexdigest()


def arrays_sha256(arrays: Iterable[Array]) -> str:
    """Return a hash of arrays, their shapes and types, in hexadecimal digits."""
    return hashlib.sha256("".join(map(_array_sha256, arrays)).encode()).hexdigest()


_known: dict[int, tuple[weakref.ref[Array], str]] = {}
"""The hashes of arrays that are there, by their identity: what is open is seen in many ways."""


def _array_sha256(array: Array) -> str:
    """Return the hash of an array that nobody changes."""
    identity = id(array)
    if identity in _known and _known[identity][0]() is array:
        return _known[identity][1]
    digest = hashlib.sha256(repr((array.shape, array.dtype.str)).encode())
    digest.update(np.ascontiguousarray(array).data.cast("B"))
    forget = weakref.ref(array, lambda _: _known.pop(identity, None))
    _known[identity] = (forget, digest.hexdigest())
    return digest.hexdigest()
