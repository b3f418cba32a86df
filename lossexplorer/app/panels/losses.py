"""The right panel: the total, a card for each loss shown, and a button that adds one."""

from __future__ import annotations

from functools import partial
from typing import Any

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QApplication

from lossexplorer.app.context import Context
from lossexplorer.app.exports.copying import copy_card
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.add_loss import AddLossButton
from lossexplorer.app.widgets.loss_card import LossCard
from lossexplorer.app.widgets.side_panel import SidePanel
from lossexplorer.app.widgets.total_card import TotalCard
from lossexplorer.conventions import Convention
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import TOTAL, Answer, Progress, Request, loss_of
from lossexplorer.losses import LOSSES, Loss
from lossexplorer.session import Change, Session, State
from lossexplorer.session.convention_words import convention_in_words
from lossexplorer.session.overlapping import why_no_loss


class LossesPanel(SidePanel):
    """Shows the session's losses and of the engine's answers.

    Parameters
    ----------
    session : Session
        What it shows and sets.

    Attributes
    ----------
    cards : dict
        The card of each loss shown, from top to bottom.
    copied : Signal(str)
        The user wants the card of this loss as text.
    cancelled, wanted : Signal()
        The user does not want to wait for losses of the whole field, or wants them after all.
    """

    copied = Signal(str)
    cancelled = Signal()
    wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(width=316, left=4, right=UNIT)
        self._session = session
        self._shown: Request | None = None
        self.total = TotalCard(session)
        self.cards: dict[str, LossCard] = {}
        self.add = AddLossButton()
        self.column.addWidget(self.total)
        self.column.addWidget(self.add)
        self.column.addStretch(1)
        self.add.chosen.connect(self._on_add)
        session.changed.connect(self._on_change)
        self._show_state(session.state, session.state)

    def show_answer(self, answer: Answer) -> None:
        """Show every value."""
        self._shown = answer.request
        self.total.show_answer(answer)
        for result in answer.losses:
            if result.name in self.cards:  # it may have been removed since it was asked for
                preview = answer.preview if answer.left_out else ""
                self.cards[result.name].show_result(result, preview)

    def show_whole_answer(self, answer: Answer) -> None:
        """Show every value, unless they were shown before the maps of the same answer came."""
        if answer.request != self._shown:
            self.show_answer(answer)

    def show_compiling(self, why: str) -> None:
        """Show that values wait for the compiler; without a sentence, that they no longer do."""
        self.total.show_compiling(why)
        if why:
            for card in self.cards.values():
                card.show_compiling()

    def show_waiting(self, done: int, points: int) -> None:
        """Show that losses of the whole field come after points of curves."""
        for card in self.cards.values():
            card.show_waiting(done, points)

    def show_progress(self, progress: Progress) -> None:
        """Show how far a loss of the whole field is."""
        if progress.loss in self.cards:
            self.cards[progress.loss].show_progress(progress)

    def show_cancelled(self) -> None:
        """Show that what is pending is not going to be computed."""
        for card in self.cards.values():
            card.show_cancelled()

    def rename(self, name: str) -> None:
        """Have the title of a loss typed on its card."""
        self.ensureWidgetVisible(self.cards[name], 0, UNIT)
        self.cards[name].title.begin()

    def add_again(self, name: str) -> None:
        """Show a loss once more that is shown under a name."""
        self._on_add(loss_of(name).name)

    def _on_change(self, change: Change) -> None:
        case = change.new.experiment.case
        if change.shows_another_volume and case is not None:
            self.total.forget()
            for card in self.cards.values():
                card.set_classes(case.batch.classes, overlap=change.new.experiment.overlaps)
        if not change.is_of_controls_alone:  # else a slider waits for this
            self._show_state(change.old, change.new)

    def _show_state(self, old: State, new: State) -> None:
        shown = [setting for setting in old.experiment.losses if setting.name in self.cards]
        self._follow([setting.name for setting in new.experiment.losses])
        for setting in new.experiment.losses:
            card = self.cards[setting.name]
            # Showing takes time that the hand would wait for, and text may be half typed.
            if setting not in shown or new.experiment.overlaps != old.experiment.overlaps:
                card.show_setting(setting)
            card.select(setting.name == new.view.loss)
            card.classes.choose(new.view.class_index)
            card.remover.setEnabled(len(new.experiment.losses) > 1)
        self.total.select(new.view.loss == TOTAL)
        self.add.offer(*_offers(new), _refused(new))

    def _follow(self, names: list[str]) -> None:
        """Have a card for each of these losses, in this order, and no others."""
        if names == list(self.cards):
            return
        for name in self.cards.keys() - names:
            card = self.cards.pop(name)
            self.column.removeWidget(card)
            card.hide()
            card.deleteLater()
        former, self.cards = self.cards, {}
        for place, name in enumerate(names):
            self.cards[name] = former.get(name) or self._card(name)
            self.column.insertWidget(1 + place, self.cards[name])  # below the total

    def _card(self, name: str) -> LossCard:
        session, card = self._session, LossCard(name)
        card.chosen.connect(lambda: session.show(loss=name))
        card.class_chosen.connect(lambda index: session.show(class_index=index))
        card.parameter_changed.connect(
            lambda parameter, value: self._set_parameter(card, name, parameter, value)
        )
        card.weight_changed.connect(
            lambda value: session.set_weight(name, value, merge=card.weight.gesture)
        )
        card.renamed.connect(lambda title: self._rename(card, name, title))
        card.repeated.connect(lambda: self.add_again(name))
        card.removed.connect(lambda: session.remove_loss(name))
        card.copied.connect(lambda: self.copied.emit(name))
        card.cure_chosen.connect(session.apply)
        card.convention_chosen.connect(partial(self._take_over, name))
        card.cancelled.connect(self.cancelled.emit)
        card.wanted.connect(self.wanted.emit)
        if session.case is not None:
            overlap = session.state.experiment.overlaps
            card.set_classes(session.case.batch.classes, overlap=overlap)
        return card

    def _take_over(self, name: str, convention: Convention) -> None:
        """Give the loss of a card, which is chosen by that, a convention's parameters."""
        self._session.show(loss=name)
        label = f"As {convention_in_words(convention)}"
        self._session.take_over(convention.loss, convention.values, label)

    def _set_parameter(self, card: LossCard, loss: str, name: str, value: Any) -> None:
        row = card.rows[name]
        try:
            self._session.set_parameter(loss, name, value, merge=row.gesture)
        except ParameterError as error:  # such as weights for another number of classes
            row.refuse(str(error))

    def _rename(self, card: LossCard, name: str, title: str) -> None:
        try:
            self._session.rename_loss(name, title)
        except ParameterError as error:
            card.title.refuse(str(error))
        else:
            card.title.rest()

    def _on_add(self, name: str) -> None:
        shown_as = self._session.add_loss(name)
        card = self.cards[shown_as]
        # Its place is known only once everything is laid out, which Qt does later unasked.
        card.show()
        self.column.activate()
        QApplication.sendEvent(self, QEvent(QEvent.Type.LayoutRequest))
        self.ensureWidgetVisible(card, 0, UNIT)


def _offers(state: State) -> tuple[list[Loss], list[Loss]]:
    """Return the losses that are not shown, and those that are."""
    shown = {setting.loss for setting in state.experiment.losses}
    every = LOSSES.values()
    return [e for e in every if e.name not in shown], [e for e in every if e.name in shown]


def _refused(state: State) -> dict[str, str]:
    """Return why losses cannot be added, by their names."""
    if not state.experiment.overlaps:
        return {}
    return {name: why for name, loss in LOSSES.items() if (why := why_no_loss(loss))}


def _make(context: Context) -> LossesPanel:
    panel, controller = LossesPanel(context.session), context.controller
    controller.measured.connect(panel.show_answer)
    controller.answered.connect(panel.show_whole_answer)
    controller.records.follow("norms", panel.total.show_norms)
    controller.progressed.connect(panel.show_progress)
    controller.waited.connect(panel.show_waiting)
    controller.compiling.connect(panel.show_compiling)
    controller.withheld.connect(panel.show_cancelled)
    panel.copied.connect(lambda name: copy_card(context, name))
    panel.cancelled.connect(controller.cancel)
    panel.wanted.connect(controller.compute)
    return panel


PANEL = Panel(id="losses", title="Losses", area="right", order=20, make=_make, shortcut="F9")
