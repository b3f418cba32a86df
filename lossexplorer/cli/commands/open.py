"""``lossexplorer open``: the window, or a picture of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from lossexplorer.cli.command import Command, UserError
from lossexplorer.cli.options import BackendOption, DeviceOption, Ignore, Mask, MayOverlap
from lossexplorer.cli.outputs import require_writable


def open_window(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="A label volume; several are a batch, or the masks of overlapping classes.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        str | None, typer.Option(help="A sample volume; lossexplorer samples lists them.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Open a scenario; lossexplorer scenarios lists them.", show_default=False
        ),
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="The anatomy on the same grid, shown below the labels.")
    ] = None,
    prediction: Annotated[
        str | None, typer.Option(help="A prediction to look at instead of a simulated one.")
    ] = None,
    ignore: Ignore = None,
    mask: Mask = None,
    overlapping: MayOverlap = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Save the window as PNG once it is complete, and exit.")
    ] = None,
    theme: Annotated[
        str | None,
        typer.Option(help="dark or light; the one used last if absent.", show_default=False),
    ] = None,
    workspace: Annotated[
        str, typer.Option(help="explore or learn: what the window starts with.")
    ] = "explore",
    present: Annotated[
        bool,
        typer.Option(
            "--present", help="Begin in presenter mode; --screenshot is then of the talk."
        ),
    ] = False,
    steps: Annotated[
        int,
        typer.Option(min=0, help="Training steps before the picture, with --workspace learn."),
    ] = 0,
    restore: Annotated[
        bool,
        typer.Option(
            "--restore/--no-restore", help="Offer a session that was cut off, if there is one."
        ),
    ] = True,
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
    from lossexplorer.documents.scenario_list import scenario_named
    from lossexplorer.engine.backends import environment
    from lossexplorer.session.state import WORKSPACES
    from lossexplorer.volumes import parse_ignored

    _check_sources(files, sample, scenario)
    if scenario is not None:
        workspace = scenario_named(scenario).document.view.workspace
    if theme not in (None, "dark", "light"):
        raise UserError(f"--theme must be dark or light, not {theme!r}.")
    if workspace not in WORKSPACES:
        raise UserError(f"--workspace must be explore or learn, not {workspace!r}.")
    if steps and (workspace != "learn" or screenshot is None):
        raise UserError("--steps needs --workspace learn and --screenshot.")
    require_writable("--screenshot", screenshot)
    if screenshot is None:
        remembered = SettingsStore(settings_path()).value
        if not os.environ.get(environment.BACKEND_VARIABLE):
            backend = backend or remembered.backend
        if not os.environ.get(environment.DEVICE_VARIABLE):
            device = device or remembered.device
    # The window reports a backend that is not installed, as it does the engine's other failures.
    environment.choose(backend, device)
    ignored = parse_ignored(ignore)
    sources = files or [f"sample:{sample or 'tumour'}"]

    def run() -> int:
        from lossexplorer.app.main import run_window

        return run_window(
            sources,
            scenario=scenario,
            image=image,
            prediction=prediction,
            mask=mask,
            ignore=ignored,
            overlapping=overlapping,
            screenshot=screenshot,
            theme=theme,
            workspace="learn" if workspace == "learn" else "explore",
            steps=steps,
            restore=restore,
            present=present,
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


def _check_sources(files: list[str] | None, sample: str | None, scenario: str | None) -> None:
    """Refuse more than one thing to open."""
    if files and sample is not None:
        raise UserError(f"Give a file or --sample, not both: {files[0]} and {sample}.")
    if scenario is not None and (files or sample is not None):
        raise UserError(f"--scenario {scenario} brings its volume; leave files and --sample out.")


COMMAND = Command(name="open", run=open_window, order=10)
