"""Reading a network's own prediction of a label volume."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.core.numbers import exact
from lossexplorer.volumes.colours import decoded
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.parts import PREDICTION_KEYS
from lossexplorer.volumes.formats.raw import RawVolume, describe, squeeze_to_3d
from lossexplorer.volumes.model.grid import OnGrid, on_grid
from lossexplorer.volumes.model.ids import count_ids, to_indices, whole_numbers
from lossexplorer.volumes.reading import read_raw
from lossexplorer.volumes.source import StrPath

if TYPE_CHECKING:
    from lossexplorer.volumes.model.labels import LabelVolume

Array = np.ndarray[Any, Any]

_ROUNDING = 1e-6
"""So far outside of [0, 1] is a probability that a softmax in single precision has rounded."""

_CLASS_AXIS_WANTED = (
    "labels are whole numbers, and probabilities need a class axis first: "
    "save them as a (class, z, y, x) array, background first."
)


def read_prediction(path: StrPath, truth: LabelVolume) -> tuple[LabelVolume, Array]:
    """Read a prediction of a label volume.

    Parameters
    ----------
    path
        Any file that `read_labels` reads, with labels (here all voxels may be background) or with
        probabilities: a (class, z, y, x) array in ``.npy``, ``.npz``, HDF5 or OME-Zarr, where an
        ``.npz`` of nnU-Net is one; in NIfTI, (i, j, k, class) or (i, j, k, 1, class). Of a truth of
        one slice, also (class, y, x).
    truth
        The volume that is predicted.

    Returns
    -------
    truth : LabelVolume
        The truth, with those classes added that only the prediction has.
    prediction : numpy.ndarray
        (z, y, x) indices into the returned truth's classes, of the smallest unsigned type; or
        (class, z, y, x) float32 probabilities in [0, 1] with one channel per class of it.

    Raises
    ------
    VolumeError
        If the file cannot be read, lies on another grid, or holds neither labels nor probabilities
        with the right number of channels.

    Notes
    -----
    With as many channels as the truth has classes, channel k is the k-th class. With more channels
    than the truth's highest id, channel k is the class of id k. That the channels add up to 1 is
    not asked: those of a sigmoid do not.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from lossexplorer.volumes import read_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     labels, guess = pathlib.Path(folder, "t.npy"), pathlib.Path(folder, "p.npy")
    ...     np.save(labels, np.array([[[0, 3, 3]]]))
    ...     np.save(guess, np.array([[[0, 2, 3]]]))
    ...     truth, prediction = read_prediction(guess, read_labels(labels))
    >>> [c.id for c in truth.classes], prediction.tolist()
    ([0, 2, 3], [[[0, 1, 2]]])
    """
    found = prediction_of(decoded(read_raw(path, keys=PREDICTION_KEYS), path), truth)
    return found.volume, found.array


def prediction_of(raw: RawVolume, truth: LabelVolume) -> OnGrid:
    """Return what `read_prediction` does, of a file that has been read, on the truth's grid.

    The truth's volume is continued with background where its file leaves that out and the
    prediction goes on.
    """
    raw = _of_a_slice(_without_time(raw), truth)
    if raw.array.ndim == 4 and 1 not in (raw.array.shape[0], raw.array.shape[-1]):
        return _probabilities(raw, truth)
    if raw.array.ndim == 4 and raw.array.shape[1:] == truth.shape and raw.array.shape[0] > 1:
        return _probabilities(raw, truth)  # a truth whose last axis has the length 1
    placed = on_grid(squeeze_to_3d(raw), raw, truth, other="the truth", grows=True)
    ids = whole_numbers(
        placed.array, raw.name, explanation=_CLASS_AXIS_WANTED, rounding=raw.rounding
    )
    present, _ = count_ids(ids)
    truth = placed.volume.with_ids(present.tolist())
    indices = to_indices(ids, np.array([c.id for c in truth.classes]))
    return OnGrid(indices, truth, placed.notes)


def _without_time(raw: RawVolume) -> RawVolume:
    """Return five axes without the one of a single point in time, or of a batch of one."""
    array = raw.array
    if array.ndim == 5 and 1 in array.shape[:2]:
        return replace(raw, array=array[:, 0] if array.shape[1] == 1 else array[0])
    return raw


def _of_a_slice(raw: RawVolume, truth: LabelVolume) -> RawVolume:
    """Return probabilities of a truth of one slice with its axis z, which 2D networks leave out."""
    array = raw.array
    if truth.shape[0] > 1 or array.shape[-2:] != truth.shape[1:]:
        return raw
    if array.ndim == 4 and array.shape[0] == 1 < array.shape[1]:  # of a batch of one
        array = array[0]
    if array.ndim == 3 and len(array) > 1:
        return replace(raw, array=array[:, None])
    return raw


def _probabilities(raw: RawVolume, truth: LabelVolume) -> OnGrid:
    array = raw.array
    _check_axes(raw, truth)
    if array.dtype.kind not in "buif":
        raise VolumeError(
            f"{raw.name} holds values of type {array.dtype}; probabilities are floats from 0 to 1."
        )
    channels, highest = len(array), truth.classes[-1].id
    if channels != len(truth.classes):
        if channels <= highest:
            ids = ", ".join(str(c.id) for c in truth.classes[:8])
            raise VolumeError(
                f"{raw.name} has {channels} channels; expected {len(truth.classes)}, one per class "
                f"of the truth (ids {ids}{' …' if len(truth.classes) > 8 else ''}), or at least "
                f"{highest + 1}, one per id from 0."
            )
        truth = truth.with_ids(range(channels))
    for number, channel in enumerate(array):
        _check_channel(raw, number, channel)
    placed = on_grid(array, raw, truth, other="the truth", kind="probabilities", grows=True)
    probabilities = np.ascontiguousarray(placed.array, np.float32)
    return replace(placed, array=np.clip(probabilities, 0, 1))


def _check_axes(raw: RawVolume, truth: LabelVolume) -> None:
    """Refuse probabilities that do not lie on the truth's grid, naming a likely order of axes."""
    shape = raw.array.shape
    remedies = {
        (*truth.shape, shape[-1]): "the class axis is last; use numpy.moveaxis(array, -1, 0)",
        (shape[0], *truth.shape[::-1]): "the axes are (class, x, y, z); "
        "use array.transpose(0, 3, 2, 1)",
        (*truth.shape[::-1], shape[-1]): "the axes are (x, y, z, class); use array.transpose()",
    }
    says_where = raw.affine is not None and truth.affine is not None
    if shape[1:] != truth.shape and shape in remedies and not says_where:
        raise VolumeError(
            f"{raw.name} is {describe(shape)}, the truth is {describe(truth.shape)} (z, y, x): "
            f"{remedies[shape]} to save it as (class, z, y, x)."
        )


def _check_channel(raw: RawVolume, number: int, channel: Array) -> None:
    # Written so that NaN, for which every comparison is false, is refused too.
    rounding = max(_ROUNDING, raw.rounding)
    low, high = -rounding, 1 + rounding
    if channel.min() >= low and channel.max() <= high:
        return
    broken = ~((channel >= low) & (channel <= high))
    place = tuple(np.argwhere(broken)[0].tolist())
    remedy = "Replace it" if np.isnan(channel[place]) else "Apply a softmax or a sigmoid to scores"
    raise VolumeError(
        f"{raw.name} holds {exact(channel[place])} in channel {number} at the voxel (z, y, x) = "
        f"{place}; probabilities lie between 0 and 1. {remedy} before saving."
    )
