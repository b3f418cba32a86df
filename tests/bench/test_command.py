"""``python -m lossexplorer.bench`` as it is typed."""

import json
import re
import subprocess
import sys

import pytest

from lossexplorer.bench.gpu import has_gpu


def bench(*arguments):
    """What it prints; pytest's own limit is the one for all of them."""
    command = [sys.executable, "-m", "lossexplorer.bench", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow
@pytest.mark.skipif(has_gpu(), reason="there is one")
def test_without_a_gpu_it_says_so(tmp_path):
    path = tmp_path / "found.json"
    printed = bench("--only", "gpu", "--json", str(path))
    assert "no GPU at hand" in printed
    told = json.loads(path.read_text("utf-8"))
    assert {row["verdict"] for row in told["rows"]} == {"not measured"}
    assert len(told["rows"]) == 6
    assert told["machine"]["cores"] >= 1
    assert {"numpy", "keras"} <= told["machine"]["packages"].keys()


@pytest.mark.alone
def test_the_window_is_measured_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "found.json"
    bench("--only", "window", "--quick", "--json", str(path))
    rows = {row["what"]: row for row in json.loads(path.read_text("utf-8"))["rows"]}
    blocked = next(row for what, row in rows.items() if "blocked" in what)
    assert len(blocked["ours_seconds"]) >= 30
    assert len(rows["slider event to values drawn"]["ours_seconds"]) >= 30
    first, numbers = (
        rows[f"first {what} after launch"] for what in ("window", "numbers on screen")
    )
    for window, answer in zip(first["ours_seconds"], numbers["ours_seconds"], strict=True):
        assert 0 < window < answer
    assert len(first["ours_seconds"]) == 7


@pytest.mark.alone
def test_every_fields_row_is_measured():
    printed = bench("--only", "fields", "--quick")
    assert "gradient of the slice on screen" in printed
    assert "not measured" not in printed


@pytest.mark.alone
def test_the_profile_names_functions_and_kernels():
    said = bench("--profile")
    assert "pipeline.py" in said
    # The softmax's exponentials take long in a step.
    assert re.search(r"[1-9]\.\d+ ms a step  \w*exponential\w*fusion", said)
