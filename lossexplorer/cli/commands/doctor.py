"""``lossexplorer doctor``: a report on the installation and the machine."""

from __future__ import annotations

import typer

from lossexplorer.cli.command import Command


def doctor() -> None:
    """Report versions, display, OpenGL, the backends with their devices, and file locations."""
    from lossexplorer.cli import report

    raise typer.Exit(report.run())


COMMAND = Command(name="doctor", run=doctor, order=70)
