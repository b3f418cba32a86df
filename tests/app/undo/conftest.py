"""The window on the tumour, or on two boxes."""

import pytest

from tests.app.driver import small_labels, write_nifti
from tests.app.undo.hand import RIGHT, offered


@pytest.fixture
def driver(shared_driver, qtbot, request):
    """The window on the tumour, unless the test opens `boxes`; every default."""
    shared_driver.bot = qtbot
    opens = "boxes" in request.fixturenames
    shared_driver.reset(source=None if opens else "sample:tumour")
    return shared_driver


@pytest.fixture
def boxes(driver, tmp_path):
    """Two boxes as two classes, open in the window, moved by a voxel along x."""
    path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
    driver.open(path)
    assert offered(driver) == ("", "")
    driver.answer(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    return path
