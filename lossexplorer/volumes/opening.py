"""Opening: from the names of files, or from a volume that is none, to a case."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from lossexplorer.volumes.batch_files import open_exclusive, open_overlapping
from lossexplorer.volumes.case import Case, checked, masked, predicted
from lossexplorer.volumes.case_sources import CaseSources
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.batch import Batch
from lossexplorer.volumes.model.overlapping import NO_REGIONS
from lossexplorer.volumes.nnunet import NO_DATASET, common_dataset
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUME_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.formats.raw import Shape
    from lossexplorer.volumes.model.grouping import ClassSelection
    from lossexplorer.volumes.model.ignoring import Ignored
    from lossexplorer.volumes.model.labels import LabelVolume
    from lossexplorer.volumes.source import StrPath


def open_case(
    sources: Sequence[StrPath],
    *,
    image: StrPath | None = None,
    prediction: StrPath | None = None,
    mask: StrPath | None = None,
    ignore: Ignored = "declared",
    overlapping: bool | None = None,
    classes: ClassSelection | None = None,
    patch: Shape | None = None,
    asks: bool = False,
) -> Case:
    """Open label volumes, and what belongs to them.

    Parameters
    ----------
    sources
        What `open_batch` opens, one or more; several make one batch, or, if classes overlap, one
        volume with a file per class.
    image
        A file with the anatomy of the first.
    prediction
        A file with their prediction. Without one, some voxel must be labelled.
    mask
        A file that is 0 in voxels that count nowhere.
    ignore
        The id whose voxels count nowhere, or None. ``"declared"`` is the one that nnU-Net's
        ``dataset.json`` beside the files names, if there is one.
    overlapping
        Whether classes may overlap. If so, sources are the masks of classes: one file with a mask
        in each channel, several files with a mask each, or labels, each id of which is a class. If
        not, each voxel is of one class. None is what files say: segments that overlap, and the
        regions of nnU-Net's ``dataset.json``.
    classes, patch
        As in `Case`; None is what is usual for the ids that the sources have.
    asks
        Whether a (n, z, y, x) array of zeros and ones is refused with an error of its own instead
        of opened as a batch, if `overlapping` is None.

    Raises
    ------
    OverlapNeededError
        As `asks` says.
    VolumeError
        If something cannot be read or does not fit.

    Examples
    --------
    >>> case = open_case(["sample:tumour"], patch=(25, 128, 128))
    >>> len(case.batch), case.batch.names
    (4, ('background', 'tumour'))
    """
    files = [each for each in sources if not os.fspath(each).startswith(SAMPLE_VOLUME_PREFIX)]
    dataset = common_dataset(files) if files else NO_DATASET
    if overlapping:
        originals = open_overlapping(sources)
    else:
        originals = open_exclusive(sources, asks=asks, told=overlapping is not None)
    has_masks = originals[0].overlap is not None
    regions = dataset.regions if overlapping is None and not has_masks else NO_REGIONS
    if has_masks and overlapping is False:
        raise VolumeError(
            f"{originals[0].name} holds segments that overlap; a voxel can be of one class if "
            "classes exclude each other. Export them without overlap."
        )
    if ignore == "declared":
        ignore = None if has_masks else dataset.ignore
    case = Case(
        originals,
        patch=patch,
        ignore=ignore,
        declared_regions=regions,
        each_id=bool(overlapping) and not has_masks,
        dataset=dataset,
        sources=CaseSources(tuple(os.fspath(each) for each in sources), overlapping=overlapping),
    )
    case = replace(case, classes=case.usual_classes if classes is None else classes)
    if prediction is not None:
        case = predicted(case, prediction)  # the truth can grow to it, and then has an image
    if image is not None:
        case = case.with_image(image)
    return checked(case if mask is None else masked(case, mask))


def case_of(volume: LabelVolume) -> Case:
    """Return a volume that was not read from a file as what is open."""
    case = Case(Batch((volume,)))
    return replace(case, classes=case.usual_classes)
