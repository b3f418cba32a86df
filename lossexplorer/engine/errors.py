"""The engine's exceptions, which are pickled as plain text.

Unpickling one of TensorFlow's own exceptions would import TensorFlow in the window's process.
"""

from __future__ import annotations


class EngineError(Exception):
    """An error in the engine; the message is for the user."""


class Interrupted(BaseException):
    """The computation was interrupted, because its result is not needed now.

    Not an `Exception`, so that no handler takes it for an error of a loss or a library.
    """


class OutOfMemoryError(EngineError):
    """There was too little memory, even after all caches were freed.

    Parameters
    ----------
    text : str
        How much memory was needed, and what to do.
    of_gpu : bool
        Whether it was the GPU's memory, so that the CPU may have enough.

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
