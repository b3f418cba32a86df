"""``lossexplorer learn``: which loss reaches which layer of a network with several outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lossexplorer.cli import epilogs
from lossexplorer.cli.command import Command, UserError
from lossexplorer.cli.options import (
    AsJson,
    BackendOption,
    Classes,
    DeviceOption,
    Ignore,
    Mask,
    MayOverlap,
    compute_on,
)
from lossexplorer.cli.outputs import require_writable
from lossexplorer.cli.streams import echo_json

OptimizerOption = Literal["sgd", "momentum", "adam", "rmsprop"]


def learn(
    truth: Annotated[str, typer.Argument(help="A label volume: a file or sample:NAME.")],
    image: Annotated[
        Path | None,
        typer.Option(
            help="The anatomy on the same grid, which goes into the network; simulated from the "
            "labels if there is none.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Your own model: a .keras file, or a Python file with build_model(), which needs "
            "--trust; a small network is built if absent."
        ),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Run the code of the Python file of --model.")
    ] = False,
    losses: Annotated[
        list[str] | None,
        typer.Option(
            "--loss",
            metavar="OUTPUT=LOSS[:PARAM=VALUE,…]",
            help="The loss of an output, of this program or of Keras; y1=dice and "
            "y2=mean_squared_error, with the weights 0.5 and 0.3, if absent.",
        ),
    ] = None,
    targets: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="OUTPUT=TARGET",
            help="What an output is to predict; the segmentation if its loss compares classes, "
            "else the image.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weight", metavar="OUTPUT=λ", help="The weight of an output's loss, 1 if not named."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="How many training steps.")] = 10,
    optimizer: Annotated[OptimizerOption, typer.Option(help="An optimizer of Keras.")] = "sgd",
    rate: Annotated[float, typer.Option(help="The learning rate.")] = 0.01,
    momentum: Annotated[float, typer.Option(help="Of the optimizer momentum.")] = 0.9,
    clipnorm: Annotated[
        float | None, typer.Option(help="The largest norm of the gradient of each variable.")
    ] = None,
    global_clipnorm: Annotated[
        float | None, typer.Option(help="The largest norm of the gradient of all variables.")
    ] = None,
    patch: Annotated[
        str | None,
        typer.Option(
            metavar="N or ZxYxX", help="The size of a patch in voxels; 16x32x32 if absent."
        ),
    ] = None,
    batch: Annotated[int, typer.Option(help="Patches a step.")] = 2,
    seed: Annotated[int, typer.Option(help="Of initial variables, patches and noise.")] = 7,
    cuts: Annotated[
        list[str] | None,
        typer.Option(
            "--cut",
            metavar="OUTPUT",
            help="Stop the gradient of an output's loss where its branch leaves the trunk.",
        ),
    ] = None,
    frozen: Annotated[
        list[str] | None,
        typer.Option("--freeze", metavar="LAYER", help="Do not update a layer's variables."),
    ] = None,
    combine: Annotated[
        str,
        typer.Option(
            metavar="METHOD[:PARAM=VALUE,…]", help="How the gradients of the losses are combined."
        ),
    ] = "weighted_sum",
    filters: Annotated[int, typer.Option(help="Channels of the network that is built.")] = 8,
    depth: Annotated[
        int, typer.Option(help="Levels of the network that is built, each of half the resolution.")
    ] = 2,
    batch_normalization: Annotated[
        bool,
        typer.Option(
            "--batch-normalization", help="Normalize behind each convolution of the built network."
        ),
    ] = False,
    l2: Annotated[
        float, typer.Option("--l2", help="The L2 penalty on each kernel of the built network.")
    ] = 0.0,
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate", help="Simulate the image from the labels even if the volume has one."
        ),
    ] = False,
    intensities: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:NUMBER:…",
            help="Of the classes of a simulated image, background first; evenly from 0 to 1 if "
            "absent.",
        ),
    ] = None,
    noise: Annotated[float, typer.Option(help="Of a simulated image.")] = 0.1,
    classes: Classes = None,
    ignore: Ignore = None,
    mask: Mask = None,
    overlapping: MayOverlap = None,
    script: Annotated[
        Path | None,
        typer.Option(help="Write the run as a Keras script, with its arrays beside it as .npz."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write the curves, and the table of layers as .layers.csv."),
    ] = None,
    backend: BackendOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Train a network with several outputs, and print which loss reaches which layer.

    Each step's losses and total, and of the last step, before its update: the norm of every loss's
    gradient in every layer, the cosines between them, the Gram matrix of the trunk, and what each
    method of combining gradients would do.
    """
    from lossexplorer.cli.listings import learning as listing
    from lossexplorer.headless import learning
    from lossexplorer.headless.truths import notes_of
    from lossexplorer.learning.export.place import check_place
    from lossexplorer.learning.export.tables import write_csv
    from lossexplorer.learning.setup import BuiltNetwork, InputImage, OwnNetwork, Setup, Training
    from lossexplorer.volumes import open_case, parse_classes, parse_ignored, parse_patch

    compute_on(backend, device)
    method, method_values = learning.parse_method(combine)
    setup = Setup(
        network=BuiltNetwork(
            filters=filters,
            depth=depth,
            normalization="batch" if batch_normalization else "none",
            l2=l2,
        )
        if model is None
        else OwnNetwork(str(model), is_trusted=trust),
        outputs=learning.chosen_outputs(losses or [], targets or [], weights or [], cuts or []),
        image=InputImage(simulate, learning.parse_intensities(intensities), noise),
        training=Training(
            optimizer=optimizer,
            rate=rate,
            momentum=momentum,
            clipnorm=clipnorm,
            global_clipnorm=global_clipnorm,
            patch=parse_patch(patch) or Training.patch,
            batch=batch,
            seed=seed,
            method=method,
            method_values=method_values,
        ),
        frozen=tuple(frozen or ()),
    )
    if script is not None and method != "weighted_sum":
        raise UserError("--script trains with the weighted sum of the losses: leave out --combine.")
    if script is not None:
        check_place(script, setup)
    for option, path in (("--script", script), ("--csv", csv)):
        require_writable(option, path)
    opened = open_case(
        [truth],
        image=image,
        mask=mask,
        ignore=parse_ignored(ignore),
        overlapping=overlapping,
        classes=parse_classes(classes),
    )
    truths = opened.batch
    if intensities and not simulate and truths[0].image is not None:
        raise UserError(
            "The volume has an image, and --intensities is of a simulated one: add --simulate."
        )
    if as_json:
        result = learning.learn(truths, setup, steps, notes=notes_of(opened))
        echo_json(learning.as_json(result))
    else:
        result = learning.learn(
            truths,
            setup,
            steps,
            begun=lambda setup: typer.echo(listing.beginning(truths, setup)),
            done=lambda report: typer.echo(listing.step_line(report)),
            notes=notes_of(opened),
        )
        typer.echo("\n" + listing.table(result))
        for sentence in filter(None, (result.problem, *result.notes)):
            typer.echo("\n" + sentence)
    try:
        if script is not None:
            from lossexplorer.learning.export.script import write_script

            write_script(script, result.setup, truths, steps)
        if csv is not None:
            write_csv(csv, result.table.outputs, result.reports, result.table)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be written: {error.strerror}.") from error


COMMAND = Command(name="learn", run=learn, order=25, epilog=epilogs.learning())
