"""One sample's way from labels to what is fused: each stage is kept until its controls change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.step.band import Band, Selection, rounded_up
from lossexplorer.engine.step.best_classes import (
    ENOUGH,
    MOST_LEFT_OUT,
    Best,
    Few,
    best_classes,
    suits,
)
from lossexplorer.engine.step.chunks import Counted, counted
from lossexplorer.engine.step.moving import Moves
from lossexplorer.engine.step.plan import Margins, Presented
from lossexplorer.engine.step.row_subset import RowSampler, RowSubset
from lossexplorer.engine.step.rows import Field, Layout
from lossexplorer.predictions import (
    CONTROLS,
    DEGRADATIONS,
    FAR,
    Degradation,
    Grid,
    Recipe,
    Values,
    acting_on,
    each_class_scores,
    follow,
    lead_needed,
    recipe,
    shift_lengths,
    shift_outside,
    shift_steps,
    tensors,
)

Tensor = Any
Labels = NDArray[np.unsignedinteger]

_SHIFT = DEGRADATIONS["shift"]


class Simulation:
    """One sample and its prediction, simulated or given.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        Of the volume.
    given : array, optional
        A prediction instead of a simulated one: class indices, shape (z, y, x), or float32
        probabilities, shape (class, z, y, x).
    """

    def __init__(self, labels: Labels, grid: Grid, given: NDArray[Any] | None = None) -> None:
        self._labels, self._grid = labels, grid
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._given = None if given is None else _probabilities(given, grid)
        if given is None:
            # What takes longest is done when the volume is loaded.
            self.present({name: control.default for name, control in CONTROLS.items()})

    def present(self, values: Values, *, exact: bool = True) -> Presented:
        """Return the sample with the controls' values.

        Parameters
        ----------
        values : mapping
            Every control's value.
        exact : bool
            Whether all classes are to be summed where a few would nearly do.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If a value does not fit the classes.
        """
        margins = self._margins(values)
        simulated = self._given is None and not _active("field", values)
        chosen = recipe(values, simulated=simulated)
        made = tensors(chosen, values, self._grid)
        noise = self._noise(chosen, values, margins)
        rim = self._rim(values, margins)
        source, moves, selection = self._prediction(values, margins, noise, simulated=simulated)
        # What the rim makes of the truth is looked at in every voxel.
        selection = None if rim else selection
        truth = self._truth(values, margins)
        stays = moves is None and source is self._distances(values)
        suited = not exact and rim is None and suits(chosen) and stays
        classes = self._most_classes(source) if suited else source.layout.classes
        every = self._counted(source.layout, selection)
        sample = None if exact or rim else self._sample(every, margins, truth, classes)
        rows = sample.counted if sample else every
        arrays = {
            name: {key: backend.to_device(array) for key, array in each.items()}
            for name, each in made.items()
        }
        few, left_out = None, 0.0
        if suited:
            few = self._few(source, rows, values)
            left_out = few.left_out(chosen, arrays) if few else 0.0
        return Presented(
            recipe=chosen,
            values=arrays,
            source=source,
            moves=moves,
            labels=self._label_rows(margins),
            truth=truth,
            noise={name: field for name, (field, _) in noise.items()},
            rim=rim,
            rim_share=values["rim_share"],
            margins=margins,
            counted=rows,
            few=few if left_out <= MOST_LEFT_OUT else None,
            left_out=left_out,
            sample=sample,
        )

    def _prediction(
        self,
        values: Values,
        margins: Margins,
        noise: Mapping[str, tuple[Field, float]],
        *,
        simulated: bool,
    ) -> tuple[Field, Moves | None, Selection | None]:
        """Return what the recipe starts from, how it is moved, and which rows to compute.

        Scores that are merely shifted stay where they are, and voxels are read from where they
        come.
        """
        if not simulated:
            return self._probabilities(values, margins), None, None
        largest = {name: size for name, (_, size) in noise.items()}
        moved = _active("scores", values) == [_SHIFT] and not any(margins)
        source = self._scores(values, margins, shifted=not moved)
        lead = rounded_up(lead_needed(values, self._grid, largest, moved=moved))
        if not moved:
            return source, None, self._selection(source, margins, lead)
        z, y, x = map(rounded_up, shift_lengths(values, self._grid))
        selection = self._selection(source, margins, lead, (z, y, x))
        return source, self._moves(source, values), selection

    def _moves(self, source: Field, values: Values) -> Moves:
        layout, grid = source.layout, self._grid
        steps = shift_steps(layout.shape, grid, values)

        def made() -> Field:
            outside = shift_outside(layout.shape, grid, values)
            stays = np.zeros((1, layout.classes))
            return Field(layout, [outside], 1, outside.dtype, stays)

        axes = [axis for axis in "zyx" if values[f"shift_{axis}"]]
        places = (*axes, *steps["inner"], *steps["outer"])
        return Moves(source, self._keep("outside", places, made), steps)

    def _keep(self, stage: str, key: Any, make: Callable[[], Any]) -> Any:
        """Return what a stage made, made anew if what it depends on has changed."""
        known = self._kept.get(stage)
        if known is None or known[0] != key:
            self._kept.pop(stage, None)  # the old one makes room before the new one is there
            self._kept[stage] = known = (key, make())
        return known[1]

    def _probabilities(self, values: Values, margins: Margins) -> Field:
        """Return the probabilities of the whole volume, in rows."""
        stages: tuple[Any, ...] = ("field",)
        if self._given is None:
            stages = ("labels", "scores", "fused scores", "decision", "field")
        acting = [each for stage in stages for each in _active(stage, values)]
        field: Field = self._keep(
            "source",
            ("probabilities", _values_of(acting, values), margins),
            lambda: self._field(self._smoothed(values), margins, sure=1.0, others=0.0),
        )
        return field

    def _scores(self, values: Values, margins: Margins, *, shifted: bool) -> Field:
        """Return the scores, in rows."""
        acting = [each for each in _active("scores", values) if shifted or each is not _SHIFT]
        if not acting and not any(margins):
            return self._distances(values)
        key = _values_of([*_active("labels", values), *acting], values)
        field: Field = self._keep(
            "source",
            ("scores", key, margins),
            lambda: self._field(self._placed(values), margins, sure=FAR, others=-FAR),
        )
        return field

    def _field(
        self, parts: Iterable[NDArray[np.float32]], margins: Margins, *, sure: float, others: float
    ) -> Field:
        """Return scores or probabilities in rows; beyond the volume it is certain background."""
        classes = self._grid.classes
        certain = np.where(np.eye(classes, dtype=bool), sure, others)
        extended = (
            _extended(part, margins, others if index else sure) for index, part in enumerate(parts)
        )
        return Field(self._layout(margins), extended, classes, np.float32, certain)

    def _distances(self, values: Values) -> Field:
        """Return the scores before anything acts on them, in rows."""

        def made() -> Field:
            labels, grid = self._degraded(values), self._grid
            scores = each_class_scores(labels, grid.classes, grid.spacing)
            return self._field(scores, (0, 0, 0), sure=FAR, others=-FAR)

        key = _values_of(_active("labels", values), values)
        field: Field = self._keep("distances", key, made)
        return field

    def _degraded(self, values: Values) -> Labels:
        labels = self._labels
        for each in _active("labels", values):
            labels = each.apply(labels, self._grid, values)
        return labels

    def _layout(self, margins: Margins) -> Layout:
        z, y, x = (
            length + 2 * margin for length, margin in zip(self._labels.shape, margins, strict=True)
        )
        return Layout((z, y, x), self._grid.classes)

    def _placed(self, values: Values) -> NDArray[np.float32]:
        """Return the scores of the whole volume, shape (class, z, y, x)."""
        scores = self._distances(values).whole()
        for each in _active("scores", values):
            scores = each.apply(scores, self._grid, values)
        found: NDArray[np.float32] = backend.to_numpy(scores)
        return found

    def _selection(
        self, source: Field, margins: Margins, lead: float, entering: Spacing = (0.0, 0.0, 0.0)
    ) -> Selection | None:
        band: Band = self._keep(
            "band",
            source,
            lambda: Band(source, self._label_rows(margins), self._grid.spacing),
        )
        made: Selection | None = self._keep(
            "selection", (band, lead, entering), lambda: band.select(lead, entering)
        )
        return made

    def _counted(self, layout: Layout, selection: Selection | None) -> Counted:
        made: Counted = self._keep(
            "counted", (layout.shape, selection), lambda: counted(layout, selection)
        )
        return made

    def _sample(
        self, every: Counted, margins: Margins, truth: NDArray[np.float64], classes: int
    ) -> RowSubset | None:
        """Return some rows, if all would take too long while the hand moves."""
        labels = self._label_rows(margins)
        sampler: RowSampler = self._keep("sampler", labels, lambda: RowSampler(labels, truth))
        made: RowSubset | None = self._keep(
            "sample", (every, sampler, classes), lambda: sampler.sample(every, classes)
        )
        return made

    def _most_classes(self, source: Field) -> int:
        """Return how many classes of a row are looked at at most."""
        k, classes = best_classes(), source.layout.classes
        return k + 1 if 0 < k < classes // 2 else classes

    def _few(self, source: Field, rows: Counted, values: Values) -> Few | None:
        """Return what to sum instead of all classes, if it is much less."""
        k = self._most_classes(source) - 1
        if k == source.layout.classes - 1:
            return None
        labels = self._label_rows((0, 0, 0))
        best: Best = self._keep("best", source, lambda: Best(source, labels, k))
        if not best.enough:
            return None
        lead = rounded_up(lead_needed(values, self._grid, {}, moved=False, certain=ENOUGH))
        few: Few = self._keep("few", (best, rows, lead), lambda: best.few(rows, lead))
        return few

    def _decided(self, values: Values) -> NDArray[np.float32]:
        """Return the probabilities of the whole volume before anything acts on them."""
        chosen = recipe(values, simulated=True)
        chosen = Recipe(chosen.before, chosen.hard, ())
        arrays = tensors(chosen, values, self._grid)
        made = self._noise(chosen, values, (0, 0, 0))
        noise = {name: field.whole() for name, (field, _) in made.items()}
        parts = []
        scores = self._placed(values)
        for z in range(scores.shape[1]):
            plane = {name: field[:, z] for name, field in noise.items()}
            source = backend.to_device(scores[:, z])
            parts.append(backend.to_numpy(follow(chosen, source, arrays, plane)[0]))
        return np.stack(parts, axis=1)

    def _smoothed(self, values: Values) -> NDArray[np.float32]:
        """Return probabilities after what acts on whole fields, shape (class, z, y, x)."""
        p = self._decided(values) if self._given is None else self._given
        for each in _active("field", values):
            p = each.apply(p, self._grid, values)
        return p

    def _noise(
        self, chosen: Recipe, values: Values, margins: Margins
    ) -> dict[str, tuple[Field, float]]:
        """Return the random fields, and the largest magnitude of each."""
        found = {}
        for name, _ in chosen.steps:
            each = DEGRADATIONS[name]
            make = each.noise
            if make is not None:
                key = (*(values[control] for control in each.noise_controls), margins)
                found[name] = self._keep(
                    f"noise {name}", key, partial(self._random_field, make, values, margins)
                )
        return found

    def _random_field(
        self, make: Callable[..., Any], values: Values, margins: Margins
    ) -> tuple[Field, float]:
        """Return a random field and its largest magnitude."""
        made = make(self._labels.shape, self._grid, values)
        parts = [_extended(part, margins, 0.0) for part in made]
        nothing = np.zeros((len(made), self._grid.classes))
        largest = float(np.abs(made).max(initial=0))
        return Field(self._layout(margins), parts, len(made), np.float32, nothing), largest

    def rim(self, values: Values) -> Labels | None:
        """Return what a share of the truth is instead, shape (z, y, x); None if nothing is."""
        active = _active("truth", values)
        if not active:
            return None

        def made() -> Labels:
            labels = self._labels
            for each in active:
                labels = each.apply(labels, self._grid, values)
            return labels

        labels: Labels = self._keep("rim", values["rim"], made)
        return labels

    def _rim(self, values: Values, margins: Margins) -> Field | None:
        rim = self.rim(values)
        if rim is None:
            return None
        field: Field = self._keep(
            "rim in rows", (values["rim"], margins), lambda: self._label_field(rim, margins)
        )
        return field

    def _label_rows(self, margins: Margins) -> Field:
        field: Field = self._keep(
            "labels in rows", margins, lambda: self._label_field(self._labels, margins)
        )
        return field

    def _label_field(self, labels: Labels, margins: Margins) -> Field:
        extended = _extended(labels, margins, 0)
        classes = np.arange(self._grid.classes)[None]
        return Field(self._layout(margins), [extended], 1, labels.dtype, classes)

    def _truth(self, values: Values, margins: Margins) -> NDArray[np.float64]:
        """Return how many voxels each class has, shape (class,), a rim's by its share."""
        rim = self.rim(values)
        counts: list[NDArray[np.float64]] = self._keep(
            "truth",
            (margins, values["rim"]),
            lambda: [
                self._class_counts(labels, margins)
                for labels in (self._labels, rim)
                if labels is not None
            ],
        )
        share = values["rim_share"]
        return counts[0] if rim is None else (1 - share) * counts[0] + share * counts[1]

    def _class_counts(self, labels: Labels, margins: Margins) -> NDArray[np.float64]:
        # Plane by plane: counting takes eight bytes for each voxel.
        planes = _extended(labels, margins, 0)
        counts = [np.bincount(plane.reshape(-1), minlength=self._grid.classes) for plane in planes]
        found: NDArray[np.float64] = np.sum(counts, axis=0, dtype=np.float64)
        return found

    def _margins(self, values: Values) -> Margins:
        margins: Margins = (0, 0, 0)
        for each in _active("extent", values):
            margins = each.apply(self._labels.shape, self._grid, values)
        return margins


def _active(stage: Any, values: Values) -> list[Degradation]:
    return [each for each in acting_on(stage) if not each.idle(values)]


def _values_of(degradations: list[Degradation], values: Values) -> tuple[Any, ...]:
    return tuple(values[control.name] for each in degradations for control in each.controls)


def _probabilities(given: NDArray[Any], grid: Grid) -> NDArray[np.float32]:
    if given.ndim == 4:
        return given
    return np.stack([given == index for index in range(grid.classes)]).astype(np.float32)


def _extended(field: NDArray[Any], margins: Margins, beyond: float) -> NDArray[Any]:
    """Return a field (z, y, x) with planes added, or planes taken away, at both ends."""
    kept = field[tuple(slice(-m, m) if m < 0 else slice(None) for m in margins)]
    wider = [(max(m, 0), max(m, 0)) for m in margins]
    return np.pad(kept, wider, constant_values=beyond) if any(map(any, wider)) else kept
