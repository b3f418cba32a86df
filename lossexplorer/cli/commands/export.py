"""``lossexplorer export``: volumes, curves, classes and code as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lossexplorer.cli import epilogs
from lossexplorer.cli.command import Command, UserError
from lossexplorer.cli.options import (
    Also,
    BackendOption,
    Classes,
    DeviceOption,
    Ignore,
    Mask,
    MayOverlap,
    SetOption,
    compute_on,
)
from lossexplorer.cli.outputs import require_writable

Kind = Literal["volumes", "curves", "classes", "code"]


def export(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="volumes of the prediction, its error and a gradient; response curves; the "
            "classes' terms; or the losses as code."
        ),
    ],
    truth: Annotated[
        str | None,
        typer.Argument(
            help="A label volume: a file or sample:NAME. Code does without.", show_default=False
        ),
    ] = None,
    prediction: Annotated[
        str | None,
        typer.Argument(help="A prediction's file; simulated if absent.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Where: .nii.gz, .nii, .nrrd or .ome.zarr for volumes, .csv for curves and "
            "classes, .py for code, which is printed if absent.",
            show_default=False,
        ),
    ] = None,
    what: Annotated[
        str,
        typer.Option(
            metavar="probabilities,labels,error,gradient",
            help="Which volumes; several have a name each.",
        ),
    ] = "probabilities",
    of: Annotated[
        str, typer.Option(metavar="total|NAME", help="The loss whose gradient is exported.")
    ] = "total",
    wrt: Annotated[
        Literal["logit", "probability"], typer.Option(help="What the gradient is with respect to.")
    ] = "logit",
    class_id: Annotated[
        int | None,
        typer.Option(
            "--class", metavar="ID", help="One class alone; all if absent.", show_default=False
        ),
    ] = None,
    sample: Annotated[int, typer.Option(help="Which sample of a batch, from 0.")] = 0,
    against: Annotated[
        str,
        typer.Option(metavar="CONTROL or LOSS:PARAM", help="What curves are drawn against."),
    ] = "shift_x",
    points: Annotated[int, typer.Option(min=2, help="How many points a curve has.")] = 41,
    library: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Whose losses the code has: lossexplorer, keras, monai, segmentation_models or "
            "segmentation_models.pytorch, as far as they compute the same.",
        ),
    ] = "lossexplorer",
    controls: SetOption = None,
    losses: Annotated[
        list[str] | None,
        typer.Option(
            "--loss",
            metavar="NAME[:PARAM=VALUE,…]",
            help="A loss; the five common ones if absent.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="NAME=λ", help="A loss's weight in the total, 1 if not."),
    ] = None,
    classes: Classes = None,
    ignore: Ignore = None,
    mask: Mask = None,
    overlapping: MayOverlap = None,
    also: Also = None,
    backend: BackendOption = None,
    device: DeviceOption = None,
) -> None:
    """Write volumes, curves, classes or code.

    Volumes lie on the truth's grid, with its affine, and a table with the classes' names is beside
    each. Tables have the volume, all controls and all parameters in lines that begin with #.
    """
    from lossexplorer.exports.volumes import VolumesWanted, parse_whats
    from lossexplorer.headless import exports
    from lossexplorer.headless.evaluation import chosen_losses, opened
    from lossexplorer.headless.truths import TruthOptions, notes_of
    from lossexplorer.volumes import parse_classes, parse_ignored

    compute_on(backend, device)
    chosen = chosen_losses(losses or [], weights or [])
    if truth is None and kind != "code":
        raise UserError(f"Name the truth: lossexplorer export {kind} TRUTH -o FILE.")
    if out is None and kind != "code":
        raise UserError(f"Name the file: lossexplorer export {kind} TRUTH -o FILE.")
    require_writable("-o", out, may_be_folder=kind == "volumes")
    whats = parse_whats(what)
    case = None
    values: dict[str, Any] = {}
    if truth is not None:
        case, values = opened(
            [truth, *(also or [])],
            prediction,
            controls or [],
            chosen,
            classes=parse_classes(classes),
            options=TruthOptions(parse_ignored(ignore), mask, overlapping),
        )
    if kind == "code":
        text = exports.export_code(chosen, case, library)
        if out is None:
            typer.echo(text, nl=False)
            return
        exports.write_text(out, text)
    else:
        assert case is not None
        assert out is not None
        if kind == "volumes":
            index = exports.class_of_id(case, class_id)
            wanted = VolumesWanted(whats, of, wrt, index, sample)
            said = exports.export_volumes(case, values, chosen, wanted, out)
            typer.echo("\n".join((*said, *notes_of(case))))
            return
        if kind == "curves":
            exports.export_curves(case, values, chosen, against, points, out)
        else:
            exports.export_classes(case, values, chosen, out)
    notes = () if case is None else notes_of(case)
    typer.echo("\n".join((f"{out} is written.", *notes)))


COMMAND = Command(
    name="export",
    run=export,
    order=27,
    epilog="\n\n".join([epilogs.controls(), epilogs.losses()]),
)
