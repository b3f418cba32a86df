"""What a file format is to the rest of the program: endings, first bytes, and a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lossexplorer.volumes.formats.raw import RawVolume


@dataclass(frozen=True)
class Wanted:
    """The part and the level of a file that are wanted.

    Attributes
    ----------
    part
        The dataset or the label image, as in `lossexplorer.volumes.Source`; empty if not chosen.
    level
        Of a multiscale image; None for the finest that fits.
    keys
        Names to look for among several arrays if no part is chosen: the first found is taken.
    channels
        Whether all channels of an image are wanted, as classes, if neither a part nor a name
        chooses one.
    axes
        The letters of the array's axes; empty if nobody has named them.
    """

    part: str
    level: int | None
    keys: Sequence[str]
    channels: bool = False
    axes: str = ""


@dataclass(frozen=True)
class Part:
    """One of several volumes in a file, for a person to choose from.

    Attributes
    ----------
    name
        What to write behind ``::`` in a source.
    shape
        Lengths of its axes.
    dtype
        The type of its values, e.g. ``"uint16"``.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes
    ----------
    name
        For messages.
    suffixes
        The endings of its files' names, in lower case, the usual one first.
    read
        Reads a file. It raises `VolumeError` with a sentence, or anything else, which is then
        called damage. A format without `parts` is never asked for one.
    magic
        The first bytes of its files, alternatives; empty if the format has none.
    marks
        Bytes at other places of its files' beginnings, each with its place, by which a file of
        another name is recognised.
    any_name
        Whether a file is opened by its marks, whatever its name.
    parts
        Lists what a file holds, if that can be several volumes.
    folder
        Whether it is a folder and not a file.
    levels
        Whether a file can hold several levels, one of which can be wanted.
    takes_axes
        Whether its arrays have axes that a file need not name, so that a person can.
    image_part
        The part that is the image where labels and image are parts of one file; empty if they
        never are.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, Wanted], RawVolume]
    magic: tuple[bytes, ...] = ()
    marks: tuple[tuple[int, bytes], ...] = ()
    any_name: bool = False
    parts: Callable[[Path], Sequence[Part]] | None = None
    folder: bool = False
    levels: bool = False
    takes_axes: bool = False
    image_part: str = ""
