"""Whether the pages of a TIFF file come to an end."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Literal

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    from pathlib import Path

_BIG = 43  # the version of BigTIFF; classic TIFF is 42


def check_pages(path: Path) -> None:
    """Refuse a TIFF file whose pages lead back to an earlier one.

    tifffile would follow them until the memory is full. Any other damage is left for it to find.

    Raises
    ------
    VolumeError
        If they do.
    """
    with path.open("rb") as file:
        order: Literal["little", "big"] = "little" if file.read(2) == b"II" else "big"
        big = _number(file, 2, order) == _BIG
        count_size, entry_size, offset_size = (8, 20, 8) if big else (2, 12, 4)
        file.seek(8 if big else 4)
        seen: set[int] = set()
        while (offset := _number(file, offset_size, order)) not in seen:
            # A number read behind the end of the file is 0, as is the last page's.
            if not offset:
                return
            seen.add(offset)
            file.seek(offset)
            entries = _number(file, count_size, order)
            if entries > path.stat().st_size:
                return
            file.seek(offset + count_size + entries * entry_size)
    raise VolumeError(
        f"{path.name} is damaged: its pages lead round in a circle. Copy or save it again."
    )


def _number(file: IO[bytes], size: int, order: Literal["little", "big"]) -> int:
    return int.from_bytes(file.read(size), order)
