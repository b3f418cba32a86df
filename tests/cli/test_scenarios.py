"""``lossexplorer scenarios`` and ``check``: claims with their numbers, listed and held to them."""

import json
import re

import pytest

from lossexplorer.core.resources import resource
from lossexplorer.documents.scenario_list import own_folder


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The folder of the user's own scenarios, which is empty, and a copy of a scenario in it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = own_folder()
    assert folder.is_relative_to(tmp_path)

    def own(name, change=None):
        content = json.loads(resource("scenarios", "thin-plate.lossx").read_text("utf-8"))
        if change is not None:
            change(content)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        file.write_text(json.dumps(content), "utf-8")
        return file

    return own


def wrong(content):
    """The loss of a plate that is 5 voxels thick."""
    content["expected"][0]["value"] = 1 / 5


def test_the_json_lists_every_scenario(answer, own):
    own("mine.scenario.lossx")
    listed = answer("scenarios")["scenarios"]
    names = [each["name"] for each in listed]
    assert {path.stem for path in resource("scenarios").iterdir()} == set(names[:-18])
    assert names[-18:] == [*(f"L{number}" for number in range(1, 18)), "mine"]
    assert len(names) >= 38
    haze = listed[names.index("background-haze")]
    assert {"name", "title", "claim", "source", "expected"} <= haze.keys()
    assert haze["expected"][0]["value"] == pytest.approx(1 - 0.0129995, abs=1e-7)
    assert "837" in haze["source"]
    empty = listed[names.index("empty-class")]["expected"]
    assert [each["value"] for each in empty][:3] == ["NaN", "NaN", 0.0]
    assert (listed[-1]["origin"], listed[-1]["group"]) == ("own", "Overlap")


def test_the_text_has_names_titles_and_claims(run, own):
    code, out, err = run("scenarios")
    assert (code, err) == (0, "")
    assert re.search(r"^  thin-plate: One voxel on a thin plate\n    A shift", out, re.M)
    assert "\nLearning\n  L1: Who reaches whom\n" in out
    assert str(own_folder()) in out


def test_the_page_of_scenarios_is_what_they_say(run):
    """After a change of a scenario: lossexplorer scenarios --page > resources/docs/scenarios.md."""
    code, out, err = run("scenarios", "--page")
    assert (code, err) == (0, "")
    assert out == resource("docs", "scenarios.md").read_text("utf-8")


def test_a_damaged_scenario_of_ones_own_is_named_and_the_others_are_listed(run, own):
    own("good.scenario.lossx")
    own("bad.scenario.lossx").write_text('{"kind": "lossexplorer', "utf-8")
    code, out, err = run("scenarios")
    assert code == 0
    assert "  good: One voxel" in out
    assert err.startswith("lossexplorer: bad.scenario.lossx is damaged")


def test_numbers_that_are_right(run, compilation):
    code, out, err = run("check", "thin-plate", "L6")
    assert (code, err) == (0, "")
    assert out.startswith("thin-plate: One voxel on a thin plate — ok\n")
    assert "ok       dice: found 0.4, expected 0.4 ± 1e-06  (closed form: 1 − (3 + 2" in out
    assert "at shift_z = 0, shift_y = 1: found 0.020833333" in out
    assert "weight of g1: found 2.2222222, expected 2.222222" in out


def test_a_number_that_differs(run, own, compilation):
    file = own("wrong.scenario.lossx", wrong)
    for named in (file, "wrong"):
        code, out, err = run("check", named)
        assert (code, err) == (1, "")
        assert "wrong: One voxel on a thin plate — DIFFERS\n" in out
        assert re.search(
            r"^  differs  dice: found 0\.4, expected 0\.2 ± 1e-06  \(closed", out, re.M
        )
        assert re.search(r"^  ok       iou: found 0\.57142857", out, re.M)
    code, out, _ = run("check", "thin-plate", file, "--json")
    assert code == 1
    first, second = json.loads(out)["scenarios"]
    assert (first["ok"], second["ok"], second["name"]) == (True, False, "wrong")
    number = second["numbers"][0]
    assert (number["what"], number["ok"], number["expected"]) == ("dice", False, 0.2)
    assert number["found"] == pytest.approx(0.4, abs=1e-6)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["thin-plat"], r"There is no scenario 'thin-plat'.*thin-plate"),
        (["nowhere.lossx"], r"nowhere\.lossx cannot be read: No such file"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_checked_is_said(run, names, said):
    code, out, err = run("check", *names)
    assert (code, out) == (2, "")
    assert re.search(said, err, re.S)


def test_a_session_is_no_scenario(run, own):
    file = own("session.lossx")
    content = json.loads(file.read_text("utf-8"))
    only = ("title", "group", "text", "claim", "source", "notes", "shows", "expected", "name")
    content = {key: value for key, value in content.items() if key not in only}
    file.write_text(json.dumps({**content, "kind": "lossexplorer session"}), "utf-8")
    code, _, err = run("check", file)
    assert code == 2
    assert "is a session and no scenario" in err


def test_a_volume_that_is_gone_or_another_one_is_said(run, own, tmp_path):
    def gone(content):
        content["volumes"] = [{"path": str(tmp_path / "gone.nii.gz")}]

    code, _, err = run("check", own("gone.scenario.lossx", gone))
    assert code == 2
    assert "gone.nii.gz" in err
