"""Learn: what is saved, and models that are opened."""

import csv
import os
import sys
from xml.etree import ElementTree

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from lossexplorer.app.learn import exports, own_model
from lossexplorer.app.learn.elsewhere import run_elsewhere
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.setup import OwnNetwork


def saving_to(monkeypatch, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))


def opening(monkeypatch, path):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))


def test_curves_and_table_are_saved(learner, tmp_path, monkeypatch):
    learner.train_steps(3)
    saving_to(monkeypatch, tmp_path / "run.csv")
    learner.action("Save Curves and Table as CSV…").trigger()
    with (tmp_path / "run.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [1, 2, 3]
    # The stub's first losses and their weighted sum.
    first = [float(value) for name, value in rows[0].items() if name != "step"]
    assert 0.56 in first
    assert 0.51 in first
    assert any(value == pytest.approx(0.433) for value in first)
    assert (tmp_path / "run.layers.csv").is_file()
    assert f"{tmp_path / 'run.csv'} is written." == learner.window.messages.text.text()


def norms_saved(path):
    """The norm of y2's gradient by layer."""
    with path.open(encoding="utf-8") as file:
        return {row["layer"]: float(row["norm of y2"]) for row in csv.DictReader(file)}


def test_the_table_that_is_saved_is_the_one_in_sight(learner, tmp_path, monkeypatch):
    saving_to(monkeypatch, tmp_path / "run.csv")
    learner.train_steps(1)
    learner.click(learner.training.switches.cuts["y2"])
    learner.rest()
    learner.action("Save Curves and Table as CSV…").trigger()
    saved = norms_saved(tmp_path / "run.layers.csv")
    assert saved["trunk"] == 0.0
    assert saved["x1_conv1"] == 0.0
    assert saved["y2"] > 0


def test_the_table_of_the_step_to_come_is_saved_before_any_step(learner, tmp_path, monkeypatch):
    saving_to(monkeypatch, tmp_path / "run.csv")
    learner.action("Save Curves and Table as CSV…").trigger()
    # The stub's norm of the trunk's first layer, times λ.
    saved = norms_saved(tmp_path / "run.layers.csv")
    assert saved["x1_conv1"] == pytest.approx(0.3 * 0.2777, rel=1e-12)


def test_a_folder_that_is_not_there_is_said(learner, tmp_path, monkeypatch):
    learner.train_steps(1)
    path = tmp_path / "missing" / "run.csv"
    saving_to(monkeypatch, path)
    learner.action("Save Curves and Table as CSV…").trigger()
    assert str(path) in learner.window.messages.text.text()
    assert "choose another folder" in learner.window.messages.text.text()


def test_the_network_is_saved_as_svg(learner, tmp_path, monkeypatch):
    saving_to(monkeypatch, tmp_path / "network")  # the ending is added
    learner.bot.waitUntil(lambda: learner.network.picture.sceneRect().width() > 100)
    learner.action("Save the Network as SVG…").trigger()
    root = ElementTree.parse(tmp_path / "network.svg").getroot()
    assert root.tag.endswith("svg")
    assert float(root.get("width").rstrip("m")) > 0


def elsewhere(monkeypatch, module):
    """Have what is done in another process noted, and return the notes."""
    calls = []

    def note(function, *arguments, then, failed):
        calls.append((function, arguments, then, failed))

    monkeypatch.setattr(module, "run_elsewhere", note)
    return calls


def test_the_script_is_written_by_another_process(learner, tmp_path, monkeypatch):
    calls = elsewhere(monkeypatch, exports)
    saving_to(monkeypatch, tmp_path / "train.py")
    learner.train_steps(12)
    learner.shortcut("Ctrl+E")
    ((function, arguments, then, failed),) = calls
    assert function is exports.write_keras_script
    assert arguments == (tmp_path / "train.py", learner.setup, learner.session.volume, 12)
    failed("There is no room.")
    assert learner.window.messages.text.text() == "There is no room."
    then(None)
    assert "run it with python train.py" in learner.window.messages.text.text()


# Models of the user's


def test_a_keras_file_is_used_with_a_target_for_each_output(learner, tmp_path, monkeypatch):
    calls = elsewhere(monkeypatch, own_model)
    path = tmp_path / "three.keras"
    opening(monkeypatch, path)
    learner.action("Own Model…").trigger()
    ((function, arguments, then, _),) = calls
    assert function is own_model.heads_of_model
    assert arguments == (OwnNetwork(str(path)), (16, 32, 32), 7)
    heads = {
        "mask": Head(2, "softmax", 1),
        "coarse": Head(2, "softmax", 4),
        "edge": Head(1, "linear", 1),
    }
    learner.stub.refusal = "The stub has no such network."
    then(heads)
    assert [(o.name, o.target, o.loss.name) for o in learner.setup.outputs] == [
        ("mask", "segmentation", "dice"),
        ("coarse", "segmentation_4", "dice"),
        ("edge", "boundary_distance", "mean_squared_error"),
    ]
    assert list(learner.outputs.cards) == ["mask", "coarse", "edge"]
    assert learner.session.state.view.output == "mask"
    assert learner.training.model.network.currentText() == "three.keras"
    assert not learner.outputs.add.isVisible()
    assert learner.session.store.undo_label == "Use three.keras"
    learner.stub.refusal = ""
    learner.choose(learner.training.model.network, "small U-Net, two outputs")
    assert list(learner.outputs.cards) == ["y1", "y2"]


def test_train_has_the_focus_once_a_model_is_opened(learner, tmp_path, monkeypatch):
    calls = elsewhere(monkeypatch, own_model)
    opening(monkeypatch, tmp_path / "two.keras")
    own, train = learner.training.model.own, learner.training.training.train
    learner.press(own, Qt.Key.Key_Space)
    ((_, _, then, failed),) = calls
    failed("It has one output.")
    assert learner.window.focusWidget() is own  # for another file
    learner.stub.refusal = "The stub has no such network."
    then({"mask": Head(2, "softmax", 1), "edge": Head(1, "linear", 1)})
    assert learner.window.focusWidget() is train
    learner.stub.refusal = ""
    learner.choose(learner.training.model.network, "small U-Net, two outputs")


@pytest.mark.parametrize("agrees", [True, False])
def test_python_is_run_only_after_a_confirmation(learner, tmp_path, monkeypatch, agrees):
    calls = elsewhere(monkeypatch, own_model)
    asked = []

    def answer():
        box = QApplication.activeModalWidget()
        buttons = {button.text().replace("&", ""): button for button in box.buttons()}
        asked.append((box.text(), list(buttons), box.defaultButton().text().replace("&", "")))
        assert not calls
        QTest.mouseClick(buttons["Run model.py" if agrees else "Cancel"], Qt.MouseButton.LeftButton)

    opening(monkeypatch, tmp_path / "model.py")
    QTimer.singleShot(0, answer)
    learner.click(learner.training.model.own)
    ((text, buttons, default),) = asked
    assert text == "Run the code of model.py?"
    assert sorted(buttons) == ["Cancel", "Run model.py"]
    assert default == "Cancel"
    assert [call[1][0] for call in calls] == (
        [OwnNetwork(str(tmp_path / "model.py"), is_trusted=True)] if agrees else []
    )


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_no_key_runs_python_by_habit(learner, tmp_path, monkeypatch, key):
    calls = elsewhere(monkeypatch, own_model)
    opening(monkeypatch, tmp_path / "model.py")
    QTimer.singleShot(0, lambda: QTest.keyClick(QApplication.activeModalWidget(), key))
    learner.click(learner.training.model.own)
    assert not calls


def test_what_is_wrong_with_a_model_is_said_and_changes_nothing(learner, tmp_path, monkeypatch):
    calls = elsewhere(monkeypatch, own_model)
    opening(monkeypatch, tmp_path / "one.keras")
    before = learner.setup
    learner.action("Own Model…").trigger()
    calls[0][3]("The model has one output: it needs two or more.")
    assert learner.window.messages.text.text() == "The model has one output: it needs two or more."
    assert learner.setup is before


@pytest.mark.slow  # starts a process
@pytest.mark.parametrize(
    ("text", "result", "problem"),
    [("7", [7], []), ("x", [], ["invalid literal for int() with base 10: 'x'"])],
)
def test_another_process_returns_or_says_what_is_wrong(qapp, qtbot, text, result, problem):
    results, problems = [], []
    run_elsewhere(int, text, then=results.append, failed=problems.append)
    qtbot.waitUntil(lambda: bool(results or problems), timeout=60_000)
    assert (results, problems) == (result, problem)


@pytest.mark.slow  # starts a process
def test_what_a_library_in_c_prints_there_is_not_printed(qapp, qtbot, capfd):
    results, problems = [], []
    run_elsewhere(os.write, 2, b"of the machine", then=results.append, failed=problems.append)
    qtbot.waitUntil(lambda: bool(results or problems), timeout=60_000)
    assert (results, problems) == ([len("of the machine")], [])
    assert capfd.readouterr().err == ""


@pytest.mark.slow  # imports Keras
def test_a_model_that_is_not_there_is_said_by_its_path(qapp, qtbot, tmp_path):
    path, results, problems = tmp_path / "gone.keras", [], []
    arguments = (own_model.heads_of_model, OwnNetwork(str(path)), (16, 32, 32), 7)
    run_elsewhere(*arguments, then=results.append, failed=problems.append)
    qtbot.waitUntil(lambda: bool(results or problems), timeout=120_000)
    assert not results
    assert str(path) in problems[0]
    assert "keras" not in sys.modules
