"""Probabilities, labels, errors and gradients of all classes, as volumes on the truth's grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.engine.messages import MapRequest, PaintedMaps
from lossexplorer.losses import WithRespectTo
from lossexplorer.volumes import LabelVolume

What = Literal["probabilities", "labels", "error", "gradient"]
"""What can be exported."""
WHATS: tuple[What, ...] = get_args(What)

ERRORS: Mapping[int, str] = {
    0: "true negative",
    1: "true positive",
    2: "false positive",
    3: "false negative",
}
"""What the numbers in a volume of errors stand for."""


@dataclass(frozen=True, eq=False)
class ExportedVolume:
    """A volume that is ready to be written.

    Attributes
    ----------
    what : str
        One of `WHATS`.
    array : array
        (z, y, x); (class, z, y, x) of several classes: float32 probabilities or gradients, labels
        as ids, errors as in `ERRORS`.
    truth : LabelVolume
        Whose grid it is on.
    names : mapping of int to str
        By id, the names of the classes in the order of the channels; of labels and errors, what
        the numbers stand for.
    """

    what: What
    array: NDArray[Any]
    truth: LabelVolume
    names: Mapping[int, str]


@dataclass(frozen=True)
class VolumesWanted:
    """Which volumes are wanted.

    Attributes
    ----------
    whats : tuple of str
        Some of `WHATS`.
    loss : str
        The name of the loss whose gradient is meant, or ``"total"``.
    wrt : {"probability", "logit"}
        What the gradient is with respect to.
    class_index : int or None
        The only class; None for all of them.
    sample : int
        The index of the sample in the batch.
    """

    whats: tuple[What, ...]
    loss: str = "total"
    wrt: WithRespectTo = "logit"
    class_index: int | None = None
    sample: int = 0

    def classes(self, volume: LabelVolume) -> tuple[int, ...]:
        """Return the indices of the wanted classes; the background is none where they overlap."""
        if self.class_index is not None:
            return (self.class_index,)
        return tuple(range(0 if volume.overlap is None else 1, len(volume.classes)))

    def asked(self, volume: LabelVolume) -> tuple[MapRequest, ...]:
        """Return what is to be painted: of each class the whole volume."""
        return tuple(
            MapRequest(self.loss, index, self.wrt, None, self.sample)
            for index in self.classes(volume)
        )

    def bytes_needed(self, volume: LabelVolume) -> int:
        """Return how much memory the volumes take, and the maps of a class on their way."""
        voxels, classes = volume.voxel_count, len(self.classes(volume))
        each = {"probabilities": 4, "gradient": 4, "error": 1, "labels": 4}
        return voxels * (sum(each[what] for what in self.whats) * classes + 2 * 12)


def parse_whats(text: str) -> tuple[What, ...]:
    """Read what is to be exported, separated by commas, in the order of `WHATS`.

    Raises
    ------
    ParameterError
        If there is no such volume, or none is named.

    Examples
    --------
    >>> parse_whats("labels, probabilities")
    ('probabilities', 'labels')
    """
    chosen = [each.strip() for each in text.split(",") if each.strip()]
    for each in chosen:
        if each not in WHATS:
            raise closest(each, WHATS, "volume to export")
    if not chosen:
        raise ParameterError(f"Name what is to be exported: {', '.join(WHATS)}.")
    return tuple(each for each in WHATS if each in chosen)


class VolumeCollector:
    """Makes volumes of the maps of one class after the other.

    Parameters
    ----------
    wanted : VolumesWanted
        Which volumes.
    volume : LabelVolume
        The truth, on whose grid the maps are.
    """

    def __init__(self, wanted: VolumesWanted, volume: LabelVolume) -> None:
        self._wanted, self._volume = wanted, volume
        self._classes = wanted.classes(volume)
        shape = (len(self._classes), *volume.shape)
        self._ids = np.array([each.id for each in volume.classes])
        self._ids = self._ids.astype(np.min_scalar_type(int(self._ids.max())))
        types: dict[What, Any] = {
            "probabilities": np.float32,
            "gradient": np.float32,
            "error": np.uint8,
            "labels": self._ids.dtype,
        }
        self._arrays = {
            what: np.zeros(shape[1:] if self._is_joint(what) else shape, types[what])
            for what in wanted.whats
        }

    def add(self, maps: PaintedMaps) -> None:
        """Take the maps of a class, of the whole volume.

        A voxel that the extent leaves out is background, and its gradient is 0.
        """
        index = maps.request.class_index
        place = self._classes.index(index)
        probability, decided = maps.probability, maps.decided
        assert probability is not None
        assert decided is not None
        outside = np.isnan(probability)
        for what, array in self._arrays.items():
            if what == "probabilities":
                array[place] = np.where(outside, np.float32(index == 0), probability)
            elif what == "gradient":
                array[place] = np.where(outside, np.float32(0), maps.gradient)
            elif what == "error":
                array[place] = self._errors(decided, index)
            elif self._is_joint(what):
                array[:] = self._ids[decided]
            else:
                array[place] = np.where(decided == index, self._ids[index], 0)

    def volumes(self) -> Iterator[ExportedVolume]:
        """Yield the volumes; a single class has no axis of its own."""
        for what, array in self._arrays.items():
            joint, alone = self._is_joint(what), len(self._classes) == 1
            shown = array if joint or not alone else array[0]
            yield ExportedVolume(what, shown, self._volume, self._names(what))

    def _is_joint(self, what: What) -> bool:
        """Whether a volume has one number for all classes together."""
        exclusive = self._volume.overlap is None
        return what == "labels" and exclusive and self._wanted.class_index is None

    def _names(self, what: What) -> Mapping[int, str]:
        if what == "error":
            return ERRORS
        every = self._volume.classes
        chosen = every if self._is_joint(what) else [every[index] for index in self._classes]
        return {each.id: each.name for each in chosen}

    def _errors(self, decided: NDArray[Any], index: int) -> NDArray[np.uint8]:
        truth, predicted = self._volume.mask(index), decided == index
        found = np.select([truth & predicted, predicted, truth], [1, 2, 3], 0).astype(np.uint8)
        if self._volume.ignored is not None:
            found[self._volume.ignored] = 0
        return found


def gradient_problem(problems: Sequence[str]) -> str:
    """Return what is to be said of gradients that are not finite, once."""
    return " ".join(dict.fromkeys(filter(None, problems)))
