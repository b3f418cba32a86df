"""Compute the painted maps of a slice or of the volume: predictions, decided class, gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.classes import Relation
from lossexplorer.engine.diagnosis import field_problem
from lossexplorer.engine.gradients import field_of_two_values, two_values
from lossexplorer.engine.messages import MapRequest, MapSubject, PaintedMaps
from lossexplorer.engine.placement import CropPlacement
from lossexplorer.engine.slice_fields import PaintedClass, SliceFields
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Region
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials

Labels = NDArray[np.unsignedinteger]
Array = NDArray[Any]
Weighted = Sequence[tuple[Evaluated, float]]


@dataclass(frozen=True)
class Contributions:
    """What a gradient is made of: that of a loss, or of the total.

    Attributes
    ----------
    weighted : sequence of (Evaluated, float)
        The losses that contribute to it, and their factors.
    title : str
        What the loss is called, in sentences.
    pending : bool
        Whether a loss that contributes is pending; the gradient is NaN then.
    """

    weighted: Weighted
    title: str
    pending: bool


@dataclass(frozen=True)
class MapPainter:
    """Computes the painted maps of a plan.

    Attributes
    ----------
    relation : Relation
        How the volume's classes relate.
    plan : Plan
        The plan of the classes that are painted.
    rim : array of unsigned int, shape (z, y, x), or None
        The labels of the plan with their rim; None without a rim.
    partials : callable
        Returns the partial derivatives of an evaluated loss of the whole field, NumPy arrays
        (sample, class, z, y, x).
    """

    relation: Relation
    plan: Plan
    rim: Labels | None
    partials: Callable[[Evaluated], Partials]

    def maps(
        self,
        painted: MapRequest,
        subjects: Sequence[MapSubject],
        contributions: Mapping[str, Contributions],
    ) -> tuple[list[Array], str]:
        """Return maps of the request, and what is wrong with the gradients among them.

        Parameters
        ----------
        painted : MapRequest
            The maps that are requested.
        subjects : sequence of MapSubject
            Those of them that are of this plan's classes.
        contributions : mapping of str to Contributions
            By the loss of a gradient.

        Returns
        -------
        list of array
            The maps, in the order of the subjects.
        str
            Sentences; empty if all is well.
        """
        labels = self.relation.labels(painted.sample, painted.class_index)
        constant = self._from_labels(painted, contributions, labels)
        found = self._by_regions(painted, subjects, contributions) if constant is None else constant
        axis = None if painted.plane is None else painted.plane.axis
        placement = CropPlacement(labels.shape, self.plan.margins, axis)
        maps, problems = [], []
        for place, subject in enumerate(subjects):
            field = found[place] if found else None
            if subject.what == "gradient" and field is not None:
                what = contributions[subject.loss]
                problems.append(field_problem(field, what.title))
                if what.pending:
                    field = np.full_like(field, np.nan)
                    problems[-1] = f"The gradient of {what.title} is computed when nothing moves."
            blank = labels.dtype.type(0) if subject.what == "decided" else np.float32(np.nan)
            maps.append(placement.put(field, blank))
        return maps, " ".join(problem for problem in problems if problem)

    def rim_in(self, painted: MapRequest) -> Labels | None:
        """Return the classes of the objects with their rims in the slice; None without a rim."""
        rim, plane = self.rim, painted.plane
        if rim is None:
            return None
        rim = rim if plane is None else np.take(rim, plane.index, axis=plane.axis)
        return self.relation.shown(rim, painted.class_index)

    def _from_labels(
        self, painted: MapRequest, contributions: Mapping[str, Contributions], labels: Labels
    ) -> list[Array] | None:
        """Return the gradient of the volume if it follows from the labels alone, else None."""
        plan = self.plan
        plain = plan.rim is None and plan.ignored is None and not any(plan.margins)
        alone = painted.gradient_only and not painted.further and not painted.plane
        if not plain or self.relation.first or not alone:
            return None
        values = two_values(painted, contributions[painted.loss].weighted)
        if values is None:
            return None
        return [field_of_two_values(labels == painted.class_index, values)]

    def _by_regions(
        self,
        painted: MapRequest,
        subjects: Sequence[MapSubject],
        contributions: Mapping[str, Contributions],
    ) -> list[Array] | None:
        """Return the maps; None for a slice that is cropped."""
        found = []
        for region in self.plan.regions(painted.plane):
            fields = SliceFields(self.plan, self.plan.row_layout.numbers(region))
            found.append(
                [self._map(painted, subject, fields, region, contributions) for subject in subjects]
            )
        if painted.plane is not None:
            return found[0] if found else None
        return [np.concatenate(maps) for maps in zip(*found, strict=True)]

    def _map(
        self,
        painted: MapRequest,
        subject: MapSubject,
        fields: SliceFields,
        region: Region,
        contributions: Mapping[str, Contributions],
    ) -> Array:
        """Return one map in a region."""
        place = self.relation.place(painted.sample, subject.class_index)
        if subject.what == "probability":
            return fields.probability(place.class_index)
        if subject.what == "confidence":
            return fields.confidence()
        if subject.what == "decided":
            return self.relation.shown(fields.decided(), subject.class_index)
        of_sums, others = [], None
        for each, factor in contributions[subject.loss].weighted:
            if each.slopes is not None:
                of_sums.append((self.relation.spread(each), factor))
            else:
                whole = self.partials(each).map(lambda field: field[(..., *region)])
                found = self.relation.partials(whole, painted.sample, subject.class_index) * factor
                others = found if others is None else others + found
        against = self.relation.against(painted.wrt)
        return fields.gradient(PaintedClass(*place, painted.wrt, against), of_sums, others)


def painted_maps(
    painted: MapRequest,
    relation: Relation,
    painter: Callable[[int], MapPainter],
    contributions: Mapping[str, Contributions],
) -> PaintedMaps:
    """Return the painted maps of a request.

    Parameters
    ----------
    painted : MapRequest
        The maps that are requested.
    relation : Relation
        How the volume's classes relate.
    painter : callable
        Takes the index of a plan and returns what paints its classes.
    contributions : mapping of str to Contributions
        By the loss of a gradient.
    """
    first, *across = (_painted_slice(e, relation, painter, contributions) for e in painted.slices)
    problems = dict.fromkeys(each.problem for each in (first, *across) if each.problem)
    return replace(first, request=painted, problem=" ".join(problems), across=tuple(across))


def _painted_slice(
    painted: MapRequest,
    relation: Relation,
    painter: Callable[[int], MapPainter],
    contributions: Mapping[str, Contributions],
) -> PaintedMaps:
    """Return the maps of one slice, or of the volume."""
    plans = {
        subject: relation.place(painted.sample, subject.class_index).plan
        for subject in painted.subjects
    }
    first = painter(plans[painted.gradient])
    maps: dict[MapSubject, Array] = {}
    problems = []
    for plan in dict.fromkeys(plans.values()):
        subjects = [subject for subject in painted.subjects if plans[subject] == plan]
        each = first if plan == plans[painted.gradient] else painter(plan)
        found, problem = each.maps(painted, subjects, contributions)
        maps |= zip(subjects, found, strict=True)
        problems += [problem] if problem else []
    return PaintedMaps(
        painted,
        maps.get(MapSubject("probability", painted.class_index)),
        maps.get(MapSubject("decided", painted.class_index)),
        maps[painted.gradient],
        " ".join(problems),
        first.rim_in(painted),
        tuple(maps[subject] for subject in painted.further),
    )
