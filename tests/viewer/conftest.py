"""The canvas without the window's other parts."""

import gc

import pytest


@pytest.fixture(scope="session")
def qapp():
    """The application as the program makes it, which pytest-qt then works with."""
    from lossexplorer.app.main import make_application

    return make_application()


@pytest.fixture
def canvas(qapp, qtbot):
    """A canvas in a window of its own."""
    from qtpy.QtCore import QCoreApplication, QEvent

    from lossexplorer.viewer.canvas import SliceCanvas

    canvas = SliceCanvas()
    canvas.widget.resize(800, 600)
    with qtbot.waitExposed(canvas.widget):
        canvas.widget.show()
    yield canvas
    canvas.close()
    canvas.widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
