"""Pipelines that several modules ask.

TensorFlow may only be imported once the parent has installed its guard, which a conftest that is
named on the command line comes before: hence the imports within.
"""

import pytest


def pipeline_of(classes):
    from lossexplorer.engine.pipeline import Pipeline, Volume
    from tests.engine.small import NAMES, SPACING, small_labels

    return Pipeline(Volume(small_labels(), NAMES[:classes], SPACING))


@pytest.fixture(scope="module")
def small():
    """Three classes and an absent one, on an anisotropic grid."""
    return pipeline_of(4)


@pytest.fixture(scope="module")
def present():
    """The same without the absent class."""
    return pipeline_of(3)
