"""The picture on the screen: what it shows, and what a hand can do with it."""

import math
from dataclasses import replace

import pytest
import shiboken6
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QFont, QFontMetricsF, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel, QToolButton

from lossexplorer.app.network import NetworkView, output_color
from lossexplorer.app.network.strokes import WIDEST
from lossexplorer.app.theme import DARK, LIGHT
from lossexplorer.learning.loss_choices import loss_titles
from tests.app.network.hand import (
    SCALE,
    click,
    count,
    double_click,
    free_place,
    go_to,
    keys,
    lock_of,
    on_screen,
    pixels,
    place_in_export,
    seen,
    thickness,
)
from tests.app.network.networks import (
    NORMS,
    WEIGHTS,
    cut,
    deep,
    frozen,
    joined,
    layer,
    plain,
    random_norms,
    table,
    u_net,
)

BLUE, ORANGE = output_color(0, DARK), output_color(1, DARK)
CUT = {name: (a, 0.0) if name.startswith("x1") else (a, b) for name, (a, b) in NORMS.items()}

OFF = {name: (a, 0.0) for name, (a, b) in NORMS.items()}


def link(view, source, target):
    return view.picture.links[source, target]


def box(view, name):
    return view.picture.boxes[name]


def texts(view):
    return {label.text() for label in view.findChildren(QLabel) if label.isVisible()}


# Lines


def test_a_link_has_no_line_of_a_loss_whose_norm_is_exactly_0(show):
    view = show()
    assert thickness(view, link(view, "x2_conv", "y1").middle, ORANGE) == 0
    assert thickness(view, link(view, "x3_conv", "y2").middle, BLUE) == 0
    assert thickness(view, link(view, "x2_conv", "y1").middle, BLUE) > 0


def test_the_width_of_a_line_is_linear_in_the_norm(show):
    """The largest norm is 0.1, which is a round number and so drawn with the full width."""
    view = show()
    middle = link(view, "image", "x1_conv1").middle
    assert thickness(view, middle, BLUE) == pytest.approx(WIDEST, abs=0.1)
    assert thickness(view, middle, ORANGE) == pytest.approx(WIDEST / 2, abs=0.1)
    assert thickness(view, link(view, "x2_conv", "y1").middle, BLUE) == pytest.approx(
        WIDEST * 0.02 / 0.1, abs=0.1
    )
    assert "width: ‖λ ∂L/∂weights‖ of the layer, linear; widest line 0.1" in texts(view)


def test_a_norm_however_small_is_seen_at_every_zoom(show):
    view = show(numbers=table(u_net(), NORMS | {"y1": (1e-12, 0.0)}))
    for _ in range(6):
        where = on_screen(view, link(view, "x2_conv", "y1").middle)
        column = pixels(view.viewport().grab().toImage())[where.y() - 5 : where.y() + 6, where.x()]
        assert (column[:, 2] - column[:, 0]).max() > 60  # more blue than red
        keys(view, Qt.Key.Key_Minus)


def test_without_a_table_there_are_thin_grey_links_alone(show):
    view = show(numbers=None)
    for ends in (("image", "x1_conv1"), ("x2_conv", "y1"), ("x3_conv", "y2")):
        middle = link(view, *ends).middle
        assert 0 < thickness(view, middle, DARK.line) < 3
        assert thickness(view, middle, BLUE) == thickness(view, middle, ORANGE) == 0
    assert "width: ‖λ ∂L/∂weights‖ of the layer, linear" in texts(view)


def test_a_link_that_no_gradient_passes_is_thin_and_grey(show):
    view = show(numbers=table(u_net(), NORMS | {"y1": (0.0, 0.0)}))
    middle = link(view, "x2_conv", "y1").middle
    assert thickness(view, middle, BLUE) == 0
    assert 0 < thickness(view, middle, DARK.line) < 3


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_warns_and_is_not_drawn_as_0(show, broken):
    view = show(numbers=table(u_net(), NORMS | {"x3_conv": (0.0, broken)}))
    row, column = place_in_export(view, link(view, "x1_conv3", "x3_conv").middle)
    half = 10 * SCALE
    area = seen(view)[row - half : row + half, column - half : column + half]
    assert count(area, DARK.warning) > 6 * SCALE**2
    assert count(area, ORANGE) == 0
    assert box(view, "x3_conv").label == "L₂ not finite"


def test_a_table_of_another_network_is_not_shown(show):
    other = replace(table(u_net()), rows=table(u_net()).rows[:2])
    view = show(numbers=other)
    assert thickness(view, link(view, "image", "x1_conv1").middle, BLUE) == 0
    assert not box(view, "x1_conv1").label


# Words


def test_labels_say_which_loss_alone_comes_and_the_cosine_of_two(show):
    view = show()
    labels = {name: item.label for name, item in view.picture.boxes.items() if item.label}
    assert labels == {
        "x1_conv1": "cos(g₁, g₂) = 0.11",
        "x1_conv2": "cos 0.11",
        "x1_conv3": "cos 0.11",
        "x2_conv": "only L₁ · L₂ exactly 0",
        "x3_conv": "only L₂ · L₁ exactly 0",
    }


def test_of_three_losses_the_lowest_cosine_is_written(show):
    graph = deep(blocks=3, head=1)
    cosines = {("y1", "y2"): 0.5, ("y1", "y3"): -0.25, ("y2", "y3"): 0.0}
    view = show(graph, table(graph, random_norms(graph), cosines=cosines))
    assert box(view, "b0_conv").label == "cos(gᵢ, gⱼ) ≥ −0.25"
    assert box(view, "b0_norm").label == "cos ≥ −0.25"
    assert box(view, "y3_conv0").label == "only L₃ · L₁, L₂ exactly 0"


def test_hovering_says_all_that_is_known_about_a_layer(show):
    view = show()
    assert box(view, "x2_conv").toolTip().splitlines() == [
        "x2_conv: Conv3D 3³, 8",
        "gives 16 × 32 × 32 × 8",
        "100 weights",
        "‖λ ∂L₁/∂weights‖ 0.03",
        "‖λ ∂L₂/∂weights‖ exactly 0",
        "update 7e-4",
    ]
    assert "cos(g₁, g₂) 0.11" in box(view, "x1_conv1").toolTip()
    assert "no weights" in box(view, "x1_pool").toolTip()
    assert "L₂ exactly 0" in link(view, "x1_conv3", "x2_conv").toolTip()
    assert view.picture.losses["y2"].toolTip() == "L₂: the loss of y2, λ₂ = 0.3"


def test_a_tooltip_appears_under_the_mouse(show, qtbot):
    from qtpy.QtGui import QHelpEvent
    from qtpy.QtWidgets import QToolTip

    view = show()
    where = on_screen(view, box(view, "x2_conv").pos())
    event = QHelpEvent(QHelpEvent.Type.ToolTip, where, view.viewport().mapToGlobal(where))
    QApplication.sendEvent(view.viewport(), event)
    assert "‖λ ∂L₂/∂weights‖ exactly 0" in QToolTip.text()
    QToolTip.hideText()


def test_a_click_on_a_layer_chooses_it_and_says_what_reaches_it(show, qtbot):
    view = show()
    with qtbot.waitSignal(view.chosen) as said:
        click(view, box(view, "x2_conv").pos())
    assert said.args == ["x2_conv"]
    assert "x2 · conv: reached by L₁ 0.03; L₂ exactly 0." in texts(view)
    view.show_table(table(u_net(), NORMS | {"x2_conv": (0.07, 0.0)}), {"y1": 0.5, "y2": 0.0})
    assert "x2 · conv: reached by L₁ 0.07; L₂ exactly 0 (λ₂ = 0)." in texts(view)


def test_losses_have_titles_when_they_are_named(show):
    view = show()
    view.name_losses({"y1": "Dice", "y2": "Squared error"})
    assert view.picture.losses["y1"].toolTip() == "L₁: Dice of y1, λ₁ = 0.5"


# Switches


def test_a_click_where_a_head_begins_asks_for_a_cut(show, qtbot):
    view = show()
    with qtbot.waitSignal(view.cut_toggled) as said:
        click(view, link(view, "x1_conv3", "x3_conv").middle)
    assert said.args == ["y2"]
    with qtbot.assertNotEmitted(view.cut_toggled):
        click(view, link(view, "x3_conv", "y2").middle)


def test_a_cut_stops_the_line_at_the_scissors(show):
    graph = cut(u_net(), "y2")
    view = show(graph, table(graph, CUT))
    picture, (row, column) = (
        seen(view),
        place_in_export(view, link(view, "x1_conv3", "x3_conv").middle),
    )
    near, far, wide = 12 * SCALE, 50 * SCALE, 20 * SCALE
    assert count(picture[row - far : row - near, column - wide : column - 4], ORANGE) == 0
    assert count(picture[row : row + far, column + 4 : column + wide], ORANGE) > 30 * SCALE**2
    assert thickness(view, link(view, "image", "x1_conv1").middle, ORANGE) == 0
    assert thickness(view, link(view, "x3_conv", "y2").middle, ORANGE) > 5
    assert "stop_gradient for y2" in link(view, "x1_conv3", "x3_conv").toolTip()


def test_a_cut_is_mended_where_it_was_made(show, qtbot):
    view = show(cut(u_net(), "y2"))
    with qtbot.waitSignal(view.cut_toggled) as said:
        click(view, link(view, "x1_conv3", "x3_conv").middle)
    assert said.args == ["y2"]


def test_a_click_on_the_lock_asks_to_freeze_and_does_not_choose(show, qtbot):
    view = show()
    with qtbot.waitSignal(view.frozen_toggled) as said, qtbot.assertNotEmitted(view.chosen):
        click(view, lock_of(box(view, "x1_conv3")))
    assert said.args == ["x1_conv3"]


def test_a_frozen_layer_keeps_its_lines_and_says_that_its_update_is_0(show):
    graph = frozen(u_net(), "x3_conv")
    view = show(graph, table(graph, updates={"x3_conv": 0.0}))
    link_width = thickness(view, link(view, "x3_conv", "y2").middle, ORANGE)
    assert link_width == pytest.approx(WIDEST * 0.7, abs=0.1)
    assert (
        "frozen: the gradient passes, the weights are not updated" in box(view, "x3_conv").toolTip()
    )
    assert "update exactly 0" in box(view, "x3_conv").toolTip()
    assert hatching(view, "x3_conv") > 10
    assert hatching(view, "x2_conv") == 0


def hatching(view, name):
    """How much of the band inside a box's left border has the colour of hatching."""
    item = box(view, name)
    top, left = place_in_export(view, item.mapToScene(item.frame.topLeft()))
    bottom = top + round(item.frame.height() * SCALE)
    inside = seen(view)[top + 8 * SCALE : bottom - 8 * SCALE, left + 2 * SCALE : left + 5 * SCALE]
    return count(inside, DARK.quiet)


def test_at_lambda_0_the_lines_vanish_everywhere_and_the_loss_is_grey(show):
    view = show(numbers=table(u_net(), OFF), weights={"y1": 0.5, "y2": 0.0})
    assert count(seen(view), ORANGE) == 0
    assert count(seen(view), BLUE) > 60 * SCALE**2
    assert view.picture.losses["y2"].toolTip().endswith("λ₂ = 0")


def test_a_click_on_a_loss_asks_for_lambda_0(show, qtbot):
    view = show()
    with qtbot.waitSignal(view.weight_toggled) as said:
        click(view, view.picture.losses["y2"].pos())
    assert said.args == ["y2"]


def test_the_three_switches_look_different(show):
    graphs = [
        (cut(u_net(), "y2"), table(u_net(), CUT), WEIGHTS),
        (
            frozen(u_net(), "x3_conv"),
            table(u_net(), updates={"x3_conv": 0.0}),
            {"y1": 0.5, "y2": 0.3},
        ),
        (
            u_net(),
            table(u_net(), {n: (a, 0.0) for n, (a, b) in NORMS.items()}),
            {"y1": 0.5, "y2": 0.0},
        ),
    ]
    signs = []
    for graph, numbers, weights in graphs:
        view = show(graph, numbers, weights)
        trunk = thickness(view, link(view, "image", "x1_conv1").middle, ORANGE) > 0
        head = thickness(view, link(view, "x3_conv", "y2").middle, ORANGE) > 0
        signs.append((trunk, head))
    assert signs == [(False, True), (True, True), (False, False)]


def test_switches_are_offered_with_the_focus_and_not_in_a_saved_picture(show):
    view = show()
    keys(view, Qt.Key.Key_Tab)
    offered, saved = view.grab().toImage(), seen(view)
    view.clearFocus()
    QApplication.processEvents()
    assert view.grab().toImage() != offered
    assert (seen(view) == saved).all()


# Keys


def test_tab_goes_through_layers_and_losses_and_then_out(show):
    view = show()
    names = []
    for _ in view.stops:
        keys(view, Qt.Key.Key_Tab)
        names.append(view.accessibleDescription().splitlines()[0])
    assert names[:3] == ["image: InputLayer", "x1_conv1: Conv3D 3³, 8", "x1_pool: MaxPooling3D"]
    assert names[-2:] == ["L₁: the loss of y1, λ₁ = 0.5", "L₂: the loss of y2, λ₂ = 0.3"]
    assert view.accessibleName() == "Network"
    keys(view, Qt.Key.Key_Tab)
    assert not view.hasFocus()


def test_the_layer_that_keys_act_on_has_a_ring(show):
    view = show()
    go_to(view, box(view, "x3_conv"))

    def ringed():
        view.viewport().repaint()
        shown = pixels(view.viewport().grab().toImage())
        where = on_screen(view, box(view, "x3_conv").pos())
        return count(shown[where.y() - 40 : where.y() + 40, where.x() - 60 : where.x() + 60], ring)

    ring = DARK.accent
    assert ringed() > 50
    view.clearFocus()
    assert ringed() == 0


def test_shift_tab_goes_back(show):
    view = show()
    keys(view, Qt.Key.Key_Tab, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
    assert view.current is box(view, "image")
    keys(view, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left)
    assert view.current is box(view, "x1_conv1")


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_chooses(show, qtbot, key):
    view = show()
    go_to(view, box(view, "x3_conv"))
    with qtbot.waitSignal(view.chosen) as said:
        keys(view, key)
    assert said.args == ["x3_conv"]


@pytest.mark.parametrize(
    ("stop", "key", "signal", "name"),
    [
        ("x3_conv", Qt.Key.Key_C, "cut_toggled", "y2"),
        ("y1", Qt.Key.Key_C, "cut_toggled", "y1"),
        ("x1_conv2", Qt.Key.Key_F, "frozen_toggled", "x1_conv2"),
    ],
)
def test_keys_cut_and_freeze(show, qtbot, stop, key, signal, name):
    view = show()
    go_to(view, box(view, stop))
    with qtbot.waitSignal(getattr(view, signal)) as said:
        keys(view, key)
    assert said.args == [name]


def test_keys_on_a_loss_cut_it_and_have_lambda_0(show, qtbot):
    view = show()
    go_to(view, view.picture.losses["y2"])
    with qtbot.waitSignal(view.weight_toggled) as said:
        keys(view, Qt.Key.Key_Return)
    assert said.args == ["y2"]
    with qtbot.waitSignal(view.cut_toggled) as said:
        keys(view, Qt.Key.Key_C)
    assert said.args == ["y2"]


@pytest.mark.parametrize(
    ("stop", "key", "sentence"),
    [
        ("x1_conv1", Qt.Key.Key_C, "Go to a layer of a head: its gradient is cut before it."),
        ("x1_pool", Qt.Key.Key_F, "x1 · pool has no weights to freeze."),
    ],
)
def test_a_key_that_can_do_nothing_says_why(show, qtbot, stop, key, sentence):
    view = show()
    go_to(view, box(view, stop))
    with qtbot.assertNotEmitted(view.cut_toggled), qtbot.assertNotEmitted(view.frozen_toggled):
        keys(view, key)
    assert sentence in texts(view)


def test_letters_with_control_are_left_to_the_window(show, qtbot):
    view = show()
    go_to(view, box(view, "x3_conv"))
    with qtbot.assertNotEmitted(view.cut_toggled), qtbot.assertNotEmitted(view.frozen_toggled):
        for key in (Qt.Key.Key_C, Qt.Key.Key_F):
            QTest.keyClick(view, key, Qt.KeyboardModifier.ControlModifier)


def test_every_button_has_a_name(show):
    view = show()
    assert all(button.accessibleName() for button in view.findChildren(QToolButton))


# Zoom


def all_is_seen(view):
    area = view.viewport().rect()
    return all(
        area.contains(on_screen(view, item.sceneBoundingRect().center())) for item in view.stops
    )


def wheel(view, point, steps, across=0):
    where = QPointF(on_screen(view, point))
    event = QWheelEvent(
        where, view.viewport().mapToGlobal(where), QPoint(), QPoint(120 * across, 120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)


def test_the_wheel_zooms_about_the_mouse(show):
    view = show()
    zoom, point = view.zoom, box(view, "x1_conv3").pos()
    before = on_screen(view, point)
    wheel(view, point, 2)
    assert view.zoom == pytest.approx(1.44 * zoom)
    assert (on_screen(view, point) - before).manhattanLength() <= 3
    wheel(view, point, -2)
    assert view.zoom == pytest.approx(zoom)


def test_a_wheel_that_is_tilted_does_not_zoom(show):
    view = show()
    wheel(view, box(view, "x1_conv3").pos(), 0, across=1)
    assert not view.is_zoomed


def test_keys_zoom_and_0_fits(show):
    view = show()
    zoom = view.zoom
    QTest.keyClick(view, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == pytest.approx(1.2 * zoom)
    QTest.keyClick(view, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == pytest.approx(zoom)
    keys(view, *[Qt.Key.Key_Plus] * 8)
    assert not all_is_seen(view)
    keys(view, Qt.Key.Key_0)
    assert all_is_seen(view)


def test_a_double_click_beside_the_layers_fits(show):
    view = show()
    keys(view, *[Qt.Key.Key_Plus] * 8)
    corner = view.mapToScene(5, 5)
    assert view.itemAt(5, 5) is None
    double_click(view, corner)
    assert all_is_seen(view)


def test_buttons_zoom_and_fit(show):
    view = show()
    zoom = view.zoom
    by_text = {button.text(): button for button in view.findChildren(QToolButton)}
    QTest.mouseClick(by_text["+"], Qt.MouseButton.LeftButton)
    assert view.zoom > zoom
    QTest.mouseClick(by_text["Fit"], Qt.MouseButton.LeftButton)
    assert view.zoom == pytest.approx(zoom)
    QTest.mouseClick(by_text["−"], Qt.MouseButton.LeftButton)
    assert view.zoom < zoom


def test_another_size_keeps_the_network_in_sight_until_the_user_zooms(show):
    view = show()
    view.resize(600, 240)
    assert all_is_seen(view)
    view.resize(1200, 400)
    zoom = view.zoom
    keys(view, Qt.Key.Key_Plus)
    view.resize(600, 240)
    assert view.zoom == pytest.approx(1.2 * zoom)


def test_another_network_is_shown_whole(show, qtbot):
    view = show()
    keys(view, *[Qt.Key.Key_Plus] * 8)
    with qtbot.waitSignal(view.laid_out):
        view.show_network(deep())
    assert all_is_seen(view)


def test_a_zoomed_picture_is_dragged(show):
    view = show()
    keys(view, *[Qt.Key.Key_Plus] * 6)
    corner = free_place(view)
    before = view.mapToScene(0, 0)
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseMove(view.viewport(), corner + QPoint(-60, 0))
    QTest.mouseMove(view.viewport(), corner + QPoint(-120, 0))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=corner + QPoint(-120, 0))
    moved = view.mapToScene(0, 0) - before
    assert moved.x() != 0


# Large networks, nested models


def folded(view):
    return [item for item in view.picture.boxes.values() if item.box.is_folded]


def deep_view(show):
    graph = deep()
    return show(graph, table(graph, random_norms(graph), cosines={("y1", "y2"): 0.5}), weights={})


def test_a_large_network_is_folded_and_its_titles_are_legible(show):
    view = deep_view(show)
    assert len(view.picture.boxes) <= 20
    assert 13 * view.zoom >= 7
    assert all_is_seen(view)


def test_titles_of_common_losses_are_written_whole(show):
    item = next(iter(show().picture.losses.values()))
    font = QFont(QApplication.font())
    font.setPixelSize(11)
    for name in ("dice", "tversky", "cross_entropy", "mean_squared_error", "binary_crossentropy"):
        title = loss_titles()[name]
        assert QFontMetricsF(font).horizontalAdvance(title) <= item.frame.width() - 10, title


def test_titles_are_legible_in_the_picture_of_a_small_window(show):
    """The picture has 656 × 180 pixels in a window of 1280 × 720."""
    view = show(size=(656, 180))
    for name, item in view.picture.boxes.items():
        title, size = item.title_at(view.zoom)
        assert title.split(" · ")[-1] in name
        assert size * view.zoom >= 9.5, title
        font = QFont(view.font())
        font.setPixelSize(round(size))
        assert QFontMetricsF(font).horizontalAdvance(title) <= item.frame.width() - 8


def test_a_double_click_opens_a_box_and_a_button_folds_all(show, qtbot):
    view = deep_view(show)
    before = set(view.picture.boxes)
    item = folded(view)[1]
    names = {node.name for node in item.box.layers}
    with qtbot.waitSignal(view.laid_out):
        double_click(view, item.pos())
    inside = {n.name for b in set(view.picture.boxes) - before for n in box(view, b).box.layers}
    assert inside == names
    assert view.zoom >= 0.5
    fold = next(b for b in view.findChildren(QToolButton) if b.text() == "Fold")
    with qtbot.waitSignal(view.laid_out):
        QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert set(view.picture.boxes) == before
    assert not fold.isVisible()


def test_keys_open_a_box_and_fold_it_again(show, qtbot):
    view = deep_view(show)
    before = set(view.picture.boxes)
    go_to(view, folded(view)[0])
    keys(view, Qt.Key.Key_F)
    assert any("show its layers with O" in text for text in texts(view))
    with qtbot.waitSignal(view.laid_out):
        keys(view, Qt.Key.Key_O)
    assert set(view.picture.boxes) != before
    with qtbot.waitSignal(view.laid_out):
        keys(view, Qt.Key.Key_Backspace)
    assert set(view.picture.boxes) == before


def test_a_nested_model_lists_its_layers(show, qtbot):
    inside = tuple(layer(f"inner{place}") for place in range(3))
    nodes = [plain("image", "InputLayer"), layer("encoder", kind="Functional", detail="")]
    nodes[1] = replace(nodes[1], inside=inside)
    nodes += [layer("a", ["y1"]), layer("b", ["y2"])]
    graph = joined(nodes, ["image > encoder > a", "encoder > b"], {"y1": "a", "y2": "b"})
    norms = {"encoder": (0.1, 0.1), "a": (0.1, 0.0), "b": (0.0, 0.1)}
    view = show(graph, table(graph, norms))
    height = box(view, "encoder").frame.height()
    with qtbot.waitSignal(view.laid_out):
        double_click(view, box(view, "encoder").pos())
    assert box(view, "encoder").frame.height() > height + 3 * 11
    with qtbot.waitSignal(view.laid_out):
        double_click(view, box(view, "encoder").pos())
    assert box(view, "encoder").frame.height() == height


# Themes


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_both_themes(show, palette):
    view = show()
    view.use(palette)
    picture = seen(view)
    corner = picture[4, 4].mean()
    assert corner < 60 if palette is DARK else corner > 230
    assert count(picture, output_color(0, palette)) > 60 * SCALE**2
    assert count(picture, output_color(1, palette)) > 60 * SCALE**2


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_every_colour_of_an_output_has_a_contrast_of_four_and_a_half(show, palette):
    """WCAG 2.1, 1.4.3: the contrast of text, here on the picture's ground."""
    ground = luminance(seen_ground(show, palette))
    for place in range(5):
        light = luminance([int(output_color(place, palette)[i : i + 2], 16) for i in (1, 3, 5)])
        high, low = max(light, ground), min(light, ground)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def seen_ground(show, palette):
    view = show()
    view.use(palette)
    return seen(view)[4, 4]


def luminance(rgb):
    """Relative luminance of sRGB, as WCAG defines it."""
    linear = [
        v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_scene_ends_with_its_view(qapp):
    """Left to Python it would end in any thread, and Qt would send it a timer's event."""
    view = NetworkView()
    scene = view.picture
    shiboken6.delete(view)
    assert not shiboken6.isValid(scene)
