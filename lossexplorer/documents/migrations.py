"""What makes of a document of an older version one of the next, one function a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Content = dict[str, Any]
"""A document as JSON has it."""


def _with_names_of_losses(content: Content) -> Content:
    """Return version 2, in which a loss may be shown twice, so that each has a name of its own.

    In version 1 `name` is the loss's name in the catalogue.
    """
    kept = [_with_names_of_losses(each) for each in content.get("snapshots", ())]
    losses = tuple({"loss": each["name"], "title": "", **each} for each in content["losses"])
    found = {**content, "losses": losses}
    return {**found, "snapshots": tuple(kept)} if kept else found


MIGRATIONS: Mapping[int, Callable[[Content], Content]] = MappingProxyType(
    {1: _with_names_of_losses}
)
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
        content = {**MIGRATIONS[number](content), "version": number + 1}
    return content
