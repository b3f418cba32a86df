"""The command line: one module a command, and what the commands print."""

from lossexplorer.cli.program import main

__all__ = ["main"]
