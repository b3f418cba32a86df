"""What the window shows: cards, plots, canvas and controls."""

import numpy as np

from tests.app.driver import Closed, shifted, tumour

SHIFTED_Y = Closed(shifted(tumour(), x=1, y=2))
SHIFTED = Closed(shifted(tumour(), x=1))
PERFECT = Closed(tumour())


def shown_at_once(driver):
    """The numbers that cards, plots and canvas show as soon as the answer is there."""
    cards, widgets = driver.losses.cards, driver.plots.widgets
    return {
        "cards": {name: float(card.value.toolTip()) for name, card in cards.items()},
        "total": float(driver.losses.total.value.toolTip()),
        "history": {name: widgets["history"].series(name)[-1] for name in (*cards, "total")},
        "classes": {name: list(widgets["classes"].terms(name)) for name in cards},
        "painted": {name: driver.painted(name) for name in ("prediction", "error", "gradient")},
    }


def shown(driver):
    """Every number that they show once all is answered."""
    response = driver.plots.widgets["response"]
    return shown_at_once(driver) | {
        "curves": {name: sorted(response.curve(name).items()) for name in driver.losses.cards},
        "gradients": [share for _, share in driver.losses.total.gradients.shares],
    }


def controls_shown(driver):
    """The texts and places of the controls and of the losses' parameters."""
    rows = [*driver.controls.prediction.rows.items()]
    for name, card in driver.losses.cards.items():
        rows += [(f"{name} {each}", row) for each, row in card.rows.items()]
        rows.append((f"{name} weight", card.weight))
    return {
        name: tuple(
            read(getattr(row, widget))
            for widget, read in (
                ("line", lambda line: line.text()),
                ("slider", lambda slider: slider.value()),
                ("options", lambda options: options.currentText()),
                ("switch", lambda switch: switch.isChecked()),
            )
            if hasattr(row, widget)
        )
        for name, row in rows
    }


def assert_same(one, other, within=1e-12):
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, dict):
            assert_same(value, other[name], within)
        else:
            np.testing.assert_allclose(value, other[name], rtol=0, atol=within, err_msg=name)


def settled(driver, act):
    """Do something, and return all that is shown when all is answered."""
    driver.settle(act)
    driver.window.stage.paint()
    return shown(driver), controls_shown(driver)


def answered(driver, act):
    """Do something, and return what is shown at once, without what is computed at rest."""
    driver.answer(act)
    return shown_at_once(driver), controls_shown(driver)
