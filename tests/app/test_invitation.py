"""What an empty window says can be dropped on it, and when it is gone."""

from qtpy.QtWidgets import QLabel, QMessageBox

from lossexplorer.documents import session_document, write_document
from lossexplorer.session import Session
from lossexplorer.volumes import open_case
from tests.app.driver import small_labels, write_nifti


def invitation(driver):
    (label,) = driver.window.findChildren(QLabel, "invitation")
    return label


def test_an_empty_window_says_what_can_be_dropped_until_something_is_open(make_driver, tmp_path):
    driver = make_driver()
    assert invitation(driver).isVisible()
    path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
    with driver.bot.waitSignal(driver.files.opened):
        driver.drop(driver.window.stage, path)
    assert not invitation(driver).isVisible()


def test_a_window_that_starts_with_a_file_shows_its_maps(make_driver, tmp_path):
    """The canvas is there later than the volume."""
    driver = make_driver(prepare=False)
    path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
    with driver.bot.waitSignal(driver.files.opened):
        driver.files.open([str(path)])
    driver.prepare()
    assert not invitation(driver).isVisible()
    assert driver.window.stage.canvas.widget.isVisible()


def test_a_session_without_its_volume_leaves_an_invitation(make_driver, tmp_path):
    """A window that started with one was blank, whether the question was answered or not."""
    path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
    session = Session()
    session.open(open_case([str(path)]))
    write_document(session_document(session.state), tmp_path / "boxes.lossx")
    path.unlink()
    driver = make_driver()
    with driver.bot.waitSignal(driver.files.opener.ended):
        driver.files.open([str(tmp_path / "boxes.lossx")])
    (box,) = driver.window.findChildren(QMessageBox)
    assert invitation(driver).isVisible()
    (without,) = [each for each in box.buttons() if "Open Without" in each.text()]
    with driver.bot.waitSignal(driver.files.opener.ended):
        driver.click(without)
    assert invitation(driver).isVisible()
