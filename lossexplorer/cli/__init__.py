"""The command line: one file a command, and what they print."""

from lossexplorer.cli.program import main

__all__ = ["main"]
