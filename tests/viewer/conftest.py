"""The canvas without the rest of the window: one for most tests, as making one takes long."""

import contextlib
import gc

import pytest

from lossexplorer.session.panes import DEFAULT_PANES
from tests.patient_bot import PatientBot


@pytest.fixture(scope="session")
def qapp():
    """The application as the program makes it, which pytest-qt then works with."""
    from lossexplorer.app.main import make_application

    return make_application()


@contextlib.contextmanager
def shown(bot):
    """A canvas in a window of its own, which is gone in the end."""
    from qtpy.QtCore import QCoreApplication, QEvent

    from lossexplorer.viewer.canvas import SliceCanvas

    canvas = SliceCanvas()
    canvas.widget.resize(800, 600)
    with bot.waitExposed(canvas.widget):
        canvas.widget.show()
    yield canvas
    canvas.close()
    canvas.widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture
def new_canvas(qapp, qtbot):
    """A canvas on which nothing was opened yet."""
    with shown(qtbot) as canvas:
        yield canvas


@pytest.fixture(scope="package")
def shared_canvas(qapp, request):
    with shown(PatientBot(request)) as canvas:
        yield canvas


@pytest.fixture
def canvas(shared_canvas):
    """A canvas that keeps the layers of the test before, which are filled anew, and nothing else.

    To make layers and remove them takes a second.
    """
    from qtpy.QtGui import QGuiApplication

    canvas, viewer = shared_canvas, shared_canvas.widget.viewer
    canvas.plane_changed.disconnect()
    canvas.pointer.probed.disconnect()
    canvas._use(None)  # what follows concerns no volume
    canvas._plane = None
    canvas.maps._refreshing.forget()
    canvas._brought.clear()
    for layer in canvas.panes.others():
        viewer.layers.remove(layer)
    canvas.arrange("side by side", DEFAULT_PANES)
    if viewer.theme != "dark":
        canvas.set_theme("dark")
    viewer.dims.ndisplay = 2
    viewer.dims.order = tuple(range(viewer.dims.ndim))
    canvas.widget.resize(800, 600)
    QGuiApplication.sync()
    return canvas
