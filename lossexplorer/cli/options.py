"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="CONTROL=VALUE",
        help="A control of the prediction, such as shift_x=1vox, grow=2mm or grow=3um; a length "
        "without a unit is mm.",
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        "--classes",
        metavar="each|foreground|IDS",
        help="How ids become classes: each one its own, all one class, or these (1,5-9) and the "
        "others background. If absent, each; of more than 255 ids without names, all are one.",
        show_default=False,
    ),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="TRUTH",
        help="One more volume of the same batch, or, with --overlapping, the mask of one more "
        "class.",
    ),
]
Ignore = Annotated[
    str | None,
    typer.Option(
        "--ignore",
        metavar="ID|none",
        help="The id whose voxels count nowhere; what nnU-Net's dataset.json says if absent.",
        show_default=False,
    ),
]
Mask = Annotated[
    str | None,
    typer.Option(
        "--mask",
        metavar="FILE",
        help="Voxels in which this file is 0 count nowhere.",
        show_default=False,
    ),
]
MayOverlap = Annotated[
    bool | None,
    typer.Option(
        "--overlapping/--exclusive",
        help="Classes may overlap: the truth is a mask in each channel, in each file, or of each "
        "id; or they exclude each other. What the file, or nnU-Net's dataset.json, says if absent.",
        show_default=False,
    ),
]
BackendOption = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="tensorflow|jax|torch",
        help="The Keras backend that computes; what KERAS_BACKEND says, else TensorFlow.",
        show_default=False,
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="auto|cpu|gpu[:N]",
        help="Where it computes; what LOSSEXPLORER_DEVICE says, else the first GPU, if there is "
        "one.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def compute_on(backend: str | None, device: str | None) -> None:
    """Choose the backend and the device that this process computes with.

    Parameters
    ----------
    backend, device : str or None
        What ``--backend`` and ``--device`` say; None leaves what the environment says.

    Raises
    ------
    lossexplorer.engine.backends.environment.BackendError
        If a name is unknown or the backend is not installed.
    """
    from lossexplorer.engine.backends import environment

    environment.choose(backend, device)
    environment.require(environment.chosen_backend())
