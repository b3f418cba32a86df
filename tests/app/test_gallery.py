"""The gallery: its page says what the scenarios say, and its pictures are small and all there."""

import json
import os
import re
import subprocess
import sys

import pytest
from PIL import Image

from lossexplorer.app.gallery.page import PAGE, as_markdown
from lossexplorer.core.resources import resource
from lossexplorer.learning.scenarios import SCENARIOS as LEARNING
from tests.patience import PATIENCE

LARGEST, LARGEST_OF_ALL = 60e3, 3e6  # bytes


def stated():
    """Title and numbers of every scenario, read without the documents of the program."""
    found = {}
    for path in resource("scenarios").iterdir():
        content = json.loads(path.read_text("utf-8"))
        numbers = [(each["what"], float(each["value"])) for each in content["expected"]]
        found[path.name.removesuffix(".lossx")] = content["title"], numbers
    for name, scenario in LEARNING.items():
        numbers = [(each.name, each.value) for each in scenario.expected]
        found[name] = scenario.title, numbers
    return found


def sections():
    """The parts of the page, by the name of the scenario that each is about."""
    text = PAGE.read_text("utf-8")
    return {
        re.search(r"^`([\w.-]+)`: ", part, re.M)[1]: part
        for part in re.split(r"^### ", text, flags=re.M)[1:]
    }


def test_the_page_is_what_the_command_writes():
    """After a change of a scenario: python -m lossexplorer.app.gallery NAME."""
    assert PAGE.read_text("utf-8") == as_markdown()


def test_the_page_has_every_scenario_with_its_title_and_numbers():
    found = sections()
    assert found.keys() == stated().keys()
    for name, (title, numbers) in stated().items():
        assert found[name].startswith(f"{title}\n")
        listed = re.findall(r"^- `(.+?)`.*: (\S+)$", found[name], re.M)
        assert [(what, repr(float(value))) for what, value in listed] == [
            (what, repr(float(value))) for what, value in numbers
        ]


def test_every_picture_is_there_small_and_shown_once():
    shown = [re.findall(r"!\[.+?\]\((.+?)\)", part) for part in sections().values()]
    assert all(len(each) == 1 for each in shown)
    paths = {PAGE.parent / each[0] for each in shown}
    assert paths == set((PAGE.parent / "gallery").iterdir())
    assert max(path.stat().st_size for path in paths) <= LARGEST
    assert sum(path.stat().st_size for path in paths) <= LARGEST_OF_ALL
    for path in paths:
        with Image.open(path) as image:
            assert (image.format, image.size) == ("WEBP", (960, 540))


def make(*arguments, **environment):
    command = [sys.executable, "-m", "lossexplorer.app.gallery", *map(str, arguments)]
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**kept, **environment},
    )


@pytest.mark.slow  # a process with a window, an engine and a display of its own
def test_pictures_of_two_scenarios_in_both_themes(tmp_path):
    done = make("thin-plate", "L1", "--all-pictures", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    sizes, grounds = {}, {}
    for path in tmp_path.iterdir():
        with Image.open(path) as image:
            sizes[path.stem] = image.size
            grounds[path.stem] = sum(image.convert("RGB").getpixel((3, image.height - 3)))
    wanted = {"desk": (1280, 720), "talk": (1920, 1080)}
    assert sizes == {
        f"{name}-{where}-{theme}": size
        for name in ("thin-plate", "L1")
        for where, size in wanted.items()
        for theme in ("dark", "light")
    }
    for stem, ground in grounds.items():
        assert (ground > 600) == stem.endswith("light")


@pytest.mark.slow  # a process with a window, an engine and a display of its own
def test_a_page_that_shows_another_number_than_it_states_is_refused(tmp_path):
    content = json.loads(resource("scenarios", "thin-plate.lossx").read_text("utf-8"))
    content["expected"][0]["value"] = 0.2
    folder = tmp_path / "lossexplorer/scenarios"
    folder.mkdir(parents=True)
    (folder / "wrong.scenario.lossx").write_text(json.dumps(content), "utf-8")
    done = make("wrong", "--all-pictures", tmp_path / "out", XDG_DATA_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "wrong shows another number than it states: dice." in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_name_that_is_no_scenario_s():
    done = make("thin-plat")
    assert done.returncode == 2
    assert "thin-plate" in done.stderr
