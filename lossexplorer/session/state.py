"""Everything that the user has set: the experiment and the view, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from lossexplorer.core.lengths import ANY_SIZE, VolumeSize
from lossexplorer.engine.messages import (
    TOTAL,
    Descent,
    LossSetting,
    MapRequest,
    MapSubject,
    Plane,
    Reference,
    Voxel,
    untitled,
)
from lossexplorer.engine.questions import Descended, Maps, Norms
from lossexplorer.learning.setup import Setup
from lossexplorer.losses import WithRespectTo
from lossexplorer.predictions import acting_on_given, complete_controls, without_room
from lossexplorer.session.appearance import Appearance
from lossexplorer.session.overlapping import degradation_of, overlaps
from lossexplorer.session.panes import DEFAULT_PANES, MOST_OF_THREE_PLANES, Pane, chosen
from lossexplorer.session.shown_losses import default_losses
from lossexplorer.session.slices import crosshair_of_class
from lossexplorer.session.words import loss_in_words
from lossexplorer.volumes import Case, LabelVolume

Layout = Literal["side by side", "overlaid"]
Workspace = Literal["explore", "learn"]
Scale = Literal["automatic", "shared", "fixed"]
SideConvention = Literal["as stored", "radiological", "neurological"]
Planes = Literal["one", "three"]
Point = tuple[float, float, float]
"""A place along z, y, x in voxels; whole numbers are the centres of voxels."""
WORKSPACES: tuple[Workspace, ...] = ("explore", "learn")
"""Every workspace, in the order of the switch."""


@dataclass(frozen=True)
class Experiment:
    """What numbers depend on.

    Attributes
    ----------
    case : Case or None
        The open volumes, with the selection of classes, the patches and the given prediction.
    controls : mapping
        Every control's value, seeds among them: lengths in mm, classes as indices.
    losses : tuple of LossSetting
        Parameters and weight of every loss shown, in the order of `in_order`. A loss may be shown
        more than once; its name among those shown is in it once.
    setup : Setup
        What a training run depends on, beside the volumes.
    descent : Descent
        How the prediction's logits descend.
    """

    case: Case | None = None
    controls: Mapping[str, Any] = field(default_factory=lambda: complete_controls({}))
    losses: tuple[LossSetting, ...] = field(default_factory=default_losses)
    setup: Setup = field(default_factory=Setup)
    descent: Descent = field(default_factory=Descent)

    @property
    def size(self) -> VolumeSize:
        """The size of the open volume, which the ranges of lengths follow."""
        return ANY_SIZE if self.case is None else self.case.batch.size

    def descends_as(self, other: Experiment) -> bool:
        """Return whether a descent has the same start and passes through the same logits."""
        return (
            self.case is other.case
            and self.controls == other.controls
            and untitled(self.losses) == untitled(other.losses)
            and self.descent.path == other.descent.path
        )

    @property
    def overlaps(self) -> bool:
        """Whether classes may overlap."""
        return overlaps(self.case)

    @property
    def first_class(self) -> int:
        """The index of the first class that is shown: the background is none where they overlap."""
        return 1 if self.overlaps else 0

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the losses shown."""
        return tuple(setting.name for setting in self.losses)

    def quick_losses(self, chosen: str) -> tuple[LossSetting, ...]:
        """Return the losses that a plot has computed: of the whole field only what is chosen.

        Parameters
        ----------
        chosen : str
            The name of a loss, or `TOTAL`, of which those with a weight are part.
        """
        return tuple(
            each
            for each in self.losses
            if each.described.kind != "field"
            or each.name == chosen
            or (chosen == TOTAL and each.weight)
        )

    def setting(self, loss: str) -> LossSetting:
        """Return the setting of a loss that is shown, by its name among them."""
        return next(setting for setting in self.losses if setting.name == loss)

    def title(self, loss: str) -> str:
        """Return what a loss that is shown is called, see `loss_in_words`."""
        return loss_in_words(loss, self.losses)

    def value(self, reference: Reference) -> Any:
        """Return what a control or a shown loss's parameter is set to."""
        if reference.loss is None:
            return self.controls[reference.name]
        return self.setting(reference.loss).parameters[reference.name]

    @property
    def without_room(self) -> tuple[str, ...]:
        """The controls that have no meaning here, because a volume has one voxel along an axis."""
        return () if self.case is None else without_room(self.case.batch[0].shape)

    def against(self, moved: Reference) -> Reference:
        """Return what curves are drawn against where this was moved last.

        It is what was moved, unless that is not one number here, its loss is not shown, or it does
        not act on a prediction from a file or on overlapping classes; then it is the control that
        curves start with.
        """
        is_given = self.case is not None and self.case.given is not None
        if moved.loss is not None:
            fits = moved.loss in self.shown
        else:
            acts = not is_given or moved.name in acting_on_given()
            acts = acts and not (self.overlaps and degradation_of(moved.name).exclusive)
            fits = acts and not isinstance(self.controls[moved.name], tuple)
            fits = fits and moved.name not in self.without_room
        if fits:
            return moved
        return Reference("confidence") if is_given else View.against

    def fitting_axes(self, axes: tuple[Reference, Reference]) -> tuple[Reference, Reference]:
        """Return what a landscape is over: each axis is as in `against`, and they are two."""
        first = self.against(axes[0])
        others = (axes[1], *map(Reference, ("shift_y", "confidence", "temperature", "softness")))
        second = next(each for each in others if each != first and self.against(each) == each)
        return first, second

    def with_value(self, reference: Reference, value: Any) -> Experiment:
        """Return the experiment with another value of a control or a shown loss's parameter."""
        if reference.loss is None:
            return replace(self, controls={**self.controls, reference.name: value})
        parameters = {**self.setting(reference.loss).parameters, reference.name: value}
        return self.with_setting(replace(self.setting(reference.loss), parameters=parameters))

    def with_setting(self, setting: LossSetting) -> Experiment:
        """Return the experiment with another setting of a shown loss."""
        losses = tuple(setting if s.name == setting.name else s for s in self.losses)
        return replace(self, losses=losses)


@dataclass(frozen=True)
class View:
    """What is looked at.

    Attributes
    ----------
    loss : str
        The name among those shown of the loss whose gradient is painted, or ``"total"``.
    class_index : int
        The class that is painted.
    wrt : {"probability", "logit"}
        What the gradient is with respect to.
    plane : Plane or None
        The slice on screen; None for the volume in 3D.
    sample : int
        Which of the batch's samples is on screen.
    layout : {"side by side", "overlaid"}
        How the layers are arranged.
    against : Reference
        What the response curves are drawn against: what was moved last.
    axes : tuple of Reference
        What the landscape is over, along its bottom and its left.
    line : tuple of tuple of int, or None
        The first voxel and the last, (z, y, x), of the line that a profile is along; None for the
        row of the slice that has most of the class.
    workspace : {"explore", "learn"}
        Whether losses are explored or a network is trained.
    output : str
        The network's output that is shown in Learn.
    descended : int
        How many steps the prediction that is shown has descended; 0 for the start.
    scale : {"automatic", "shared", "fixed"}
        What the ends of the gradient's colours follow: the map that is shown, the widest of all
        losses or outputs shown, or nothing.
    limit : float
        The gradient at the high end of its colours where the scale is fixed, above 0.
    panes : tuple of Pane
        What is shown side by side, from the upper left to the lower right.
    convention : {"as stored", "radiological", "neurological"}
        How slices are turned on the screen: as the file has them, or with the patient's right on
        the left or on the right.
    pinned : tuple of int, or None
        The voxel (z, y, x) whose values are listed on the canvas; None for none.
    ruler : tuple of tuple of float, or None
        Both ends of the ruler on the canvas, along z, y, x in voxels; None for none.
    appearance : Appearance
        How maps and image look on the canvas.
    planes : {"one", "three"}
        Whether a pane shows `plane` alone, or beside it the slices across it.
    crosshair : tuple of int, or None
        The voxel (z, y, x) through which three planes go; its index along the axis of `plane` is
        that of `plane`. None until there are three.
    """

    loss: str = "dice"
    class_index: int = 1
    wrt: WithRespectTo = "logit"
    plane: Plane | None = None
    sample: int = 0
    layout: Layout = "side by side"
    against: Reference = Reference("shift_x")  # noqa: RUF009 - a frozen value
    axes: tuple[Reference, Reference] = (Reference("shift_x"), Reference("shift_y"))
    line: tuple[Voxel, Voxel] | None = None
    workspace: Workspace = "explore"
    output: str = "y1"
    descended: int = 0
    scale: Scale = "automatic"
    limit: float = 1.0
    panes: tuple[Pane, ...] = DEFAULT_PANES
    convention: SideConvention = "as stored"
    pinned: Voxel | None = None
    ruler: tuple[Point, Point] | None = None
    appearance: Appearance = Appearance()  # noqa: RUF009 - a frozen value
    planes: Planes = "one"
    crosshair: Voxel | None = None

    def within(self, shape: tuple[int, ...]) -> View:
        """Return the view without places that lie outside a sample of a shape (z, y, x)."""

        def has(point: Point) -> bool:
            return all(-0.5 <= at < n - 0.5 for at, n in zip(point, shape, strict=True))

        line = self.line if self.line is not None and all(map(has, self.line)) else None
        pinned = self.pinned if self.pinned is not None and has(self.pinned) else None
        ruler = self.ruler if self.ruler is not None and all(map(has, self.ruler)) else None
        return replace(self, line=line, pinned=pinned, ruler=ruler)

    @property
    def shows_three(self) -> bool:
        """Whether panes show three planes: side by side and in Explore, as long as none is 3D."""
        beside = self.layout == "side by side" and self.workspace == "explore"
        return self.planes == "three" and beside and None not in (self.plane, self.crosshair)

    @property
    def across(self) -> tuple[Plane, ...]:
        """The slices that are shown beside `plane`, which is one of the three."""
        if not self.shows_three:
            return ()
        assert self.crosshair is not None
        assert self.plane is not None
        axes = (axis for axis in range(3) if axis != self.plane.axis)
        return tuple(Plane(axis, self.crosshair[axis]) for axis in axes)

    @property
    def seen_panes(self) -> tuple[Pane, ...]:
        """The panes of which there is room: of three planes the first few."""
        return self.panes[:MOST_OF_THREE_PLANES] if self.shows_three else self.panes

    def with_crosshair(self, volume: LabelVolume | None) -> View:
        """Return the view with a crosshair in its slice, once three planes were chosen.

        Parameters
        ----------
        volume : LabelVolume or None
            What is on screen.
        """
        is_needed = self.planes == "three" or self.crosshair is not None
        if not is_needed or self.plane is None or volume is None:
            return self
        voxel = self.crosshair or crosshair_of_class(volume, self.class_index, self.plane)
        at = dict(enumerate(voxel)) | {self.plane.axis: self.plane.index}
        return replace(self, crosshair=(at[0], at[1], at[2]))

    def fitted(self, before: Experiment, after: Experiment) -> View:
        """Return the view with nothing in it that an experiment lacks.

        If the painted loss is shown no longer, its neighbour is painted; for the curves see
        `Experiment.against`.

        Parameters
        ----------
        before, after : Experiment
            The one that the view fits, and the one that it is to fit.
        """
        axes = after.fitting_axes(self.axes)
        view = replace(self, against=after.against(self.against), axes=axes)
        if not after.descends_as(before):
            view = replace(view, descended=0)
        outputs = tuple(output.name for output in after.setup.outputs)
        if view.output not in outputs:
            view = replace(view, output=outputs[0])
        if view.loss != TOTAL and view.loss not in after.shown:
            place = before.shown.index(view.loss) if view.loss in before.shown else 0
            view = replace(view, loss=after.shown[min(place, len(after.shown) - 1)])
        last_class = None if after.case is None else len(after.case.batch.names) - 1
        view = replace(view, panes=chosen(view.panes, after.shown, last_class))
        if after.case is not None:
            last = len(after.case.batch.names) - 1
            sample = min(view.sample, len(after.case.batch) - 1)
            shown = min(max(view.class_index, after.first_class), last)
            shape = after.case.batch[sample].labels.shape
            view = replace(view, class_index=shown, sample=sample).within(shape)
            if view.crosshair is not None:
                z, y, x = (
                    min(max(at, 0), n - 1) for at, n in zip(view.crosshair, shape, strict=True)
                )
                view = replace(view, crosshair=(z, y, x))
            if view.plane is not None:
                index = min(view.plane.index, shape[view.plane.axis] - 1)
                view = replace(view, plane=Plane(view.plane.axis, index))
        return view


@dataclass(frozen=True)
class State:
    """What the user has set, and what is open.

    Attributes
    ----------
    experiment : Experiment
        What numbers depend on.
    view : View
        What is looked at.
    """

    experiment: Experiment = field(default_factory=Experiment)
    view: View = field(default_factory=View)

    @property
    def volume(self) -> LabelVolume | None:
        """The sample that is on screen."""
        case = self.experiment.case
        return None if case is None else case.batch[self.view.sample]

    @property
    def class_in_words(self) -> str:
        """The name of the class shown, and of several samples the one on screen; something is open.

        Examples
        --------
        >>> from lossexplorer.volumes import open_case
        >>> experiment = Experiment(open_case(["sample:imbalance"]))
        >>> State(experiment, View(class_index=1, sample=1)).class_in_words
        'structure of sample 2'
        """
        case, view = self.experiment.case, self.view
        assert case is not None
        name = case.batch.names[view.class_index]
        return f"{name} of sample {view.sample + 1}" if len(case.batch) > 1 else name

    def maps(self) -> Maps | None:
        """Return the question that this state is, or None while nothing is open."""
        return self._maps

    @cached_property
    def _maps(self) -> Maps | None:
        experiment, view = self.experiment, self.view
        if experiment.case is None:
            return None
        painted = MapRequest(view.loss, view.class_index, view.wrt, view.plane, view.sample)
        further = self._further(painted)
        painted = replace(painted, further=further, across=view.across, voxel=view.pinned)
        asked = (experiment.case.key, experiment.controls, experiment.losses, painted)
        if view.descended:
            return Descended(*asked, experiment.descent, view.descended)
        return Maps(*asked)

    def at(self, voxel: Voxel) -> State:
        """Return the state in which another voxel is pinned, and its slice shown."""
        plane = self.view.plane
        if plane is not None:
            plane = Plane(plane.axis, voxel[plane.axis])
        return replace(self, view=replace(self.view, pinned=voxel, plane=plane))

    def _further(self, painted: MapRequest) -> tuple[MapSubject, ...]:
        """Return what the panes need beside the maps that are painted in any case."""
        overlapping, found = self.experiment.overlaps, dict[MapSubject, None]()
        for pane in self.view.seen_panes if self.view.layout == "side by side" else ():
            needed = pane.subjects(painted.loss, painted.class_index, overlaps=overlapping)
            found |= dict.fromkeys(needed)
        return tuple(subject for subject in found if subject not in painted.subjects)

    def norms(self) -> Norms | None:
        """Return the question for the gradients' norms, the same whatever λ is."""
        experiment = self.experiment
        if experiment.case is None:
            return None
        losses = tuple(replace(setting, weight=1.0) for setting in experiment.losses)
        return Norms(experiment.case.key, experiment.controls, losses)


@dataclass(frozen=True)
class Change:
    """One change of the state.

    Attributes
    ----------
    old, new : State
        Before and after; they differ.
    label : str
        What was done, as it is named in the Edit menu.
    begins_anew : bool
        Whether the edit history begins after it, as where other volumes are opened.
    """

    old: State
    new: State
    label: str
    begins_anew: bool = False

    @property
    def shows_another_volume(self) -> bool:
        """Whether another case was opened, or another sample of it is on screen."""
        old, new = self.old, self.new
        return new.experiment.case is not old.experiment.case or new.view.sample != old.view.sample

    @property
    def is_of_controls_alone(self) -> bool:
        """Whether nothing but controls was set, as by most sliders."""
        old, new = self.old.experiment, self.new.experiment
        others = ("case", "losses", "setup", "descent")
        is_so = all(getattr(new, name) is getattr(old, name) for name in others)
        return is_so and self.new.view == self.old.view
