"""The state once volumes are opened, or once those that are open are seen otherwise."""

from __future__ import annotations

from dataclasses import replace

from lossexplorer.predictions import acting_on_given, controls_of, fitting, without_room
from lossexplorer.session.class_numbers import fitting_class_numbers, fitting_output
from lossexplorer.session.overlapping import fitting_controls, fitting_losses, overlaps
from lossexplorer.session.shown_losses import default_losses
from lossexplorer.session.slices import fullest_plane
from lossexplorer.session.state import Experiment, State, View
from lossexplorer.volumes import Case


def opened(state: State, case: Case, seen_before: Case | None = None) -> State:
    """Return the state once a case is open.

    What does not fit it is put back to its default, and the rest stays, see
    `lossexplorer.session.Session.open`.

    Parameters
    ----------
    state : State
        The state before.
    case : Case
        What is to be open.
    seen_before : Case, optional
        The same volumes as they are seen before; class and slice stay where they can.
    """
    former = state.experiment
    experiment = _fitted(former, case)
    view = state.view.fitted(former, experiment)
    view = replace(view, against=experiment.against(state.view.against), descended=0)
    seen = _seen(view, case, seen_before, state)
    return State(experiment, seen.with_crosshair(case.batch[seen.sample]))


def _fitted(experiment: Experiment, case: Case) -> Experiment:
    """Return an experiment with another case, and with what fits that."""
    is_other = experiment.case is None or case.given is not experiment.case.given
    names, size = case.batch.names, case.batch.size
    controls = fitting(experiment.controls, names, experiment.size, size)
    defaults = controls_of(size)
    controls |= {name: defaults[name].default for name in without_room(case.batch[0].shape)}
    if case.given is not None and is_other:
        controls |= {name: defaults[name].default for name in acting_on_given()}
    losses = experiment.losses
    if overlaps(case):
        controls, losses = fitting_controls(controls), fitting_losses(losses, default_losses())
    losses = tuple(fitting_class_numbers(setting, case) for setting in losses)
    descent = experiment.descent.fitted([setting.name for setting in losses])
    setup = experiment.setup
    outputs = tuple(fitting_output(output, case.batch[0]) for output in setup.outputs)
    if outputs != setup.outputs:
        setup = replace(setup, outputs=outputs)
    return replace(
        experiment, case=case, controls=controls, losses=losses, descent=descent, setup=setup
    )


def _seen(view: View, case: Case, before: Case | None, state: State) -> View:
    """Return the view of other volumes, or of the same ones that are seen otherwise.

    The class that is shown stays if it still is one, by its name; of other volumes only if all
    names are the same. The slice stays where the same volumes keep their shapes.
    """
    names, left = case.batch.names, state.experiment.case
    chosen = min(1, len(names) - 1)
    if left is not None and (before is not None or left.batch.names == names):
        name = left.batch.names[state.view.class_index]
        chosen = names.index(name) if name in names else chosen
    if before is not None and view.plane is not None and _shapes(case) == _shapes(before):
        return replace(view, class_index=chosen)
    plane = fullest_plane(case, 0)
    return replace(view, sample=0, class_index=chosen, plane=plane, crosshair=None)


def _shapes(case: Case) -> list[tuple[int, ...]]:
    """Return the shapes of all samples."""
    return [sample.shape for sample in case.batch]
