"""What every command says of the truth: its size, its classes, and what of it counts nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import LossSetting
from lossexplorer.losses import loss_named
from lossexplorer.predictions import of_one_class
from lossexplorer.volumes import Batch, Case, Ignored, LabelClass


@dataclass(frozen=True)
class TruthOptions:
    """How a truth is read, beside its classes and patches; see `lossexplorer.volumes.open_case`.

    Attributes
    ----------
    ignore
        The id whose voxels count nowhere, None, or what a file beside the labels names.
    mask
        A file that is 0 in voxels that count nowhere.
    overlapping
        Whether classes may overlap; None is what the files say.
    """

    ignore: Ignored = "declared"
    mask: str | None = None
    overlapping: bool | None = None


AS_DECLARED = TruthOptions()
"""What files say, and no mask."""


def truth_content(case: Case, *, with_voxels: bool = True) -> dict[str, Any]:
    """Return what a JSON of results says of its truth.

    Parameters
    ----------
    case : Case
        What was opened.
    with_voxels : bool
        Whether the voxels of each class are said.
    """
    batch = case.batch
    first = batch[0]
    return {
        "path": first.path,
        "samples": len(batch),
        "shape": list(first.shape),
        "spacing_mm": list(first.spacing),
        "classes": [
            {"id": c.id, "name": c.name} | ({"voxels": c.voxels} if with_voxels else {})
            for c in counted_classes(batch)
        ],
        "overlapping": first.overlap is not None,
        "ignored_voxels": ignored_voxels(batch),
        "ignored_because": list(case.ignored_notes),
    }


def counted_classes(batch: Batch) -> list[LabelClass]:
    """Return the classes of a batch with their voxels in all samples."""
    voxels = np.sum([[c.voxels for c in sample.classes] for sample in batch], axis=0).tolist()
    return [
        LabelClass(c.id, c.name, count) for c, count in zip(batch[0].classes, voxels, strict=True)
    ]


def ignored_voxels(batch: Batch) -> int:
    """Return how many voxels of a batch count nowhere."""
    return sum(int(sample.ignored.sum()) for sample in batch if sample.ignored is not None)


def require_exclusive(
    batch: Batch, losses: Sequence[LossSetting], values: Mapping[str, Any]
) -> None:
    """Refuse losses and controls that need classes that exclude each other if these overlap.

    Parameters
    ----------
    batch : Batch
        The samples.
    losses : sequence of LossSetting
        What is to be evaluated.
    values : mapping
        Every control's value.

    Raises
    ------
    ParameterError
        Naming them.
    """
    if batch[0].overlap is None:
        return
    titles = [loss_named(each.name).title for each in losses if loss_named(each.name).exclusive]
    if titles:
        verb = "need" if len(titles) > 1 else "needs"
        raise ParameterError(
            f"{' and '.join(titles)} {verb} classes that exclude each other, and those of "
            f"{batch[0].name} overlap. Choose another loss, or look at one class with --classes."
        )
    of_one_class(values, 1)
