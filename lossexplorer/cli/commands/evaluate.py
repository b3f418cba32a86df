"""``lossexplorer evaluate``: the losses of one pair, or of many."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from lossexplorer.cli import epilogs
from lossexplorer.cli.command import Command, UserError
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


def evaluate(
    truth: Annotated[
        str | None,
        typer.Argument(help="A label volume: a file or sample:NAME.", show_default=False),
    ] = None,
    prediction: Annotated[
        str | None,
        typer.Argument(
            help="A label volume (a hard prediction) or a class-first probability array.",
            show_default=False,
        ),
    ] = None,
    controls: SetOption = None,
    losses: Annotated[
        list[str] | None,
        typer.Option(
            "--loss",
            metavar="NAME[:PARAM=VALUE,…]",
            help="A loss to evaluate, such as tversky:alpha=0.3,beta=0.7; all for every one; "
            "the five common ones if absent.",
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
    classes: Classes = None,
    ignore: Ignore = None,
    mask: Mask = None,
    overlapping: MayOverlap = None,
    also: Also = None,
    patch: Annotated[
        str | None,
        typer.Option(
            "--patch",
            metavar="N or ZxYxX",
            help="Cut the volume into patches of so many voxels, which make a batch.",
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="PAIRS.csv",
            help="Evaluate many pairs instead: a table with the columns truth, prediction (empty: "
            "simulated) and, if wanted, name, mask and ignore, files relative to its folder. Run "
            "again, it skips what is done.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where their results go, .csv or .parquet; PAIRS.results.csv by default."
        ),
    ] = None,
    backend: BackendOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Print losses for a truth and a prediction, given or simulated, or for many pairs.

    Of each: value, share of the total and of its gradient, per-class values, and what is not
    finite and why.
    """
    from lossexplorer.headless import evaluation
    from lossexplorer.headless.truths import TruthOptions
    from lossexplorer.volumes import parse_classes, parse_ignored, parse_patch

    for option, path in (("--manifest", manifest), ("--out", out)):
        if path is not None and not path.name:
            raise UserError(f"{option} names no file.")
    compute_on(backend, device)
    chosen = evaluation.chosen_losses(losses or [], weights or [])
    if manifest is not None:
        if truth or also or mask or as_json:
            raise UserError(
                "--manifest names the truths and, in its column mask, their masks: leave out "
                "TRUTH, --also, --mask and --json."
            )
        from lossexplorer.headless import manifest as pairs

        setup = pairs.PairSetup(
            tuple(controls or []),
            chosen,
            parse_classes(classes),
            parse_patch(patch),
            parse_ignored(ignore),
            overlapping,
        )
        into = out or manifest.with_suffix(".results.csv")
        ended_by = signal.SIGINT

        def interrupt(number: int, frame: object) -> None:
            nonlocal ended_by
            del frame
            ended_by = signal.Signals(number)
            raise KeyboardInterrupt

        # A run that a system ends in an orderly way says how to go on, too.
        signal.signal(signal.SIGTERM, interrupt)
        try:
            summary = pairs.evaluate_manifest(manifest, into, setup)
        except KeyboardInterrupt as interrupted:
            said = str(interrupted) or (
                "Interrupted before a pair was evaluated. Run the same command again to begin."
            )
            typer.echo(f"lossexplorer: {said}", err=True)
            raise typer.Exit(128 + ended_by) from None
        typer.echo(pairs.as_text(summary))
        raise typer.Exit(1 if summary.broken else 0)
    if truth is None:
        raise UserError("Name a TRUTH, or many of them with --manifest.")
    if out is not None:
        raise UserError("--out belongs to --manifest, which it does not have here.")
    result = evaluation.evaluate(
        truth,
        prediction,
        controls or [],
        chosen,
        also=also or (),
        classes=parse_classes(classes),
        patch=parse_patch(patch),
        options=TruthOptions(parse_ignored(ignore), mask, overlapping),
    )
    if as_json:
        echo_json(evaluation.as_json(result))
    else:
        typer.echo(evaluation.as_table(result))


COMMAND = Command(
    name="evaluate",
    run=evaluate,
    order=20,
    epilog="\n\n".join([epilogs.controls(), epilogs.losses()]),
)
