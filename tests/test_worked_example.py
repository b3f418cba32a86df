"""A reader who follows CONTRIBUTING adds a loss with one file and its test."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[1]
NAME = "mean_absolute_error"


def example(name):
    """The code block of CONTRIBUTING below a marker."""
    contributing = (ROOT / ".github/CONTRIBUTING.md").read_text("utf-8")
    pattern = rf"<!-- example: {name} -->\n```python\n(.*?)```\n"
    (block,) = re.findall(pattern, contributing, re.DOTALL)
    return block


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the tree in which the instructions were followed."""
    tree = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.png", "screenshot*")
    for folder in ("lossexplorer", "tests", "resources"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tree)
    (tree / "lossexplorer/losses" / f"{NAME}.py").write_text(example("loss"), "utf-8")
    references = tree / "tests/references.py"
    text = references.read_text("utf-8")
    table, ids = "LOSSES = {\n", "SETTING_IDS = [\n"
    text = text.replace(table, f'{example("reference")}\n\n{table}    "{NAME}": _{NAME},\n')
    references.write_text(text.replace(ids, f"{example('loss settings')}\n{ids}"), "utf-8")
    return tree


def run(tree, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_the_command_line_has_it(followed):
    listed = run(followed, "-m", "lossexplorer", "losses")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert f"\n{NAME} " in listed.stdout
    page = run(followed, "-m", "lossexplorer", "losses", "--page")
    assert "`lossexplorer.keras.MeanAbsoluteError`" in page.stdout


@pytest.mark.slow
def test_the_table_driven_tests_hold_it_to_its_reference(followed):
    done = run(followed, "-m", "pytest", "-q", "tests/losses", "tests/keras_classes", "-k", NAME)
    summary = done.stdout.splitlines()[-1]
    assert "failed" not in summary, done.stdout[-4000:]
    assert int(re.search(r"(\d+) passed", summary)[1]) > 20


@pytest.mark.slow
def test_a_wrong_sum_fails_with_every_setting(followed):
    module = followed / "lossexplorer/losses" / f"{NAME}.py"
    right = module.read_text("utf-8")
    module.write_text(right.replace("2 * sums.intersection", "sums.intersection"), "utf-8")
    compared = ("tests/losses/test_gradients.py", "tests/keras_classes/test_each_loss.py")
    try:
        done = run(followed, "-m", "pytest", "-q", "--tb=no", *compared, "-k", NAME)
    finally:
        module.write_text(right, "utf-8")
    failed = re.findall(rf"^FAILED tests/\S+::(\w+)\[.*{NAME}", done.stdout, re.MULTILINE)
    for test in ("test_the_field_is_the_tape_of_the_whole_field", "test_value_and_gradient"):
        assert failed.count(test) == 3, done.stdout[-4000:]
