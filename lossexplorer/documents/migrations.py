"""What makes of a document of an older version one of the next, one function a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Content = dict[str, Any]
"""A document as JSON has it."""

MIGRATIONS: Mapping[int, Callable[[Content], Content]] = MappingProxyType({})
"""By the version that they take; each returns the document as the next version has it."""


def migrated(content: Content, version: int, newest: int) -> Content:
    """Return a document as the newest version has it.

    Parameters
    ----------
    content : dict
        As it was stored.
    version, newest : int
        Which version it has, and which it is to have.
    """
    for number in range(version, newest):
        content = MIGRATIONS[number](content) | {"version": number + 1}
    return content
