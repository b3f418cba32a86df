"""What may import what, and what an import loads."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REQUIREMENTS = {
    canonicalize_name(requirement.name): requirement
    for requirement in map(Requirement, PYPROJECT["project"]["dependencies"])
}
CONTRACTS = [contract["id"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]]

WINDOW = [
    "lossexplorer.app",
    "lossexplorer.viewer",
    "lossexplorer.session",
    "lossexplorer.engine.client",
]
QT = {"PySide6", "PyQt6", "qtpy", "superqt", "pyqtgraph", "napari", "vispy"}
ENGINE = {"tensorflow", "keras"}

# Loads the modules named on the command line and all below them, then says what has come along.
LOAD = """
import importlib, json, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        importlib.import_module(found.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(*modules: str) -> set[str]:
    command = [sys.executable, "-c", LOAD, *modules]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert answer.returncode == 0, answer.stderr
    return set(json.loads(answer.stdout.splitlines()[-1]))


def imported_packages() -> set[str]:
    """Top-level names of everything that the program's sources import, lazily or not."""
    names = set()
    for source in (ROOT / "lossexplorer").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"lossexplorer"}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_import_contract(contract):
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    command += ["--no-cache", "--contract", contract]
    answer = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=PATIENCE
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_window_loads_neither_tensorflow_nor_keras():
    assert not loaded_by(*WINDOW) & ENGINE


MATHEMATICS = [
    "lossexplorer.losses",
    "lossexplorer.predictions",
    "lossexplorer.learning.methods",
    "lossexplorer.learning.scenarios",
]


@pytest.mark.parametrize("module", MATHEMATICS)
def test_the_mathematics_load_no_window_and_no_keras(module):
    assert not loaded_by(module) & (QT | ENGINE)


@pytest.mark.parametrize("module", ["lossexplorer.cli", "lossexplorer.cli.report"])
def test_the_command_line_starts_light(module):
    assert not loaded_by(module) & (QT | ENGINE)


def test_every_import_is_a_declared_dependency():
    owners = importlib.metadata.packages_distributions()
    extras = PYPROJECT["project"]["optional-dependencies"]
    optional = {
        canonicalize_name(Requirement(line).name)
        for extra in ("bench", "dicom", "jax", "movie", "parquet", "torch")
        for line in extras[extra]
    }
    undeclared = {
        name
        for name in imported_packages()
        if not {canonicalize_name(owner) for owner in owners.get(name, [name])}
        & (REQUIREMENTS.keys() | optional)
    }
    assert not undeclared


def test_every_declared_dependency_is_imported():
    owners = importlib.metadata.packages_distributions()
    used = {
        canonicalize_name(owner) for name in imported_packages() for owner in owners.get(name, [])
    }
    behind_another_name = {"pyside6-essentials", "tensorflow"}  # reached through qtpy and Keras
    assert set(REQUIREMENTS) - used <= behind_another_name


def test_the_documentation_lists_the_dependencies_with_their_lower_bounds():
    page = (ROOT / "resources/docs/dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d.]+) \|", page, re.M)
    declared = {
        name: next(bound.version for bound in requirement.specifier if bound.operator == ">=")
        for name, requirement in REQUIREMENTS.items()
    }
    assert {canonicalize_name(name): version for name, version in rows} == declared
