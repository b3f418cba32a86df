"""One window for all tests, put back into a known state before each."""

import gc

import pytest

from tests.patient_bot import PatientBot


@pytest.fixture(scope="session")
def qapp():
    """The application as the program makes it, which pytest-qt then works with."""
    from lossexplorer.app.garbage import GarbageCollector
    from lossexplorer.app.main import make_application

    app = make_application()
    collector = GarbageCollector()
    collector.begin()
    yield app
    collector.end()


@pytest.fixture
def same_collection():
    """Have Python look for garbage by itself afterwards only if it does so now."""
    by_itself = gc.isenabled()
    yield
    if by_itself:
        gc.enable()
    else:
        gc.disable()


@pytest.fixture(scope="package")
def shared_driver(qapp, request):
    """A window with its engine, on the tumour."""
    from tests.app.driver import Driver

    before = windows_and_engines(qapp)
    driver = Driver(PatientBot(request))
    driver.start()
    yield driver
    driver.close()
    assert windows_and_engines(qapp) == before


@pytest.fixture
def driver(shared_driver, qtbot):
    """The shared window, with the prediction being the truth and every default."""
    shared_driver.bot = qtbot
    shared_driver.reset()
    return shared_driver


@pytest.fixture(scope="package")
def shared_learner(qapp, request):
    """A window on the tumour, in Learn, whose training is that of a stub."""
    from tests.app.learner import Learner

    before = windows_and_engines(qapp)
    learner = Learner(PatientBot(request))
    yield learner
    learner.close()
    assert windows_and_engines(qapp) == before


@pytest.fixture
def learner(shared_learner, qtbot):
    """The shared window in Learn, with the setup that it starts with, before the first step."""
    shared_learner.bot = qtbot
    shared_learner.begin()
    return shared_learner


@pytest.fixture
def make_driver(qapp, qtbot):
    """Make windows of a test's own; they are closed, and their engines ended, after it."""
    from tests.app.driver import Driver

    before = windows_and_engines(qapp)
    made = []

    def make(**how):
        made.append(Driver(qtbot, **how))
        return made[-1]

    yield make
    for driver in made:
        driver.close()
    assert windows_and_engines(qapp) == before


def windows_and_engines(qapp):
    """The windows and canvases that Qt knows, and how many engines' processes run.

    Which processes they are is no matter: a test may have killed the engine of a shared window.
    """
    from napari.qt import QtViewer

    from lossexplorer.app.window import MainWindow
    from tests.app.driver import children

    gc.collect()
    widgets = {id(w) for w in qapp.allWidgets() if isinstance(w, MainWindow | QtViewer)}
    return widgets, len(children())


@pytest.fixture(scope="package")
def commands():
    """A process that runs commands."""
    from tests.app.printed import Commands

    made = Commands()
    yield made
    made.end()


@pytest.fixture(scope="package", params=("two", "84 classes", "300 instances", "eight"))
def printed(commands, tmp_path_factory, request):
    """What the commands print of small files of a kind."""
    from tests.app.printed import Printed

    return Printed(commands, tmp_path_factory.mktemp("printed"), request.param)


@pytest.fixture
def hand(driver, printed):
    """The window with the same files, in which the same is typed."""
    from lossexplorer.session.panes import DEFAULT_PANES

    files = [str(file) for file in printed.files]
    driver.opening(lambda: driver.files.open(files, image=str(printed.image)))
    driver.answer(lambda: driver.type(driver.row("", "confidence").line, "0.1"))  # 1 − confidence
    driver.settle(lambda: driver.type(driver.row("", "shift_x").line, "1.5"))
    yield driver
    driver.settings.update(panes=DEFAULT_PANES)
