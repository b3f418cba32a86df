"""Paint what a network predicts, and the gradient of the total in an output's logits.

A slice is predicted in a slab that is as thick as a training patch, because the network needs the
slices around it, and block by block, so that a large slice needs little memory and the work can be
interrupted between two blocks. Blocks overlap by half a patch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import TOTAL, MapRequest, OutputMaps, PaintedMaps, Plane
from lossexplorer.learning.setup import Setup
from lossexplorer.learning.targets import target_named

if TYPE_CHECKING:
    from lossexplorer.learning.training import Trainer

Array = NDArray[Any]
Shape = tuple[int, int, int]

_HALF = 0.5
_BLOCK = 128  # voxels along an axis
_COARSEST = 8  # fine voxels along an edge of an output's coarsest voxel: blocks begin at these


def painted(trainer: Trainer, shape: Shape, setup: Setup, maps: OutputMaps) -> PaintedMaps:
    """Return the painted maps of an output.

    Parameters
    ----------
    trainer : Trainer
        The network as it is now.
    shape : tuple of int
        The volume's shape, (z, y, x).
    setup : Setup
        What is trained.
    maps : OutputMaps
        What to paint.

    Returns
    -------
    PaintedMaps
        For an output of numbers, such as an image, the probability is what it predicts and the
        decided class the background. A coarser output is shown on the volume's grid.
    """
    patch = setup.training.patch
    corner, size = slab(shape, patch, maps.plane)
    image, target = trainer.region(maps.output, corner, size)
    prediction = _predicted(trainer, maps.output, image, patch)
    gradient = trainer.gradient_at(maps.output, prediction, target)
    channel = min(maps.class_index, prediction.shape[-1] - 1)
    if trainer.has_independent_classes(maps.output):
        # As in Explore, the background is shown as all else than the first class.
        channel = max(maps.class_index, 1) - 1
        decided = np.where(prediction[..., channel] > _HALF, channel + 1, 0)
    elif target_named(setup.output(maps.output).target).kind == "classes":
        decided = prediction.argmax(-1)
    else:
        decided = np.zeros(prediction.shape[:3])
    fields = (prediction[..., channel], decided.astype(np.uint16), gradient[..., channel])
    probability, classes, slope = (_shown(field, corner, size, maps.plane) for field in fields)
    request = MapRequest(TOTAL, maps.class_index, "logit", maps.plane, maps.sample)
    return PaintedMaps(request, probability, classes, slope, _problem(slope, maps.output))


def slab(shape: Shape, patch: Shape, plane: Plane | None) -> tuple[Shape, Shape]:
    """Return first voxel and lengths of the region in which a slice is predicted.

    Examples
    --------
    >>> slab((25, 256, 256), (16, 32, 32), Plane(0, 12))
    ((4, 0, 0), (16, 256, 256))
    >>> slab((25, 256, 256), (16, 32, 32), Plane(0, 24))
    ((9, 0, 0), (16, 256, 256))
    """
    corner, size = [0, 0, 0], list(shape)
    if plane is not None:
        axis = plane.axis
        size[axis] = min(patch[axis], shape[axis])
        last = shape[axis] - size[axis]
        corner[axis] = min(max(0, plane.index - size[axis] // 2), last)
    return (corner[0], corner[1], corner[2]), (size[0], size[1], size[2])


def _predicted(trainer: Trainer, output: str, image: Array, patch: Shape) -> Array:
    """Return an output for a region, predicted block by block."""
    halo = [-(-length // 2 // _COARSEST) * _COARSEST for length in patch]
    blocks = [_blocks(length) for length in image.shape]
    whole: Array | None = None
    for block in product(*blocks):
        around = tuple(
            slice(max(0, inner.start - margin), inner.stop + margin)
            for inner, margin in zip(block, halo, strict=True)
        )
        found = trainer.predict(output, image[around])
        scale = scale_of(image[around].shape, found.shape)
        if whole is None:
            lengths = [-(-length // scale) for length in image.shape]
            whole = np.empty((*lengths, found.shape[-1]), found.dtype)
        kept, place = [], []
        for inner, outer, length in zip(block, around, whole.shape, strict=False):
            first, last = inner.start // scale, min(-(-inner.stop // scale), length)
            place.append(slice(first, last))
            kept.append(slice(first - outer.start // scale, last - outer.start // scale))
        whole[tuple(place)] = found[tuple(kept)]
    assert whole is not None
    return whole


def _blocks(length: int) -> list[slice]:
    return [slice(start, min(start + _BLOCK, length)) for start in range(0, length, _BLOCK)]


def scale_of(fine: Sequence[int], coarse: Sequence[int]) -> int:
    """Return by how much an output's grid is coarser than its input's, a power of 2.

    Examples
    --------
    >>> scale_of((9, 32, 32), (3, 8, 8)), scale_of((1, 32, 32), (1, 32, 32))
    (4, 1)
    """
    ratio = max(f / c for f, c in zip(fine, coarse, strict=False))
    return 1 << max(0, int(np.ceil(np.log2(ratio))))


def _shown(field: Array, corner: Shape, size: Shape, plane: Plane | None) -> Array:
    """Return a field on the volume's grid, or a slice of it."""
    scale = scale_of(size, field.shape)
    indices: list[Array] = [np.arange(length) // scale for length in size]
    if plane is not None:
        indices[plane.axis] = indices[plane.axis][[plane.index - corner[plane.axis]]]
    found = field[np.ix_(*indices)]
    return found if plane is None else found.squeeze(plane.axis)


def _problem(gradient: Array, output: str) -> str:
    wrong = int((~np.isfinite(gradient)).sum())
    if not wrong:
        return ""
    return f"The gradient of the total in {output} is not finite in {wrong:,} of the voxels shown."
