"""The errors of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lossexplorer.volumes.colour_tables import RGB
    from lossexplorer.volumes.formats.format import Part


class VolumeError(ValueError):
    """A volume cannot be used; the message is one or two plain sentences.

    The message names the file and what would be right; it can be shown to a person as it is.
    """


class NoLabelsError(VolumeError):
    """Every voxel of a truth is background, which says nothing without a prediction."""


class PartNeededError(VolumeError):
    """A file holds several volumes, and the source does not say which part is meant.

    Parameters
    ----------
    message
        The sentences.
    parts
        The volumes to choose from.

    Attributes
    ----------
    parts : tuple of Part
        The same, so that a window can offer them instead of showing the message.
    """

    def __init__(self, message: str, parts: Iterable[Part]) -> None:
        super().__init__(message)
        self.parts = tuple(parts)

    def __reduce__(self) -> tuple[type[PartNeededError], tuple[str, tuple[Part, ...]]]:
        # An exception is otherwise pickled with its message alone, on its way between processes.
        return type(self), (str(self), self.parts)


class OverlapNeededError(VolumeError):
    """A file holds arrays of zeros and ones, and nobody said whether they are samples or classes.

    A window can ask instead of showing the message, and open the file again with the answer.
    """


class AxesNeededError(VolumeError):
    """An array of zeros and ones has slices or classes along its first axis, and nobody said which.

    A window can ask instead of showing the message, and open the file again with its axes named.
    """


class ColoursNeededError(VolumeError):
    """A mask is coded in colours, and nothing says which classes they stand for.

    Parameters
    ----------
    message
        The sentences.
    path
        The mask.
    counts
        Its colours and how many voxels have each, the most frequent first.

    Attributes
    ----------
    path, counts
        The same, so that a window can ask instead of showing the message.
    """

    def __init__(self, message: str, path: str, counts: Iterable[tuple[RGB, int]]) -> None:
        super().__init__(message)
        self.path = path
        self.counts = tuple(counts)

    def __reduce__(
        self,
    ) -> tuple[type[ColoursNeededError], tuple[str, str, tuple[tuple[RGB, int], ...]]]:
        return type(self), (str(self), self.path, self.counts)
