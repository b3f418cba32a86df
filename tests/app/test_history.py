"""The values step by step, without a window around them."""

import numpy as np
import pytest

from lossexplorer.app.plots.history import HistoryPlot
from lossexplorer.app.theme import DARK
from lossexplorer.engine.messages import Answer, LossResult, Request
from lossexplorer.engine.questions import Numbers
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
