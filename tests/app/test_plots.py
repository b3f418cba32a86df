"""Plots under a hand: range, menu, hovering, what is no number, and many classes."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from qtpy.QtGui import QContextMenuEvent, QHelpEvent, QImage, QMouseEvent, QPainter, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMenu, QToolTip

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.plots.classes import ClassPlot
from lossexplorer.app.plots.history import HistoryPlot
from lossexplorer.app.plots.response import ResponsePlot
from lossexplorer.app.plots.run_losses import RunLossesPlot
from lossexplorer.app.theme import DARK, LIGHT
from lossexplorer.app.widgets.edge_marks import Mark
from lossexplorer.engine.messages import Request
from lossexplorer.exports.tables import curves_csv
from lossexplorer.learning.reports import StepReport
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session, State
from lossexplorer.session.records.class_terms import ClassTerms
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.records.history import History
from lossexplorer.session.run import Run
from tests.session.volumes import answer, case

NO_BUTTON, NO_MODIFIER = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


def shown(qtbot, plot, size=(640, 220)):
    qtbot.addWidget(plot)
    plot.use(DARK)
    plot.resize(*size)
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


@pytest.fixture
def history(qapp, qtbot):
    """Twenty steps of Dice, falling from 0.95 to 0."""
    plot = shown(qtbot, HistoryPlot())
    steps = [{"dice": 0.95 - 0.05 * n, "total": 0.5} for n in range(20)]
    plot.show_history(History(1, tuple(steps)))
    QApplication.processEvents()
    return plot


def wheel(plot, place, notches=1):
    """One notch of the wheel over a place of the plot."""
    event = QWheelEvent(
        QPointF(place),
        QPointF(plot.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * notches),
        NO_BUTTON,
        NO_MODIFIER,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)
    QApplication.processEvents()


def hover(plot, place):
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPointF(place),
        QPointF(plot.viewport().mapToGlobal(place)),
        NO_BUTTON,
        NO_BUTTON,
        NO_MODIFIER,
    )
    QApplication.sendEvent(plot.viewport(), event)


def menus_of_the_right_button(plot, place):
    """Press and release it, as a mouse does, and return every menu that is open then."""
    QTest.mousePress(plot.viewport(), Qt.MouseButton.RightButton, pos=place)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, plot.viewport().mapToGlobal(place)
    )
    QApplication.sendEvent(plot.viewport(), event)
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.RightButton, pos=place)
    QApplication.processEvents()
    widgets = QApplication.topLevelWidgets()
    return [widget for widget in widgets if isinstance(widget, QMenu) and widget.isVisible()]


def pixel_of(plot, x, y):
    """The pixel of a point in the axes' units."""
    return plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))


def point_at(plot, place):
    found = plot.getViewBox().mapSceneToView(plot.mapToScene(place))
    return np.array([found.x(), found.y()])


def ranges(plot):
    return np.array(plot.getViewBox().viewRange())


def test_the_wheel_zooms_about_the_pointer_and_a_double_click_gives_the_range_back(history):
    before, place = ranges(history), QPoint(400, 60)
    wheel(history, place)  # after which the axis has room for its longer numbers
    under, once = point_at(history, place), ranges(history)
    wheel(history, place)
    assert (np.ptp(once, axis=1) < np.ptp(before, axis=1)).all()
    assert (np.ptp(ranges(history), axis=1) < np.ptp(once, axis=1)).all()
    pixel = np.ptp(before, axis=1) / (history.width(), history.height())
    assert (np.abs(point_at(history, place) - under) < pixel).all()
    QTest.mouseDClick(history.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QApplication.processEvents()
    np.testing.assert_allclose(ranges(history), before)


def test_after_a_double_click_the_range_follows_what_comes(history):
    wheel(history, QPoint(400, 60))
    QTest.mouseDClick(history.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(400, 60))
    steps = [{"dice": 7.0, "total": 0.5} for _ in range(40)]
    history.show_history(History(1, tuple(steps)))
    QApplication.processEvents()
    (_, right), (_, top) = ranges(history)
    assert right >= 40
    assert top >= 7


@pytest.mark.parametrize("theme", ["Dark", "Light"])
@pytest.mark.parametrize("size", [(1600, 1000), (1280, 720)], ids=str)
def test_in_the_window_the_menu_has_its_theme_and_gives_the_range_back(driver, size, theme):
    driver.action(theme).trigger()
    driver.resize(*size)
    driver.settle(lambda: driver.session.set_control("shift_x", 3.0))
    plot = driver.plots.widgets["response"]
    QApplication.processEvents()
    before = ranges(plot)
    place = plot.viewport().rect().center()
    wheel(plot, place, notches=2)
    assert not np.allclose(ranges(plot), before)
    [menu] = menus_of_the_right_button(plot, place)
    picture = menu.grab().toImage()
    palette = DARK if theme == "Dark" else LIGHT
    assert picture.pixelColor(picture.width() // 2, 3).name() == palette.raised
    QTest.mouseClick(
        menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[0]).center()
    )
    QApplication.processEvents()
    np.testing.assert_allclose(ranges(plot), before)


def test_hovering_names_the_curve_and_its_value(history):
    hover(history, pixel_of(history, 5, 0.75))
    assert QToolTip.text() == "Dice 0.7500 in step 5"
    hover(history, pixel_of(history, 5, 0.5))
    assert QToolTip.text() == "Total 0.5000 in step 5"
    assert history.words_under(history.mapToScene(pixel_of(history, 18, 0.9))) == ""


def test_what_is_said_of_a_curve_stays_while_the_pointer_rests(history, qtbot):
    """Qt asks for a tip then, and would say that the scene has none."""
    place = pixel_of(history, 5, 0.75)
    hover(history, place)
    QApplication.sendEvent(history, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
    event = QHelpEvent(QEvent.Type.ToolTip, place, history.viewport().mapToGlobal(place))
    QApplication.sendEvent(history.viewport(), event)
    assert QToolTip.isVisible()
    assert QToolTip.text() == "Dice 0.7500 in step 5"


def test_it_stays_for_longer_than_the_ten_seconds_of_qt(history, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda *what: told.append(what))
    hover(history, pixel_of(history, 5, 0.75))
    (_, words, _, place, duration), *_ = told
    assert words == "Dice 0.7500 in step 5"
    assert place.isNull()  # of the widget: it stays wherever the pointer is moved on it
    assert duration >= 600_000


def test_what_is_no_number_is_a_mark_at_the_edge_with_the_word(history):
    values = [0.5, math.inf, math.inf, math.nan, -math.inf, 0.25]
    steps = tuple({"dice": value, "total": 1.0} for value in values)
    history.show_history(History(1, steps))
    QApplication.processEvents()
    marks = history.marks
    assert [(mark.place, mark.word) for mark in marks.marks] == [
        (2, "∞"), (3, "∞"), (4, "NaN"), (5, "−∞"),
    ]  # fmt: skip
    assert {mark.color for mark in marks.marks} == {LOSSES["dice"].color}
    for _ in range(2):  # also when it is zoomed
        (_, _), (low, high) = ranges(history)
        _, heights = marks.getData()
        pixel = (high - low) / history.getViewBox().height()
        np.testing.assert_allclose(heights[:3], high, atol=10 * pixel)
        np.testing.assert_allclose(heights[3:], low, atol=10 * pixel)
        wheel(history, QPoint(300, 100))


def test_what_was_not_computed_has_no_mark(history):
    steps = ({"dice": math.nan, "total": math.nan},) * 2
    history.show_history(History(1, steps, (frozenset({"dice", "total"}), frozenset({"dice"}))))
    assert [(mark.place, mark.word) for mark in history.marks.marks] == [(2, "NaN")]


def many_classes(count=84, **how):
    """Dice rises with the index; sizes fall with it."""
    terms = {"dice": tuple(index / count for index in range(count))} | how.pop("terms", {})
    counted = dict.fromkeys(terms, (True,) * count) | how.pop("counted", {})
    names = tuple(f"structure {index}" for index in range(count))
    sizes = tuple(1000 + 37 * index % count for index in range(count))  # in no order
    return ClassTerms(names, terms, counted, sizes=sizes, loss="dice", **how)


@pytest.fixture
def classes(qapp, qtbot):
    return shown(qtbot, ClassPlot())


def bars(plot, name):
    options = plot.items_of[name].opts
    return np.array(options["height"])


def test_many_classes_are_sorted_by_value_or_size(classes):
    classes.show_terms(many_classes(chosen=40))
    np.testing.assert_allclose(bars(classes, "dice"), np.arange(84) / 84)
    classes.order.setFocus()
    QTest.keyClick(classes.order, Qt.Key.Key_Down)
    np.testing.assert_allclose(bars(classes, "dice"), np.arange(84)[::-1] / 84)
    QTest.keyClick(classes.order, Qt.Key.Key_Down)
    largest_first = sorted(range(84), key=lambda index: -(37 * index % 84))
    assert largest_first[:2] == [59, 34]  # 37 · 59 is 83 more than a multiple of 84
    np.testing.assert_allclose(bars(classes, "dice"), np.array(largest_first) / 84)


def test_a_class_is_found_by_its_name(classes):
    classes.show_terms(many_classes(chosen=40))
    QTest.keyClicks(classes.search, "URE 8")
    assert [classes._shown.classes[index] for index in classes.classes] == [
        "structure 8", "structure 80", "structure 81", "structure 82", "structure 83",
    ]  # fmt: skip
    np.testing.assert_allclose(bars(classes, "dice"), np.array([8, 80, 81, 82, 83]) / 84)
    assert ranges(classes)[0] == pytest.approx([-0.5, 4.5])


def test_the_chosen_class_is_marked_and_named(classes):
    classes.show_terms(many_classes(chosen=41))
    band = classes._chosen.opts
    assert list(band["x"]) == [41]
    (_, _), (low, high) = ranges(classes)
    assert (band["y0"][0], band["height"][0]) == pytest.approx((low, high - low))
    assert (41, "structure 41") in classes.getPlotItem().getAxis("bottom")._tickLevels[0]


@pytest.mark.parametrize("chosen", [0, 1, 82, 83])
def test_the_name_of_the_chosen_class_is_written_at_the_ends_too(classes, chosen):
    """Where pyqtgraph leaves out what reaches beyond the axis."""
    classes.show_terms(many_classes(chosen=chosen))
    QApplication.processEvents()
    axis, picture = (
        classes.getPlotItem().getAxis("bottom"),
        QImage(640, 220, QImage.Format.Format_RGB32),
    )
    with QPainter(picture) as painter:
        written = axis.generateDrawSpecs(painter)[2]
    (place,) = [rect for rect, _, text in written if text == f"structure {chosen}"]
    assert QRectF(classes.rect()).contains(axis.mapRectToScene(place))


def test_names_below_the_bars_do_not_overlap(classes):
    classes.show_terms(many_classes(chosen=41))
    ticks = classes.getPlotItem().getAxis("bottom")._tickLevels[0]
    metrics, box = classes.fontMetrics(), classes.getViewBox()
    pixels = box.width() / 84
    ends = [
        (place * pixels - width / 2, place * pixels + width / 2)
        for place, word in ticks
        for width in [metrics.horizontalAdvance(word)]
    ]
    assert len(ends) > 2
    assert all(right <= left for (_, right), (left, _) in pairwise(ends))


def test_one_outlier_leaves_the_others_their_height(classes):
    values = [0.5] * 84
    values[20] = 500.0
    classes.show_terms(many_classes(terms={"cross_entropy": tuple(values)}))
    (_, _), (_, high) = ranges(classes)
    assert 1.0 < high < 2.0
    (mark,) = classes.marks.marks
    assert (round(mark.place), mark.word) == (20, "500")
    assert mark.color == LOSSES["cross_entropy"].color


def response_of(qtbot, **values):
    """A response plot of losses with a value at each of 41 places, and the plot's own numbers."""
    plot = shown(qtbot, ResponsePlot())
    session = Session()
    session.open(case())
    curves = Curves().begun(session.state)
    low, high = curves.response.scale.ends
    places = np.linspace(low, high, 41)
    points = {name: {} for name in curves.points} | {
        name: dict(zip(places, map(float, of), strict=True)) for name, of in values.items()
    }
    plot.show_curves(replace(curves, points=points))
    QApplication.processEvents()
    return plot, places


def test_in_a_response_one_outlier_leaves_the_others_their_height(qtbot):
    parabola = np.linspace(-1, 1, 41) ** 2 * 0.5 + 0.25
    spike = parabola.copy()
    spike[30:32] = 400.0, 900.0
    plot, places = response_of(qtbot, dice=parabola, cross_entropy=spike)
    _, (low, high) = ranges(plot)
    assert low <= 0
    assert 0.7 < high < 2.0
    (mark,) = plot.marks.marks  # of the stretch its largest
    assert (mark.place, mark.word) == (places[31], "900.0000")
    assert mark.color == LOSSES["cross_entropy"].color
    _, heights = plot.items_of["cross_entropy"].getOriginalDataset()
    usual = np.delete(heights, [30, 31])
    np.testing.assert_allclose(usual, np.delete(parabola, [30, 31]) / 0.75)


def test_a_response_says_which_values_are_previews(qtbot):
    plot, places = response_of(qtbot, dice=np.linspace(0.25, 0.5, 41))
    assert "preview" not in plot.getPlotItem().getAxis("bottom").labelText
    known = plot._curves
    plot.show_curves(replace(known, points=dict(known.points), previews=frozenset({places[3]})))
    assert plot.getPlotItem().getAxis("bottom").labelText.endswith(" · preview")
    (curve,) = (each for each in plot.curves_shown() if each.name == "Dice")
    assert "(preview)" in plot.words_of(curve, 3)
    assert "(preview)" not in plot.words_of(curve, 4)
    table = curves_csv(plot._curves, Session().state.experiment).splitlines()
    assert len(table) == len(curves_csv(known, Session().state.experiment).splitlines()) - 1


def heights_of_marks(plot):
    """How many pixels each mark is below the upper edge, by its colour."""
    _, (low, high) = ranges(plot)
    pixel = (high - low) / plot.getViewBox().height()
    heights = (high - plot.marks.getData()[1]) / pixel
    return dict(zip([mark.color for mark in plot.marks.marks], heights, strict=True))


def test_marks_are_at_the_edge_whichever_loss_has_them(qtbot):
    """Those of the fifth loss were as far below as if the four before had marks, too."""
    plot, _ = response_of(qtbot, dice=np.full(41, 0.5), cross_entropy=np.full(41, math.inf))
    assert list(plot.items_of).index("cross_entropy") == 4
    heights = heights_of_marks(plot)
    assert list(heights) == [LOSSES["cross_entropy"].color]
    assert 0 < heights[LOSSES["cross_entropy"].color] < 10


def test_marks_of_many_losses_all_have_a_place(qtbot):
    plot = shown(qtbot, HistoryPlot(), (300, 120))
    plot.marks.show_marks([Mark(1.0, "NaN", f"#0000{n:02x}", n) for n in range(20)])
    heights = list(heights_of_marks(plot).values())
    assert heights == sorted(set(heights))
    assert heights[-1] < plot.getViewBox().height()
    plot.marks.show_marks(())
    assert len(plot.marks.getData()[0]) == 0


def test_in_a_response_a_loss_that_goes_up_to_1_is_no_outlier(qtbot):
    values = np.r_[np.full(39, 1e-3), 0.5, 1.0]
    plot, _ = response_of(qtbot, dice=values)
    assert ranges(plot)[1][1] >= 1.0
    assert not plot.marks.marks


def steps_of(qtbot, dice, total):
    """A history of two curves."""
    plot = shown(qtbot, HistoryPlot())
    pairs = zip(dice, total, strict=True)
    plot.show_history(History(1, tuple({"dice": d, "total": t} for d, t in pairs)))
    QApplication.processEvents()
    return plot


def test_in_a_history_one_outlier_leaves_the_others_their_height(qtbot):
    spike = [3.0 - 0.1 * step for step in range(30)]
    spike[12:14] = 400.0, 900.0
    plot = steps_of(qtbot, spike, [0.5] * 30)
    _, (low, high) = ranges(plot)
    assert low <= 0
    assert 3.0 < high < 4.0
    (mark,) = plot.marks.marks  # of the stretch its largest
    assert (mark.place, mark.word) == (14, "900.0000")
    assert plot.series("dice")[13] == 900.0


def test_in_a_history_a_loss_far_above_the_others_is_drawn_whole(qtbot):
    plot = steps_of(qtbot, [0.5] * 30, [900.0] * 3 + [700.0] * 27)
    assert ranges(plot)[1][1] >= 900.0
    assert not plot.marks.marks


def test_what_was_zoomed_stays_where_an_outlier_comes(qtbot):
    plot = steps_of(qtbot, [0.5] * 30, [0.6] * 30)
    wheel(plot, QPoint(400, 60))
    zoomed = ranges(plot)
    before = ({"dice": 0.5, "total": 0.6},) * 29
    plot.show_history(History(1, (*before, {"dice": 70.0, "total": 70.0})))
    QApplication.processEvents()
    np.testing.assert_allclose(ranges(plot), zoomed)
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(400, 60))
    QApplication.processEvents()
    assert ranges(plot)[1][1] < 1.0
    assert [mark.word for mark in plot.marks.marks] == ["70.0000", "70.0000"]


def test_in_learn_a_first_step_leaves_the_others_their_height(qtbot):
    plot = shown(qtbot, RunLossesPlot())
    losses = [(900.0, 0.6), *((2.0, 0.6) for _ in range(29))]
    reports = (
        StepReport(step, pair, (0.5, 0.3), 0.0, 0.5 * pair[0] + 0.3 * pair[1])
        for step, pair in enumerate(losses, start=1)
    )
    plot.show_run(Shown(Run(reports=tuple(reports)), State(), DARK))
    QApplication.processEvents()
    assert 2.0 < ranges(plot)[1][1] < 3.0
    assert [(mark.place, mark.word) for mark in plot.marks.marks] == [
        (1, "900.0000"),
        (1, "450.1800"),
    ]
    assert plot.series("y1")[0] == 900.0


def test_a_class_that_a_loss_leaves_out_is_no_nan(classes):
    terms = {"dice": (math.nan, math.nan, 0.5)}
    counted = {"dice": (False, True, True)}
    classes.show_terms(many_classes(3, terms=terms, counted=counted))
    assert [(round(mark.place), mark.word) for mark in classes.marks.marks] == [(1, "NaN")]
    hover(classes, pixel_of(classes, 2, 0.2))
    assert QToolTip.text() == "structure 2 · 1,002 voxels\nDice 0.5000"
    hover(classes, pixel_of(classes, 0, 0.2))
    assert QToolTip.text() == "structure 0 · 1,000 voxels\nDice –"


def test_of_few_classes_there_is_nothing_to_search(classes):
    classes.show_terms(many_classes(3))
    assert classes.search.isHidden()
    assert classes.order.isHidden()


def test_in_a_response_hovering_says_the_slope(qtbot):
    """Of a x² + c it is 2 a x: a quadratic is met exactly by its neighbours."""
    plot, places = response_of(qtbot, dice=0.002 * np.linspace(-20, 20, 41) ** 2 + 0.1)
    low, high = places[0], places[-1]
    unit = (high - low) / 40  # the places of the test's own volume, in the unit shown
    index = 30
    hover(plot, pixel_of(plot, places[index], 0.002 * 10**2 + 0.1))
    said = QToolTip.text().splitlines()
    assert said[0].startswith("Dice 0.3000 at ")
    slope = float(said[1].removeprefix("slope +").split()[0])
    assert slope == pytest.approx(2 * 0.002 * 10 / unit, rel=5e-3)


def test_a_response_has_the_terms_of_the_chosen_class(qtbot):
    """Of each class the term is another line; the hand's mark is on that of the class."""
    plot, places = response_of(qtbot, dice=np.full(41, 0.5))
    by_class = {place: (0.1 + place / 100, None, 0.9) for place in map(float, places)}
    plot.show_curves(replace(plot._whole, terms={"dice": by_class}))
    plot.show_class(0, "liver")
    QTest.qWait(0)
    action = plot.menu().actions()[1]
    assert action.text() == "Terms of liver alone"
    action.trigger()
    _, heights = plot.items_of["dice"].getOriginalDataset()
    np.testing.assert_allclose(heights, 0.1 + places / 100)
    plot.show_class(2, "vessel")
    np.testing.assert_allclose(plot.items_of["dice"].getOriginalDataset()[1], 0.9)
    plot.show_class(1, "kidney")  # which the loss leaves out
    assert plot.curve("dice") == {}
    plot.menu().actions()[1].trigger()
    np.testing.assert_allclose(plot.items_of["dice"].getOriginalDataset()[1], 0.5)


def test_the_place_of_the_hand_is_said_beside_the_marks_on_the_line(qtbot):
    """The dot of a loss near 1 lay on the last figure."""
    plot, _ = response_of(qtbot, dice=np.linspace(0.25, 0.95, 41))
    session = Session()
    session.open(case())
    session.set_control("shift_x", 0.5)
    hand = answer(Request(session.state.maps()), 0.95)
    plot.show_curves(plot._curves.with_hand(hand))
    QApplication.processEvents()
    line, label = plot._line, plot._line.label
    said = label.mapRectToScene(label.boundingRect())
    assert label.textItem.toPlainText().endswith("mm")
    at = plot.getViewBox().mapViewToScene(QPointF(line.value(), 0.5)).x()
    assert min(abs(said.left() - at), abs(said.right() - at)) > 4.5
    assert not said.left() < at < said.right()
