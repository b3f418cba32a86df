"""Pipelines that several modules ask.

TensorFlow may only be imported once the parent has installed its guard, which a conftest that is
named on the command line comes before: hence the imports within.
"""

import pytest


def pipeline_of(classes):
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.engine.volume import Volume
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


@pytest.fixture
def meter(monkeypatch):
    """Has engines count as busy until a test says that they are to be measured."""
    from lossexplorer.engine.transport import pulse
    from tests.engine.meter import Meter

    made = Meter()
    monkeypatch.setattr(pulse, "_processor_seconds", made.seconds)
    monkeypatch.setattr(pulse, "_drain", made.drain)
    return made


@pytest.fixture(params=["as it is written", pytest.param("compiled", marks=pytest.mark.slow)])
def compilation(request):
    """For a test of many recipes, which would all be compiled: it runs without, and with it."""
    from lossexplorer.engine.pipeline import KnownFields, Pipeline
    from tests.engine.uncompiled import uncompiled

    shared = ("present", "small", "many", "banded", "dense")
    for name in set(shared) & set(request.fixturenames):
        pipeline = request.getfixturevalue(name)
        assert isinstance(pipeline, Pipeline)
        pipeline._totals, pipeline._fields = None, KnownFields()  # computed the other way
    if request.param == "compiled":
        yield
    else:
        with uncompiled():
            yield
