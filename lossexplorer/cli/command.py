"""A command of the command line, and the error with which it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class UserError(Exception):
    """A mistake of the user, said in a sentence; the program ends with exit code 2."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command, described once in its module.

    Attributes
    ----------
    name : str
        What is typed behind ``lossexplorer``.
    run : callable
        Carries it out. Its annotations are the arguments and options, its docstring the help.
    order : int
        Its place in the help, ascending.
    epilog : str
        Printed below the options in its own help.
    """

    name: str
    run: Callable[..., None]
    order: int
    epilog: str = ""
