"""The session: what is open, a state, and signals when either is replaced."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from psygnal import Signal

from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.engine.messages import TOTAL, Cure, LossSetting, Plane, Request
from lossexplorer.losses import LOSSES, Loss, loss_named
from lossexplorer.predictions import (
    CONTROLS,
    acting_on_given,
    check_classes,
    complete_controls,
    fitting,
)
from lossexplorer.session.response import varies
from lossexplorer.session.state import State, default_setting
from lossexplorer.volumes import Case, LabelVolume


class Session:
    """What is open and what is set; panels and plots are views of it.

    Attributes
    ----------
    volume_changed : Signal(LabelVolume)
        Another volume is shown, of another case or another sample of the same, and `state` is
        about it; `state_changed` follows.
    state_changed : Signal(State, State)
        The old state and the new one, which differs.

    Examples
    --------
    >>> session = Session()
    >>> session.set_control("grow", 2.0)
    >>> session.state.controls["grow"]
    2.0
    """

    volume_changed = Signal(LabelVolume)
    state_changed = Signal(State, State)

    def __init__(self) -> None:
        self._state = State()
        self._case: Case | None = None

    @property
    def state(self) -> State:
        """What is set."""
        return self._state

    @property
    def case(self) -> Case | None:
        """What is open."""
        return self._case

    @property
    def volume(self) -> LabelVolume | None:
        """The sample of it that is shown."""
        return None if self._case is None else self._case.batch[self._state.sample]

    def open(self, case: Case) -> None:
        """Take another case.

        The class shown and the slice are chosen anew, controls that do not fit its classes are
        put back to their defaults, and the rest stays. A prediction from a file is shown as it is:
        what would act on it is put back to its default, too.
        """
        is_other = self._case is None or case.given is not self._case.given
        self._case = case
        volume, old = case.batch[0], self._state
        controls, against = fitting(old.controls, case.batch.names), old.against
        if case.given is not None:
            acting = acting_on_given()
            if is_other:
                controls |= {name: CONTROLS[name].default for name in acting}
            if not against[0] and against[1] not in acting:
                against = ("", "confidence")
        shown = min(1, len(volume.classes) - 1)
        self._look_at(
            volume, replace(old, sample=0, class_index=shown, controls=controls, against=against)
        )

    def _look_at(self, volume: LabelVolume, state: State) -> None:
        """Show a volume, at the slice that has most labelled voxels."""
        labelled = (volume.labels != 0).sum(axis=(1, 2))
        old = self._state
        self._state = replace(state, plane=Plane(0, int(labelled.argmax())))
        self.volume_changed.emit(volume)
        if self._state != old:
            self.state_changed.emit(old, self._state)

    def request(self) -> Request | None:
        """Return the question to the engine, or None while nothing is open."""
        return None if self._case is None else self._state.request(self._case.key)

    def set_control(self, name: str, value: Any) -> None:
        """Set a control of the prediction.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such control or the value is not allowed.
        """
        controls = complete_controls({**self._state.controls, name: value})
        if self._case is not None:
            check_classes({name: controls[name]}, self._case.batch.names)
        if varies(CONTROLS[name], value):
            against = ("", name)
        else:
            against = State.against if self._state.against == ("", name) else self._state.against
        self._become(replace(self._state, controls=controls, against=against))

    def reset(self, names: Iterable[str]) -> None:
        """Put controls back to their defaults."""
        defaults = {name: CONTROLS[name].default for name in names}
        controls = complete_controls({**self._state.controls, **defaults})
        self._become(replace(self._state, controls=controls))

    def reset_controls(self) -> None:
        """Make the prediction the truth again."""
        self._become(replace(self._state, controls=complete_controls({})))

    def add_loss(self, name: str) -> None:
        """Show one more loss, with its default parameters and λ = 1, at its place in the catalogue.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss or it is shown already.
        """
        loss = loss_named(name)
        shown = {setting.name: setting for setting in self._state.losses}
        if name in shown:
            raise ParameterError(f"{loss.title} is shown already.")
        shown[name] = default_setting(loss)
        losses = tuple(shown[known] for known in LOSSES if known in shown)
        self._become(replace(self._state, losses=losses))

    def remove_loss(self, name: str) -> None:
        """Show a loss no longer.

        If its gradient is painted, that of its neighbour is; if curves are drawn against one of
        its parameters, they are drawn against the control that they start with.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, it is not shown, or it is the only one.
        """
        loss, state = self._shown(name), self._state
        losses = tuple(setting for setting in state.losses if setting.name != name)
        if not losses:
            raise ParameterError(f"{loss.title} is the only loss shown; add another one first.")
        place = [setting.name for setting in state.losses].index(name)
        neighbour = losses[min(place, len(losses) - 1)].name
        self._become(
            replace(
                state,
                losses=losses,
                loss=neighbour if state.loss == name else state.loss,
                against=State.against if state.against[0] == name else state.against,
            )
        )

    def apply(self, cure: Cure) -> None:
        """Set what a cure names to what it proposes.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If it names what there is not, or proposes what is not allowed.
        """
        if cure.owner:
            self.set_parameter(cure.owner, cure.parameter, cure.value)
        else:
            self.set_control(cure.parameter, cure.value)

    def set_parameter(self, loss: str, name: str, value: Any) -> None:
        """Set a parameter of a loss.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss or parameter, the loss is not shown, or the value is not
            allowed.
        """
        description = self._shown(loss)
        given = {**self._state.setting(loss).parameters, name: value}
        losses = self._losses_with(loss, parameters=description.complete(given))
        parameter = next(p for p in description.parameters if p.name == name)
        against = (loss, name) if varies(parameter, value) else self._state.against
        self._become(replace(self._state, losses=losses, against=against))

    def set_weight(self, loss: str, weight: float) -> None:
        """Set a loss's λ in the total.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, it is not shown, or the weight is not finite.
        """
        description = self._shown(loss)
        if not math.isfinite(weight):
            raise ParameterError(f"The weight of {description.title} must be finite, not {weight}.")
        losses = self._losses_with(loss, weight=float(weight))
        self._become(replace(self._state, losses=losses))

    def show(self, **what: Any) -> None:
        """Choose what is shown: `loss`, `class_index`, `wrt`, `plane`, `sample` or `layout`.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss or sample.
        """
        names = [setting.name for setting in self._state.losses]
        if what.get("loss", TOTAL) not in (TOTAL, *names):
            raise closest(what["loss"], [*names, TOTAL], "loss")
        state = replace(self._state, **what)
        if self._case is not None and state.sample != self._state.sample:
            if not 0 <= state.sample < len(self._case.batch):
                raise ParameterError(
                    f"There is no sample {state.sample}: there are {len(self._case.batch)}, from 0."
                )
            self._look_at(self._case.batch[state.sample], state)
        else:
            self._become(state)

    def _shown(self, name: str) -> Loss:
        """Return the loss of that name, which must be one of those shown."""
        loss = loss_named(name)
        if name not in [setting.name for setting in self._state.losses]:
            raise ParameterError(f"{loss.title} is not shown; add it first.")
        return loss

    def _losses_with(self, name: str, **changes: Any) -> tuple[LossSetting, ...]:
        return tuple(
            replace(setting, **changes) if setting.name == name else setting
            for setting in self._state.losses
        )

    def _become(self, state: State) -> None:
        old, self._state = self._state, state
        if state != old:
            self.state_changed.emit(old, state)
