"""The right panel: the total, and a card for each loss."""

from __future__ import annotations

import math

from qtpy.QtCore import Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from lossexplorer.app.bars import ShareBar
from lossexplorer.app.loss_card import LossCard
from lossexplorer.app.numbers import loss_value
from lossexplorer.app.side_panel import SidePanel
from lossexplorer.app.theme import UNIT
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session, State
from lossexplorer.volumes import LabelVolume


class TotalCard(QFrame):
    """Σ λ L, large, with each loss's share; a click paints its gradient."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setObjectName("card")
        self.setToolTip(
            "Σ λ L, the weighted total as in a model with several outputs. Click to paint its "
            "gradient."
        )
        self.value = QLabel("–")
        self.value.setObjectName("display")
        self._shares = ShareBar(8)
        head = QHBoxLayout()
        title = QLabel("Total Σ λ L")
        title.setObjectName("quiet")
        head.addWidget(title, 1, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self.value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(UNIT + 4, UNIT, UNIT + 4, UNIT + 4)
        layout.setSpacing(UNIT // 2)
        layout.addLayout(head)
        layout.addWidget(self._shares)

    def show_answer(self, answer: Answer) -> None:
        """Show the total and the losses' shares of it."""
        self.value.setText(loss_value(answer.total))
        self.value.setToolTip(repr(answer.total))
        problem = not math.isfinite(answer.total)
        if self.value.property("problem") != problem:
            self.value.setProperty("problem", problem)
            self.value.style().polish(self.value)
        parts = [(LOSSES[r.name].color, abs(r.weight * r.value)) for r in answer.losses if r.weight]
        whole = sum(size for _, size in parts)
        known = math.isfinite(whole) and whole > 0
        self._shares.set_shares([(c, size / whole) for c, size in parts] if known else [])

    def select(self, selected: bool) -> None:
        """Mark the total as what is painted."""
        if self.property("selected") != selected:
            self.setProperty("selected", selected)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Paint the total's gradient."""
        self._session.show(loss=TOTAL)
        super().mousePressEvent(event)


class LossesPanel(SidePanel):
    """A view of the session's losses and of the engine's answers.

    Parameters
    ----------
    session : Session
        What it shows and sets.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(width=312, margin=UNIT)
        self._session = session
        self.total = TotalCard(session)
        self.cards = {name: LossCard(loss) for name, loss in LOSSES.items()}
        layout = self.column
        layout.addWidget(self.total)
        for name, card in self.cards.items():
            layout.addWidget(card)
            card.chosen.connect(lambda name=name: session.show(loss=name))
            card.parameter_changed.connect(
                lambda parameter, value, name=name: session.set_parameter(name, parameter, value)
            )
            card.weight_changed.connect(lambda value, name=name: session.set_weight(name, value))
        layout.addStretch(1)
        session.volume_changed.connect(self._on_volume)
        session.state_changed.connect(self._on_state)
        self._on_state(session.state, session.state)

    def show_answer(self, answer: Answer) -> None:
        """Show every value."""
        self.total.show_answer(answer)
        for result in answer.losses:
            self.cards[result.name].show_result(result)

    def _on_volume(self, volume: LabelVolume) -> None:
        for card in self.cards.values():
            card.set_class_names([c.name for c in volume.classes])

    def _on_state(self, old: State, new: State) -> None:
        del old
        for setting in new.losses:
            self.cards[setting.name].show_setting(setting)
        for name, card in self.cards.items():
            card.select(name == new.loss)
        self.total.select(new.loss == TOTAL)
