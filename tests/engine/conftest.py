"""Pipelines that several modules ask."""

import pytest

from lossexplorer.engine.pipeline import Pipeline, Volume
from tests.engine.small import NAMES, SPACING, small_labels


@pytest.fixture(scope="module")
def small():
    """Three classes and an absent one, on an anisotropic grid."""
    return Pipeline(Volume(small_labels(), NAMES, SPACING))


@pytest.fixture(scope="module")
def present():
    """The same without the absent class."""
    return Pipeline(Volume(small_labels(), NAMES[:3], SPACING))
