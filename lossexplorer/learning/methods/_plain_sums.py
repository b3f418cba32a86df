"""What is known about whether the methods are better than a plain sum."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A sentence with its source.

    Attributes
    ----------
    text : str
        The sentence.
    source : str
        Authors, year and where it was published.
    """

    text: str
    source: str


PLAIN_SUMS: tuple[Finding, ...] = (
    Finding(
        "Plain sums of the losses, well regularised, often match these methods.",
        "Kurin, De Palma, Kostrikov, Whiteson, Kumar 2022 (NeurIPS), arXiv 2201.04122",
    ),
    Finding(
        "Adam is partly invariant to the losses' scales, and what sets several losses apart from "
        "one is the difference of the gradients' norms, more than their conflicts.",
        "Elich, Kirchdorfer, Köhler, Schott 2023, arXiv 2311.04698",
    ),
)
"""What is shown beside the methods."""
