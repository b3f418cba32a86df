"""``lossexplorer losses``: every loss, as text, JSON or a page."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli.command import Command, UserError


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

    if as_json and as_page:
        raise UserError("Give --json or --page, not both.")
    if as_page:
        typer.echo(listing.as_markdown(), nl=False)
    else:
        typer.echo(listing.as_json() if as_json else listing.as_text())


COMMAND = Command(name="losses", run=losses, order=50)
