"""The command line: the window, the same numbers without a window, and a report on the machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lossexplorer import __version__


class _WindowByDefault(TyperGroup):
    """A group in which anything that is no command is an argument of ``open``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help", "--version"}:
            args = ["open", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_WindowByDefault,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="See what a segmentation loss does. Without a command, the window opens: "
    "lossexplorer [FILE]… [--sample NAME] [--screenshot PATH] [--theme dark|light] …",
)


class UserError(Exception):
    """What the user has to know, in a sentence; the exit code is 2."""


def main() -> None:
    """Run the command line; a user's mistake ends in one sentence and exit code 2."""
    from lossexplorer.core.parameters import ParameterError
    from lossexplorer.engine.backends.choice import BackendError
    from lossexplorer.engine.limits import TooLargeError
    from lossexplorer.headless.results import TableError
    from lossexplorer.volumes import VolumeError

    said = (UserError, VolumeError, ParameterError, TooLargeError, TableError, BackendError)
    try:
        app(prog_name="lossexplorer")
    except said as error:
        print(f"lossexplorer: {error}", file=sys.stderr)
        sys.exit(2)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"lossexplorer {__version__}")
        raise typer.Exit


@app.callback()
def _group(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, help="Print the version.")
    ] = False,
) -> None:
    del version


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


@app.command("open")
def open_window(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="A label volume; several are a batch.", show_default=False),
    ] = None,
    sample: Annotated[
        str | None, typer.Option(help="A built-in sample; lossexplorer samples lists them.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="The anatomy on the same grid, shown below the labels.")
    ] = None,
    prediction: Annotated[
        str | None, typer.Option(help="A prediction to look at instead of a simulated one.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Save the window as PNG once it is complete, and exit.")
    ] = None,
    theme: Annotated[
        str | None,
        typer.Option(help="dark or light; the one used last if absent.", show_default=False),
    ] = None,
    backend: BackendOption = None,
    device: DeviceOption = None,
) -> None:
    """Open the window; this is what happens without a command."""
    from lossexplorer.app.settings import SettingsStore, settings_path
    from lossexplorer.core.display import (
        DisplayError,
        has_display,
        missing_display_sentence,
        virtual_display,
    )
    from lossexplorer.engine.backends import choice

    if files and sample is not None:
        raise UserError(f"Give a file or --sample, not both: {files[0]} and {sample}.")
    if theme not in (None, "dark", "light"):
        raise UserError(f"--theme must be dark or light, not {theme!r}.")
    if screenshot is not None and not screenshot.absolute().parent.is_dir():
        raise UserError(f"--screenshot {screenshot}: the folder does not exist.")
    if screenshot is None:
        remembered = SettingsStore(settings_path()).value
        if not os.environ.get(choice.BACKEND_VARIABLE):
            backend = backend or remembered.backend
        if not os.environ.get(choice.DEVICE_VARIABLE):
            device = device or remembered.device
    # A backend that is not installed is said by the window, as the engine's other failures are.
    choice.choose(backend, device)
    sources = files or [f"sample:{sample or 'tumour'}"]

    def run() -> int:
        from lossexplorer.app.main import run_window

        return run_window(
            sources, image=image, prediction=prediction, screenshot=screenshot, theme=theme
        )

    if has_display():
        raise typer.Exit(run())
    if screenshot is None:
        raise UserError(missing_display_sentence())
    try:
        with virtual_display():
            code = run()
    except DisplayError as error:
        raise UserError(str(error)) from None
    raise typer.Exit(code)


def _names() -> str:
    """Return what can be set, from the descriptions; a backspace keeps lines as they are."""
    from lossexplorer.losses import LOSSES

    losses = [
        f"  {name:<{_width(LOSSES)}}{', '.join(p.name for p in loss.parameters)}"
        for name, loss in LOSSES.items()
    ]
    forms = "  Numbers per class are written class_weights=1:2:5, tables distances=0:1/1:0."
    return "\n".join(
        [_controls(), "", "\b", "Losses and parameters:", *losses, "", "\b", forms.strip()]
    )


def _controls() -> str:
    from lossexplorer.predictions import IN_ORDER

    lines = [
        f"  {each.title}: {', '.join(control.name for control in each.controls)}"
        for each in IN_ORDER
    ]
    return "\n".join(["\b", "Controls (lossexplorer controls says what each does):", *lines])


def _width(names: Iterable[str]) -> int:
    return max(map(len, names)) + 2


Truth = Annotated[str, typer.Argument(help="A label volume: a file or sample:NAME.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="CONTROL=VALUE",
        help="A control of the prediction, such as shift_x=1vox or grow=2mm.",
    ),
]
Classes = Annotated[
    str,
    typer.Option(
        "--classes",
        metavar="each|foreground|IDS",
        help="How ids become classes: each one its own, all one class, or these (1,5-9) and the "
        "others background.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _compute_on(backend: str | None, device: str | None) -> None:
    """Ask for a backend, which has to be installed, and a device."""
    from lossexplorer.engine.backends import choice

    choice.choose(backend, device)
    choice.require(choice.chosen_backend())


@app.command(epilog=_names())
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
    settings: Settings = None,
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
        typer.Option("--weight", metavar="NAME=λ", help="A loss's weight in the total, 1 if not."),
    ] = None,
    classes: Classes = "each",
    also: Annotated[
        list[str] | None,
        typer.Option("--also", metavar="TRUTH", help="One more volume of the same batch."),
    ] = None,
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
            "simulated) and name, files relative to its folder. Run again, it skips what is done.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where their results go, .csv or .parquet; PAIRS.results.csv if not given."
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
    from lossexplorer.volumes import parse_classes, parse_patch

    _compute_on(backend, device)
    chosen = evaluation.chosen_losses(losses or [], weights or [])
    if manifest is not None:
        if truth or also or as_json:
            raise UserError("--manifest names the truths: leave out TRUTH, --also and --json.")
        from lossexplorer.headless import manifest as pairs

        question = pairs.Question(
            tuple(settings or []), chosen, parse_classes(classes), parse_patch(patch)
        )
        into = out or manifest.with_suffix(".results.csv")
        summary = pairs.evaluate_manifest(manifest, into, question)
        typer.echo(pairs.as_text(summary))
        raise typer.Exit(1 if summary.broken else 0)
    if truth is None:
        raise UserError("Name a TRUTH, or many of them with --manifest.")
    if out is not None:
        raise UserError("--out belongs to --manifest, which it does not have here.")
    result = evaluation.evaluate(
        truth,
        prediction,
        settings or [],
        chosen,
        also=also or (),
        classes=parse_classes(classes),
        patch=parse_patch(patch),
    )
    typer.echo(evaluation.as_json(result) if as_json else evaluation.as_table(result))


@app.command(epilog=_controls())
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
    settings: Settings = None,
    classes: Classes = "each",
    backend: BackendOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Print what every library computes for the same truth and prediction.

    Of each: the value, the loss and its parameters as evaluate takes them, and what differs.
    """
    from lossexplorer.headless import comparison
    from lossexplorer.volumes import parse_classes

    _compute_on(backend, device)
    chosen = parse_classes(classes)
    result = comparison.compare(truth, prediction, settings or [], classes=chosen)
    typer.echo(comparison.as_json(result) if as_json else comparison.as_table(result))


@app.command()
def controls(
    as_json: Annotated[bool, typer.Option("--json", help="Print the full descriptions.")] = False,
    as_page: Annotated[
        bool, typer.Option("--page", help="Print the page of controls, in Markdown.")
    ] = False,
) -> None:
    """List every control of the prediction, in the order in which they are applied."""
    from lossexplorer.cli import controls_page

    if as_json and as_page:
        raise UserError("Give --json or --page, not both.")
    if as_page:
        typer.echo(controls_page.as_markdown(), nl=False)
    else:
        typer.echo(controls_page.as_json() if as_json else controls_page.as_text())


@app.command()
def losses(
    as_json: Annotated[
        bool,
        typer.Option("--json", help='Print the full descriptions; infinity is written "inf".'),
    ] = False,
    as_page: Annotated[
        bool, typer.Option("--page", help="Print the page of losses, in Markdown.")
    ] = False,
) -> None:
    """List every loss with its formula and its citation."""
    from lossexplorer.cli import catalogue, losses_page

    if as_json and as_page:
        raise UserError("Give --json or --page, not both.")
    if as_page:
        typer.echo(losses_page.as_markdown(), nl=False)
    else:
        typer.echo(catalogue.as_json() if as_json else catalogue.as_text())


@app.command()
def samples(as_json: AsJson = False) -> None:
    """List the volumes that come with the program: size, classes, purpose and licence."""
    from lossexplorer.cli import sample_list

    typer.echo(sample_list.as_json() if as_json else sample_list.as_text())


@app.command()
def doctor() -> None:
    """Report versions, display, OpenGL, the backends with their devices, and file locations."""
    from lossexplorer.cli import report

    raise typer.Exit(report.run())
