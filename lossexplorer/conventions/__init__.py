"""Conventions: the losses and parameters that reproduce what a library computes.

`CONVENTIONS` lists the conventions, grouped by library. To add a convention, add it to the
library's module here.
"""

from __future__ import annotations

from lossexplorer.conventions import (
    _article,
    _deepfinder,
    _keras,
    _monai,
    _niftynet,
    _nnunet,
    _optax,
    _papers,
    _segmentation_models,
)
from lossexplorer.conventions._convention import Convention, Library
from lossexplorer.conventions._measured import ConventionValue, Measured

__all__ = [
    "CONVENTIONS",
    "Convention",
    "ConventionValue",
    "Library",
    "Measured",
    "conventions_of",
]

CONVENTIONS: tuple[Convention, ...] = (
    *_article.CONVENTIONS,
    *_monai.CONVENTIONS,
    *_nnunet.CONVENTIONS,
    *_keras.CONVENTIONS,
    *_niftynet.CONVENTIONS,
    *_segmentation_models.CONVENTIONS,
    *_deepfinder.CONVENTIONS,
    *_optax.CONVENTIONS,
    *_papers.CONVENTIONS,
)
"""Every convention, grouped by library."""


def conventions_of(loss: str) -> tuple[Convention, ...]:
    """Return the conventions that exist for a loss of this program.

    Examples
    --------
    >>> [(c.library.name, c.name) for c in conventions_of("sensitivity_specificity")]
    [('NiftyNet', 'sensitivity_specificity_loss')]
    """
    return tuple(convention for convention in CONVENTIONS if convention.loss == loss)
