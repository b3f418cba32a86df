"""The commands: every module of this package describes one, and the program finds it there.

To add a command, add a module with a `lossexplorer.cli.command.Command` called ``COMMAND``. All
modules are imported whenever the program starts, also for ``--help``: what takes long to import
is imported inside the function that carries the command out.
"""

from __future__ import annotations

import importlib
import pkgutil

from lossexplorer.cli.command import Command

__all__ = ["COMMANDS"]


def _found() -> list[Command]:
    modules = (
        importlib.import_module(m.name) for m in pkgutil.iter_modules(__path__, f"{__name__}.")
    )
    return [module.COMMAND for module in modules]


COMMANDS: tuple[Command, ...] = tuple(sorted(_found(), key=lambda command: command.order))
"""Every command, in the order in which the help lists them."""
