"""The standard streams of the program: there, and able to write every letter."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import sys
from pathlib import Path

import typer

from lossexplorer.cli.command import UserError

# What the texts of the program use, for consoles and files that have no such letters.
_PLAIN = {
    "λ": "lambda",
    "Σ": "sum",
    "∂": "d",
    "√": "sqrt",
    "∞": "inf",
    "π": "pi",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "σ": "sigma",
    "τ": "tau",
    "\N{MINUS SIGN}": "-",
    "–": "-",
    "—": "-",
    "×": "x",
    "·": "*",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "²": "^2",
    "³": "^3",
    "µ": "u",
    "Å": "A",
    "…": "...",
    "₁": "1",
    "₂": "2",
    "ₖ": "_k",
    "\N{NARROW NO-BREAK SPACE}": " ",
}
_HANDLER = "lossexplorer.plain"


def prepare() -> None:
    """Make the standard streams ready: one that is closed takes what is written and drops it.

    A letter that a stream cannot write is written in other letters.
    """
    _fill_closed()
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a stream of another kind, as in tests
            stream.reconfigure(errors=_HANDLER)  # type: ignore[union-attr]


def _fill_closed() -> None:
    # Else the next file that is opened gets the number, and is written to as the stream.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters, behind = error.object[error.start : error.end], error.object[error.end :]
    plain = ""
    for word in (_PLAIN.get(letter, "?") for letter in letters):
        plain += f" {word}" if plain[-1:].isalpha() and word[:1].isalpha() else word
    # In a table the spaces behind give way, so that its columns stay below each other.
    spaces = len(behind) - len(behind.lstrip(" "))
    fewer = max(0, min(len(plain) - len(letters), spaces - 1))
    return plain, error.end + fewer


def write_out() -> None:
    """Write what is still to be written to standard output.

    Raises
    ------
    UserError
        If it cannot be written, for example to a full disk.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop()
    except OSError as error:
        _drop()
        raise UserError(f"What it printed could not be written: {error.strerror}.") from error


def _drop() -> None:
    """Drop what could not be written, which Python would else try again when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def echo_json(text: str) -> None:
    """Print JSON, which is UTF-8: where standard output is not, other letters are escaped.

    Parameters
    ----------
    text : str
        JSON, in which letters beyond ASCII stand in strings alone.
    """
    if codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8":
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    typer.echo(text)


def has_working_folder() -> bool:
    """Return whether the folder in which the program was started is still there."""
    try:
        Path.cwd()
    except OSError:
        return False
    return True
