"""What the status bar says of a volume's voxels: size, directions, level, truth."""

from __future__ import annotations

from lossexplorer.core.lengths import edges_in_words
from lossexplorer.volumes import LabelVolume
from lossexplorer.volumes.spacing import right_angled

_CUBE = (1.0, 1.0, 1.0)


def voxel_text(volume: LabelVolume) -> str:
    """Return a voxel's size, how its axes lie in the body, and which level is open.

    Examples
    --------
    >>> from lossexplorer.volumes import open_sample_volume
    >>> voxel_text(open_sample_volume("tumour"))
    'voxel 0.781 × 0.781 × 6.5 mm (x, y, z)  ·  LAS'
    """
    texts = [_size(volume)]
    if volume.orientation:
        texts.append(volume.orientation)
    if volume.affine is not None and not right_angled(volume.affine):
        texts.append("axes not at right angles: distances hold along the axes only")
    if volume.level:
        texts.append(f"level {volume.level}, {coarser(volume.levels, volume.level)}× coarser")
    return "  ·  ".join(texts)


def truth_text(volume: LabelVolume, voxel: tuple[int, int, int]) -> str:
    """Return what the truth is in a voxel (z, y, x): its class or classes, or that it is ignored.

    Of instances it is their id, too.

    Examples
    --------
    >>> from lossexplorer.volumes import open_sample_volume
    >>> truth_text(open_sample_volume("tumour"), (0, 0, 0))
    'background'
    """
    if volume.ignored is not None and volume.ignored[voxel]:
        return "ignored"
    names = ", ".join(volume.classes[index].name for index in volume.classes_at(voxel))
    instance_id = 0 if volume.instance_ids is None else int(volume.instance_ids[voxel])
    return f"{names}, id {instance_id}" if instance_id else names


def coarser(levels: tuple[tuple[int, int, int], ...], level: int) -> int:
    """Return how many voxels of the finest level one of another level replaces along an axis.

    Examples
    --------
    >>> coarser(((50, 512, 512), (50, 256, 256)), 1)
    2
    """
    return max(round(a / b) for a, b in zip(levels[0], levels[level], strict=True))


def _size(volume: LabelVolume) -> str:
    if volume.spacing_known:
        return f"voxel {edges_in_words(volume.spacing[::-1], digits=3)} (x, y, z)"
    if volume.spacing == _CUBE:
        return "spacing unknown: the file has none, 1 mm is assumed"
    edges = " × ".join(f"{edge:.3g}" for edge in reversed(volume.spacing))
    return f"spacing unknown: {edges} (x, y, z) is taken as mm"
