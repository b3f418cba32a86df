"""The stacks of a TIFF file: its series, and the channels of a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossexplorer.volumes.errors import PartNeededError
from lossexplorer.volumes.formats.format import Part, Wanted
from lossexplorer.volumes.formats.parts import choose, no_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tifffile import TiffFile, TiffPageSeries

    from lossexplorer.volumes.formats.ome_xml import OmeImage


@dataclass(frozen=True, eq=False)
class Stack:
    """One volume of a TIFF file.

    Attributes
    ----------
    part
        Its name is that of the series, that of the channel, or both with a slash between; empty
        if the file holds nothing else.
    numbers
        The same with the numbers of series and channel.
    series
        tifffile's.
    channel
        The index along the series' axis C; None if it has one channel, or all are read.
    ome
        What OME-XML says about the series.
    """

    part: Part
    numbers: str
    series: TiffPageSeries
    channel: int | None
    ome: OmeImage | None


def stacks_of(tiff: TiffFile, images: Sequence[OmeImage]) -> list[Stack]:
    """List the stacks of a file.

    Parameters
    ----------
    tiff
        The file.
    images
        What its OME-XML describes; empty if it has none.
    """
    series = list(tiff.series)
    described = list(images) if len(images) == len(series) else [*images[:1], *[None] * len(series)]
    several = len(series) > 1
    names = _distinct([each.name for each in images], len(series)) if several else [""]
    found = []
    for number, (each, name, ome) in enumerate(zip(series, names, described, strict=False)):
        axes = zip(each.shape, each.axes, strict=True)
        shape = tuple(length for length, axis in axes if axis not in "CS")
        channels = _channels(each, ome)
        for channel, title in enumerate(channels or [""]):
            own = str(number) if several else ""
            found.append(
                Stack(
                    part=Part(_joined(name, title), shape, str(each.dtype)),
                    numbers=_joined(own, str(channel) if channels else ""),
                    series=each,
                    channel=channel if channels else None,
                    ome=ome,
                )
            )
    return found


def chosen_stack(name: str, stacks: Sequence[Stack], wanted: Wanted) -> Stack:
    """Return the stack that is wanted, by its name or its numbers, or the only volume.

    If all channels are wanted, it is the whole series with an empty name.

    Raises
    ------
    VolumeError
        As `lossexplorer.volumes.formats.parts.choose`.
    """
    if len(stacks) == 1:
        if wanted.part:
            raise no_parts(name, wanted.part)
        return stacks[0]
    by_name = {stack.part.name: stack for stack in stacks}
    if wanted.part not in by_name:
        for stack in stacks:
            if wanted.part == stack.numbers:
                return stack
    try:
        return by_name[choose(name, [stack.part for stack in stacks], wanted).name]
    except PartNeededError:
        if wanted.channels and all(stack.series is stacks[0].series for stack in stacks):
            return replace(stacks[0], part=replace(stacks[0].part, name=""), channel=None)
        raise


def _channels(series: TiffPageSeries, ome: OmeImage | None) -> list[str]:
    """Return the names of the channels, or their numbers; none if there is a single one."""
    # A stack without another axis for its slices was saved by a program that numbers any third one
    # as channels.
    if "C" not in series.axes or len(series.axes) < 4:
        return []
    count = series.shape[series.axes.index("C")]
    return _distinct(ome.channels if ome else (), count)


def _distinct(names: Sequence[str], count: int) -> list[str]:
    """Return the names if they tell so many things apart, else their numbers."""
    if len({name for name in names if name}) == count == len(names):
        return list(names)
    return [str(number) for number in range(count)]


def _joined(series: str, channel: str) -> str:
    return f"{series}/{channel}".strip("/")
