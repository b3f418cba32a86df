"""What an empty window says can be dropped on it, and when it is gone."""

from qtpy.QtWidgets import QLabel

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
