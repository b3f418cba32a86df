"""The session: what can be done to the state, each with its checks and its label."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from psygnal import SignalInstance

from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.engine.messages import (
    DESCENT_PARAMETERS,
    TOTAL,
    Cure,
    LossSetting,
    Plane,
    Reference,
)
from lossexplorer.learning.setup import Setup
from lossexplorer.losses import loss_named
from lossexplorer.predictions import complete_controls, controls_of
from lossexplorer.session.checked import check_loss, shown_setting, with_scene, with_value
from lossexplorer.session.class_numbers import check_class_numbers
from lossexplorer.session.labels import case_label, descent_label, value_label, weight_label
from lossexplorer.session.opening import opened
from lossexplorer.session.panes import MOST_PANES, chosen
from lossexplorer.session.response import varies
from lossexplorer.session.shown_losses import in_order, one_more, renamed
from lossexplorer.session.slices import fullest_plane, plane_of_class
from lossexplorer.session.state import Experiment, State, View
from lossexplorer.session.store import Store
from lossexplorer.volumes import Case, LabelVolume


class Session:
    """What is open and what is set; panels and plots show it.

    Attributes
    ----------
    store : Store
        Holds the state; every change goes through it.

    Examples
    --------
    >>> session = Session()
    >>> session.set_control("grow", 2.0)
    >>> session.state.experiment.controls["grow"], session.store.undo_label
    (2.0, 'Grow 0 → +2 mm')
    """

    def __init__(self) -> None:
        self.store = Store()

    @property
    def changed(self) -> SignalInstance:
        """Emitted with the `Change` whenever the state is another one."""
        return self.store.changed

    @property
    def state(self) -> State:
        """What is set."""
        return self.store.state

    @property
    def case(self) -> Case | None:
        """What is open."""
        return self.state.experiment.case

    @property
    def volume(self) -> LabelVolume | None:
        """The sample of it that is shown."""
        return self.state.volume

    def open(self, case: Case) -> None:
        """Open other volumes; the edit history begins anew, for it would keep the former ones.

        The slice is chosen anew, and so is the class unless all names are those of before.
        Controls that do not fit its classes are put back to their defaults, lengths follow where
        its scale is another one (see `lossexplorer.predictions.fitting`), and the rest stays. A
        prediction from a file is shown as it is: what would act on it is put back to its default,
        too. Where classes overlap, what needs classes that exclude each other is left out.
        """
        label = f"Open {case.batch[0].name}"
        self.store.change(opened(self.state, case), label, begins_anew=True)

    def see(self, case: Case) -> None:
        """See the volumes that are open otherwise: other classes, patches, prediction, or ignored.

        As `open` does, but as an edit, which can be undone, and class and slice stay where they
        can; nothing happens if nothing differs.
        """
        if self.case is not None and case.is_seen_as(self.case):
            return
        label = f"Open {case.batch[0].name}" if self.case is None else case_label(self.case, case)
        self.store.change(opened(self.state, case, seen_before=self.case), label)

    def restore(self, state: State, label: str) -> None:
        """Set all that a state has, as one edit; what is looked at comes with it.

        Where other volumes were open, the edit history begins anew.

        Parameters
        ----------
        state : State
            One that fits its case.
        label : str
            What is done, such as ``"Back to snapshot 2"``.
        """
        self.store.change(state, label, begins_anew=not self._has_volumes_of(state))
        self._turn_to(state.view)

    def flip_to(self, state: State, label: str) -> None:
        """Show a state until `flip_back`, see `Store.flip_to`; what is looked at comes with it."""
        self.store.flip_to(state, label, begins_anew=not self._has_volumes_of(state))
        self._turn_to(state.view)

    def flip_back(self) -> None:
        """Show again what was left for a flip, if there is one."""
        left = self.store.left
        self.store.flip_back()
        if left is not None:
            self._turn_to(left.view)

    def _has_volumes_of(self, state: State) -> bool:
        case, now = state.experiment.case, self.case
        return case is now or (case is not None and now is not None and case.has_volumes_of(now))

    def _turn_to(self, view: View) -> None:
        """Show a view's slice: a canvas with slices along another axis may have chosen its own."""
        if self.state.view.plane != view.plane:
            self.show(plane=view.plane)

    def start_with(self, controls: Mapping[str, Any]) -> None:
        """Set controls before anything is open; that is no edit."""
        experiment = self.state.experiment
        values = complete_controls({**experiment.controls, **controls})
        against = Reference(list(controls)[-1])
        state = State(
            replace(experiment, controls=values), replace(self.state.view, against=against)
        )
        self.store.change(state, "Start", begins_anew=True)

    def pick(self, voxel: tuple[int, int, int]) -> None:
        """Show the class that a voxel (z, y, x) of the truth has; nothing where it has none.

        Where classes overlap, the one after that which is shown, so that picking again shows each.
        """
        volume, shown = self.volume, self.state.view.class_index
        if volume is None or (volume.ignored is not None and volume.ignored[voxel]):
            return
        here = [index for index in volume.classes_at(voxel) if index > 0]
        if here:
            self.show(class_index=next((index for index in here if index > shown), here[0]))

    def move_class(self, by: int) -> None:
        """Show the class that is so many further on in their order; after the last comes the first.

        Parameters
        ----------
        by : int
            1 for the next one, -1 for the one before.
        """
        if self.case is not None:
            first = self.state.experiment.first_class
            count = len(self.case.batch.names) - first
            place = self.state.view.class_index - first + by
            self.show(class_index=first + place % count)

    def fullest_plane(self) -> Plane | None:
        """Return the slice with most voxels of the class shown, along the axis that is shown.

        None if the sample shown has none, neither in the truth nor in a prediction from a file.
        """
        case, view = self.case, self.state.view
        if case is None:
            return None
        axis = 0 if view.plane is None else view.plane.axis
        return plane_of_class(case, view.sample, view.class_index, axis)

    def set_value(self, reference: Reference, value: Any, merge: Hashable | None = None) -> None:
        """Set a control of the prediction or a parameter of a loss.

        Parameters
        ----------
        reference : Reference
            Names it.
        value : object
            What to set it to.
        merge : hashable, optional
            Changes with the same key that follow each other are one edit.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such control, loss or parameter, the loss is not shown, or the value is
            not allowed.
        """
        state = self.state
        experiment = with_value(state.experiment, reference, value)
        moved = reference if varies(reference.parameter, value) else state.view.against
        before, after = self.store.before(merge).value(reference), experiment.value(reference)
        label = value_label(reference, before, after, experiment.size, experiment.losses)
        view = state.view.fitted(state.experiment, experiment)
        view = replace(view, against=experiment.against(moved))
        self.store.change(State(experiment, view), label, merge)

    def set_values(self, values: Mapping[Reference, Any], merge: Hashable | None = None) -> None:
        """Set several controls or parameters as one edit, each as `set_value` does.

        What curves are drawn against stays.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            As in `set_value`; then none of them is set.
        """
        before, experiment = self.store.before(merge), self.state.experiment
        for reference, value in values.items():
            experiment = with_value(experiment, reference, value)
        labels = [
            value_label(
                each,
                before.value(each),
                experiment.value(each),
                experiment.size,
                experiment.losses,
            )
            for each in values
            if before.value(each) != experiment.value(each)
        ]
        self._experiment(experiment, ", ".join(labels) or "Set values", merge)

    def set_control(self, name: str, value: Any, merge: Hashable | None = None) -> None:
        """Set a control of the prediction, as `set_value` does."""
        self.set_value(Reference(name), value, merge)

    def set_parameter(
        self, loss: str, name: str, value: Any, merge: Hashable | None = None
    ) -> None:
        """Set a parameter of a loss, as `set_value` does."""
        self.set_value(Reference(name, loss), value, merge)

    def apply(self, cure: Cure) -> None:
        """Set what a cure names to what it proposes, as `set_value` does."""
        self.set_value(cure.reference, cure.value)

    def set_weight(self, loss: str, weight: float, merge: Hashable | None = None) -> None:
        """Set a loss's λ in the total.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, it is not shown, or the weight is not finite.
        """
        setting = shown_setting(self.state.experiment, loss)
        if not math.isfinite(weight):
            raise ParameterError(f"The weight of {setting.heading} must be finite, not {weight}.")
        setting = replace(setting, weight=float(weight))
        experiment = self.state.experiment.with_setting(setting)
        before = self.store.before(merge).setting(loss).weight
        self._experiment(experiment, weight_label(setting.heading, before, setting.weight), merge)

    def set_descent(self, name: str, value: Any, merge: Hashable | None = None) -> None:
        """Set how the prediction's logits descend.

        Parameters
        ----------
        name : str
            An attribute of `Descent`.
        value : object
            What to set it to.
        merge : hashable, optional
            Changes with the same key that follow each other are one edit.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If the value is not allowed, or a loss is not shown.
        """
        experiment = self.state.experiment
        described = {parameter.name: parameter for parameter in DESCENT_PARAMETERS}
        if name in described:
            value = described[name].check(value)
        value = int(value) if name == "steps" else value
        descent = replace(experiment.descent, **{name: value})
        descent.check(experiment.losses)
        before = getattr(self.store.before(merge).descent, name)
        label = descent_label(name, before, value, experiment.losses)
        self._experiment(replace(experiment, descent=descent), label, merge)

    def set_up(self, setup: Setup, label: str, merge: Hashable | None = None) -> None:
        """Set what a training run depends on.

        Parameters
        ----------
        setup : Setup
            What to set.
        label : str
            What was done, such as ``"y2 λ 0.3 → 3"``.
        merge : hashable, optional
            Changes with the same key that follow each other are one edit.
        """
        self._experiment(replace(self.state.experiment, setup=setup), label, merge)

    def set_scene(
        self,
        controls: Mapping[str, Any],
        losses: Iterable[LossSetting],
        label: str,
        descent: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the whole prediction, all losses and how they are followed, at once.

        Parameters
        ----------
        controls : mapping
            The controls that are not at their defaults.
        losses : iterable of LossSetting
            The losses that are shown; those that are shown now if there are none.
        label : str
            What was done.
        descent : mapping, optional
            The fields of `Descent` that are not at their defaults; as it is now if not given.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such control or loss, a value is not allowed, or two losses have one
            name.
        """
        self._experiment(with_scene(self.state.experiment, controls, losses, descent), label)

    def reset(self, names: Iterable[str]) -> None:
        """Put controls back to their defaults."""
        experiment = self.state.experiment
        known = controls_of(experiment.size)
        controls = {**experiment.controls, **{name: known[name].default for name in names}}
        self._experiment(replace(experiment, controls=controls), "Reset controls")

    def reset_controls(self) -> None:
        """Make the prediction the truth again."""
        experiment = self.state.experiment
        controls = complete_controls({}, experiment.size)
        self._experiment(replace(experiment, controls=controls), "Reset the prediction")

    def add_loss(self, name: str) -> str:
        """Show one more loss with λ = 1, at its place in the catalogue.

        For its parameters see `lossexplorer.session.shown_losses.one_more`.

        Parameters
        ----------
        name : str
            Its name in the catalogue.

        Returns
        -------
        str
            The name that it is shown under, such as ``"tversky_2"``.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, or it needs classes that exclude each other where they
            overlap.

        Examples
        --------
        >>> session = Session()
        >>> session.add_loss("dice"), session.store.undo_label
        ('dice_2', 'Add Dice 2')
        """
        loss, experiment = loss_named(name), self.state.experiment
        check_loss(experiment, loss)
        added = one_more(loss, experiment.losses)
        losses = in_order((*experiment.losses, added))
        self._experiment(replace(experiment, losses=losses), f"Add {added.heading}")
        return added.name

    def take_over(self, loss: str, parameters: Mapping[str, Any], label: str) -> str:
        """Have a loss with all these parameters, as one edit, and return its name.

        It is the one whose gradient is painted, if it is that loss, else the first of them that is
        shown, else one more.

        Parameters
        ----------
        loss : str
            Its name in the catalogue.
        parameters : mapping
            Every parameter's value.
        label : str
            What was done, such as ``"As MONAI · DiceLoss"``.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            As `add_loss`, or if a parameter does not fit the classes.
        """
        described, experiment = loss_named(loss), self.state.experiment
        check_loss(experiment, described)
        alike = [each for each in experiment.losses if each.loss == described.name]
        painted = [each for each in alike if each.name == self.state.view.loss]
        before = next(iter((*painted, *alike)), None) or one_more(described, experiment.losses)
        after = replace(before, parameters=described.complete(parameters))
        check_class_numbers(after, self.case)
        if alike:
            experiment = experiment.with_setting(after)
        else:
            experiment = replace(experiment, losses=in_order((*experiment.losses, after)))
        self._experiment(experiment, label)
        return after.name

    def rename_loss(self, name: str, title: str) -> None:
        """Call a loss that is shown otherwise.

        Parameters
        ----------
        name : str
            Its name among those shown.
        title : str
            What it is to be called; empty for the title that the program makes.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, it is not shown, or `renamed` refuses the title.

        Examples
        --------
        >>> session = Session()
        >>> session.rename_loss("dice", "Overlap")
        >>> session.state.experiment.title("dice"), session.store.undo_label
        ('Overlap', 'Rename Dice to Overlap')
        """
        experiment = self.state.experiment
        before = shown_setting(experiment, name)
        after = renamed(before, title, experiment.losses)
        self._experiment(
            experiment.with_setting(after), f"Rename {before.heading} to {after.heading}"
        )

    def remove_loss(self, name: str) -> None:
        """Show a loss no longer; what is looked at of it gives way, see `View.fitted`.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, it is not shown, or it is the only one.
        """
        experiment = self.state.experiment
        title = shown_setting(experiment, name).heading
        losses = tuple(setting for setting in experiment.losses if setting.name != name)
        if not losses:
            raise ParameterError(f"{title} is the only loss shown; add another one first.")
        descent = experiment.descent.fitted([setting.name for setting in losses])
        experiment = replace(experiment, losses=losses, descent=descent)
        self._experiment(experiment, f"Remove {title}")

    def show(self, **what: Any) -> None:
        """Choose what is shown: the attributes of `View` by name.

        Another sample is shown at its slice with most labelled voxels.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such loss, sample or pane, or the limit of a scale is not above 0.
        """
        state = self.state
        if not 0 < what.get("limit", 1.0) < math.inf:
            raise ParameterError("The end of a colour bar is a number above 0, such as 1e-5.")
        names = state.experiment.shown
        if what.get("loss", TOTAL) not in (TOTAL, *names):
            raise closest(what["loss"], [*names, TOTAL], "loss")
        if what.get("class_index", 1) < state.experiment.first_class:
            raise ParameterError("Where classes overlap, the background is no class.")
        view, case = replace(state.view, **what), self.case
        last_class = None if case is None else len(case.batch.names) - 1
        if view.panes != state.view.panes and view.panes != chosen(view.panes, names, last_class):
            raise ParameterError(
                f"Panes are 1 to {MOST_PANES} of losses and classes that are shown."
            )
        if case is not None and view.sample != state.view.sample:
            if not 0 <= view.sample < len(case.batch):
                raise ParameterError(
                    f"There is no sample {view.sample}: there are {len(case.batch)}, from 0."
                )
            view = replace(view, plane=fullest_plane(case, view.sample), crosshair=None)
        volume = None if case is None else case.batch[view.sample]
        self.store.change(
            replace(state, view=view.with_crosshair(volume)), f"Show {', '.join(what)}"
        )

    def go_to(self, voxel: tuple[int, int, int]) -> None:
        """Show the slices through a voxel (z, y, x), along the axis that is shown or along all."""
        plane = self.state.view.plane
        if plane is not None:
            self.show(plane=Plane(plane.axis, voxel[plane.axis]), crosshair=voxel)

    def _experiment(
        self, experiment: Experiment, label: str, merge: Hashable | None = None
    ) -> None:
        """Change the experiment; the view follows where it must."""
        old = self.state
        view = old.view.fitted(old.experiment, experiment)
        self.store.change(State(experiment, view), label, merge)
