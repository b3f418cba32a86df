"""What every command says of the truth: its size, its classes, and what of it counts nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.lengths import edges_in_words
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import LossSetting
from lossexplorer.predictions import of_one_class
from lossexplorer.volumes import Batch, Case, Ignored

# By how much the sum of a voxel's probabilities may differ from 1, for each class: what a file of
# 8-bit numbers rounds.
_SLACK = 1 / 255


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
        "spacing_known": first.spacing_known,
        "orientation": first.orientation,
        "classes": [
            {"id": c.id, "name": c.name} | ({"voxels": c.voxels} if with_voxels else {})
            for c in batch.classes
        ],
        "overlapping": first.overlap is not None,
        "ignored_voxels": ignored_voxels(batch),
        "ignored_because": list(case.ignored_notes),
    }


def truth_line(batch: Batch) -> str:
    """Return the size of a truth's voxels and where its axes lead, as the window says them.

    Examples
    --------
    >>> from lossexplorer.volumes import open_case
    >>> truth_line(open_case(["sample:shells"]).batch)
    'shells: voxel 1 × 1 × 1 mm (x, y, z), orientation unknown'
    """
    first = batch[0]
    if first.spacing_known:
        size = f"voxel {edges_in_words(first.spacing[::-1], digits=3)} (x, y, z)"
    elif first.spacing == (1.0, 1.0, 1.0):
        size = "spacing unknown: the file has none, 1 mm is assumed"
    else:
        edges = " × ".join(f"{edge:.3g}" for edge in reversed(first.spacing))
        size = f"spacing unknown: {edges} (x, y, z) is taken as mm"
    return f"{first.name}: {size}, orientation {first.orientation or 'unknown'}"


def notes_of(case: Case) -> tuple[str, ...]:
    """Return the notes of a case with what changes them, and what is unusual about probabilities.

    Parameters
    ----------
    case : Case
        What was opened.
    """
    return (*case.notes, *_class_notes(case), *_probability_notes(case))


def _class_notes(case: Case) -> Iterator[str]:
    if case.ids_as_one:
        yield "--classes each or --classes 1,5-9 makes classes of ids that are one class here."


def _probability_notes(case: Case) -> Iterator[str]:
    fields = [each for each in case.given or () if each.ndim == 4]
    if not fields:
        return
    counts = [volume.ignored for volume in case.counted]
    if not any(each.any() for each in fields):
        yield "The prediction is 0 in every voxel of every class: its logarithms are infinite."
        return
    if case.batch[0].overlap is not None:
        return  # each class has a probability of its own
    every: list[NDArray[np.float32]] = [np.sum(p, axis=0, dtype=np.float32) for p in fields]
    sums = [
        found.reshape(-1) if ignored is None else found[~ignored]
        for found, ignored in zip(every, counts, strict=True)
    ]
    of = sum(each.size for each in sums)
    slack = _SLACK * len(fields[0])
    wrong = np.concatenate([each[np.abs(each - 1) > slack] for each in sums])
    if wrong.size:
        where = "every voxel" if wrong.size == of else f"{wrong.size:,} of {of:,} voxels"
        low, high = float(wrong.min()), float(wrong.max())
        what = f"{low:.3g}" if high - low < 1e-3 else f"between {low:.3g} and {high:.3g}"
        yield (
            f"The probabilities of the classes sum to {what} in {where}, and not to 1; they are "
            "taken as they are. Apply a softmax before saving, or open them with --overlapping."
        )


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
    titles = [each.heading for each in losses if each.described.exclusive]
    if titles:
        verb = "need" if len(titles) > 1 else "needs"
        raise ParameterError(
            f"{' and '.join(titles)} {verb} classes that exclude each other, and those of "
            f"{batch[0].name} overlap. Choose another loss, or look at one class with --classes."
        )
    of_one_class(values, 1)
