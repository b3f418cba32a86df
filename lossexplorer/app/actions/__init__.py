"""What the user can have done: one description each, in a module for each subject."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action, literal, plain
from lossexplorer.app.actions._catalog import ACTIONS

__all__ = ["ACTIONS", "Action", "literal", "plain"]
