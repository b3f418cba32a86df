"""Reading a network's own prediction of a label volume."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lossexplorer.core.numbers import exact
from lossexplorer.volumes.colours import decoded
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.parts import PREDICTION_KEYS
from lossexplorer.volumes.formats.raw import RawVolume, describe, squeeze_to_3d, without_time
from lossexplorer.volumes.model.grid import OnGrid, on_grid
from lossexplorer.volumes.model.ids import count_ids, to_indices, whole_numbers
from lossexplorer.volumes.model.overlapping import NO_REGIONS
from lossexplorer.volumes.model.overlapping import each_id as each_id_of
from lossexplorer.volumes.reading import read_raw
from lossexplorer.volumes.source import StrPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.model.labels import LabelVolume
    from lossexplorer.volumes.model.overlapping import Regions

Array = np.ndarray[Any, Any]

_ROUNDING = 1e-6
"""So far outside of [0, 1] is a probability that a softmax in single precision has rounded."""

_CLASS_AXIS_WANTED = (
    "labels are whole numbers, and probabilities need a class axis first: "
    "save them as a (class, z, y, x) array, background first."
)


def read_prediction(
    path: StrPath,
    truth: LabelVolume,
    *,
    ignore: int | None = None,
    regions: Regions = NO_REGIONS,
) -> tuple[LabelVolume, Array]:
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
    ignore
        The id whose voxels count nowhere, for which a prediction may have no channel.
    regions
        The ids that each overlapping class is made of; empty if classes are no regions.

    Returns
    -------
    truth : LabelVolume
        The truth, with those classes added that only the prediction has.
    prediction : numpy.ndarray
        (z, y, x) indices into the returned truth's classes, of the smallest unsigned type; or
        (class, z, y, x) float32 probabilities in [0, 1] with one channel per class of it. Those of
        overlapping classes are one per region or mask, behind a row of zeros for the background.

    Raises
    ------
    VolumeError
        If the file cannot be read, lies on another grid, or holds neither labels nor probabilities
        with the right number of channels.

    Notes
    -----
    With as many channels as the truth has classes, channel k is the k-th class. With more channels
    than the truth's highest id, channel k is the class of id k. If an id is ignored, it counts
    neither among the classes nor as the highest id, and has the probability 0 if there is no
    channel for it. That the channels add up to 1 is not asked: those of a sigmoid do not.

    Of overlapping classes there is a channel for each, and there may be one for the background
    before them, which is not looked at. Segments of a file are found by their names, if these are
    the names of the classes, else taken in their order. Labels do for regions alone, whose ids say
    what they are.

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
    raw = decoded(read_raw(path, keys=PREDICTION_KEYS, channels=True), path)
    found = prediction_of(raw, truth, ignore=ignore, regions=regions)
    return found.volume, found.array


def prediction_of(
    raw: RawVolume,
    truth: LabelVolume,
    *,
    ignore: int | None = None,
    regions: Regions = NO_REGIONS,
    each_id: bool = False,
) -> OnGrid:
    """Return what `read_prediction` does, of a file that has been read, on the truth's grid.

    The truth's volume is continued with background where its file leaves that out and the
    prediction goes on. With `each_id`, the regions are the ids of the truth, and a prediction may
    have more.
    """
    raw = _of_a_slice(without_time(raw), truth)
    if each_id and _has_channels(raw, truth):
        raw, truth, regions = _by_id(raw, truth, regions, ignore)
    if regions or truth.overlap is not None:
        names = list(regions) or [c.name for c in truth.classes[1:]]
        found = _channels(raw, truth, names, by_ids=bool(regions))
        if found is not None:
            return found
    elif raw.has_overlap:
        raise VolumeError(
            f"{raw.name} holds segments that overlap, and the classes of the truth exclude each "
            "other. Open the truth as overlapping classes, too (--overlapping), or export the "
            "prediction without overlap."
        )
    elif _has_channels(raw, truth):
        return _probabilities(raw, truth, ignore)
    placed = on_grid(squeeze_to_3d(raw), raw, truth, other="the truth", grows=True)
    ids = whole_numbers(
        placed.array, raw.name, explanation=_CLASS_AXIS_WANTED, rounding=raw.rounding
    )
    present, _ = count_ids(ids)
    truth = placed.volume.with_ids(present.tolist())
    indices = to_indices(ids, np.array([c.id for c in truth.classes]))
    return OnGrid(indices, truth, placed.notes)


def _has_channels(raw: RawVolume, truth: LabelVolume) -> bool:
    """Return whether an array has a class axis."""
    if raw.array.ndim != 4:
        return False
    if 1 not in (raw.array.shape[0], raw.array.shape[-1]):
        return True
    # A truth whose last axis has the length 1.
    return bool(raw.array.shape[1:] == truth.shape and raw.array.shape[0] > 1)


def _channels(
    raw: RawVolume, truth: LabelVolume, names: Sequence[str], *, by_ids: bool
) -> OnGrid | None:
    """Return probabilities of overlapping classes, or None for labels by the ids of regions."""
    if raw.has_overlap or (raw.segments and not by_ids):
        raw = _in_order(raw, names)
    elif not _has_channels(raw, truth):
        if by_ids and not (len(names) == 1 and _has_fractions(raw.array)):
            return None
        if len(names) > 1:
            raise VolumeError(
                f"{raw.name} has one number per voxel, and the {len(names)} classes of the truth "
                "overlap: save a (class, z, y, x) array, a probability or a mask for each of them."
            )
        raw = replace(raw, array=squeeze_to_3d(raw)[None])
    _check_axes(raw, truth)
    notes: tuple[str, ...] = ()
    if len(raw.array) == len(names) + 1:
        notes = (f"Channel 0 of {raw.name} is taken for the background and not looked at.",)
        raw = replace(raw, array=raw.array[1:])
    if len(raw.array) != len(names):
        raise VolumeError(
            f"{raw.name} has {len(raw.array)} channels; expected {len(names)}, one for each of the "
            f"overlapping classes {', '.join(names[:8])}{' …' if len(names) > 8 else ''}."
        )
    placed = on_grid(
        _checked_channels(raw), raw, truth, other="the truth", kind="masks", grows=True
    )
    found = np.concatenate([np.zeros_like(placed.array[:1]), placed.array])
    return OnGrid(found, placed.volume, (*notes, *placed.notes))


def _by_id(
    raw: RawVolume, truth: LabelVolume, regions: Regions, ignore: int | None
) -> tuple[RawVolume, LabelVolume, Regions]:
    """Return channels of which each is an id, with a truth that has all of these ids.

    With as many channels as the truth has ids, they are in the order of these; with more than
    that, and at least the highest id, channel k is that of id k + 1. If there is one channel more
    than the highest id, the first one is the background's.
    """
    channels, known = len(raw.array), [ids[0] for ids in regions.values()]
    highest = max(known, default=0)
    if raw.segments or channels == len(known) or channels < highest:
        return raw, truth, regions
    background = 1 if known and channels == highest + 1 else 0
    ids = range(1, channels - background + 1)
    kept = [*range(background), *(background + k for k, id_ in enumerate(ids) if id_ != ignore)]
    truth = truth.with_ids(id_ for id_ in ids if id_ != ignore)
    regions = {name: of for name, of in each_id_of(truth).items() if of != (ignore,)}
    return replace(raw, array=raw.array[kept]), truth, regions


def _in_order(raw: RawVolume, names: Sequence[str]) -> RawVolume:
    """Return the masks of a file's segments in the order of the classes that they are called as."""
    masks = raw.segment_masks().astype(np.uint8)
    own = [raw.names.get(id_, "").casefold() for id_ in raw.segments]
    wanted = [name.casefold() for name in names]
    if len(set(own)) == len(own) and set(own) <= set(wanted):
        ordered = np.zeros((len(names), *masks.shape[1:]), np.uint8)
        for name, mask in zip(own, masks, strict=True):
            ordered[wanted.index(name)] = mask
        masks = ordered
    return replace(raw, array=masks)


def _has_fractions(array: Array) -> bool:
    return array.dtype.kind == "f" and not bool((array == np.rint(array)).all())


def _of_a_slice(raw: RawVolume, truth: LabelVolume) -> RawVolume:
    """Return probabilities of a truth of one slice with its axis z, which 2D networks leave out."""
    array = raw.array
    if truth.shape[0] > 1 or array.shape[-2:] != truth.shape[1:]:
        return raw
    if (raw.affine is not None or raw.segments) and not _has_fractions(array):
        return raw  # labels of a volume that has more slices
    if array.ndim == 4 and array.shape[0] == 1 < array.shape[1]:  # of a batch of one
        array = array[0]
    if array.ndim == 3 and len(array) > 1:
        return replace(raw, array=array[:, None])
    return raw


def _probabilities(raw: RawVolume, truth: LabelVolume, ignore: int | None) -> OnGrid:
    _check_axes(raw, truth)
    channels = len(raw.array)
    known = [c.id for c in truth.classes if c.id != ignore]
    if channels == len(known):
        ids = known
    elif channels > known[-1]:
        ids = list(range(channels))
    else:
        listed = ", ".join(map(str, known[:8])) + (" …" if len(known) > 8 else "")
        raise VolumeError(
            f"{raw.name} has {channels} channels; expected {len(known)}, one per class of the "
            f"truth (ids {listed}), or at least {known[-1] + 1}, one per id from 0."
        )
    truth = truth.with_ids(ids)
    probabilities = _checked_channels(raw)
    if len(ids) < len(truth.classes):  # none of the ignored id
        place = [c.id for c in truth.classes].index(cast("int", ignore))
        probabilities = np.insert(probabilities, place, 0, axis=0)
    placed = on_grid(probabilities, raw, truth, other="the truth", kind="probabilities", grows=True)
    return replace(placed, array=np.ascontiguousarray(placed.array, np.float32))


def _checked_channels(raw: RawVolume) -> Array:
    """Return channels as probabilities, having refused what is none."""
    if raw.array.dtype.kind not in "buif":
        raise VolumeError(
            f"{raw.name} holds values of type {raw.array.dtype}; probabilities are floats from 0 "
            "to 1."
        )
    for number, channel in enumerate(raw.array):
        _check_channel(raw, number, channel)
    return np.clip(np.ascontiguousarray(raw.array, np.float32), 0, 1)


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
