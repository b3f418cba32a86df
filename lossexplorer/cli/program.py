"""The program that is started from a terminal: its commands, its version, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from lossexplorer import __version__
from lossexplorer.cli import streams
from lossexplorer.cli.command import UserError
from lossexplorer.cli.commands import COMMANDS

_LONGEST_SHOWN = 120  # letters of a file's name


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


def main() -> None:
    """Run the command line; a user's mistake ends in one sentence and exit code 2."""
    streams.prepare()
    from lossexplorer.core.parameters import ParameterError
    from lossexplorer.engine.backends.environment import BackendError
    from lossexplorer.engine.limits import TooLargeError
    from lossexplorer.headless.results import TableError
    from lossexplorer.learning.networks.errors import NetworkError
    from lossexplorer.volumes import VolumeError

    mistakes = (
        UserError,
        VolumeError,
        ParameterError,
        TooLargeError,
        TableError,
        BackendError,
        NetworkError,
    )
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # nohup has it ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _run()
    except mistakes as error:
        _end(str(error))
    except Exception as error:
        if lack := _lack_of_memory(error):
            _end(lack)
        if isinstance(error, OSError) and error.strerror:
            _end(_system_sentence(error))
        raise


def _terminate(number: int, frame: object) -> None:
    """Leave as after Ctrl+C, so that what is half done is closed and processes are ended."""
    del frame
    sys.exit(128 + number)


def _run() -> None:
    try:
        app(prog_name="lossexplorer")
    finally:
        streams.write_out()


def _end(sentence: str) -> NoReturn:
    print(f"lossexplorer: {sentence}", file=sys.stderr)
    sys.exit(2)


def _system_sentence(error: OSError) -> str:
    """Say what the operating system refused, and of which file."""
    if error.filename is not None:
        name = os.fsdecode(error.filename)
        shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
        return f"{shown} cannot be read or written: {error.strerror}."
    if isinstance(error, FileNotFoundError) and not streams.has_working_folder():
        return "The folder in which it was started no longer exists: change to another one."
    return f"The system refused what was needed: {error.strerror}."


def _lack_of_memory(error: Exception) -> str:
    """Return a sentence if an exception means that memory ran out, else an empty one."""
    # It takes seconds to import, and what has not been imported raises nothing.
    active = sys.modules.get("lossexplorer.engine.backends.active")
    of_computer = isinstance(error, MemoryError)
    if not of_computer and (active is None or not active.backend.is_out_of_memory(error)):
        return ""
    of_gpu = not of_computer and active is not None and active.backend.is_gpu()
    whose, elsewhere = (
        ("GPU", "compute with --device cpu") if of_gpu else ("computer", "close other programs")
    )
    return (
        f"The {whose}'s memory does not suffice: choose fewer classes, smaller or fewer patches, a "
        f"coarser level of the volume or a smaller network, or {elsewhere}."
    )


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


for _command in COMMANDS:
    app.command(_command.name, epilog=_command.epilog or None)(_command.run)
