"""``lossexplorer render``: what it writes, and what it refuses in a sentence."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.patience import PATIENCE


def without_display():
    return {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}


def render(*arguments):
    """Render as a process of its own, without a display."""
    command = [sys.executable, "-m", "lossexplorer", "render", *map(str, arguments)]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=without_display(),
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["volume-bia", "-o", "a.png"], "volume-bias"),
        (["none.lossx", "-o", "a.png"], "none.lossx"),
        (["volume-bias", "-o", "a.gif"], "--sweep CONTROL=A:B:N"),
        (["volume-bias", "-o", "a.png", "--sweep", "grow=-1:1:3"], ".gif, .webp or .mp4"),
        (["volume-bias", "-o", "a.gif", "--sweep", "grow"], "CONTROL=FIRST:LAST:FRAMES"),
        (["volume-bias", "-o", "none/a.png"], "its folder does not exist"),
        (["volume-bias", "-o", "a.png", "--size", "large"], "--size must be WIDTHxHEIGHT"),
        (["volume-bias", "-o", "a.png", "--what", "gradien"], "gradient, profile, landscape"),
        (["volume-bias", "-o", "a.csv"], "a plot has values, and --what window is none"),
        (["L1", "-o", "a.png", "--what", "canvas"], "--what window and talk alone"),
    ],
)
def test_what_is_refused(run, monkeypatch, tmp_path, arguments, why):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("render", *arguments)
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_mp4_without_its_extra(run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    out = tmp_path / "a.mp4"
    code, _, err = run("render", "volume-bias", "-o", out, "--sweep", "grow=-1:1:3")
    assert code == 2
    assert "pip install 'lossexplorer[movie]'" in err


@pytest.mark.slow  # a process with a window, an engine and a display of its own
def test_a_page_shows_the_numbers_that_its_scenario_states(tmp_path):
    page = tmp_path / "page.svg"
    render("alpha-beta", "-o", page, "--what", "talk", "--theme", "light")
    tree = ElementTree.parse(page).getroot()
    texts = ["".join(each.itertext()).strip() for each in tree.iter() if "text" in each.tag]
    assert "The trade of α and β" in " ".join(texts)
    for value in (0.1172140068, 0.2365327477):  # of Tversky with α 0.3 and 0.7, in the scenario
        assert f"{value:.4f}" in texts
    assert tree.get("viewBox") == "0 0 1920 1080"


@pytest.mark.slow  # a process with a window, an engine and a display of its own
@pytest.mark.parametrize("what", ["window", "canvas", "response", "talk"])
def test_a_picture_has_the_size_that_is_asked_for(tmp_path, what):
    path = tmp_path / "picture.png"
    render("thin-plate", "-o", path, "--what", what, "--size", "1100x700")
    with Image.open(path) as image:
        assert image.size == (1100, 700)


@pytest.mark.slow  # a process with a window, an engine and a display of its own
def test_a_talk_as_svg_has_the_size_that_is_asked_for(tmp_path):
    path = tmp_path / "page.svg"
    render("thin-plate", "-o", path, "--what", "talk", "--size", "1280x720")
    tree = ElementTree.parse(path).getroot()
    assert tree.get("viewBox") == "0 0 1920 1080"
    pixels = 96 / 25.4  # of a millimetre, in which Qt writes lengths
    sizes = [float(tree.get(name).removesuffix("mm")) * pixels for name in ("width", "height")]
    assert sizes == pytest.approx([1280, 720], abs=2)


@pytest.mark.slow  # a process with a window, an engine and a display of its own
def test_a_slider_to_and_fro(tmp_path):
    path = tmp_path / "slider.webp"
    sweep = "grow=-4:4:3"
    render("volume-bias", "-o", path, "--what", "response", "--sweep", sweep, "--seconds", "2")
    with Image.open(path) as image:
        assert image.n_frames == 5
        frames = []
        for place in range(5):
            image.seek(place)
            frames.append(np.asarray(image.convert("RGB")).astype(int))
    assert np.abs(frames[0] - frames[-1]).mean() < 2  # WebP is lossy
    assert np.abs(frames[0] - frames[2]).max() > 100
    assert [each.name for each in tmp_path.iterdir()] == ["slider.webp"]


@pytest.mark.slow  # a process with a window, an engine and a display of its own
@pytest.mark.parametrize("what", ["landscape", "gradient", "profile", "slices", "conventions"])
def test_a_plot_is_drawn_as_svg_and_written_as_csv(tmp_path, what):
    picture, values = tmp_path / "plot.svg", tmp_path / "plot.csv"
    render("thin-plate", "-o", picture, "--what", what, "--size", "900x400")
    assert ElementTree.parse(picture).getroot().get("viewBox") == "0 0 900 400"
    render("thin-plate", "-o", values, "--what", what)
    lines = [line for line in values.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 10
