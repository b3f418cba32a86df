"""Targets: what an output of the network is to predict, one module a target.

Every module of this package whose name has no leading underscore has ``TARGETS``, a tuple of one
target or of several that differ in a number. `TARGETS`, the window and the command line find them
there.
"""

from __future__ import annotations

from lossexplorer.learning.targets._catalog import TARGETS, heads, target_named
from lossexplorer.learning.targets._target import LabelledPatch, Target

__all__ = ["TARGETS", "LabelledPatch", "Target", "heads", "target_named"]
