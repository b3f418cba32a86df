"""What belongs to labels that are open, read from files: a mask and a prediction."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lossexplorer.volumes.batch_files import read_batch_prediction
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.batch import Batch
from lossexplorer.volumes.reading import read_mask

if TYPE_CHECKING:
    from lossexplorer.volumes.case import Case
    from lossexplorer.volumes.source import StrPath


def masked(case: Case, path: StrPath) -> Case:
    """Return a case with the voxels left out in which the mask of a file is 0; unchecked.

    Raises
    ------
    VolumeError
        If it cannot be read or does not fit.
    """
    left_out, notes = read_mask(path, tuple(case.originals))
    name = Path(os.fspath(path)).name
    return replace(
        case,
        left_out=left_out,
        mask_name=name,
        placed_mask_notes=notes,
        sources=replace(case.sources, mask=os.fspath(path)),
    )


def predicted(case: Case, path: StrPath) -> Case:
    """Return a case with the prediction of a file; unchecked.

    Raises
    ------
    VolumeError
        If it cannot be read or does not fit.
    """
    originals, given, notes = read_batch_prediction(
        path, case.originals, ignore=case.ignore, regions=case.regions
    )
    name = Path(os.fspath(path)).name
    if case.left_out is not None and originals[0].shape != case.originals[0].shape:
        raise VolumeError(
            f"{name} goes on beyond {case.originals[0].name}, which is continued with background, "
            f"and the mask {case.mask_name} does not. Remove the mask, and open it again behind "
            "the prediction."
        )
    if len(originals[0].classes) == 1 and not case.regions:
        # A loss of the background alone says nothing of the objects that both rightly lack.
        originals = Batch(tuple(volume.with_ids([1]) for volume in originals))
        notes = (
            *notes,
            f"Neither {originals[0].name} nor {name} has a labelled voxel: class 1 stands for an "
            "object that both lack.",
        )
    return replace(
        case,
        originals=originals,
        given=given,
        given_name=name,
        given_notes=notes,
        sources=replace(case.sources, prediction=os.fspath(path)),
    )
