"""The network's input: the image of a volume, or one that is simulated from its labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.setup import InputImage
from lossexplorer.volumes.model.labels import LabelVolume

_STREAM = 1
"""Tells the random numbers of the noise from those of the patches, for one seed."""


def input_image(
    volume: LabelVolume, wanted: InputImage, seed: int, sample: int = 0
) -> NDArray[np.float32]:
    """Return what goes into the network.

    The volume's image is brought to mean 0 and standard deviation 1 over all its voxels, as is
    usual for magnetic resonance; a constant image becomes 0. A simulated image is the intensity of
    each voxel's class plus Gaussian noise, and is taken as it is.

    Parameters
    ----------
    volume : LabelVolume
        Labels, and an image if it has one.
    wanted : InputImage
        Which of the two, and what is simulated.
    seed : int
        Of the noise.
    sample : int
        The index of the volume in its batch, so that the noise differs.

    Returns
    -------
    array of float32, shape (z, y, x)
        Finite.

    Raises
    ------
    ParameterError
        If there is not one intensity for each class, or the image is not finite.

    Examples
    --------
    >>> from lossexplorer.volumes.sample_volumes import open_sample_volume
    >>> wanted = InputImage(is_simulated=True, intensities=(0.2, 0.7), noise=0.0)
    >>> image = input_image(open_sample_volume("plate"), wanted, seed=0)
    >>> np.unique(image).round(2).tolist() == np.float32([0.2, 0.7]).tolist()
    True
    """
    if volume.image is None or wanted.is_simulated:
        return _simulated(volume, wanted, np.random.default_rng([seed, _STREAM, sample]))
    return _normalised(volume.image, volume.name)


def _normalised(image: NDArray[Any], name: str) -> NDArray[np.float32]:
    mean = float(np.mean(image, dtype=np.float64))
    deviation = float(np.std(image, dtype=np.float64))
    if not np.isfinite(deviation):
        raise ParameterError(
            f"The image of {name} has values that are not finite, with which no network can be "
            "trained. Replace them, or have the image simulated from the labels."
        )
    normalised = image.astype(np.float32)
    normalised -= np.float32(mean)
    if deviation > 0:
        normalised /= np.float32(deviation)
    return normalised


def _simulated(
    volume: LabelVolume, wanted: InputImage, random: np.random.Generator
) -> NDArray[np.float32]:
    classes = len(volume.classes)
    intensities = wanted.intensities or tuple(np.linspace(0, 1, classes).tolist())
    if len(intensities) != classes:
        raise ParameterError(
            f"There are {len(intensities)} intensities for the {classes} classes of {volume.name}: "
            "give one for each class, background first."
        )
    if not (np.isfinite(intensities).all() and np.isfinite(wanted.noise) and wanted.noise >= 0):
        raise ParameterError(
            f"Intensities must be finite and the noise at least 0, not {intensities} and "
            f"{wanted.noise:g}."
        )
    values = np.asarray(intensities, np.float32)
    if volume.overlap is not None:
        members = volume.overlap.members.astype(np.float32)
        values = values @ members / members.sum(axis=0)
    image = values[volume.labels]
    if wanted.noise:
        image += np.float32(wanted.noise) * random.standard_normal(image.shape, np.float32)
    return image
