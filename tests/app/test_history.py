"""The values step by step, without a window around them."""

import numpy as np
import pyqtgraph as pg
import pytest

from lossexplorer.app.plots.history import HistoryPlot
from lossexplorer.app.theme import DARK
from lossexplorer.engine.messages import Answer, LossResult, Request
from lossexplorer.engine.questions import Numbers
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.history import History


@pytest.fixture
def history(qapp, qtbot):
    made = HistoryPlot()
    qtbot.addWidget(made)
    made.use(DARK)
    with qtbot.waitExposed(made):
        made.show()
    return made


def step(number):
    result = LossResult("dice", {}, 1.0, 1 / number, (1 / number,))
    return Answer(Request(Numbers("v", {}, ())), (result,), 1 / number, None, 0.0)


def test_of_more_than_300_steps_the_last_are_shown_with_their_numbers(history):
    shown = History()
    for number in range(1, 304):
        shown = shown.with_step(step(number))
    history.show_history(shown.completed(step(303)))
    shown = history.items_of["dice"]
    np.testing.assert_array_equal(shown.xData, np.arange(4, 304))
    np.testing.assert_array_equal(shown.yData, 1 / np.arange(4, 304))


def test_one_step_is_a_mark_of_each_curve_in_its_own_colour(history):
    history.show_history(History().with_step(step(1)))
    curves = [history.items_of["dice"], history._total]
    colors = [pg.mkBrush(curve.opts["symbolBrush"]).color().name() for curve in curves]
    assert [curve.opts["symbol"] for curve in curves] == ["o", "o"]
    assert colors == [color_of("dice").lower(), DARK.text.lower()]


def test_no_step_before_the_first_has_a_place(history):
    history.show_history(History().with_step(step(1)).with_step(step(2)))
    history.getViewBox().updateAutoRange()
    (first, last), _ = history.viewRange()
    assert first >= 0
    assert last >= 10
