"""``lossexplorer conventions``: one pair, in the numbers of every library."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli import epilogs
from lossexplorer.cli.command import Command
from lossexplorer.cli.options import (
    Also,
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


def conventions(
    truth: Annotated[
        str,
        typer.Argument(
            help="A label volume: a file or sample:NAME; or a batch: a (sample, z, y, x) array."
        ),
    ],
    prediction: Annotated[
        str | None,
        typer.Argument(
            help="Labels (a hard prediction) or probabilities, class first; for a batch "
            "(sample, class, z, y, x).",
            show_default=False,
        ),
    ] = None,
    controls: SetOption = None,
    also: Also = None,
    classes: Classes = None,
    ignore: Ignore = None,
    mask: Mask = None,
    overlapping: MayOverlap = None,
    backend: BackendOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Print what every library computes for the same truth and prediction.

    Of each: the value, the loss and its parameters as evaluate takes them, and what differs.
    """
    from lossexplorer.headless import comparison
    from lossexplorer.headless.truths import TruthOptions
    from lossexplorer.volumes import parse_classes, parse_ignored

    compute_on(backend, device)
    result = comparison.compare(
        truth,
        prediction,
        controls or [],
        also=also or (),
        classes=parse_classes(classes),
        options=TruthOptions(parse_ignored(ignore), mask, overlapping),
    )
    if as_json:
        echo_json(comparison.as_json(result))
    else:
        typer.echo(comparison.as_table(result))


COMMAND = Command(name="conventions", run=conventions, order=30, epilog=epilogs.controls())
