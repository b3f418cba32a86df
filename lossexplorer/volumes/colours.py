"""From the colours of an RGB-coded mask to the ids of classes."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.colour_tables import (
    Colour,
    find_colours,
    hexadecimal,
    own_table,
)
from lossexplorer.volumes.errors import ColoursNeededError, VolumeError
from lossexplorer.volumes.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.colour_tables import RGB
    from lossexplorer.volumes.formats.raw import RawVolume
    from lossexplorer.volumes.source import StrPath

Array = np.ndarray[Any, Any]

_MOST = 256
"""An image of more colours is a picture, or a mask that was smoothed or compressed with loss."""

_LISTED = 12
_BLACK = 0

# Of red, green and blue in the brightness of a picture (ITU-R BT.601).
_BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)


def decoded(raw: RawVolume, path: StrPath) -> RawVolume:
    """Return an RGB-coded mask with ids in place of its colours; anything else as it is.

    What a colour stands for is said by a table beside the file (see
    `lossexplorer.volumes.colour_tables.find_colours`). Black is the background where the table has
    none. Without a table, a mask in shades of grey has the shades as ids.

    Parameters
    ----------
    raw
        What was read.
    path
        Of the file, as it was named.

    Raises
    ------
    ColoursNeededError
        If there is no table, or a colour is not in it.
    VolumeError
        If there are too many colours for a mask, pixels are half transparent, or a table is broken.
    """
    if not raw.colour:
        return raw
    file = parse_source(path).path
    packed = _packed(raw)
    values, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    table = find_colours(file)
    if not table and _is_grey(values):
        note = f"{raw.name} is a colour image in shades of grey, whose shades are the ids."
        ids = (packed & 255).astype(np.uint8)
        return replace(raw, array=ids, colour=False, notes=(*raw.notes, note))
    if len(values) > _MOST:
        raise VolumeError(
            f"{raw.name} has {len(values):,} colours, so it is a picture, or a mask whose edges "
            "were smoothed or whose compression changed its colours. Choose the mask, saved as PNG "
            "or TIFF without smoothing; a picture can be shown below it as the image."
        )
    known = {_number(each.rgb): each.id for each in table}
    if table and 0 not in known.values():
        known.setdefault(_BLACK, 0)
    unknown = [value not in known for value in values.tolist()]
    if any(unknown):
        order = np.argsort(-counts, kind="stable")
        found = [(_rgb(int(values[k])), int(counts[k])) for k in order]
        strange = [each for each, k in zip(found, order, strict=True) if unknown[k]]
        raise ColoursNeededError(_sentence(raw, file, strange, table), file, found)
    ids = np.array([known[value] for value in values.tolist()])[places]
    names = {each.id: each.name for each in table if each.name}
    return replace(
        raw,
        array=ids.reshape(packed.shape).astype(np.min_scalar_type(int(ids.max()))),
        colour=False,
        names={**raw.names, **names},
    )


def grey(raw: RawVolume) -> RawVolume:
    """Return the brightness of a colour image, 0 to 255; anything else as it is."""
    if not raw.colour:
        return raw
    return replace(raw, array=raw.array[..., :3] @ _BRIGHTNESS, colour=False)


def proposed(counts: Sequence[tuple[RGB, int]], table: Sequence[Colour] = ()) -> tuple[Colour, ...]:
    """Return ids for the colours of a mask, for a person to change: those of a table, and new ones.

    Black is the background or, without black, the most frequent colour, unless the table has one;
    the others have the ids from 1 that the table leaves free.

    Examples
    --------
    >>> [each.id for each in proposed([((255, 0, 0), 90), ((0, 0, 0), 10), ((0, 0, 255), 5)])]
    [1, 0, 2]
    """
    known, taken = {each.rgb: each for each in table}, {each.id for each in table}
    strange = [rgb for rgb, _ in counts if rgb not in known]
    if strange and 0 not in taken:
        background = (0, 0, 0) if (0, 0, 0) in strange else strange[0]
        known[background] = Colour(background, 0, "background")
    free = (id_ for id_ in count(1) if id_ not in taken)
    for rgb in strange:
        if rgb not in known:
            id_ = next(free)
            known[rgb] = Colour(rgb, id_, f"class {id_}")
    return tuple(known[rgb] for rgb, _ in counts)


def _packed(raw: RawVolume) -> Array:
    """Return one number for each colour; what is transparent is black."""
    array = raw.array
    packed = np.zeros(array.shape[:-1], np.uint32)
    for channel in range(3):
        packed = packed << 8 | array[..., channel]
    if array.shape[-1] == 4:
        opacity = array[..., 3]
        if not np.isin(opacity, (0, 255)).all():
            raise VolumeError(
                f"{raw.name} has half transparent pixels, whose colours stand for no class. Save "
                "the mask without smoothed edges."
            )
        packed[opacity == 0] = _BLACK
    return packed


def _is_grey(values: Array) -> bool:
    red, green, blue = values >> 16, values >> 8 & 255, values & 255
    return bool(((red == green) & (green == blue)).all())


def _number(rgb: RGB) -> int:
    return int.from_bytes(bytes(rgb))


def _rgb(value: int) -> RGB:
    red, green, blue = value.to_bytes(3)
    return red, green, blue


def _sentence(
    raw: RawVolume, file: str, strange: Sequence[tuple[RGB, int]], table: Sequence[Colour]
) -> str:
    """Say which colours are not known, and what to write for them."""
    listed = ", ".join(
        f"{hexadecimal(rgb)} ({voxels:,} voxels)" for rgb, voxels in strange[:_LISTED]
    )
    more = f" and {len(strange) - _LISTED} more" if len(strange) > _LISTED else ""
    example = "; ".join(
        f"{each.id},{each.name},{hexadecimal(each.rgb)}" for each in proposed(strange, table)[:2]
    )
    if table:
        problem, add = "colours that its table does not have", "Add them to the table, or write"
    else:
        problem, add = "colours, which no table explains", "Write"
    return (
        f"{raw.name} is coded in {problem}: {listed}{more}. {add} {own_table(file).name} beside "
        f"it, a line for each colour below the heading id,name,color (for example {example}), or "
        "open the file in the window, which asks."
    )
