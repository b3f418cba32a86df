"""The description of a degradation: its controls, its place in the order and its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number, Parameter, Spacing
from lossexplorer.predictions._displacement import Displacement
from lossexplorer.predictions._scores import Planes

Tensor = Any
Values = Mapping[str, Any]
"""Every control's value by name."""

Once = Callable[[Any], Any]
"""Returns tensors, in any structure, unchanged, and makes sure that they are computed once.

Otherwise a compiler recomputes a reduction over the classes for each class that uses its result.
"""


def unchanged(tensors: Any) -> Any:
    """Return tensors unchanged; without a compiler they are computed once anyway."""
    return tensors


ActsOn = Literal[
    "labels",
    "scores",
    "fused scores",
    "decision",
    "field",
    "fused probabilities",
    "truth",
    "extent",
]

Group = Literal["place", "boundary", "probability", "turn", "objects", "classes", "truth", "extent"]

GROUPS: Mapping[str, str] = {
    "place": "Place",
    "boundary": "Boundary",
    "probability": "Probability",
    "turn": "Rotation and scale",
    "objects": "Objects",
    "classes": "Classes",
    "truth": "Truth",
    "extent": "Extent",
}
"""The headings under which degradations are shown, in this order."""

ON_GIVEN: frozenset[ActsOn] = frozenset({"field", "fused probabilities", "truth", "extent"})
"""The values of `acts_on` with which a degradation also acts on a given prediction."""


@dataclass(frozen=True)
class Grid:
    """The properties of the volume that a degradation needs.

    Attributes
    ----------
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    classes : int
        Number of classes, background included.
    sample : int
        The index of the sample in the batch, so that random numbers differ between samples.
    samples : int
        How many samples the batch has; of overlapping classes, times the classes.
    """

    spacing: Spacing
    classes: int
    sample: int = 0
    samples: int = 1

    def chance(self, seed: float, stream: int) -> np.random.Generator:
        """Return a generator of random numbers, determined by seed, stream and sample."""
        return np.random.default_rng([int(seed), stream, self.sample])


Prepare = Callable[[Values, Grid], dict[str, NDArray[np.float64]]]
Lead = Callable[[float, Values, Grid, float], float]
Noise = Callable[[tuple[int, int, int], Grid, Values], NDArray[np.float32]]
PlanesNeeded = Callable[[NDArray[np.unsignedinteger], Grid, Values, Planes], Planes]
Displaces = Callable[[Values, Grid], Displacement]


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """One way in which predictions fail.

    Attributes
    ----------
    name, title : str
        The identifier and the words in the window.
    summary : str
        One sentence for tooltip and docs about the effect on the prediction.
    group : str
        One of `GROUPS`.
    order : int
        The place among all degradations: the one with the lower number acts first.
    controls : tuple of Parameter
        The controls.
    strength : tuple of str
        The controls that decide whether the degradation acts: while all these are at their
        defaults, it changes nothing, whatever the values of its other controls.
    acts_on : str
        What the degradation changes, which also determines the form of `apply`:

        - ``"labels"``: ``apply(labels, grid, values)`` on class indices (z, y, x) of the truth.
        - ``"scores"``: ``apply(score, labels, grid, values, planes, wanted)`` on the scores of one
          class in mm, (z, y, x), with `planes` beyond the volume's border; the result has `wanted`
          planes. The labels are those in which the scores were measured.
        - ``"fused scores"``: ``apply(scores, values, noise)`` on scores (class, …), voxel by voxel.
        - ``"decision"``: the softmax, which the simulation computes with the value of the control.
        - ``"field"``: ``apply(p, grid, values)`` on probabilities (class, z, y, x), as an array.
        - ``"fused probabilities"``: ``apply(p, log_p, values, noise)``, voxel by voxel; it returns
          probabilities and their logarithms.
        - ``"truth"``: ``apply(labels, grid, values)`` returns the labels with their rim, which
          replace a share of the truth.
        - ``"extent"``: ``apply(shape, grid, values)`` returns how many planes each axis gains at
          both ends, negative if it loses them.

        In the fused forms `values` has the results of `prepare` as tensors, and the `options`.
    apply : callable
        See `acts_on`.
    prepare : callable, optional
        Makes the arrays that a fused function takes from values and grid; by default a float64
        scalar for each control in `strength`. They are passed as tensors, so moving a slider
        compiles nothing.
    options : tuple of str
        Controls for whose values a fused function is compiled.
    noise : callable, optional
        Makes the random field (k, z, y, x) that a fused function takes.
    noise_controls : tuple of str
        The controls that the random field depends on.
    lead : callable, optional
        ``lead(after, values, grid, largest)``: the lead that the best class needs before the
        degradation, in any voxel, to have the lead `after` behind it; infinite if there is no
        bound. Leads are differences of scores in mm, or of logits behind the decision; `largest`
        is the largest magnitude of the random field, 0 if there is none. By default a lead stays
        the same: voxels of certain and equal prediction stay equal.
    reach : callable, optional
        ``reach(labels, grid, values, wanted)``, for a degradation of scores: the planes beyond the
        border that its `apply` takes for those `wanted`.
    displacement : callable, optional
        ``displacement(values, grid)``, if the degradation is a displacement of the scores and
        `apply` applies it. If no other degradation acts on the scores, the engine then reads
        each voxel's scores at the displaced place instead of moving the volume.
    always : bool
        Whether a fused function is also applied at the defaults, because it costs little and the
        first move of its slider should not wait for a compilation.
    by_class : bool
        Whether a fused function has the same effect on some classes, including the background and
        the best class, as on all classes; a class of no score stands for the others. Arrays of
        shape (class,) then have the values of the classes that are passed.
    exclusive : bool
        Whether the degradation needs classes that exclude each other.
    citation : str
        The source; empty if there is none.
    moves : mapping of str to str
        The axes along which a control moves voxels. It has no meaning in a volume that has one
        voxel along one of them.
    """

    name: str
    title: str
    summary: str
    group: Group
    order: int
    controls: tuple[Parameter, ...]
    strength: tuple[str, ...]
    acts_on: ActsOn
    apply: Callable[..., Any]
    prepare: Prepare | None = None
    options: tuple[str, ...] = ()
    noise: Noise | None = None
    noise_controls: tuple[str, ...] = ()
    lead: Lead | None = None
    reach: PlanesNeeded | None = None
    displacement: Displaces | None = None
    always: bool = False
    by_class: bool = False
    exclusive: bool = False
    citation: str = ""
    moves: Mapping[str, str] = field(default_factory=dict)

    @property
    def on_given(self) -> bool:
        """Whether the degradation also acts on a given prediction."""
        return self.acts_on in ON_GIVEN

    def idle(self, values: Values) -> bool:
        """Return whether the degradation changes nothing with these values."""
        defaults = {control.name: control.default for control in self.controls}
        return all(_is_default(values[name], defaults[name]) for name in self.strength)

    def lead_before(self, after: float, values: Values, grid: Grid, largest: float = 0.0) -> float:
        """Return the lead that a class needs before the degradation to have `after` behind it."""
        return after if self.lead is None else self.lead(after, values, grid, largest)

    def prepared(self, values: Values, grid: Grid) -> dict[str, NDArray[np.float64]]:
        """Return the arrays that a fused function takes."""
        if self.prepare is not None:
            return self.prepare(values, grid)
        return {name: np.float64(values[name]) for name in self.strength}  # type: ignore[misc]


def seed(name: str, meaning: str) -> Number:
    """Return the control for the seed of random numbers."""
    return Number(
        name=name,
        title="Seed",
        meaning=meaning,
        default=0.0,
        low=0.0,
        high=2**31 - 1,
        slider=(0.0, 100.0),
        whole=True,
    )


def _is_default(value: Any, default: Any) -> bool:
    return all(each == default for each in value) if isinstance(value, tuple) else value == default
