"""Which outputs fit a truth of classes that overlap, or of voxels that are ignored."""

from __future__ import annotations

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.setup import LossChoice, Output, Setup
from lossexplorer.learning.targets import target_named
from lossexplorer.losses import LOSSES
from lossexplorer.volumes.model.labels import LabelVolume

_OF_ONE_CLASS = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
)
"""The losses of Keras for which a voxel must have one class."""


def has_independent_classes(output: Output, volume: LabelVolume) -> bool:
    """Return whether the channels of an output are classes that may overlap.

    Parameters
    ----------
    output : Output
        Of a known target.
    volume : LabelVolume
        What it is trained on.
    """
    return (
        volume.overlap is not None
        and target_named(output.target).kind == "classes"
        and (target_named(output.target).head(volume).activation == "sigmoid")
    )


def why_not(setup: Setup, volume: LabelVolume) -> str:
    """Return why a setup cannot be trained on a truth, in sentences; empty if it can.

    Parameters
    ----------
    setup : Setup
        Of known targets.
    volume : LabelVolume
        A sample of what it is to be trained on.

    Raises
    ------
    ParameterError
        If there is no such target.
    """
    return " ".join(filter(None, (_why_not(output, volume) for output in setup.outputs)))


def require_fit(setup: Setup, volume: LabelVolume) -> None:
    """Refuse a setup that cannot be trained on a truth.

    Raises
    ------
    ParameterError
        As `why_not` says.
    """
    if sentences := why_not(setup, volume):
        raise ParameterError(sentences)


def _why_not(output: Output, volume: LabelVolume) -> str:
    target = target_named(output.target)
    if volume.ignored is not None and target.looks_around:
        return (
            f"{output.name}: “{target.title}” depends on the labels around a voxel, and some of "
            f"{volume.name} are ignored, so it is not known. Choose another target, or ignore none."
        )
    if has_independent_classes(output, volume) and _needs_one_class(output.loss):
        return (
            f"{output.name}: {output.loss.name} needs classes that exclude each other, and those "
            f"of {volume.name} overlap. Choose another loss, such as dice or cross_entropy, or "
            "open all foreground as one class."
        )
    return ""


def _needs_one_class(loss: LossChoice) -> bool:
    if loss.name in LOSSES:
        return LOSSES[loss.name].exclusive
    return loss.name in _OF_ONE_CLASS
