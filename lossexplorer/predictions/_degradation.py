"""What a degradation is: its controls, where in the order it acts, and its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number, Parameter, Spacing
from lossexplorer.predictions._displacement import Displacement

Tensor = Any
Values = Mapping[str, Any]
"""Every control's value by name."""

Once = Callable[[Any], Any]
"""Returns tensors, in any structure, unchanged, and makes sure that they are computed once.

A compiler otherwise recomputes the result of a reduction over the classes in each class that uses
it.
"""


def plainly(tensors: Any) -> Any:
    """Return tensors unchanged: where nothing is compiled, everything is computed once anyway."""
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
"""The stages that also act on a prediction that is read from a file."""


@dataclass(frozen=True)
class Grid:
    """What a degradation knows of the volume.

    Attributes
    ----------
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    classes : int
        Number of classes, background included.
    sample : int
        Its number in the batch, so that random numbers differ between samples.
    """

    spacing: Spacing
    classes: int
    sample: int = 0

    def chance(self, seed: float, stream: int) -> np.random.Generator:
        """Return a generator of random numbers: the same for the same seed, stream and sample."""
        return np.random.default_rng([int(seed), stream, self.sample])


Prepare = Callable[[Values, Grid], dict[str, NDArray[np.float64]]]
Lead = Callable[[float, Values, Grid, float], float]
Noise = Callable[[tuple[int, int, int], Grid, Values], NDArray[np.float32]]
Displaces = Callable[[Values, Grid], Displacement]


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """One way in which predictions fail.

    Attributes
    ----------
    name, title : str
        The identifier and the words in the window.
    summary : str
        One sentence for tooltip and docs: what it does to the prediction.
    group : str
        One of `GROUPS`.
    order : int
        Its place among all degradations: the one with the lower number acts first.
    controls : tuple of Parameter
        What can be set.
    strength : tuple of str
        The controls that decide whether it acts: while all are at their defaults it changes
        nothing, whatever its other controls are.
    acts_on : str
        What it acts on, which also decides the form of `apply`:

        - ``"labels"``: ``apply(labels, grid, values)`` on class indices (z, y, x) of the truth.
        - ``"scores"``: ``apply(scores, grid, values)`` on a tensor (class, z, y, x) in mm.
        - ``"fused scores"``: ``apply(scores, values, noise)`` on scores (class, …), voxel by voxel.
        - ``"decision"``: the softmax; the simulation itself reads its value.
        - ``"field"``: ``apply(p, grid, values)`` on probabilities (class, z, y, x), as an array.
        - ``"fused probabilities"``: ``apply(p, log_p, values, noise)``, voxel by voxel; it returns
          both.
        - ``"truth"``: ``apply(labels, grid, values)`` returns the labels that a share of the truth
          has instead.
        - ``"extent"``: ``apply(shape, grid, values)`` returns how many planes each axis gains at
          both ends, negative if it loses them.

        In the fused forms `values` are tensors: what `prepare` returns, and the `options`.
    apply : callable
        See `acts_on`.
    prepare : callable, optional
        Makes the arrays that a fused function takes from values and grid; by default a float64
        scalar for each control in `strength`. The function gets them as tensors, so moving a
        slider compiles nothing.
    options : tuple of str
        Controls whose values a fused function is compiled for.
    noise : callable, optional
        Makes the random field (k, z, y, x) that a fused function takes.
    noise_controls : tuple of str
        The controls that the random field depends on.
    lead : callable, optional
        ``lead(after, values, grid, largest)``: the lead that the best class needs before the
        degradation so that it has a lead of `after` behind it, wherever the voxel is; infinite if
        there is no bound. Leads are differences of scores in mm, or of logits behind the decision;
        `largest` is the largest magnitude of the random field, 0 if there is none. By default a
        lead stays the same: voxels of certain and equal prediction stay equal.
    displacement : callable, optional
        ``displacement(values, grid)``, if all that it does to scores is to displace them: `apply`
        is then that displacement's. Where nothing else acts on the scores, the engine leaves them
        in place and reads each voxel from where it comes.
    always : bool
        Whether a fused function is applied at its defaults, too, because it costs little and its
        slider should not wait for a compilation when it is first moved.
    by_class : bool
        Whether a fused function does to some of the classes, the background and the best among
        them, what it does to them among all; one of no score stands for the others. An array of
        shape (class,) is then given to it for the classes that it gets.
    citation : str
        Where it is taken from, if from somewhere.
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
    displacement: Displaces | None = None
    always: bool = False
    by_class: bool = False
    citation: str = ""

    @property
    def on_given(self) -> bool:
        """Whether it also acts on a prediction that is read from a file."""
        return self.acts_on in ON_GIVEN

    def idle(self, values: Values) -> bool:
        """Whether it changes nothing with these values."""
        defaults = {control.name: control.default for control in self.controls}
        return all(_is_default(values[name], defaults[name]) for name in self.strength)

    def lead_before(self, after: float, values: Values, grid: Grid, largest: float = 0.0) -> float:
        """Return the lead that a class needs before it to have one of `after` behind it."""
        return after if self.lead is None else self.lead(after, values, grid, largest)

    def prepared(self, values: Values, grid: Grid) -> dict[str, NDArray[np.float64]]:
        """Return the arrays that a fused function takes."""
        if self.prepare is not None:
            return self.prepare(values, grid)
        return {name: np.float64(values[name]) for name in self.strength}  # type: ignore[misc]


def seed(name: str, meaning: str) -> Number:
    """Return the control that decides what is random."""
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
    return all(part == default for part in value) if isinstance(value, tuple) else value == default
