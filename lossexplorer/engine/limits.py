"""Refuse volumes that need more memory than is free, before anything is allocated."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
from collections.abc import Sequence

import psutil

from lossexplorer.engine.step.padding import elements_held
from lossexplorer.learning.setup import Training

# Measured by tests/engine/test_memory.py, in bytes per voxel and class: what is kept while a volume
# is open, and what is needed to compute an answer, which is done in slabs of at most _SLAB voxels
# times classes.
_KEPT = 32
_AT_WORK = 28
_SLAB = 2**25

# Of a descent, in bytes per voxel and class, measured on 7.9 million voxels and 3 classes: what
# making the logits of the start takes; later the logits three times over (of the point that was
# reached, the newest and the next one), each with as many fields as the optimizer keeps, and what
# a step takes.
_BEGINNING = 56
_LOGITS = 12
_MOVING = 24

# What a sample of a batch takes besides its fields, in bytes: plan, caches and tensors. The sample
# volume tumour in 3,000 to 4,000 patches of 8³ voxels takes 61 KiB a patch, fields included.
_PER_SAMPLE = 32 * 2**10

# In bytes: what the engine occupies without a volume, and what its compiled functions add.
_AT_REST = 700 * 2**20
_COMPILED = 300 * 2**20
# The share of the free memory that a volume may occupy; the rest is left to other programs.
_SHARE = 0.9


# Truth, probability and logarithm of a class.
_HELD = 3
# The share of the free memory that the fields of classes may occupy that losses of the whole field
# are computed from; with fewer classes at a time there are more passes over the volume.
_FIELDS_SHARE = 0.25


class TooLargeError(ValueError):
    """A volume does not fit into the memory; the message has the numbers."""


def bytes_needed(voxels: int, classes: int, samples: int = 1, *, overlapping: bool = False) -> int:
    """Return how much memory the engine needs for a volume, above what it occupies at rest.

    Parameters
    ----------
    voxels : int
        The number of voxels of all samples.
    classes, samples : int
        The numbers of classes and of samples. The fields of a sample have padding, which one
        volume alone needs not be asked about: what was measured includes it.
    overlapping : bool
        Whether the classes overlap: each is then predicted by itself, against all else.

    Examples
    --------
    >>> round(bytes_needed(240 * 240 * 155, 4) / 2**30, 1)
    2.2
    >>> round(bytes_needed(400 * 8**3, 2, samples=400) / 2**30, 1)
    0.5
    """
    if overlapping:
        voxels, samples, classes = voxels * (classes - 1), samples * (classes - 1), 2
    held = _held(voxels, classes, samples)
    needed = _COMPILED + _KEPT * held + _AT_WORK * min(voxels * classes, _SLAB)
    return needed + (samples - 1) * _PER_SAMPLE


def _held(voxels: int, classes: int, samples: int) -> int:
    """Return how many elements a field of all classes has, with the padding of samples."""
    if samples == 1:
        return voxels * classes
    return elements_held(-(-voxels // samples), classes, samples)


def bytes_free() -> int:
    """Return how many bytes of memory a volume may occupy on this machine now.

    The memory that an engine holds counts as free, because it frees one volume before it loads
    the next.
    """
    process = psutil.Process()
    is_window = multiprocessing.parent_process() is None
    held = 0
    for engine in process.children() if is_window else [process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            held += max(0, engine.memory_info().rss - _AT_REST)
    return int(_SHARE * (psutil.virtual_memory().available + held))


def check_training(needed: int, training: Training) -> None:
    """Refuse a training step that would not fit into the memory that this machine has free.

    Parameters
    ----------
    needed : int
        Its estimated need in bytes.
    training : Training
        Has the patches.

    Raises
    ------
    TooLargeError
        If it does not fit.

    Examples
    --------
    >>> check_training(2**20, Training())
    """
    free = bytes_free()
    if needed > free:
        lengths = " × ".join(map(str, training.patch))
        raise TooLargeError(
            f"A step with {training.batch:,} patches of {lengths} voxels needs "
            f"{needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free for it. "
            "Use smaller or fewer patches, or a smaller network, or close other programs."
        )


def check_size(voxels: int, classes: int, samples: int = 1, *, overlapping: bool = False) -> None:
    """Refuse a volume that would not fit into the memory that this machine has free.

    Parameters
    ----------
    voxels, classes, samples, overlapping
        As in `bytes_needed`.

    Raises
    ------
    TooLargeError
        If it does not fit.

    Examples
    --------
    >>> check_size(25 * 256 * 256, 2)
    """
    needed = bytes_needed(voxels, classes, samples, overlapping=overlapping)
    free = bytes_free()
    if needed <= free:
        return
    if samples == 1:
        raise TooLargeError(
            f"{classes:,} classes of {voxels:,} voxels need {needed / 2**30:,.1f} GiB of memory, "
            f"and {free / 2**30:,.1f} GiB are free for them. If this is an intensity image, open "
            "its label volume instead; else use fewer classes, a smaller region of the volume or a "
            "coarser level of it, or close other programs."
        )
    raise TooLargeError(
        f"{samples:,} samples of {voxels // samples:,} voxels with {classes:,} classes need "
        f"{needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free for them. Use "
        "larger patches, fewer samples or fewer classes, or close other programs."
    )


def check_patches(
    shapes: Sequence[Sequence[int]], patch: Sequence[int], classes: int, *, overlapping: bool
) -> None:
    """Refuse patches that would not fit, before the volumes are cut into them.

    Parameters
    ----------
    shapes : sequence of (int, int, int)
        The shape of each volume, (z, y, x).
    patch : sequence of int
        The size of the patches, (z, y, x); 0 is left to whoever cuts.
    classes : int
        The number of classes.
    overlapping : bool
        As in `bytes_needed`.

    Raises
    ------
    TooLargeError
        If they do not fit.

    Examples
    --------
    >>> check_patches([(64, 64, 64)], (32, 32, 32), 2, overlapping=False)
    """
    if min(patch) < 1:
        return
    samples = voxels = 0
    for shape in shapes:
        sizes = [min(length, size) for length, size in zip(shape, patch, strict=True)]
        count = math.prod(-(-n // size) for n, size in zip(shape, sizes, strict=True))
        samples, voxels = samples + count, voxels + count * math.prod(sizes)
    check_size(voxels, classes, samples, overlapping=overlapping)


def check_margin(voxels: int, classes: int, samples: int = 1) -> None:
    """Refuse a volume that would not fit into the memory with the margin that it gains.

    Parameters
    ----------
    voxels, classes, samples : int
        The number of voxels of a sample with the margin, of classes, and of samples.

    Raises
    ------
    TooLargeError
        If it does not fit.

    Examples
    --------
    >>> check_margin(25 * 256 * 256, 2)
    """
    needed, free = bytes_needed(samples * voxels, classes, samples), bytes_free()
    if needed > free:
        what = "the volume has" if samples == 1 else f"each of {samples:,} samples has"
        raise TooLargeError(
            f"With its margin {what} {voxels:,} voxels: {classes:,} classes of them need "
            f"{needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free for them. "
            "Use a smaller margin."
        )


def classes_at_once(
    title: str, voxels: int, classes: int, together: int, working: float, *, gradient: bool
) -> int:
    """Return of how many classes a loss of the whole field may hold the fields.

    Truth, probability and logarithm of these classes are held, and the derivative of all classes
    where the gradient is asked for.

    Parameters
    ----------
    title : str
        The loss's, for the message.
    voxels : int
        The number of voxels of the batch.
    classes : int
        The number of classes.
    together : int
        How many classes it needs at once.
    working : float
        How many fields of a class it holds while it computes the terms of one.
    gradient : bool
        Whether its gradient is computed.

    Raises
    ------
    TooLargeError
        If not even that fits into the memory that is free.

    Examples
    --------
    >>> classes_at_once("clDice", 25 * 256 * 256, 2, 1, 67.0, gradient=True)
    2
    """
    field = 4 * voxels
    available = psutil.virtual_memory().available
    kept = (classes if gradient else 0) * field
    needed = int(kept + (_HELD + working) * together * field)
    if needed > (free := int(_SHARE * available)):
        raise TooLargeError(
            f"{title} of {classes:,} classes in {voxels:,} voxels needs "
            f"{needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free for it. "
            "Use fewer classes, a patch or a coarser level of the volume, or close other programs."
        )
    affordable = int(_FIELDS_SHARE * available - kept - working * field) // (_HELD * field)
    return min(classes, max(together, affordable))


def check_descent(
    voxels: int, classes: int, memories: int, descents: int = 1, samples: int = 1
) -> None:
    """Refuse descents whose logits would not fit into the memory that is free.

    Parameters
    ----------
    voxels, classes : int
        The number of voxels of the batch, and of classes.
    memories : int
        How many fields the optimizer keeps, each as large as the logits.
    descents : int
        How many descend side by side. They take their steps one after the other, so that one of
        them is at work while the others keep their logits.
    samples : int
        How many samples the voxels belong to.

    Raises
    ------
    TooLargeError
        If they do not fit.

    Examples
    --------
    >>> check_descent(25 * 256 * 256, 2, 2)
    """
    kept = _LOGITS * (1 + memories)
    needed = _held(voxels, classes, samples) * (
        (descents - 1) * kept + max(_BEGINNING, kept + _MOVING)
    )
    free = int(_SHARE * psutil.virtual_memory().available)
    if needed > free:
        raise TooLargeError(
            f"The descent of {classes:,} logits in {voxels:,} voxels needs "
            f"{needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free for it. "
            "Use fewer classes, a patch or a coarser level of the volume, "
            f"{'one loss instead of two, ' if descents > 1 else ''}or the optimizer sgd."
        )


def check_export(needed: int) -> None:
    """Refuse volumes to be exported that would not fit into the memory that is free.

    Parameters
    ----------
    needed : int
        Their size in bytes.

    Raises
    ------
    TooLargeError
        If they do not fit.

    Examples
    --------
    >>> check_export(2**20)
    """
    free = int(_SHARE * psutil.virtual_memory().available)
    if needed > free:
        raise TooLargeError(
            f"The volumes to be exported need {needed / 2**30:,.1f} GiB of memory, and "
            f"{free / 2**30:,.1f} GiB are free for them. Export one class or fewer volumes at a "
            "time, or close other programs."
        )
