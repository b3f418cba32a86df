"""pytest-qt's robot with the one limit for all that it waits for, instead of five seconds."""

from functools import partialmethod

from pytestqt.qtbot import QtBot

from tests.patience import PATIENCE


class PatientBot(QtBot):
    """Waits as long as the slowest machine needs, unless a call says otherwise."""


for _name in (
    "waitActive", "waitCallback", "waitExposed", "waitSignal", "waitSignals", "waitUntil"
):  # fmt: skip
    setattr(PatientBot, _name, partialmethod(getattr(QtBot, _name), timeout=1000 * PATIENCE))
