"""``lossexplorer descend``: where a loss's gradient leads the prediction."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from lossexplorer.cli import epilogs
from lossexplorer.cli.command import Command
from lossexplorer.cli.options import (
    AsJson,
    BackendOption,
    Classes,
    DeviceOption,
    Ignore,
    Mask,
    MayOverlap,
    SetOption,
    compute_on,
)
from lossexplorer.cli.streams import echo_json

OptimizerName = Literal["sgd", "momentum", "adam"]


def descend(
    truth: Annotated[str, typer.Argument(help="A label volume: a file or sample:NAME.")],
    prediction: Annotated[
        str | None,
        typer.Argument(
            help="Where the descent starts: a class-first probability array or a label volume; "
            "simulated from the truth if absent.",
            show_default=False,
        ),
    ] = None,
    controls: SetOption = None,
    losses: Annotated[
        list[str] | None,
        typer.Option(
            "--loss",
            metavar="NAME[:PARAM=VALUE,…]",
            help="A loss to evaluate after each step; the five common ones if absent.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="NAME=λ",
            help="A loss's weight in the total, 1 if not; tversky_2=λ for the second Tversky.",
        ),
    ] = None,
    follows: Annotated[
        str,
        typer.Option(
            "--follow",
            metavar="total|NAME",
            help="What is descended: Σ λ L, or one of the losses alone.",
        ),
    ] = "total",
    steps: Annotated[int, typer.Option(help="How many steps at most.")] = 100,
    rate: Annotated[
        float,
        typer.Option(
            help="The step's length, for gradients times the number of voxels: at 1, cross-entropy "
            "moves the logit of a voxel that is surely wrong by 1 a step."
        ),
    ] = 0.01,
    optimizer: Annotated[
        OptimizerName, typer.Option(help="How a gradient becomes a step, as in Keras.")
    ] = "sgd",
    momentum: Annotated[float, typer.Option(help="Of the optimizer momentum.")] = 0.9,
    classes: Classes = None,
    ignore: Ignore = None,
    mask: Mask = None,
    overlapping: MayOverlap = None,
    patch: Annotated[
        str | None,
        typer.Option(
            "--patch",
            metavar="N or ZxYxX",
            help="Cut the volume into patches of so many voxels, which make a batch.",
        ),
    ] = None,
    backend: BackendOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Let the prediction's logits follow a gradient, and print the losses after every step.

    Step 0 is the start, with the values that evaluate prints. The descent ends after --steps, or
    before, with a sentence, if the gradient vanishes or a loss is not finite.
    """
    from lossexplorer.engine.messages import Descent, DescentStep
    from lossexplorer.headless import descent as headless
    from lossexplorer.headless.evaluation import chosen_losses
    from lossexplorer.headless.truths import TruthOptions
    from lossexplorer.volumes import parse_classes, parse_ignored, parse_patch

    compute_on(backend, device)
    chosen = chosen_losses(losses or [], weights or [])

    def tell(step: DescentStep) -> None:
        if not as_json:
            if step.number == 0:
                typer.echo(headless.heading(chosen))
            typer.echo(headless.line(step, chosen))

    result = headless.descend(
        truth,
        prediction,
        controls or [],
        chosen,
        Descent(optimizer, rate, momentum, follows),
        steps,
        classes=parse_classes(classes),
        patch=parse_patch(patch),
        options=TruthOptions(parse_ignored(ignore), mask, overlapping),
        done=tell,
    )
    if as_json:
        echo_json(headless.as_json(result))
        return
    for sentence in headless.closing(result):
        typer.echo(sentence)


COMMAND = Command(
    name="descend",
    run=descend,
    order=25,
    epilog="\n\n".join([epilogs.controls(), epilogs.losses()]),
)
