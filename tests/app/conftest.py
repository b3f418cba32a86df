"""One window per module, put back into a known state before each test."""

import gc

import pytest
from pytestqt.qtbot import QtBot


@pytest.fixture(scope="session")
def qapp():
    """The application as the program makes it, which pytest-qt then works with."""
    from lossexplorer.app.main import make_application

    return make_application()


@pytest.fixture(scope="module")
def module_driver(qapp, request):
    """A window with its engine, on the tumour."""
    from tests.app.driver import Driver

    driver = Driver(QtBot(request))
    driver.start()
    yield driver
    driver.close()
    assert_nothing_left(qapp)


@pytest.fixture
def driver(module_driver, qtbot):
    """The module's window, with the prediction being the truth and every default."""
    module_driver.bot = qtbot
    module_driver.reset()
    return module_driver


@pytest.fixture
def make_driver(qapp, qtbot):
    """Make windows of a test's own; they are closed, and their engines ended, after it.

    Not beside `driver`, whose window would seem to be left.
    """
    from tests.app.driver import Driver

    made = []

    def make(**how):
        made.append(Driver(qtbot, **how))
        return made[-1]

    yield make
    for driver in made:
        driver.close()
    assert_nothing_left(qapp)


def assert_nothing_left(qapp):
    """No window, no canvas and no engine outlives the window that was closed."""
    from napari.qt import QtViewer

    from lossexplorer.app.window import MainWindow
    from tests.app.driver import children

    gc.collect()
    left = [w for w in qapp.allWidgets() if isinstance(w, MainWindow | QtViewer)]
    assert left == []
    assert children() == set()
