"""What ``lossexplorer samples`` prints: every sample volume, measured on the volume itself."""

from __future__ import annotations

import json
from typing import Any

from lossexplorer.core.lengths import edges_in_words
from lossexplorer.volumes import SAMPLE_VOLUMES, Batch, SampleVolume, open_batch

_PHANTOM = "made by a formula, free to use"


def as_text() -> str:
    """Return each sample volume's name, title, size, classes, purpose and origin, in blocks."""
    width = max(map(len, SAMPLE_VOLUMES))
    indent = "\n" + " " * (width + 2)
    return "\n\n".join(
        f"{name.ljust(width)}  {indent.join(_lines(shipped, _opened(name)))}"
        for name, shipped in SAMPLE_VOLUMES.items()
    )


def as_json() -> str:
    """Return the sample volumes as JSON, with every class and its voxels in each volume."""
    content = {
        "samples": [_facts(shipped, _opened(name)) for name, shipped in SAMPLE_VOLUMES.items()]
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _opened(name: str) -> Batch:
    return open_batch(f"sample:{name}")


def _lines(shipped: SampleVolume, batch: Batch) -> list[str]:
    first = batch[0]
    count = f"{len(batch)} volumes of " if len(batch) > 1 else ""
    labelled = " and ".join(
        f"{volume.voxel_count - volume.classes[0].voxels:,}" for volume in batch
    )
    classes = len(first.classes) - 1
    return [
        shipped.title,
        f"{count}{' × '.join(map(str, first.shape))} voxels (z, y, x) of "
        f"{edges_in_words(first.spacing, digits=3)}"
        f"{'' if first.spacing_known else ' (not in the file)'}",
        f"{classes} class{'es' if classes > 1 else ''} and background, {labelled} voxels labelled",
        shipped.description,
        f"{shipped.licence}; {shipped.citation}" if shipped.citation else _PHANTOM,
    ]


def _facts(shipped: SampleVolume, batch: Batch) -> dict[str, Any]:
    first = batch[0]
    return {
        "name": shipped.name,
        "title": shipped.title,
        "description": shipped.description,
        "source": first.path,
        "shape": list(first.shape),
        "spacing_mm": list(first.spacing),
        "spacing_known": first.spacing_known,
        "orientation": first.orientation,
        "image": first.image is not None,
        "volumes": [
            {"classes": [{"id": c.id, "name": c.name, "voxels": c.voxels} for c in volume.classes]}
            for volume in batch
        ],
        "licence": shipped.licence or _PHANTOM,
        "citation": shipped.citation or None,
    }
