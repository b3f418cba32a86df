"""``lossexplorer losses``: every loss, as text, JSON or a page."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli.command import Command
from lossexplorer.cli.listings import print_listing


def losses(
    as_json: Annotated[
        bool, typer.Option("--json", help='Print the full descriptions; infinity is written "inf".')
    ] = False,
    as_page: Annotated[
        bool, typer.Option("--page", help="Print the page of losses, in Markdown.")
    ] = False,
) -> None:
    """List every loss with its formula and its citation."""
    from lossexplorer.cli.listings import losses as listing

    print_listing(listing, as_json=as_json, as_page=as_page)


COMMAND = Command(name="losses", run=losses, order=50)
