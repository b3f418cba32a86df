"""``lossexplorer controls``: every control of the prediction, as text, JSON or a page."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli.command import Command, UserError


def controls(
    as_json: Annotated[bool, typer.Option("--json", help="Print the full descriptions.")] = False,
    as_page: Annotated[
        bool, typer.Option("--page", help="Print the page of controls, in Markdown.")
    ] = False,
) -> None:
    """List every control of the prediction, in the order in which they are applied."""
    from lossexplorer.cli.listings import controls as listing

    if as_json and as_page:
        raise UserError("Give --json or --page, not both.")
    if as_page:
        typer.echo(listing.as_markdown(), nl=False)
    else:
        typer.echo(listing.as_json() if as_json else listing.as_text())


COMMAND = Command(name="controls", run=controls, order=40)
