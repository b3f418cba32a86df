"""The volumes that ship with the program."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lossexplorer.resources import resource
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.names import read_names
from lossexplorer.volumes.reading import StrPath, read_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lossexplorer.volumes.labels import LabelVolume

SAMPLE_PREFIX = "sample:"
"""What a source starts with that is a shipped volume and no file."""


@dataclass(frozen=True)
class Sample:
    """A volume that ships with the program.

    Attributes
    ----------
    name
        What to call it in ``sample:NAME``.
    title, description
        A few words and one or two sentences for people.
    labels, image, names
        Names of files in the folder of samples; the last two may be None.
    citation
        What to cite; licences are in ``NOTICE.md`` beside the files.
    class_name
        What a class is called that the names file does not name; ``{id}`` stands for its id.
    """

    name: str
    title: str
    description: str
    labels: str
    image: str | None
    names: str | None
    citation: str
    class_name: str = "class {id}"


_RADIOMICS = "van Griethuysen et al., Cancer Research 77(21):e104–e107, 2017"

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        sample.name: sample
        for sample in (
            Sample(
                name="tumour",
                title="Brain tumour",
                description="A brain tumour in two parts on its MR image, with slices 6.5 mm apart "
                "and pixels of 0.78 mm: what anisotropic spacing does.",
                labels="tumour_brain1_label.nii.gz",
                image="tumour_brain1_image.nrrd",
                names=None,
                citation=_RADIOMICS,
                class_name="tumour",
            ),
            Sample(
                name="nodule",
                title="Lung nodule",
                description="A lung nodule of 837 voxels among 12.6 million: extreme imbalance.",
                labels="nodule_lung1_label.nii.gz",
                image=None,
                names=None,
                citation=_RADIOMICS,
                class_name="nodule",
            ),
            Sample(
                name="brain",
                title="Brain regions",
                description="The Desikan-Killiany atlas in MNI space, 83 regions of the cortex and "
                "below it: many classes of many sizes.",
                labels="brain_dk83_mni.nii.gz",
                image=None,
                names="brain_dk83_labels.csv",
                citation="Markello et al., eLife 10:e72129, 2021; Allen Human Brain Atlas, Allen "
                "Institute for Brain Science, 2010",
            ),
            Sample(
                name="nuclei",
                title="Cell nuclei",
                description="51 synthetic cell nuclei with their image, each a class of its own, "
                "with gaps between the ids: instances.",
                labels="nuclei3d_mask.tif",
                image="nuclei3d_image.tif",
                names=None,
                citation="Schmidt et al., MICCAI 2018, 265–273",
                class_name="nucleus {id}",
            ),
        )
    }
)
"""The shipped volumes by name."""


def open_sample(name: str) -> LabelVolume:
    """Open a volume that ships with the program.

    Parameters
    ----------
    name
        One of `SAMPLES`.

    Raises
    ------
    VolumeError
        If there is no such sample; the message lists them.

    Examples
    --------
    >>> tumour = open_sample("tumour")
    >>> tumour.shape, tumour.classes[1].name, tumour.classes[1].voxels
    ((25, 256, 256), 'tumour', 4137)
    """
    sample = SAMPLES.get(name)
    if sample is None:
        close = difflib.get_close_matches(name.lower(), SAMPLES, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise VolumeError(f"There is no sample {name!r}; there are {', '.join(SAMPLES)}.{hint}")
    folder = resource("samples")
    image = None if sample.image is None else folder / sample.image
    volume = read_labels(folder / sample.labels, image=image)
    names = {c.id: sample.class_name.format(id=c.id) for c in volume.classes[1:]}
    if sample.names is not None:
        names |= read_names(folder / sample.names)
    return replace(volume.with_names(names), name=sample.name, path=f"{SAMPLE_PREFIX}{sample.name}")


def open_volume(source: StrPath) -> LabelVolume:
    """Open ``"sample:NAME"`` or a file.

    Parameters
    ----------
    source
        As a person gives it, on the command line or in a dialog.

    Raises
    ------
    VolumeError
        As `open_sample` or `read_labels`.
    """
    text = os.fspath(source)
    if text.startswith(SAMPLE_PREFIX):
        return open_sample(text.removeprefix(SAMPLE_PREFIX))
    return read_labels(source)
