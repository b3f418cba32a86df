"""``lossexplorer render``: a picture, a movie or a plot's values of a session or a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lossexplorer.cli.command import Command, UserError
from lossexplorer.cli.options import BackendOption, DeviceOption
from lossexplorer.cli.outputs import require_writable

_STILLS = (".png", ".svg", ".pdf")
_TABLE = ".csv"
_NO_PLOTS = ("window", "canvas", "talk")
_SMALLEST, _LARGEST = 200, 8000  # pixels


def render(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SESSION|SCENARIO",
            help="A session's file, or a scenario by name (see lossexplorer scenarios) or file.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Where: .png, .svg or .pdf, .csv for a plot's values; with --sweep .gif, .webp or "
            ".mp4.",
            show_default=False,
        ),
    ],
    what: Annotated[
        str,
        typer.Option(
            metavar="window|canvas|talk|PLOT",
            help="The window, its canvas, the page of a talk, or a plot, such as response, "
            "landscape, confusion, gradient, profile, slices, samples or conventions.",
        ),
    ] = "window",
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="In pixels; if absent, 1600x1000 for the window, 1920x1080 for the talk, and what "
            "canvas and plot have in the window.",
            show_default=False,
        ),
    ] = None,
    theme: Annotated[Literal["dark", "light"], typer.Option(help="The colours.")] = "dark",
    sweep: Annotated[
        str | None,
        typer.Option(
            metavar="CONTROL=A:B:N",
            help="Move a control, or LOSS:PARAM, from A to B in N frames and back.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="How long a movie takes, there and back.")
    ] = 4.0,
    backend: BackendOption = None,
    device: DeviceOption = None,
) -> None:
    """Render a picture, a movie or a plot's values of a session or a scenario.

    It needs no display.

    Of each frame everything is computed, as it is in the window when the hand rests.
    """
    from lossexplorer.core.display import DisplayError, has_display, virtual_display
    from lossexplorer.documents import DocumentError, read_document
    from lossexplorer.documents.scenario_list import scenario_named
    from lossexplorer.engine.backends import environment
    from lossexplorer.exports.movies import MovieError, check_movie

    pixels = None if size is None else _pixels(size)
    _check_what(what)
    require_writable("-o", out)
    try:
        if sweep is None:
            _check_still(out, what)
        else:
            _check_sweep(sweep)
            check_movie(out)
        path = Path(source)
        is_file = bool(path.suffix) or path.exists()
        document = read_document(path) if is_file else scenario_named(source).document
    except (MovieError, DocumentError) as error:
        raise UserError(str(error)) from error
    if document.view.workspace == "learn" and what not in ("window", "talk"):
        raise UserError(f"{source} is one of Learn: it has a --what window and talk alone.")
    if document.view.workspace == "learn" and sweep is not None:
        raise UserError(f"{source} is one of Learn, where no slider is swept; leave --sweep out.")
    environment.choose(backend, device)

    def run() -> int:
        from lossexplorer.app.main import run_rendering

        return run_rendering(
            path.absolute() if is_file else source,
            out.absolute(),
            what=what,
            size=pixels,
            sweep=sweep or "",
            seconds=seconds,
            theme=theme,
        )

    if has_display():
        raise typer.Exit(run())
    try:
        width, height = pixels or (1920, 1080)
        with virtual_display(max(width, 1920), max(height, 1080)):
            code = run()
    except DisplayError as error:
        raise UserError(str(error)) from None
    raise typer.Exit(code)


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.lower().replace("×", "x").partition("x")
    if width.isdecimal() and height.isdecimal():
        pixels = int(width), int(height)
        if all(_SMALLEST <= edge <= _LARGEST for edge in pixels):
            return pixels
    raise UserError(
        f"--size must be WIDTHxHEIGHT from {_SMALLEST} to {_LARGEST}, such as 1280x720, not {size}."
    )


def _check_what(what: str) -> None:
    """Refuse what is no part of the window; plots have to be imported to be known."""
    if what not in _NO_PLOTS:
        from lossexplorer.app.exports.subjects import TITLES

        if what not in TITLES:
            raise UserError(f"--what {what}: there are {', '.join(TITLES)}.")


def _check_still(out: Path, what: str) -> None:
    suffix = out.suffix.lower()
    if suffix == _TABLE and what in _NO_PLOTS:
        raise UserError(f"{out.name}: a plot has values, and --what {what} is none.")
    if suffix not in (*_STILLS, _TABLE):
        raise UserError(
            f"{out.name}: a picture ends in .png, .svg or .pdf, a plot's values in .csv. A movie "
            "(.gif, .webp, .mp4) needs --sweep CONTROL=A:B:N."
        )


def _check_sweep(sweep: str) -> None:
    from lossexplorer.session.sweep import parse_sweep

    parse_sweep(sweep)


COMMAND = Command(name="render", run=render, order=67)
