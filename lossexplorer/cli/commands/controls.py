"""``lossexplorer controls``: every control of the prediction, as text, JSON or a page."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli.command import Command
from lossexplorer.cli.listings import print_listing


def controls(
    truth: Annotated[
        str | None,
        typer.Argument(
            help="A label volume, whose width and voxels the ranges of lengths follow.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the full descriptions.")] = False,
    as_page: Annotated[
        bool, typer.Option("--page", help="Print the page of controls, in Markdown.")
    ] = False,
) -> None:
    """List every control of the prediction, in the order in which they are applied."""
    from lossexplorer.cli.listings import controls as listing
    from lossexplorer.core.lengths import ANY_SIZE
    from lossexplorer.volumes import open_case

    size = ANY_SIZE if truth is None else open_case([truth]).batch.size
    print_listing(listing, as_json=as_json, as_page=as_page, size=size)


COMMAND = Command(name="controls", run=controls, order=40)
