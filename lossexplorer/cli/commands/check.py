"""``lossexplorer check``: whether scenarios show the numbers that they must."""

from __future__ import annotations

from typing import Annotated

import typer

from lossexplorer.cli.command import Command, UserError
from lossexplorer.cli.options import AsJson, BackendOption, DeviceOption, compute_on
from lossexplorer.cli.streams import echo_json


def check(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME|FILE…",
            help="Scenarios, by name (see lossexplorer scenarios) or file; all for every one of "
            "the program's and your own.",
        ),
    ],
    backend: BackendOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Compute the numbers that scenarios must show, and say which differ; exit code 1 if one does.

    Of each number: what was found and expected, the tolerance, and the source.
    """
    from lossexplorer.cli.listings.scenarios import listed
    from lossexplorer.documents import DocumentError
    from lossexplorer.headless import checking

    compute_on(backend, device)
    if names == ["all"]:
        names = [each.name for each in listed()]
    try:
        documents = [checking.named_or_read(name) for name in names]
        checked = []
        for document, folder in documents:
            checked.append(checking.check(document, folder))
            if not as_json:
                typer.echo(checking.as_text(checked[-1]))
    except DocumentError as error:
        raise UserError(str(error)) from error
    if as_json:
        echo_json(checking.as_json(checked))
    raise typer.Exit(0 if all(each.is_right for each in checked) else 1)


COMMAND = Command(name="check", run=check, order=66)
