"""Which numbers the ends of the maps' colours stand for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal

import numpy as np
from napari.utils.colormaps import Colormap
from numpy.typing import NDArray

from lossexplorer.session.panes import Pane
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import robust_limit, robust_range

PROBABILITIES = (0.0, 1.0)

_Painted = tuple[str, str, int]
"""What a gradient is with respect to, its loss or output, and the class."""


class ColorLimits:
    """Follows what is painted.

    Within one state a slice may only widen the limits, so that slices can be compared.

    Attributes
    ----------
    scale : {"automatic", "shared", "fixed"}
        What the limit of the gradient follows: the map that is painted, the widest of those that
        share it, or nothing.
    fixed : float
        The limit of a fixed scale.
    sharing : mapping of str to hashable
        The losses or outputs whose gradients share a scale, and what each depends on as it is set
        now: a gradient of before another value counts no more, except on the canvas.
    numbers : tuple of float or None
        What is predicted at the ends of its colours, where that is a number such as an intensity;
        None where it is a probability.
    surface : Colormap
        The colours of the surface of a probability, from shadow to light.
    """

    def __init__(self) -> None:
        self.scale: Literal["automatic", "shared", "fixed"] = "automatic"
        self.fixed = 1.0
        self.sharing: Mapping[str, Hashable] = {}
        self._painted: dict[str, _Painted] = {}  # by the pane
        self._automatic: dict[str, float] = {}
        self._limits: dict[_Painted, tuple[float, Hashable]] = {}
        self.numbers: tuple[float, float] | None = None
        self._probability, self._numbers = colormaps.probability(), colormaps.numbers()
        self.surface = colormaps.surface()

    def gradient(self, pane: str = "gradient") -> float:
        """Return the gradient at the high end of a pane's colours, minus that at the low end.

        It is 0 before anything is painted, unless it is fixed.
        """
        if self.scale == "fixed":
            return self.fixed
        automatic = self._automatic.get(pane, 0.0)
        if self.scale == "shared" and self._painted:
            known = self._limits.items()
            shared = [limit for of, (limit, subject) in known if self._counts(of, subject)]
            return max(shared, default=automatic)
        return automatic

    def _counts(self, of: _Painted, subject: Hashable) -> bool:
        """Whether the limit of a gradient is one of those that share the scale."""
        if of in self._painted.values():
            return True
        wrt, loss, _ = of
        same = wrt in {painted[0] for painted in self._painted.values()}
        return same and loss in self.sharing and self.sharing[loss] == subject

    def forget_gradients(self) -> None:
        """Have no limits: what is painted next belongs to something else."""
        self._painted, self._limits, self._automatic = {}, {}, {}

    def forget_pane(self, pane: str) -> None:
        """Have no limit of a pane that is gone."""
        self._painted.pop(pane, None)
        self._automatic.pop(pane, None)

    def blank_pane(self, pane: str) -> None:
        """Have the gradient of a pane not count: the pane is blank until it is painted anew."""
        self._painted.pop(pane, None)

    def keep_scale_of(self, other: ColorLimits) -> None:
        """Have the scale that another one had."""
        self.scale, self.fixed, self.sharing = other.scale, other.fixed, other.sharing

    def follow_gradient(
        self,
        gradient: NDArray[Any],
        *,
        same_state: bool,
        of: _Painted = ("logit", "", 0),
        subject: Hashable = None,
        pane: str = "gradient",
    ) -> None:
        """Fit the limit of a pane to a gradient that is painted, without jitter.

        Parameters
        ----------
        gradient : array
            What is painted.
        same_state : bool
            Whether it is another slice of what was painted before.
        of : (str, str, int)
            What it is with respect to, its loss or output, and the class.
        subject : hashable
            What it depends on, as in `sharing`.
        pane : str
            The name of the pane.
        """
        limit, self._painted[pane] = robust_limit(gradient), of
        automatic = self._automatic.get(pane, 0.0)
        if not same_state and np.isfinite(gradient).any() and not limit:  # exactly 0
            automatic = 0.0
        # Between states small changes keep the limit, so that colours can be compared.
        if limit and (limit > automatic or (not same_state and limit < 0.5 * automatic)):
            automatic = limit
        self._automatic[pane] = automatic
        known, _ = self._limits.get(of, (0.0, None))
        self._limits[of] = (max(limit, known) if same_state else limit, subject)

    def follow_numbers(self, numbers: NDArray[Any] | None, *, same_state: bool) -> None:
        """Fit the limits to predicted numbers that are painted; None for probabilities."""
        before, self.numbers = self.numbers, None
        if numbers is None:
            return
        low, high = robust_range(numbers)
        if same_state and before is not None:
            low, high = min(low, before[0]), max(high, before[1])
        self.numbers = low, high

    @property
    def colormap(self) -> Colormap:
        """The colours of what is predicted."""
        return self._probability if self.numbers is None else self._numbers

    def of_pane(self, pane: Pane) -> tuple[float, float] | None:
        """Return the numbers at both ends of a pane's colours; None if they stay as they are."""
        if pane.kind == "gradient":
            limit = self.gradient(pane.name)
            return (-limit, limit) if limit else None
        if pane.kind == "prediction" and pane.classes != "all":
            return self.numbers or PROBABILITIES
        return None
