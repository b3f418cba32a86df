"""Which of several volumes in a file is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossexplorer.volumes.errors import PartNeededError, VolumeError
from lossexplorer.volumes.formats.raw import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.formats.format import Part, Wanted

LABEL_KEYS = (
    "labels",
    "label",
    "truth",
    "seg",
    "arr_0",
    "prediction",
    "predictions",
    "probabilities",
    "softmax",
)
"""The labels among several arrays in a file: the first of these names that it holds."""

PREDICTION_KEYS = (
    "prediction",
    "predictions",
    "probabilities",
    "softmax",
    "labels",
    "label",
    "seg",
    "arr_0",
    "truth",
)
"""The same for a prediction, so that a truth and its prediction can share a file.

nnU-Net writes ``probabilities``, and wrote ``softmax``.
"""

IMAGE_KEYS = ("image", "images", "raw", "img", "volume", "data", "arr_0")
"""The same for the image below the labels, so that both can share a file."""

_LISTED = 8


def choose(name: str, parts: Sequence[Part], wanted: Wanted) -> Part:
    """Return the part that is wanted, the only volume, or the first of the wanted keys.

    A volume has three or more axes; what has fewer is looked at only if there is no volume. A key
    is compared with what follows the last ``/``, and counts if exactly one part has it.

    Parameters
    ----------
    name
        The name of the file, for messages.
    parts
        What it holds.
    wanted
        What was asked for.

    Raises
    ------
    PartNeededError
        If several volumes are left.
    VolumeError
        If there is none, or not the one that was asked for.

    Examples
    --------
    >>> from lossexplorer.volumes.formats.format import Part, Wanted
    >>> held = [Part("raw", (4, 4, 4), "uint16"), Part("entry/labels", (4, 4, 4), "uint8")]
    >>> choose("scan.h5", held, Wanted("", None, ("labels", "seg"))).name
    'entry/labels'
    """
    if wanted.part:
        for part in parts:
            if part.name == wanted.part:
                return part
        listed = f"it holds {_listed(parts)}" if parts else "it holds no array of numbers"
        raise VolumeError(f"{name} holds no {wanted.part!r}; {listed}.")
    if not parts:
        raise VolumeError(f"{name} holds no array of numbers; save the labels in it.")
    candidates = [part for part in parts if len(part.shape) >= 3] or list(parts)
    if len(candidates) == 1:
        return candidates[0]
    for key in wanted.keys:
        named = [part for part in candidates if part.name.rpartition("/")[2] == key]
        if len(named) == 1:
            return named[0]
    raise PartNeededError(
        f"{name} holds several arrays: {_listed(candidates)}. "
        f"Say which one to open, e.g. {name}::{_printable(candidates[0].name)}.",
        candidates,
    )


class UnreadNote(str):
    """A note that names parts of a file which were left unread."""


def unread(
    name: str, parts: Sequence[Part], chosen: Part, wanted: Wanted
) -> tuple[UnreadNote, ...]:
    """Return a sentence that names the parts which are not read; none if the part was asked for.

    Parameters
    ----------
    name
        The name of the file.
    parts
        What it holds.
    chosen
        The part that is read.
    wanted
        What was asked for.

    Examples
    --------
    >>> from lossexplorer.volumes.formats.format import Part, Wanted
    >>> held = [Part("raw", (4, 4, 4), "uint16"), Part("labels", (4, 4, 4), "uint8")]
    >>> unread("scan.h5", held, held[1], Wanted("", None, ("labels",)))
    ('scan.h5 holds more than labels, which is opened: raw (4 × 4 × 4, uint16) is not read.',)
    """
    others = [part for part in parts if part != chosen]
    if wanted.part or not others:
        return ()
    verb = "is" if len(others) == 1 else "are"
    note = UnreadNote(
        f"{name} holds more than {_printable(chosen.name)}, which is opened: {_listed(others)} "
        f"{verb} not read."
    )
    return (note,)


def no_parts(name: str, part: str) -> VolumeError:
    """Return the error for a part that is asked for of a file which holds a single volume."""
    return VolumeError(
        f"{name} holds one volume and no parts, so there is no {part!r} in it. Leave out "
        f"::{part}; one of its classes alone is opened with --classes ID, or with Classes in the "
        "window."
    )


def _listed(parts: Sequence[Part]) -> str:
    words = [
        f"{_printable(part.name)} ({describe(part.shape) or 'a single number'}, {part.dtype})"
        for part in parts[:_LISTED]
    ]
    more = len(parts) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "")


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)
