"""``lossexplorer scenarios``: claims about losses, each with the numbers that it must show."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli.command import Command
from lossexplorer.cli.listings import print_listing
from lossexplorer.cli.options import AsJson


def scenarios(
    as_json: AsJson = False,
    as_page: Annotated[
        bool, typer.Option("--page", help="Print the page of scenarios, in Markdown.")
    ] = False,
) -> None:
    """List the scenarios: those of the program, of learning, and your own."""
    from lossexplorer.cli.listings import scenarios as listing

    print_listing(listing, as_json=as_json, as_page=as_page)
    for problem in listing.problems():
        typer.echo(f"lossexplorer: {problem}", err=True)


COMMAND = Command(name="scenarios", run=scenarios, order=64)
