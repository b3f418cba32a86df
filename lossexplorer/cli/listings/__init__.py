"""What the commands that list things print: losses, controls and sample volumes.

A listing is a module that returns itself as text, as JSON and, where there is a page of it in
``resources``, as Markdown.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import typer

from lossexplorer.cli.command import UserError
from lossexplorer.cli.streams import echo_json


def print_listing(listing: ModuleType, *, as_json: bool, as_page: bool, **of: Any) -> None:
    """Print a listing that has a page: as text, unless JSON or the page is asked for.

    Parameters
    ----------
    listing : module
        The listing.
    as_json, as_page : bool
        What is asked for.
    **of
        What the listing is of, if it can be of something.

    Raises
    ------
    UserError
        If both are.
    """
    if as_json and as_page:
        raise UserError("Give --json or --page, not both.")
    if as_page:
        typer.echo(listing.as_markdown(**of), nl=False)
    else:
        echo_json(listing.as_json(**of)) if as_json else typer.echo(listing.as_text(**of))
