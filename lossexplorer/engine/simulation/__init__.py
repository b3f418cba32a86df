"""One sample, from its labels to the plan of a step, in stages that are read in this order.

====================  =============================================================================
`truth`               the labels as the losses see them: in rows, with margins, with a rim
`scores`              what acts on labels and on scores; the distances in mm
`prediction`          what a step starts from: scores, or probabilities where whole fields are
                      needed or a prediction was given; its recipe, numbers and random fields
`summing`             which rows and which classes are summed
====================  =============================================================================

`sample.Simulation` calls the stages one after the other and makes their results one
`lossexplorer.engine.step.plan.Plan`. A stage keeps what it made last until the controls that it
depends on change: each cache holds one value, and the old one is let go before the new one is made.
"""

from __future__ import annotations

from lossexplorer.engine.simulation.sample import Simulation

__all__ = ["Simulation"]
