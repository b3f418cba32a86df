"""What the engine refuses before anything is allocated."""

from __future__ import annotations

# The engine needs about five times as much in all.
MAX_SCORE_BYTES = 3 * 2**30


class TooLargeError(ValueError):
    """A volume whose scores would not fit; the message has the numbers."""


def check_size(voxels: int, classes: int) -> None:
    """Refuse a volume whose scores, one float32 per voxel and class, would not fit.

    Raises
    ------
    TooLargeError
        If they exceed `MAX_SCORE_BYTES`.

    Examples
    --------
    >>> check_size(25 * 256 * 256, 2)
    """
    size = 4 * voxels * classes
    if size > MAX_SCORE_BYTES:
        raise TooLargeError(
            f"{classes:,} classes of {voxels:,} voxels need {size / 2**30:,.1f} GiB of scores, "
            f"more than the {MAX_SCORE_BYTES / 2**30:.0f} GiB that are allowed. If this is an "
            "intensity image, open its label volume instead; else use fewer classes or a smaller "
            "part of the volume."
        )
