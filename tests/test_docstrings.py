"""The examples in docstrings run and print what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import lossexplorer

PACKAGE = Path(lossexplorer.__file__).parent
WINDOW = {"app", "viewer"}  # import Qt and napari; their examples are tested with them


def modules():
    """Every module of the program that has an example, found without importing any."""
    for path in sorted(PACKAGE.rglob("*.py")):
        names = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if names[1] not in WINDOW and ">>> " in path.read_text("utf-8"):
            yield ".".join(each for each in names if each != "__init__")


@pytest.mark.parametrize("name", list(modules()))
def test_examples(name, capsys):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert not found.failed, capsys.readouterr().out


def test_every_keras_class_has_an_example_that_is_run():
    keras = importlib.import_module("lossexplorer.keras")
    examples = {test.name: test.examples for test in doctest.DocTestFinder().find(keras)}
    for name in set(keras.__all__) - {"SegmentationLoss"}:
        assert examples[f"lossexplorer.keras.{name}"]
