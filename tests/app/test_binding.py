"""What the window takes for granted of the Qt binding."""

import gc
import sys

import pytest
from qtpy.QtWidgets import QWidget


@pytest.fixture
def no_garbage(same_collection):
    """None is found that would let go of its references meanwhile."""
    gc.collect()
    gc.disable()


def test_calls_keep_the_references_to_none(qapp, qtbot, no_garbage):
    """PySide6 6.12.0 gives one away with each call that returns nothing.

    Before Python 3.12, which counts none of None, the interpreter aborts when all are gone: after
    some thousand steps of a slider.
    """
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setToolTip("first")
    before = sys.getrefcount(None)
    for _ in range(500):
        widget.setToolTip("again")
    assert before - sys.getrefcount(None) < 250
