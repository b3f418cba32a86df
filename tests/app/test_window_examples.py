"""A reader who follows the instructions adds an action, a panel and a plot tab."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / ".github/CONTRIBUTING.md"
FILES = {"action": "actions/stage.py", "panel": "panels/class_list.py", "plot": "plots/values.py"}

# The real window of the changed tree, with everything but an engine and a canvas.
PROGRAM = """
import json

from lossexplorer.app.engine_bridge import engine_client
from lossexplorer.app.main import make_application, make_window
from lossexplorer.app.settings import SettingsStore

app = make_application()

from qtpy.QtCore import QEventLoop
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QDockWidget

from lossexplorer.app.widgets.command_palette import CommandPalette
from lossexplorer.engine.messages import Answer, LossResult, Request
from lossexplorer.engine.questions import Numbers

window = make_window("dark", engine_client(), SettingsStore())
window.show()
opening = QEventLoop()
window.context.files.opened.connect(lambda _: opening.quit())
window.context.files.open(["sample:tumour"])
opening.exec()
found = {}

(menu,) = [a.menu() for a in window.menuBar().actions() if a.text() == "&View"]
(entry,) = [action for action in menu.actions() if action.text() == "&Only the Stage"]
palette = CommandPalette(window, window.context)
palette.line.setText("only stage")
found["palette"] = palette.list.item(0).text()
found["shortcut"] = entry.shortcut().toString()

docks = {d.windowTitle(): d for d in window.findChildren(QDockWidget) if not d.isHidden()}
classes = docks["Class List"].widget()
found["class list"] = [classes.item(row).text() for row in range(classes.count())]
found["shown"] = sorted(docks)
window.context.session.show(workspace="learn")
here = [dock.windowTitle() for dock in window.findChildren(QDockWidget) if not dock.isHidden()]
found["class list in learn"] = "Class List" in here
window.context.session.show(workspace="explore")

plots = window.context.panels.widget("plots")
shown = [index for index in range(plots.count()) if plots.isTabVisible(index)]
found["tabs"] = [plots.tabText(index) for index in shown]
plots.setCurrentIndex(found["tabs"].index("Values"))
result = LossResult("dice", {}, 1.0, 0.375, (0.25, 0.5))
request = Request(Numbers("v", {}, ()))
window.context.controller.records.add(Answer(request, (result,), 0.375, None, 0.0))
found["bar"] = plots.widgets["values"].items_of["dice"].opts["height"]

entry.trigger()
app.processEvents()
found["alone"] = [entry.isChecked(), *(not dock.isHidden() for dock in docks.values())]
entry.trigger()
app.processEvents()
found["back"] = [entry.isChecked(), *(not dock.isHidden() for dock in docks.values())]
window.close()
print(json.dumps(found))
"""


def example(name):
    """The code block of the document below a marker."""
    pattern = rf"<!-- example: {name} -->\n```\w+\n(.*?)```\n"
    (block,) = re.findall(pattern, DOCUMENT.read_text("utf-8"), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the tree in which the instructions were followed."""
    tree = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.png")
    for folder in ("lossexplorer", "resources"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tree)
    for name, path in FILES.items():
        (tree / "lossexplorer/app" / path).write_text(example(name), "utf-8")
    menus = tree / "lossexplorer/app/menus.py"
    line = '        "view.toggle_3d",\n'
    text = menus.read_text("utf-8")
    assert text.count(line) == 1
    menus.write_text(text.replace(line, line + example("menu")), "utf-8")
    return tree


def run(tree, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_window_has_the_action_the_panel_and_the_plot(followed):
    found = json.loads(run(followed, "-c", PROGRAM).splitlines()[-1])
    assert found["palette"] == "Only the Stage"
    assert found["shortcut"] == "Ctrl+Shift+F"
    # As the sample's own file has them: 256 × 256 × 25 voxels, of which 4137 are of the tumour.
    assert found["class list"] == ["background: 1,634,263 voxels", "tumour: 4,137 voxels"]
    assert found["tabs"] == [
        "Response", "History", "Classes", "Gradient", "Profile", "Landscape", "Confusion",
        "Slices", "Samples", "Descent", "Values", "Conventions",
    ]  # fmt: skip
    assert found["bar"] == [0.375]
    assert found["shown"] == ["Class List", "Controls", "Losses", "Plots"]
    assert found["class list in learn"] is False
    assert found["alone"] == [True, False, False, False, False]
    assert found["back"] == [False, True, True, True, True]


def test_the_examples_are_as_the_project_writes(followed):
    files = [f"lossexplorer/app/{path}" for path in FILES.values()]
    run(followed, "-m", "ruff", "check", "--no-cache", *files, "lossexplorer/app/menus.py")
    run(followed, "-m", "ruff", "format", "--no-cache", "--check", *files)


@pytest.mark.slow
def test_the_examples_have_their_types(followed):
    run(followed, "-m", "mypy", *(f"lossexplorer/app/{path}" for path in FILES.values()))
