"""The class is chosen where it is seen: on the canvas, on a bar, on a row of a card, by a key."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.theme import PALETTES, style_sheet
from lossexplorer.app.widgets.term_rows import TermRows, rows_of
from lossexplorer.engine.messages import Plane
from lossexplorer.volumes import LabelClass
from tests.app.driver import write_nifti

LEFT = Qt.MouseButton.LeftButton


def six_boxes():
    """Ids 1 to 6 side by side along x; id 4 is largest, and id 5 has most voxels in slice 3."""
    labels = np.zeros((6, 16, 48), np.uint8)
    for label in range(1, 7):
        labels[1:4, 2:8, 8 * label - 6 : 8 * label - 1] = label
    labels[1:4, 2:14, 26:31] = 4
    labels[3, 2:12, 34:39] = 5
    return labels


@pytest.fixture
def boxes(driver, tmp_path):
    driver.open(write_nifti(tmp_path / "boxes.nii", six_boxes()))
    driver.viewer.dims.set_current_step(0, 2)
    driver.canvas.navigation.look_at_all()
    QApplication.processEvents()
    yield driver
    driver.canvas.navigation.look_at_labels()


def place_of(driver, voxel):
    """The pixel of the canvas at which the truth's cell, the first one, shows a voxel (y, x)."""
    canvas = driver.canvas.widget.canvas
    native = canvas.native
    for y in range(0, native.height() // 2, 3):
        for x in range(0, native.width() // 2, 3):
            position = canvas._map_canvas2world((x, y), canvas.grid_views[0])
            if (
                tuple(round(p / s) for p, s in zip(position[-2:], (0.75, 0.5), strict=True))
                == voxel
            ):
                return QPoint(x, y)
    raise AssertionError("the voxel is not on the screen")


def class_shown(driver):
    return driver.session.state.view.class_index


def test_a_click_on_a_region_shows_its_class(boxes):
    native = boxes.canvas.widget.canvas.native
    assert class_shown(boxes) == 1
    place = place_of(boxes, (4, 12))  # in the box of id 2
    boxes.answer(lambda: QTest.mouseClick(native, LEFT, pos=place))
    assert class_shown(boxes) == 2
    assert boxes.controls.classes.currentText() == "class 2"
    QTest.mouseClick(native, LEFT, pos=place_of(boxes, (14, 4)))  # background
    assert class_shown(boxes) == 2


def test_a_drag_moves_and_chooses_nothing(boxes):
    native = boxes.canvas.widget.canvas.native
    place = place_of(boxes, (4, 12))
    before = boxes.canvas.navigation.camera
    QTest.mousePress(native, LEFT, pos=place)
    for step in range(1, 5):
        QTest.mouseMove(native, place + QPoint(0, 6 * step))
        QApplication.processEvents()
        boxes.bot.wait(20)  # napari takes moves of the mouse at most each 5 ms
    QTest.mouseRelease(native, LEFT, pos=place + QPoint(0, 24))
    assert class_shown(boxes) == 1
    assert boxes.canvas.navigation.camera != before


def test_keys_show_the_next_class_and_its_fullest_slice(boxes):
    native = boxes.canvas.widget.canvas.native
    boxes.answer(lambda: boxes.press(native, Qt.Key.Key_Comma))
    assert class_shown(boxes) == 0
    boxes.answer(lambda: boxes.press(native, Qt.Key.Key_Comma, 2))
    assert class_shown(boxes) == 5
    boxes.answer(lambda: boxes.press(native, Qt.Key.Key_M))
    assert boxes.session.state.view.plane == Plane(0, 3)  # 50 voxels, elsewhere 30
    assert boxes.canvas.navigation.plane == Plane(0, 3)
    boxes.answer(lambda: boxes.press(native, Qt.Key.Key_Period))
    assert class_shown(boxes) == 6


def test_a_click_on_a_bar_shows_its_class(boxes):
    plot = boxes.plots.widgets["classes"]
    boxes.plots.setCurrentWidget(plot)
    QApplication.processEvents()
    QApplication.processEvents()
    box = plot.getPlotItem().getViewBox()
    for index in (4, 0, 6):
        bar = box.mapViewToScene(box.mapFromView(box.viewRect().center()))
        bar = box.mapViewToScene(type(bar)(index, box.viewRect().center().y()))
        place = plot.mapFromScene(bar)
        boxes.answer(lambda place=place: QTest.mouseClick(plot.viewport(), LEFT, pos=place))
        assert class_shown(boxes) == index
        assert plot._chosen.opts["x"] == [index]  # the band behind its bars


def test_a_card_of_many_classes_shows_the_chosen_the_worst_and_the_largest(boxes):
    boxes.answer(lambda: boxes.session.set_control("shift_x", 1.0))  # two voxels
    boxes.answer(lambda: boxes.session.show(class_index=6))
    card = boxes.losses.cards["dice"]
    (result,) = [loss for loss in boxes.answers[-1].losses if loss.name == "dice"]
    worst = int(np.argmax(result.per_class))
    shown = [row.index for row in card.classes.rows]
    assert len(shown) == 4
    assert shown[0] == 6
    assert shown[1] == worst or worst == 6
    assert 4 in shown  # the largest
    assert [row.property("selected") for row in card.classes.rows] == [True, False, False, False]
    assert "largest" in boxes.texts(card.classes)
    assert "worst" in boxes.texts(card.classes)


def test_a_row_of_a_card_is_chosen_by_mouse_and_keys(boxes):
    card = boxes.losses.cards["dice"]
    row = next(row for row in card.classes.rows if row.index == 4)
    boxes.answer(lambda: boxes.click(row))
    assert class_shown(boxes) == 4
    assert card.classes.rows[0].index == 4
    other = card.classes.rows[2]
    index = other.index
    boxes.answer(lambda: boxes.press(other, Qt.Key.Key_Space))
    assert class_shown(boxes) == index
    assert boxes.session.state.view.descended == 0  # Space was no shortcut


@pytest.mark.usefixtures("qapp")
def test_names_are_whole_beside_the_words_that_say_why_they_have_a_row(qtbot):
    """In the width of a card; one that is too long is cut in its middle, for its end tells."""
    names = [f"nucleus {number}" for number in range(100, 150)]
    names[7] = "left superior temporal gyrus 107"
    rows = TermRows("#ffffff")
    qtbot.addWidget(rows)
    rows.setStyleSheet(style_sheet(PALETTES["dark"]))
    rows.set_classes([LabelClass(n, name, 9 - n % 9) for n, name in enumerate(names)], 0)
    rows.choose(7)
    rows.show_terms([n % 30 / 30 for n in range(50)], 1.0)
    rows.resize(240, 100)
    with qtbot.waitExposed(rows):
        rows.show()
    first, *others = [row.name for row in rows.rows]
    for name in others:
        assert name.contentsRect().width() >= name.fontMetrics().horizontalAdvance(name.text())
    cut = first.fontMetrics().elidedText(
        first.text(), first.elideMode(), first.contentsRect().width()
    )
    assert cut.startswith("left")
    assert cut.endswith("107")
    assert len({row.bar.x() for row in rows.rows}) == 1


@pytest.mark.parametrize(
    ("terms", "chosen", "expected"),
    [
        ([0.1, 0.9, 0.2, 0.8, 0.3, 0.0], 5, [5, 1, 3, 4]),  # 1 is worst, 3 is largest
        ([0.1, 0.9, float("nan"), 0.8, 0.3, 0.0], 1, [1, 2, 3, 4]),
        ([0.1, 0.9, 0.2, 0.8, 0.3, None], 5, [5, 1, 3, 4]),
        ([], 2, [2, 3, 0, 1]),  # before there is a value
    ],
)
def test_which_classes_have_a_row(terms, chosen, expected):
    assert rows_of([100, 5, 4, 9, 3, 2], terms, chosen, first=0) == expected


def test_every_one_of_few_classes_has_a_row_in_their_order():
    assert rows_of([9, 1, 2, 3], [0.0, 0.9, 0.1, 0.5], 3, first=0) == [0, 1, 2, 3]
    assert rows_of([9, 1, 2, 3, 4], [None, 0.9, 0.1, 0.5, 0.2], 3, first=1) == [1, 2, 3, 4]
