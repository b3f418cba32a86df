"""What is wrong with a network, in a sentence for the user."""

from __future__ import annotations


class NetworkError(ValueError):
    """A network that cannot be made, or cannot be trained as set; the message says what to do."""


class NotTrustedError(NetworkError):
    """A Python file whose code the user has not agreed to run."""
