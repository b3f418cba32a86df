"""A session on the command line: a picture of it, or why there is none."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from lossexplorer.documents import session_document, write_document
from lossexplorer.session import Session
from lossexplorer.volumes import open_case
from tests.app.driver import small_labels
from tests.patience import PATIENCE


@pytest.fixture
def path(tmp_path):
    """A session of a file beside it."""
    np.save(tmp_path / "boxes.npy", small_labels())
    session = Session()
    session.open(open_case([str(tmp_path / "boxes.npy")]))
    session.set_control("grow", 1.0)
    path = tmp_path / "für den Vortrag.lossx"
    write_document(session_document(session.state), path)
    return path


def started(path, picture):
    command = [sys.executable, "-m", "lossexplorer", str(path), "--screenshot", str(picture)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.slow  # it starts the program
def test_a_picture_of_a_session_is_taken(path, tmp_path):
    picture = tmp_path / "picture.png"
    done = started(path, picture)
    assert done.returncode == 0, done.stderr
    with Image.open(picture) as image:
        assert image.size == (1600, 1000)


@pytest.mark.slow  # it starts the program
@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda path: path.with_name("boxes.npy").unlink(), "boxes.npy is not there any longer"),
        (
            lambda path: np.save(path.with_name("boxes.npy"), small_labels(1)),
            "other labels in some voxels",
        ),
        (
            lambda path: path.write_text(
                json.dumps(json.loads(path.read_text("utf-8")) | {"version": 99})
            ),
            "has version 99 of the format",
        ),
    ],
)
def test_nobody_is_asked_where_nobody_can_answer(path, tmp_path, break_it, said):
    break_it(path)
    done = started(path, tmp_path / "picture.png")
    assert done.returncode == 2
    assert said in done.stderr
