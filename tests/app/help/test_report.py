"""Help > Copy Report: what is copied, and that no file is named unless somebody says so."""

import platform
from importlib import metadata

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialogButtonBox

from lossexplorer.app.help.report import last_lines, report_text, without_file_names
from lossexplorer.app.help.report_dialog import ReportDialog
from lossexplorer.app.log import log_path
from lossexplorer.engine.messages import EngineStatus
from tests.app.driver import small_labels, write_nifti


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("/data/Jane Doe/scan.nii.gz is damaged.", ("Jane", "scan")),
        ('File "/home/jane/.venv/lib/napari/x.py", line 3', ("jane", "venv")),
        (r"'C:\Users\jane\scan.nrrd' is gone", ("jane", "scan")),
        ("scan_jane.tif has 3 pages", ("scan", "jane")),
        ("«/a b/jane doe.mha» and “d/jane.mha”", ("jane", "a b")),
    ],
)
def test_no_file_name_is_left(text, hidden):
    shown = without_file_names(text, ["/data/Jane Doe/scan.nii.gz"])
    assert not [word for word in hidden if word in shown]


def test_a_module_and_its_line_stay():
    line = 'File "/opt/x/lossexplorer/app/main.py", line 31, in report'
    assert without_file_names(line) == 'File "main.py", line 31, in report'


def test_of_a_log_the_last_200_lines_are_taken(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"line %d \xff\n" % n for n in range(1000)))
    lines = last_lines(path)
    assert (len(lines), lines[0][:8], lines[-1][:8]) == (200, "line 800", "line 999")
    assert last_lines(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("log", "end"),
    [
        ([], "The log is empty."),
        (["WARNING a"], "The end of the log, in lines: 1\nWARNING a"),
    ],
)
def test_a_report_ends_with_the_log(log, end):
    assert report_text(EngineStatus("starting", ""), log).endswith(f"\n\n{end}")


@pytest.fixture
def dialog(driver, tmp_path):
    """The dialog, after a volume with a name that says something was open and is in the log."""
    path = write_nifti(tmp_path / "JaneDoe.nii.gz", small_labels())
    driver.open(path)
    driver.window.context.settings.update(recent=((str(path),),))
    log_path().parent.mkdir(parents=True, exist_ok=True)
    with log_path().open("a", encoding="utf-8") as log:
        log.write(f"WARNING {path} has JaneDoe as its name\n")
    driver.action("Copy Report…").trigger()
    dialog = driver.window.findChild(ReportDialog)
    driver.bot.waitUntil(dialog.isVisible)
    return dialog


def copy(dialog):
    button = dialog.findChild(QDialogButtonBox).buttons()[0]
    assert button.text() == "Copy"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    return QApplication.clipboard().text()


def test_the_report_names_versions_and_no_file(dialog):
    report = copy(dialog)
    assert platform.python_version() in report
    for library in ("napari", "numpy", "vispy"):
        assert f"{library}" in report
        assert metadata.version(library) in report
    assert "WARNING" in report
    assert "JaneDoe" not in report


def test_files_are_named_if_somebody_ticks_it(dialog):
    QTest.mouseClick(
        dialog.file_names, Qt.MouseButton.LeftButton, pos=dialog.file_names.rect().center() * 0.1
    )
    assert dialog.file_names.isChecked()
    assert "JaneDoe.nii.gz has JaneDoe as its name" in copy(dialog)
