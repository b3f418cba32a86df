"""What a loss is: a function of sums, of voxels or of the whole field, and its description."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from lossexplorer.core.parameters import Parameter, Spacing, complete
from lossexplorer.losses._sums import Sums, Tensor, require_classes

Kind = Literal["sums", "voxels", "field"]
Character = Literal["two-valued", "local", "mixed", "rank", "distance", "shape"]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A loss: its functions and everything that the program says about it.

    What a loss needs decides which functions it has. From class sums: `terms`. From maps of its
    own over the voxels, summed like the class sums: `maps`, and `terms` or `factors`. From the
    whole field: `field`. Each takes those parameters that it names.

    Attributes
    ----------
    name, title : str
        The identifier and the words on the card.
    class_name : str
        The name of its Keras class.
    summary : str
        One line: what it measures.
    formula : str
        In plain Unicode, with I = Σpg, P = Σp, G = Σg per class.
    citation : str
        Authors, year, venue.
    false_positives, false_negatives : str
        What each costs, in words.
    edge_cases : str
        What happens with an absent class or a saturated prediction.
    parameters : tuple of Parameter
        `INCLUDE_BACKGROUND` and `pooling` among them, where they mean something.
    terms : callable, optional
        ``terms(sums, **parameters)``: the loss's terms, shape (sample, class), by arithmetic on
        the sums. Pooling and the background have been dealt with before it is called.
    maps : callable, optional
        ``maps(g, p, log_p, **parameters)``: a dictionary of fields, shape (sample, class, …),
        whose sums over voxels are `Sums.own`. Each voxel's depend on that voxel alone.
    factors : callable, optional
        ``factors(sums, **parameters)``, instead of `terms`: a dictionary of factors, shape
        (sample or 1, class), of a loss that is the mean over voxels of the maps times these.
    field : callable, optional
        ``field(g, p, log_p, spacing, **parameters)``: the terms from fields of shape
        (sample, class, z, y, x) and voxel edges in mm.
    counted : callable, optional
        ``counted(sums, **parameters)``: which terms take part in the mean over classes, as
        numbers 0 and 1; all of them if not given.
    coupled : bool
        Whether its maps or its field look at all classes at once, so that none can be computed
        alone.
    reduction : {"mean", "sum"}
        How the classes' terms make the value; over samples it is always the mean.
    operation, slope_operation : str
        The operation that is not finite when a term is not, and when the gradient alone is not.
    cures : tuple of str
        The parameters that can make it finite, the best first; empty if only the prediction can.
    bounds : tuple of float
        Between which the value lies with default parameters.
    perfect, all_background : float
        The value with default parameters, all classes present, of a prediction that is the truth
        and of one that is background everywhere: of a cube of 3³ voxels in the middle of 9³.
    finite_when_absent : bool
        Whether a perfect prediction has a finite value with default parameters where a class is
        absent.
    character : {"two-valued", "local", "mixed", "rank", "distance", "shape"}
        Of ∂L/∂p with default parameters: one value on the object and one beside it; decided by
        the voxel's own p; by that and the class sums; by the rank of its error; by a distance
        map; by the neighbourhood's shape.
    order : int
        Place in lists.
    shown : bool
        Whether it is one of the losses that the window starts with.
    color : str
        Its colour on card, curve and share, as ``#rrggbb``.
    example_value : float
        The value in the example of the docs: truth 0 0 1 1, probability of class 1 0 ½ ½ 1.
    """

    name: str
    title: str
    class_name: str
    summary: str
    formula: str
    citation: str
    false_positives: str
    false_negatives: str
    edge_cases: str
    parameters: tuple[Parameter, ...]
    terms: Callable[..., Tensor] | None = dataclasses.field(default=None, repr=False)
    maps: Callable[..., dict[str, Tensor]] | None = dataclasses.field(default=None, repr=False)
    factors: Callable[..., dict[str, Tensor]] | None = dataclasses.field(default=None, repr=False)
    field: Callable[..., Tensor] | None = dataclasses.field(default=None, repr=False)
    counted: Callable[..., Tensor] | None = dataclasses.field(default=None, repr=False)
    coupled: bool = False
    reduction: Literal["mean", "sum"] = "mean"
    operation: str
    slope_operation: str = ""
    cures: tuple[str, ...] = ()
    bounds: tuple[float, float]
    perfect: float
    all_background: float
    finite_when_absent: bool
    character: Character
    order: int
    shown: bool = False
    color: str
    example_value: float

    @property
    def kind(self) -> Kind:
        """What it needs: class sums, sums of its own voxel maps, or the whole field."""
        if self.field is not None:
            return "field"
        return "sums" if self.maps is None else "voxels"

    @property
    def compares_with_1(self) -> bool:
        """Whether its values are of the size of a ratio's; other losses are drawn to scale.

        Examples
        --------
        >>> from lossexplorer.losses import LOSSES
        >>> [LOSSES[name].compares_with_1 for name in ("dice", "cross_entropy", "boundary")]
        [True, False, False]
        """
        # What a distance loss costs grows with the volume.
        return self.character != "distance" and abs(self.all_background) <= 1

    @property
    def voxel_parameters(self) -> tuple[str, ...]:
        """The parameters that `maps` takes: when one changes, the voxels are summed again."""
        return () if self.maps is None else _keywords(self.maps)

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter's value: the given one, checked, or its default."""
        return complete(self.parameters, given, self.name)

    def voxel_maps(
        self, g: Tensor, p: Tensor, log_p: Tensor, values: Mapping[str, Any]
    ) -> dict[str, Tensor]:
        """Return the loss's own maps, each of the fields' shape; none if it needs none.

        Parameters
        ----------
        g, p, log_p : tensor, shape (sample, class, …)
            Truth, probabilities and their logarithms.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        return {} if self.maps is None else self.maps(g, p, log_p, **_for(self.maps, values))

    def class_terms(self, sums: Sums, values: Mapping[str, Any]) -> Tensor:
        """Return the terms per sample and class, shape (sample or 1, classes kept or 1).

        Parameters
        ----------
        sums : Sums
            Background first; with `own`, the sums of `voxel_maps`, if the loss has any.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        sums = self._kept(sums, values).pooled(values.get("pooling", "sample"))
        if self.factors is not None:
            factors = self.factors(sums, **_for(self.factors, values))
            return sum(weighed(factors[name], sums.own[name]) for name in factors) / sums.voxels
        assert self.terms is not None, f"{self.name} needs the whole field"
        return self.terms(sums, **_for(self.terms, values))

    def voxel_factors(self, sums: Sums, values: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return what each map is multiplied with, of a loss that has `factors`."""
        assert self.factors is not None, f"{self.name} is no mean over voxels"
        return self.factors(self._kept(sums, values), **_for(self.factors, values))

    def field_terms(
        self, g: Tensor, p: Tensor, log_p: Tensor, spacing: Spacing, values: Mapping[str, Any]
    ) -> Tensor:
        """Return the terms per sample and class of a loss that needs the whole field.

        Parameters
        ----------
        g, p, log_p : tensor, shape (sample, class, z, y, x)
            Without the background, if the loss leaves it out.
        spacing : tuple of float
            Voxel edges in mm, (z, y, x).
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        assert self.field is not None, f"{self.name} needs no field"
        return self.field(g, p, log_p, spacing, **_for(self.field, values))

    def weights(self, sums: Sums, values: Mapping[str, Any]) -> Tensor:
        """Return what each term counts in the value: ∂value/∂term, shape like the terms'.

        Parameters
        ----------
        sums : Sums
            Background first.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        from keras import ops

        truth = self._kept(sums, values).pooled(values.get("pooling", "sample"))
        ones = ops.ones_like(truth.truth)
        if self.counted is not None:
            ones = ones * self.counted(truth, **_for(self.counted, values))
        if self.reduction == "mean":
            ones = ones / ops.maximum(ops.sum(ones, axis=1, keepdims=True), 1)
        # Counted as a float: the shape may be a tensor of integers.
        return ones / ops.sum(ops.ones_like(ones[:, 0]))

    def value(self, terms: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the loss, a scalar, from its terms.

        Parameters
        ----------
        terms : tensor, shape (sample, class)
            As `class_terms` or `field_terms` return them.
        weights : tensor, optional
            As `weights` returns them; needed if some terms do not count.
        """
        from keras import ops

        if weights is not None:
            return ops.sum(ops.where(weights > 0, terms * weights, ops.zeros_like(terms)))
        # Not `ops.mean`, which is float32 on some backends whatever it is given.
        count = terms if self.reduction == "mean" else terms[:, 0]
        return ops.sum(terms) / ops.sum(ops.ones_like(count))

    def _kept(self, sums: Sums, values: Mapping[str, Any]) -> Sums:
        return sums if values.get("include_background", True) else sums.without_background()

    def __post_init__(self) -> None:
        """Refuse a description whose functions and parameters do not belong together."""
        functions = (self.terms, self.maps, self.factors, self.field, self.counted)
        taken = {name for f in functions if f is not None for name in _keywords(f)}
        dealt_with = {"include_background", "pooling"}
        described = {parameter.name for parameter in self.parameters}
        assert described - dealt_with == taken - dealt_with, (self.name, described ^ taken)


def weighed(factor: Tensor, value: Tensor) -> Tensor:
    """Return a product in which a factor of 0 leaves out even what is infinite.

    Parameters
    ----------
    factor, value : tensor
        Of shapes that fit each other.
    """
    from keras import ops

    product = factor * value
    return ops.where(factor != 0, product, ops.zeros_like(product))


# Of the catalogue's losses alone, each of which has a few functions.
@lru_cache(maxsize=256)
def _keywords(function: Callable[..., Any]) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def _for(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _keywords(function)}


__all__ = ["Character", "Kind", "Loss", "require_classes", "weighed"]
