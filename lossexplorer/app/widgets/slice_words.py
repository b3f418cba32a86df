"""What is said of a slice that is pointed at."""

from __future__ import annotations

from collections.abc import Callable

from lossexplorer.core.numbers import percent, tidy
from lossexplorer.session.records.slices import OF_CLASS, SliceValues


def slice_words(slices: SliceValues, index: int, title: Callable[[str], str]) -> str:
    """Return a slice with its numbers, in a line each.

    Parameters
    ----------
    slices : SliceValues
        Of all slices; something is known of them.
    index : int
        The slice.
    title : callable
        Takes the name of a loss that is shown and returns what it is called.
    """
    voxels = [f"{name} {tidy(float(slices.sums[name][index]))} voxels" for name in OF_CLASS]
    shares = [
        f"{title(name)} {percent(float(slices.shares(name)[index]))} of ‖g‖²"
        for name in slices.losses
    ]
    return "\n".join([f"{'zyx'[slices.axis]} {index}", *voxels, *shares])
