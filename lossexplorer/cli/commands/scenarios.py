"""``lossexplorer scenarios``: claims about losses, each with the numbers that it must show."""

from __future__ import annotations

import typer

from lossexplorer.cli.command import Command
from lossexplorer.cli.options import AsJson
from lossexplorer.cli.streams import echo_json


def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios: those of the program, of learning, and your own."""
    from lossexplorer.cli.listings import scenarios as listing

    echo_json(listing.as_json()) if as_json else typer.echo(listing.as_text())
    for problem in listing.problems():
        typer.echo(f"lossexplorer: {problem}", err=True)


COMMAND = Command(name="scenarios", run=scenarios, order=64)
