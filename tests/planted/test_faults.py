"""The list of planted faults fits the source: it is kept up to date when code moves."""

import ast
import difflib
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from tests.planted.faults import FAULTS, Area, Fault, Kind

ROOT = Path(__file__).resolve().parents[2]

fault_by_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)


@fault_by_fault
def test_a_fault_changes_one_line_that_is_there_once(fault: Fault) -> None:
    source = (ROOT / fault.file).read_text("utf-8")
    planted = fault.planted(source)
    ast.parse(planted)
    lines = difflib.unified_diff(source.splitlines(), planted.splitlines(), n=0, lineterm="")
    changes = list(lines)[2:]  # without the names of the files
    assert [line[0] for line in changes] == ["@", "-", "+"]


@fault_by_fault
def test_a_fault_names_tests_that_there_are(fault: Fault) -> None:
    paths = [ROOT / path for path in fault.nearest]
    assert paths
    assert [path for path in paths if not path.exists()] == []
    assert [path for path in paths if set(path.parents) & set(paths)] == []


def test_faults_are_many_and_of_every_area_and_kind() -> None:
    assert len(FAULTS) >= 30
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)
    areas, kinds = Counter(f.area for f in FAULTS), Counter(f.kind for f in FAULTS)
    assert {area: areas[area] for area in get_args(Area) if areas[area] < 3} == {}
    assert {kind: kinds[kind] for kind in get_args(Kind) if kinds[kind] < 2} == {}
