"""The simulation of one sample, from its labels to the plan of a step, in four phases.

====================  =============================================================================
`truth`               the labels as the losses see them: in rows, with margins and a rim
`scores`              the scores in mm, after the degradations that act on labels and scores
`prediction`          the input of a step: scores, or probabilities if a degradation acts on whole
                      fields or the prediction is given; the recipe, numbers and random fields
`summing`             the rows and classes that are summed
====================  =============================================================================

`sample.Simulation` runs the phases in this order and makes a `lossexplorer.engine.step.plan.Plan`
of their results. A phase keeps its last result until the controls that it depends on change. Each
cache holds one value, and the old value is freed before the new one is computed.
"""

from __future__ import annotations

from lossexplorer.engine.simulation.sample import Simulation

__all__ = ["Simulation"]
