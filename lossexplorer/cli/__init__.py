"""The command line: one module a command, and what the commands print."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """Run the command line; while it is imported, Ctrl+C ends the process without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from lossexplorer.cli import program

    program.main()
