"""Lengths and directions in a file beside the voxels: what nnU-Net and BIDS put there."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.formats.statements import two_spacings, unknown_units, unusable
from lossexplorer.volumes.spacing import Spacing, millimetres, usable_spacing

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.raw import RawVolume

_LARGEST = 1 << 20  # bytes; such a file has some hundred

_READERS = (
    ("plans.json", "image_reader_writer"),
    ("dataset.json", "overwrite_image_reader_writer"),
)
"""Where nnU-Net says with what it read the images, beside its predictions or one folder above."""

_TURNING = "WithReorient"  # what the names of readers end in that turn images towards RAS

_MODALITY = re.compile(r"_\d{4}$")  # what nnU-Net puts behind the name of a case's image


def with_lengths_beside(raw: RawVolume, path: Path, stem: str) -> RawVolume:
    """Return a volume with the spacing that a file beside it gives, if it has none of its own.

    Read is ``STEM.json`` with ``spacing``, (z, y, x) in mm, as nnU-Net writes it for TIFF; or with
    ``PixelSize``, (x, y, z), and ``PixelSizeUnits`` of BIDS. nnU-Net's ``STEM.pkl`` is named and
    never opened: to unpickle a file is to run it.

    Parameters
    ----------
    raw
        What was read.
    path
        The file or the folder that it was read from.
    stem
        Its name without the ending.

    Returns
    -------
    RawVolume
        With a note if both state a spacing and they differ.
    """
    stems = dict.fromkeys((stem, _MODALITY.sub("", stem)))
    for each in stems:
        found = _stated(path.with_name(f"{each}.json"))
        if found is None:
            continue
        name, spacing, notes = found
        if raw.spacing is None:
            return replace(raw, spacing=spacing, notes=(*raw.notes, *notes))
        disagreeing = two_spacings(raw.name, "the file itself", raw.spacing, name, spacing)
        return replace(raw, notes=(*raw.notes, *disagreeing))
    pickle = path.with_name(f"{stem}.pkl")
    if raw.spacing is None and pickle.is_file():
        unread = (
            f"{raw.name} gives no spacing, and {pickle.name} beside it is not opened, because a "
            "pickle can run code: 1 mm is assumed."
        )
        return replace(raw, notes=(*raw.notes, unread))
    return raw


def is_turned_by_nnunet(path: Path) -> bool:
    """Tell whether nnU-Net turned an image before it predicted this array of probabilities.

    Its readers ``NibabelIOWithReorient`` and ``SimpleITKIOWithReorient`` turn an image so that its
    axes run towards right, anterior and superior. A label map is turned back when it is written,
    the array of probabilities beside it is not.

    Parameters
    ----------
    path
        The ``.npz`` file.
    """
    for folder in (path.parent, path.absolute().parent.parent):
        for name, key in _READERS:
            reader = _content(folder / name).get(key)
            if isinstance(reader, str):
                return reader.endswith(_TURNING)
    return False


def _stated(path: Path) -> tuple[str, Spacing | None, tuple[str, ...]] | None:
    """Return a file's name, the spacing that it gives and notes; None if it gives none."""
    content = _content(path)
    if (sizes := _three(content.get("spacing"))) is not None:
        return path.name, usable_spacing(sizes), unusable(path.name, "spacing", sizes)
    if (sizes := _three(content.get("PixelSize"))) is None:
        return None
    unit = str(content.get("PixelSizeUnits", "mm"))
    length = millimetres(unit)
    if length is None:
        return path.name, None, unknown_units(path.name, [unit])
    in_mm = [size * length for size in reversed(sizes)]
    return path.name, usable_spacing(in_mm), unusable(path.name, "PixelSize", in_mm)


def _content(path: Path) -> dict[str, Any]:
    """Return the entries of a JSON file; none if it is no such file."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return {}
        content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}  # lengths are no reason not to open the labels
    return content if isinstance(content, dict) else {}


def _three(value: Any) -> list[float] | None:
    if not isinstance(value, list) or len(value) != 3:
        return None
    numbers = [each for each in value if isinstance(each, (int, float)) and math.isfinite(each)]
    return [float(each) for each in numbers] if len(numbers) == 3 else None
