"""What nnU-Net's ``dataset.json`` says of the ids: the ignored one, and regions made of several.

Isensee et al. 2021, Nature Methods 18, 203–211; the format is that of nnU-Net's second version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossexplorer.volumes.source import StrPath

DATASET = "dataset.json"
"""Of nnU-Net and the Medical Segmentation Decathlon, for the folders of a whole data set."""

_FOLDERS_ABOVE = 2  # labelsTr/case.nii.gz, and nnU-Net's preprocessed and results folders
_IGNORE = "ignore"


@dataclass(frozen=True)
class Dataset:
    """What a ``dataset.json`` says of ids, beside their names.

    Attributes
    ----------
    name
        What to call the file, for messages; empty if there is none.
    ignore
        The id whose voxels count nowhere; None if there is none.
    regions
        The ids that each region is made of, in the order of a network's channels; empty if every
        class is an id.
    """

    name: str = ""
    ignore: int | None = None
    regions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


NO_DATASET = Dataset()
"""Of files without one."""


def common_dataset(sources: Sequence[StrPath]) -> Dataset:
    """Return what the ``dataset.json`` of several label files says.

    Raises
    ------
    VolumeError
        If two of them say different things, or one says what cannot be.
    """
    found = [find_dataset(source) for source in sources]
    for each in found[1:]:
        if (each.ignore, each.regions) != (found[0].ignore, found[0].regions):
            raise VolumeError(
                f"The {DATASET} of {sources[0]} and that of another of the files do not say the "
                "same of ids that are ignored or make a region. Open them one after the other."
            )
    return found[0]


def dataset_files(path: StrPath) -> list[Path]:
    """Return where the ``dataset.json`` of a file may lie: beside it, and in the folders above.

    Parameters
    ----------
    path
        The file.
    """
    folders = list(Path(parse_source(path).path).absolute().parents)[: _FOLDERS_ABOVE + 1]
    return [folder / DATASET for folder in folders]


def find_dataset(path: StrPath) -> Dataset:
    """Return what the ``dataset.json`` of a label file says, or nothing if there is none.

    Parameters
    ----------
    path
        The label file, or the folder that stands for one.

    Raises
    ------
    VolumeError
        If the file says of ``ignore`` or of a region what cannot be.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     labels = '{"background": 0, "whole": [1, 2], "core": [2], "ignore": 3}'
    ...     _ = Path(folder, "dataset.json").write_text(f'{{"labels": {labels}}}', "utf-8")
    ...     dataset = find_dataset(Path(folder, "labelsTr", "case.nii.gz"))
    >>> dataset.ignore, dict(dataset.regions)
    (3, {'whole': (1, 2), 'core': (2,)})
    """
    for file in dataset_files(path):
        if not file.is_file():
            continue
        try:
            labels = json.loads(file.read_text(encoding="utf-8-sig")).get("labels")
        except (OSError, ValueError, AttributeError, RecursionError):
            return NO_DATASET  # the names of classes are read from it too, and that says so
        return _dataset(file.name, labels) if isinstance(labels, dict) else NO_DATASET
    return NO_DATASET


def _dataset(name: str, labels: Mapping[str, Any]) -> Dataset:
    ids = {key: _ids(name, key, value) for key, value in labels.items() if _is_nnunet(value)}
    if len(ids) != len(labels):  # {"1": "liver"}, as in the Medical Segmentation Decathlon
        return NO_DATASET
    ignored = ids.pop(_IGNORE, ())
    if len(ignored) > 1:
        raise VolumeError(f"{name} has several ids as {_IGNORE}; one is ignored. Mend it.")
    objects = {key: found for key, found in ids.items() if set(found) != {0}}
    regions = objects if any(len(found) > 1 for found in objects.values()) else {}
    return Dataset(name, ignored[0] if ignored else None, regions)


def _is_nnunet(value: object) -> bool:
    return type(value) is int or isinstance(value, list)


def _ids(name: str, key: str, value: int | list[Any]) -> tuple[int, ...]:
    ids = tuple(value) if isinstance(value, list) else (value,)
    if not ids or not all(type(id_) is int and id_ >= 0 for id_ in ids):
        raise VolumeError(
            f"{name} has {json.dumps(value)} as {key}; an id is a whole number, and a region a "
            "list of them. Mend it, or rename it to open the labels without it."
        )
    return ids
