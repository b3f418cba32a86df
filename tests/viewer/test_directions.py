"""The letters at the edges of the canvas, of volumes that lie in the body in different ways."""

import itertools

import numpy as np
import pytest
from qtpy.QtCore import QRect
from qtpy.QtGui import QGuiApplication

from lossexplorer.engine.messages import Plane
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from lossexplorer.viewer.directions import Directions, directions_of
from lossexplorer.volumes import LabelClass, LabelVolume

SHAPE = (4, 6, 8)
SPACING = (6.5, 0.8, 0.8)
LAS = np.diag([-0.8, 0.8, 6.5, 1.0])
LPS = np.diag([-0.8, -0.8, 6.5, 1.0])
# The usual orders of slices: down and across the screen run the axes (z, y, x) of the array.
ORDERS = {(0, 1, 2): (1, 2), (2, 0, 1): (0, 1), (1, 2, 0): (2, 0), (1, 0, 2): (0, 2)}


def volume(affine):
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:3, 2:5, 3:7] = 1
    classes = (LabelClass(0, "background", 168), LabelClass(1, "a", 24))
    return LabelVolume(labels, classes, SPACING, True, "v", "v", affine=affine)


def letters(canvas):
    """What stands at the edges of every pane."""
    found = [{e: label.text() for e, label in each.items()} for each in canvas.directions.panes]
    assert all(each == found[0] for each in found)
    return found[0]


def shown(canvas):
    (found,) = {tuple(label.isVisible() for label in e.values()) for e in canvas.directions.panes}
    return list(found)


def towards(affine, step):
    """The direction in the body of a step (z, y, x) through the array: the largest of RAS."""
    moved = affine[:3, :3] @ np.array(step[::-1])
    axis = int(np.abs(moved).argmax())
    return ("RAS" if moved[axis] > 0 else "LPI")[axis]


def test_a_slice_of_a_typical_ct_has_the_patient_s_right_on_the_left():
    """LPS: columns run to the left of the body, rows to the back."""
    assert directions_of("LPS", across=2, down=1) == Directions("R", "L", "A", "P")


@pytest.mark.parametrize(
    "affine", [LAS, pytest.param(LPS, marks=pytest.mark.slow)], ids=["LAS", "LPS"]
)
def test_each_edge_is_where_a_step_towards_it_leads(canvas, affine):
    """Whichever axis is sliced: moving a voxel to the right leads towards the letter there."""
    canvas.open(volume(affine), Plane(0, 2))
    for order, (down, across) in ORDERS.items():
        canvas.widget.viewer.dims.order = order
        step = np.eye(3)
        assert letters(canvas) == {
            "right": towards(affine, step[across]),
            "left": towards(affine, -step[across]),
            "bottom": towards(affine, step[down]),
            "top": towards(affine, -step[down]),
        }
        assert shown(canvas) == [True] * 4


def test_rows_run_down_and_columns_to_the_right(canvas):
    """What the letters take for granted of napari, whose users can turn either around."""
    orientation = canvas.widget.viewer.scene.camera.orientation2d
    assert [str(way) for way in orientation] == ["down", "right"]


def test_an_oblique_axis_has_the_letter_of_the_nearest_direction(canvas):
    """Rotated by 30° about the body's long axis, columns still run mostly to the left."""
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    turn = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    canvas.open(volume(turn @ LPS), Plane(0, 2))
    assert letters(canvas)["right"] == "L"
    assert letters(canvas)["bottom"] == "P"


def test_nothing_is_written_where_the_directions_are_unknown_or_in_3d(canvas):
    canvas.open(volume(None), Plane(0, 2))
    assert shown(canvas) == [False] * 4
    canvas.open(volume(LAS), Plane(0, 2))
    assert shown(canvas) == [True] * 4
    canvas.navigation.toggle_3d()
    assert shown(canvas) == [False] * 4
    canvas.navigation.toggle_3d()
    assert shown(canvas) == [True] * 4
    canvas.open(volume(None), Plane(0, 2))
    assert shown(canvas) == [False] * 4


@pytest.mark.parametrize(
    "size", [pytest.param((800, 600), marks=pytest.mark.slow), (500, 420)], ids=str
)
def test_the_letters_stand_in_the_middle_of_the_edges_and_whole(canvas, size):
    canvas.open(volume(LPS), Plane(0, 2))
    native = canvas.widget.canvas.native
    canvas.widget.resize(*size)
    QGuiApplication.sync()
    assert canvas.widget.size().toTuple() == size
    long = "∂ Cross-entropy / ∂ logit  ±4.71e-7"
    canvas.show_titles({"truth": "Truth", "prediction": "p", "error": "", "gradient": long}, 1)
    width, height = native.width() // 2, native.height() // 2
    assert len(canvas.directions.panes) == 4
    for index, labels in enumerate(canvas.directions.panes):
        row, column = divmod(index, 2)
        room = QRect(column * width, row * height, width, height)
        for label in labels.values():
            assert room.contains(label.geometry())
            assert label.sizeHint().width() <= label.width()
            assert label.sizeHint().height() <= label.height()
        for one, other in itertools.combinations(labels.values(), 2):
            assert not one.geometry().intersects(other.geometry())
        for edge in ("top", "bottom"):
            assert abs(labels[edge].geometry().center().x() - room.center().x()) <= 1
        for edge in ("left", "right"):
            assert abs(labels[edge].geometry().center().y() - room.center().y()) <= 1
        assert labels["left"].x() - room.left() < 10
        assert room.right() - labels["right"].geometry().right() < 10
        from_top = labels["top"].y() - room.top()
        # Below a long title, and so in the whole row of it.
        assert (30 < from_top < 60) if row == 1 else (from_top < 10)
        assert room.bottom() - labels["bottom"].geometry().bottom() < 10


def test_a_low_pane_has_no_letter_below_its_title(canvas):
    canvas.open(volume(LPS), Plane(0, 2))
    texts = {
        "truth": "Truth",
        "prediction": "p",
        "error": "",
        "gradient": "∂ Cross-entropy / ∂ logit",
    }
    seen = []
    for height in (260, 600, 260):
        canvas.widget.resize(500, height)
        QGuiApplication.sync()
        canvas.show_titles(texts, 1)
        seen.append([labels["top"].isVisible() for labels in canvas.directions.panes])
        assert all(labels["bottom"].isVisible() for labels in canvas.directions.panes)
    assert seen == [[True, True, False, False], [True] * 4, [True, True, False, False]]


@pytest.mark.parametrize(
    ("convention", "right"), [("radiological", "L"), ("neurological", "R")], ids=str
)
def test_slices_are_turned_as_a_convention_has_them(canvas, convention, right):
    """Anterior and superior are above; what is clicked is the voxel that is seen there."""
    canvas.open(volume(LAS), Plane(0, 2))
    native, viewer = canvas.widget.canvas, canvas.widget.viewer
    try:
        canvas.use_convention(convention)
        assert canvas.directions.convention.text() == convention
        assert canvas.directions.convention.isVisible()
        for order, edges in {
            (0, 1, 2): {"right": right, "top": "A"},
            (1, 0, 2): {"right": right, "top": "S"},
            (2, 0, 1): {"left": "A", "top": "S"},
        }.items():
            viewer.dims.order = order
            assert {edge: letters(canvas)[edge] for edge in edges} == edges
            # A step on the screen is one in the body: towards the letter at that edge.
            view = native.grid_views[0]
            start, to_right, down = (
                np.array(native._map_canvas2world(place, view))[-3:] / SPACING
                for place in ((100, 100), (130, 100), (100, 130))
            )
            assert towards(LAS, to_right - start) == letters(canvas)["right"]
            assert towards(LAS, down - start) == letters(canvas)["bottom"]
        canvas.navigation.toggle_3d()  # a body that is mirrored would be another one
        orientation = [str(way) for way in viewer.scene.camera.orientation2d]
        assert orientation == ["down", "right"]
        assert not canvas.directions.convention.isVisible()
        canvas.navigation.toggle_3d()
    finally:
        canvas.use_convention("as stored")
    assert not canvas.directions.convention.isVisible()


def test_a_pane_that_is_added_has_its_letters(canvas):
    canvas.open(volume(LPS), Plane(0, 2))
    panes = (*DEFAULT_PANES, Pane("image"), Pane("gradient", "dice"))
    canvas.arrange("side by side", panes)
    assert len(canvas.directions.panes) == 6
    assert letters(canvas) == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert shown(canvas) == [True] * 4
    canvas.arrange("overlaid", panes)
    assert len(canvas.directions.panes) == 1
    assert shown(canvas) == [True] * 4
