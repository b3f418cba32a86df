"""Movies, read back with Pillow and with ffmpeg."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from lossexplorer.exports.movies import (
    CancelledError,
    Movie,
    MovieError,
    check_movie,
    to_and_fro,
    write_movie,
)
from tests.patience import PATIENCE

SIZE = (64, 48)


def picture(place):
    """A grey picture with a white bar at a place, as PNG."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    pixels[:, 8 * place : 8 * place + 8] = 255
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def bar(frame):
    """Where the white bar of a frame is."""
    row = np.asarray(frame.convert("L"))[SIZE[1] // 2].astype(int)
    return round((np.flatnonzero(row > 200).mean() - 3.5) / 8)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_pillow_reads_the_frames_in_their_order(tmp_path, suffix):
    path = tmp_path / f"slider{suffix}"
    write_movie(Movie(to_and_fro([picture(place) for place in range(4)]), seconds=1.4), path)
    with Image.open(path) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (7, SIZE, 0)
        found, milliseconds = [], 0
        for place in range(image.n_frames):
            image.seek(place)
            image.load()
            found.append(bar(image))
            milliseconds += image.info["duration"]
    assert found == [0, 1, 2, 3, 2, 1, 0]
    assert milliseconds == 1400


def test_ffmpeg_reads_the_frames_of_an_mp4(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    path = tmp_path / "slider.mp4"
    write_movie(Movie(to_and_fro([picture(place) for place in range(4)]), seconds=1.4), path)
    command = [ffmpeg, "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    read = subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    pixels = np.frombuffer(read.stdout, np.uint8).reshape(-1, SIZE[1], SIZE[0], 3)
    assert [bar(Image.fromarray(frame)) for frame in pixels] == [0, 1, 2, 3, 2, 1, 0]
    assert b"5 fps" in read.stderr


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_a_movie_that_is_cancelled_leaves_the_former_file(tmp_path, suffix):
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg")
    path = tmp_path / f"slider{suffix}"
    path.write_bytes(b"the former one")
    movie = Movie([picture(place) for place in range(4)], seconds=1)
    with pytest.raises(CancelledError):
        write_movie(movie, path, lambda place: place < 2)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"the former one"


def test_mp4_without_its_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MovieError, match=r"pip install 'lossexplorer\[movie\]'"):
        check_movie(tmp_path / "slider.mp4")
    check_movie(tmp_path / "slider.gif")


def test_an_ffmpeg_that_is_not_there(monkeypatch, tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    with pytest.raises(MovieError, match="IMAGEIO_FFMPEG_EXE"):
        write_movie(Movie([picture(0), picture(1)], seconds=1), tmp_path / "slider.mp4")
    assert list(tmp_path.iterdir()) == []


def test_an_ending_of_no_format(tmp_path):
    with pytest.raises(MovieError, match=r"\.gif, \.webp or \.mp4"):
        check_movie(tmp_path / "slider.avi")


def test_small_bright_spots_keep_their_colours_among_much_grey(tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (400, 400, 1), np.uint8).repeat(3, axis=2)
    bright = {"orange": (230, 160, 60), "red": (220, 60, 50), "blue": (40, 90, 200)}
    for place, color in enumerate(bright.values()):
        grey[10:26, 20 * place + 10 : 20 * place + 26] = color
    frame = io.BytesIO()
    Image.fromarray(grey).save(frame, "PNG")
    path = tmp_path / "spots.gif"
    write_movie(Movie([frame.getvalue()] * 2, 1.0), path)
    with Image.open(path) as movie:
        shown = np.asarray(movie.convert("RGB")).astype(int)
    for place, color in enumerate(bright.values()):
        assert np.abs(shown[18, 20 * place + 18] - color).max() <= 16
    assert np.abs(shown - grey).mean() < 3
