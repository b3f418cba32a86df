"""The one error of this package."""

from __future__ import annotations


class VolumeError(ValueError):
    """A volume cannot be used, said in one or two plain sentences.

    The message names the file and what would be right; it can be shown to a person as it is.
    """
