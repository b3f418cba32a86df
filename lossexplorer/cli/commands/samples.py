"""``lossexplorer samples``: the volumes that come with the program."""

from __future__ import annotations

import typer

from lossexplorer.cli.command import Command
from lossexplorer.cli.options import AsJson
from lossexplorer.cli.streams import echo_json


def samples(as_json: AsJson = False) -> None:
    """List the volumes that come with the program: size, classes, purpose and licence."""
    from lossexplorer.cli.listings import samples as listing

    echo_json(listing.as_json()) if as_json else typer.echo(listing.as_text())


COMMAND = Command(name="samples", run=samples, order=60)
