"""What the engine raises: errors that travel between processes as plain text.

An error of TensorFlow's own would make the window's process import TensorFlow to unpickle it.
"""

from __future__ import annotations


class EngineError(Exception):
    """What went wrong in the engine, in words for the user."""


class Interrupted(BaseException):
    """What the engine computed is wanted later or not at all.

    No `Exception`, so that nothing takes it for a loss's or a library's mistake.
    """


class OutOfMemoryError(EngineError):
    """Memory did not suffice, though everything kept there was let go of.

    Parameters
    ----------
    text : str
        How much was needed, and what to do.
    of_gpu : bool
        Whether the CPU may have more.

    Examples
    --------
    >>> error = OutOfMemoryError("The GPU is full.", True)
    >>> str(error), error.of_gpu
    ('The GPU is full.', True)
    """

    def __init__(self, text: str, of_gpu: bool) -> None:
        super().__init__(text, of_gpu)  # both, for pickle
        self.of_gpu = of_gpu

    def __str__(self) -> str:
        return str(self.args[0])
