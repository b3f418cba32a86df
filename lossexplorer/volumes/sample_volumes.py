"""Sample volumes, which come with the program: data that others publish, and phantoms."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lossexplorer.core.resources import resource
from lossexplorer.volumes import phantoms
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.names import read_names
from lossexplorer.volumes.reading import read_labels
from lossexplorer.volumes.source import StrPath

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lossexplorer.volumes.model.labels import LabelVolume

SAMPLE_VOLUME_PREFIX = "sample:"
"""What a source starts with that is a sample volume and no file."""


_RADIOMICS = "van Griethuysen et al., Cancer Research 77(21):e104–e107, 2017"


@dataclass(frozen=True)
class SampleVolume:
    """A volume, or a batch of volumes, that comes with the program.

    Attributes
    ----------
    name
        What to call it in ``sample:NAME``.
    title, description
        A few words, and a sentence that says what it shows.
    make
        Returns its volumes; more than one are a batch. `open_sample_volumes` names them.
    licence, citation
        Of data that others publish; both empty for a phantom, which is made by a formula.
    """

    name: str
    title: str
    description: str
    make: Callable[[], tuple[LabelVolume, ...]]
    licence: str = ""
    citation: str = ""


@dataclass(frozen=True)
class ShippedFiles:
    """Reads a sample volume from files that ship with the program.

    Attributes
    ----------
    labels, image, names
        Names of files in the resource folder ``samples``; the last two may be None.
    class_name
        What a class is called that the names file does not name; ``{id}`` stands for its id.
    """

    labels: str
    image: str | None = None
    names: str | None = None
    class_name: str = "class {id}"

    def __call__(self) -> tuple[LabelVolume, ...]:
        """Return the volume, as a batch of one."""
        folder = resource("samples")
        image = None if self.image is None else folder / self.image
        volume = read_labels(folder / self.labels, image=image)
        names = {c.id: self.class_name.format(id=c.id) for c in volume.classes[1:]}
        if self.names is not None:
            names |= read_names(folder / self.names)
        return (volume.with_names(names),)


_SHIPPED = (
    SampleVolume(
        name="tumour",
        title="Brain tumour",
        description="A brain tumour of two objects on its MR image, with slices 6.5 mm apart "
        "and pixels of 0.78 mm: what anisotropic spacing does.",
        make=ShippedFiles(
            labels="tumour_brain1_label.nii.gz",
            image="tumour_brain1_image.nrrd",
            class_name="tumour",
        ),
        licence="3-clause BSD style",
        citation=_RADIOMICS,
    ),
    SampleVolume(
        name="nodule",
        title="Lung nodule",
        description="A lung nodule of 837 voxels among 12.6 million: extreme imbalance.",
        make=ShippedFiles(labels="nodule_lung1_label.nii.gz", class_name="nodule"),
        licence="3-clause BSD style",
        citation=_RADIOMICS,
    ),
    SampleVolume(
        name="brain",
        title="Brain regions",
        description="The Desikan-Killiany atlas in MNI space, 83 regions of the cortex and "
        "below it: many classes of many sizes.",
        make=ShippedFiles(labels="brain_dk83_mni.nii.gz", names="brain_dk83_labels.csv"),
        licence="BSD-3-Clause",
        citation="Markello et al., eLife 10:e72129, 2021; Allen Human Brain Atlas, Allen "
        "Institute for Brain Science, 2010",
    ),
    SampleVolume(
        name="nuclei",
        title="Cell nuclei",
        description="51 synthetic cell nuclei with their image, each a class of its own, "
        "with gaps between the ids: instances.",
        make=ShippedFiles(
            labels="nuclei3d_mask.tif", image="nuclei3d_image.tif", class_name="nucleus {id}"
        ),
        licence="BSD-3-Clause",
        citation="Schmidt et al., MICCAI 2018, 265–273",
    ),
)

_PHANTOMS = (
    SampleVolume(
        name="shells",
        title="Nested shells",
        description="A ball within two shells, each a class: an error of one millimetre costs the "
        "smaller class more, and two of the three boundaries lie between classes.",
        make=phantoms.shells,
    ),
    SampleVolume(
        name="plate",
        title="Thin plate",
        description="A plate that is 4, 3, 2 and 1 voxels thick: a shift by one voxel across it "
        "loses a quarter of one end and all of the other.",
        make=phantoms.plate,
    ),
    SampleVolume(
        name="vessels",
        title="Vessel tree",
        description="A tree of tubes, 4 mm in radius at the root and 1.3 mm at the tips: thick "
        "vessels hold the voxels, thin ones the connections.",
        make=phantoms.vessels,
    ),
    SampleVolume(
        name="lesion",
        title="Tiny lesion beside an organ",
        description="A lesion of 123 voxels beside an organ of 33,401: how much a loss cares about "
        "the small class.",
        make=phantoms.lesion,
    ),
    SampleVolume(
        name="absent",
        title="Absent class",
        description="An organ, and a lesion that is declared but has no voxel: what a loss makes "
        "of a class that is not there.",
        make=phantoms.absent,
    ),
    SampleVolume(
        name="imbalance",
        title="Two-sample imbalance",
        description="A batch of two: one structure of 33,401 voxels and one of 123. Sums over each "
        "sample weigh both alike, sums over the batch nearly leave out the tiny one.",
        make=phantoms.imbalance,
    ),
    SampleVolume(
        name="blocks",
        title="Two small samples",
        description="A batch of two of 16³ voxels, with a class of 8 voxels that the second one "
        "lacks: where the conventions of libraries differ.",
        make=phantoms.blocks,
    ),
)

SAMPLE_VOLUMES: Mapping[str, SampleVolume] = MappingProxyType(
    {s.name: s for s in (*_SHIPPED, *_PHANTOMS)}
)
"""The sample volumes by name: data that others publish, then phantoms."""


def open_sample_volume(name: str) -> LabelVolume:
    """Open a sample volume that is no batch.

    Parameters
    ----------
    name
        One of `SAMPLE_VOLUMES`.

    Raises
    ------
    VolumeError
        If there is no such sample volume, or it is a batch.

    Examples
    --------
    >>> tumour = open_sample_volume("tumour")
    >>> tumour.shape, tumour.classes[1].name, tumour.classes[1].voxels
    ((25, 256, 256), 'tumour', 4137)
    """
    volumes = open_sample_volumes(name)
    if len(volumes) > 1:
        raise VolumeError(
            f"{volumes[0].path} is a batch of {len(volumes)} volumes, and a single one is needed "
            "here. Open it in the window or name it to evaluate, which take batches."
        )
    return volumes[0]


def open_sample_volumes(name: str) -> tuple[LabelVolume, ...]:
    """Open a sample volume: one volume, or those of a batch.

    Parameters
    ----------
    name
        One of `SAMPLE_VOLUMES`.

    Returns
    -------
    tuple of LabelVolume
        Of one shape, spacing and set of classes.

    Raises
    ------
    VolumeError
        If there is no such sample volume; the message lists them.

    Examples
    --------
    >>> [volume.classes[1].voxels for volume in open_sample_volumes("imbalance")]
    [33401, 123]
    """
    shipped = SAMPLE_VOLUMES.get(name)
    if shipped is None:
        close = difflib.get_close_matches(name.lower(), SAMPLE_VOLUMES, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise VolumeError(
            f"There is no sample volume {name!r}; there are {', '.join(SAMPLE_VOLUMES)}.{hint}"
        )
    path = f"{SAMPLE_VOLUME_PREFIX}{name}"
    return tuple(replace(volume, name=name, path=path) for volume in shipped.make())


def open_volume(source: StrPath) -> LabelVolume:
    """Open ``"sample:NAME"`` or a file.

    Parameters
    ----------
    source
        As a person gives it, on the command line or in a dialog.

    Raises
    ------
    VolumeError
        As `open_sample_volume` or `read_labels`.
    """
    text = os.fspath(source)
    if text.startswith(SAMPLE_VOLUME_PREFIX):
        return open_sample_volume(text.removeprefix(SAMPLE_VOLUME_PREFIX))
    return read_labels(source)
