"""How the classes of a volume relate: they exclude each other, or they may overlap.

`relation_of` returns the one that a volume has. Exclusive classes share one plan per sample, whose
probabilities are a softmax's. Overlapping classes are binary problems, one plan per sample and
class, whose probabilities are a sigmoid's.
"""

from __future__ import annotations

from lossexplorer.engine.classes.exclusive import Exclusive
from lossexplorer.engine.classes.overlapping import Overlapping
from lossexplorer.engine.classes.relation import ClassPlace, Relation, Sample
from lossexplorer.engine.volume import Volume

__all__ = ["ClassPlace", "Exclusive", "Overlapping", "Relation", "Sample", "relation_of"]


def relation_of(volume: Volume) -> Relation:
    """Return how the classes of a volume relate."""
    return Exclusive(volume) if volume.members is None else Overlapping(volume)
