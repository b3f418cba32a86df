"""The description of a loss, with its functions of sums, of voxels or of the whole field."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from lossexplorer.core.parameters import Parameter, ParameterError, complete
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._parameters import per_class
from lossexplorer.losses._sums import Sums, Tensor, require_classes

Kind = Literal["sums", "voxels", "field"]
Character = Literal["two-valued", "local", "mixed", "rank", "distance", "shape"]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A loss: its functions, parameters and descriptive texts.

    A loss of class sums has `terms`. A loss with own maps over the voxels, which are summed like
    the class sums, has `maps`, and `terms` or `factors`. A loss of the whole field has `field`. A
    function takes the parameters that its keyword arguments name.

    Attributes
    ----------
    name, title : str
        The identifier and the words on the card.
    class_name : str
        The name of the Keras class.
    summary : str
        One line about what the loss measures.
    formula : str
        The formula in plain Unicode, with I = Σpg, P = Σp, G = Σg per class.
    citation : str
        Authors, year, venue.
    false_positives, false_negatives : str
        The cost of false positives and of false negatives, in words.
    edge_cases : str
        The behaviour for an absent class or a saturated prediction.
    parameters : tuple of Parameter
        The parameters, including `INCLUDE_BACKGROUND`, `CLASS_WEIGHTS` and `pooling` where they
        apply.
    terms : callable, optional
        ``terms(sums, **parameters)``: the loss's terms, shape (sample, class), by arithmetic on
        the sums, which are already pooled and without the background if that is left out.
    maps : callable, optional
        ``maps(g, p, log_p, **parameters)``: a dictionary of fields, shape (sample, class, …),
        whose sums over voxels are `Sums.own`. A voxel's values depend on that voxel alone. The
        keyword ``smoothed`` says whether labels are smoothed, so that maps of all classes are
        needed, and ``guarded`` whether log p is finite wherever g is 0.
    factors : callable, optional
        ``factors(sums, **parameters)``, instead of `terms`: a dictionary of factors, shape
        (sample or 1, class), of a loss that is the mean over voxels of the maps times the factors;
        those of maps that are not there are ignored.
    field : callable, optional
        ``field(g, p, log_p, domain, **parameters)``: the terms from fields of shape
        (sample, class, z, y, x) and their `Domain`.
    joined : callable, optional
        ``joined(terms, **parameters)``: the loss's terms, made of those that `field` returns for
        each class; they are the loss's terms themselves if it is None.
    counted : callable, optional
        ``counted(sums, **parameters)``: 1 for terms that count in the mean over classes and 0 for
        terms that do not; all terms count if it is None.
    exclusive : bool
        Whether the loss needs classes that exclude each other; else it is also defined for
        overlapping classes, each with a probability of its own.
    coupled : bool
        Whether `maps` or `field` need all classes at once, so that no class can be computed alone.
    working_fields : callable
        ``working_fields(values, gradient)``: how many fields of a class are held at most while the
        terms of a class are computed, its slopes included if `gradient`; measured in float32.
    one_channel : {"foreground", "both"}
        Of which classes the loss of a prediction with one channel p is: of the foreground, p,
        alone; or of both, (1 − p, p), because what is beside the foreground counts by its own
        class.
    of_both : callable
        ``of_both(values)``: the parameters' values for (1 − p, p), where a prediction has one
        channel p.
    reduction : {"mean", "sum"}
        How the classes' terms are reduced to the value; over samples it is always the mean.
    operation, slope_operation : str
        The operation that fails if a term is not finite, and if only the gradient is not finite.
    cures : tuple of str
        The parameters that can make the loss finite, the best first; empty if only a change of the
        prediction can.
    bounds : tuple of float
        The smallest and largest possible value with default parameters.
    perfect, all_background : float
        The value with default parameters for a cube of 3³ voxels in the middle of 9³, all classes
        present: of a prediction equal to the truth, and of one that is background everywhere.
    finite_when_absent : bool
        Whether a perfect prediction has a finite value with default parameters if a class is
        absent.
    character : {"two-valued", "local", "mixed", "rank", "distance", "shape"}
        The values of ∂L/∂p with default parameters: one value on the object and one beside it;
        determined by the voxel's own p; by p and the class sums; by the rank of the voxel's error;
        by a distance map; by the shape of the neighbourhood.
    order : int
        The place in lists.
    shown : bool
        Whether the loss is one of those that the window starts with.
    color : str
        The colour on card, curve and share, as ``#rrggbb``.
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
    joined: Callable[..., Tensor] | None = dataclasses.field(default=None, repr=False)
    counted: Callable[..., Tensor] | None = dataclasses.field(default=None, repr=False)
    exclusive: bool = False
    coupled: bool = False
    working_fields: Callable[[Mapping[str, Any], bool], float] = dataclasses.field(
        default=lambda _values, _gradient: 0.0, repr=False
    )
    one_channel: Literal["foreground", "both"] = "foreground"
    of_both: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dataclasses.field(
        default=lambda values: values, repr=False
    )
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
        """What the loss is computed from: class sums, own maps of voxels, or the whole field."""
        if self.field is not None:
            return "field"
        return "sums" if self.maps is None else "voxels"

    @property
    def compares_with_1(self) -> bool:
        """Whether the values have the magnitude of a ratio; other losses are drawn relatively.

        Examples
        --------
        >>> from lossexplorer.losses import LOSSES
        >>> [LOSSES[name].compares_with_1 for name in ("dice", "cross_entropy", "boundary")]
        [True, False, False]
        """
        # The value of a distance loss grows with the volume.
        return self.character != "distance" and abs(self.all_background) <= 1

    @property
    def voxel_parameters(self) -> tuple[str, ...]:
        """The parameters of `maps`; if one changes, the voxels are summed again."""
        return () if self.maps is None else _keywords(self.maps)

    def voxel_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `maps` takes, by the names of `voxel_parameters`.

        Parameters
        ----------
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        return {} if self.maps is None else _for(self.maps, values)

    def class_factors(self, values: Mapping[str, Any]) -> tuple[float, ...] | None:
        """Return the factors of the classes' terms; None if there are none.

        A loss whose own functions take ``class_weights`` has none here.
        """
        chosen = values.get("class_weights", "none")
        own = any("class_weights" in _keywords(f) for f in self._functions)
        return None if own or isinstance(chosen, str) else chosen

    def complete(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter's value: the chosen one, checked, or its default."""
        return complete(self.parameters, chosen, self.name)

    def voxel_maps(
        self, g: Tensor, p: Tensor, log_p: Tensor, values: Mapping[str, Any]
    ) -> dict[str, Tensor]:
        """Return the loss's own maps, of the fields' shape; empty for other kinds of losses.

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
            Class sums, background first, with the sums of `voxel_maps` in `own`.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        from keras import ops

        kept = self._kept(sums, values)
        classes, sums = kept.truth.shape[1], kept.pooled(values.get("pooling", "sample"))
        if self.factors is not None:
            factors = self.factors(sums, **_for(self.factors, values))
            # The mean of these over the samples is one over all voxels that count, of which
            # samples can have different numbers.
            voxels = ops.mean(sums.voxels, axis=0, keepdims=True)
            return sum(weighed(factors[name], sums.own[name]) for name in sums.own) / voxels
        assert self.terms is not None, f"{self.name} needs the whole field"
        terms = self.terms(sums, **_for(self.terms, values))
        chosen = self._factors_of(terms, classes, values)
        if chosen is None:
            return terms
        factors = per_class(chosen, terms, "class_weights")
        if not all(chosen) and not self.coupled:
            # Slopes of a class of weight 0 may be infinite, and must not become 0 · ∞ = NaN.
            safe = sums.map(lambda value: ops.where(factors > 0, value, ops.ones_like(value)))
            terms = self.terms(safe, **_for(self.terms, values))
        return weighed(factors, terms)

    def voxel_factors(self, sums: Sums, values: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return the factors of the maps, for a loss that has `factors`."""
        assert self.factors is not None, f"{self.name} is no mean over voxels"
        return self.factors(self._kept(sums, values), **_for(self.factors, values))

    def field_terms(
        self, g: Tensor, p: Tensor, log_p: Tensor, domain: Domain, values: Mapping[str, Any]
    ) -> Tensor:
        """Return the terms per sample and class of a loss that needs the whole field.

        Parameters
        ----------
        g, p, log_p : tensor, shape (sample, class, z, y, x)
            Fields without the background, if the loss leaves it out.
        domain : Domain
            The edges of the voxels, and how much each counts.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        return self.joined_terms(self.separate_terms(g, p, log_p, domain, values), values)

    def field_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `field` takes, which is all that the terms of a class depend on.

        Parameters
        ----------
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        assert self.field is not None, f"{self.name} needs no field"
        return _for(self.field, values)

    def separate_terms(
        self, g: Tensor, p: Tensor, log_p: Tensor, domain: Domain, values: Mapping[str, Any]
    ) -> Tensor:
        """Return what `field` returns, from which `joined_terms` makes what `field_terms` returns.

        Parameters
        ----------
        g, p, log_p, domain, values
            As in `field_terms`; the fields may be of some of the classes, unless the loss is
            `coupled`.
        """
        assert self.field is not None, f"{self.name} needs no field"
        return self.field(g, p, log_p, domain, **_for(self.field, values))

    def joined_terms(self, terms: Tensor, values: Mapping[str, Any]) -> Tensor:
        """Return the loss's terms from those that `field` returns for all of its classes.

        Parameters
        ----------
        terms : tensor, shape (sample or 1, class)
            As `separate_terms` returns them.
        values : mapping
            Every parameter's value, as `complete` returns them.
        """
        classes = terms.shape[1]
        if self.joined is not None:
            terms = self.joined(terms, **_for(self.joined, values))
        chosen = self._factors_of(terms, classes, values)
        return (
            terms if chosen is None else weighed(per_class(chosen, terms, "class_weights"), terms)
        )

    def term_weights(self, sums: Sums, values: Mapping[str, Any]) -> Tensor:
        """Return the weight of each term in the value: ∂value/∂term, of the terms' shape.

        Parameters
        ----------
        sums : Sums
            Class sums, background first.
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
        # Counted in floats, because the shape may be a tensor of integers.
        return ones / ops.sum(ops.ones_like(ones[:, 0]))

    def value(self, terms: Tensor, term_weights: Tensor | None = None) -> Tensor:
        """Return the loss, a scalar, from its terms.

        Parameters
        ----------
        terms : tensor, shape (sample, class)
            As `class_terms` or `field_terms` return them.
        term_weights : tensor, optional
            As the method `term_weights` returns them; needed if some terms do not count.
        """
        from keras import ops

        if term_weights is not None:
            return ops.sum(ops.where(term_weights > 0, terms * term_weights, ops.zeros_like(terms)))
        # Not `ops.mean`, which returns float32 on some backends for every input type.
        count = terms if self.reduction == "mean" else terms[:, 0]
        return ops.sum(terms) / ops.sum(ops.ones_like(count))

    def _kept(self, sums: Sums, values: Mapping[str, Any]) -> Sums:
        return sums if values.get("include_background", True) else sums.without_background()

    def _factors_of(
        self, terms: Tensor, classes: int, values: Mapping[str, Any]
    ) -> tuple[float, ...] | None:
        """Return the factors of the classes' terms, if each class has a term."""
        factors = self.class_factors(values)
        if factors is not None and terms.shape[1] != classes:
            raise ParameterError(
                "class_weights needs a term of each class, and with these parameters all classes "
                "have one term together."
            )
        return factors

    @property
    def _functions(self) -> tuple[Callable[..., Any], ...]:
        functions = (self.terms, self.maps, self.factors, self.field, self.joined, self.counted)
        return tuple(function for function in functions if function is not None)

    def __post_init__(self) -> None:
        """Refuse a description whose functions do not take its parameters."""
        taken = {name for function in self._functions for name in _keywords(function)}
        dealt_with = {"include_background", "pooling", "class_weights", "smoothed", "guarded"}
        described = {parameter.name for parameter in self.parameters}
        assert described - dealt_with == taken - dealt_with, (self.name, described ^ taken)


def weighed(factor: Tensor, value: Tensor) -> Tensor:
    """Return a product that is 0 where the factor is 0, also for infinite values.

    Parameters
    ----------
    factor, value : tensor
        Tensors of shapes that broadcast.
    """
    from keras import ops

    product = factor * value
    return ops.where(factor != 0, product, ops.zeros_like(product))


# For the functions of the losses in the catalogue.
@lru_cache(maxsize=256)
def _keywords(function: Callable[..., Any]) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def _for(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    found = {"guarded": False, **values}
    return {
        name: is_smoothed(values) if name == "smoothed" else found[name]
        for name in _keywords(function)
    }


def is_smoothed(values: Mapping[str, Any]) -> bool:
    """Whether every class counts in every voxel, because labels are smoothed.

    Parameters
    ----------
    values : mapping
        A loss's parameters, or what its `maps` takes.
    """
    if "smoothed" in values:
        return bool(values["smoothed"])
    return bool(values.get("label_smoothing", 0.0))


__all__ = ["Character", "Kind", "Loss", "is_smoothed", "require_classes", "weighed"]
