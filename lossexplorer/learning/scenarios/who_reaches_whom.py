"""Loss 1 reaches the trunk and branch x2, loss 2 the trunk and branch x3, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from lossexplorer.learning.scenarios._runs import (
    changes,
    first_step,
    norm,
    row,
    small,
    trainer,
    with_training,
    with_weights,
)
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import Setup

_SETUP = Setup()


def _measure() -> Mapping[str, float]:
    setup = small(_SETUP, rate=10.0)
    run = trainer(setup)
    trunk = run.graph.trunk
    both, change = first_step(run, setup)
    _, of_1 = first_step(run, with_weights(setup, 0.5, 0.0))
    _, of_2 = first_step(run, with_weights(setup, 0.0, 0.3))
    _, tenfold = first_step(run, with_weights(setup, 0.5, 3.0))
    # With λ × 10⁶ nothing of the gradients is as small as Adam's ε.
    adam = with_training(setup, optimizer="adam", rate=0.001)
    _, adam_change = first_step(run, with_weights(adam, 5e5, 3e5))
    _, adam_tenfold = first_step(run, with_weights(adam, 5e5, 3e6))
    whole = changes(change, trunk)
    added_up = changes(of_1, trunk) + changes(of_2, trunk)
    return {
        "total": both.total - (0.5 * both.losses[0] + 0.3 * both.losses[1]),
        "trunk": norm(whole - added_up) / norm(whole),
        "x2_from_2": row(both, "x2_conv").norms[1],
        "x3_from_1": row(both, "x3_conv").norms[0],
        "x2_step_of_2": norm(of_2["x2_conv"], of_2["y1"]),
        "x3_step_of_1": norm(of_1["x3_conv"], of_1["y2"]),
        "x3_tenfold": norm(tenfold["x3_conv"]) / norm(change["x3_conv"]),
        "x2_tenfold": norm(tenfold["x2_conv"]) / norm(change["x2_conv"]),
        "x3_adam": norm(adam_tenfold["x3_conv"]) / norm(adam_change["x3_conv"]),
    }


SCENARIO = Scenario(
    id="L1",
    title="Who reaches whom",
    text="A network with a trunk x1, branches x2 and x3 and outputs y1 and y2 is trained with "
    "0.5 L1 + 0.3 L2. The picture has lines of loss 1 on x1 and x2 and of loss 2 on x1 and x3, and "
    "the table a 0 where a loss does not reach.",
    claim="The trunk gets λ1 g1 + λ2 g2, and each branch only its own loss; λ2 × 10 makes the SGD "
    "step of branch x3 ten times as long and leaves the first Adam step as it is.",
    source="Stack Overflow 49404309, “How does Keras handle multiple losses?”; Keras adds the "
    "weighted losses up (keras.src.trainers.compile_utils.CompileLoss)",
    start=Start("learn", "tumour", _SETUP, plot="layers"),
    expected=(
        Expectation("total", "total − (0.5 L1 + 0.3 L2)", 0.0),
        Expectation("trunk", "trunk's step − the sum of both losses' steps, relative", 0.0),
        Expectation("x2_from_2", "gradient of L2 in x2", 0.0, 0.0),
        Expectation("x3_from_1", "gradient of L1 in x3", 0.0, 0.0),
        Expectation("x2_step_of_2", "step of x2 and y1 by L2 alone", 0.0, 0.0),
        Expectation("x3_step_of_1", "step of x3 and y2 by L1 alone", 0.0, 0.0),
        Expectation("x3_tenfold", "SGD step of x3, λ2 × 10", 10.0, 1e-5, "×"),
        Expectation("x2_tenfold", "SGD step of x2, λ2 × 10", 1.0, 1e-6, "×"),
        Expectation("x3_adam", "first Adam step of x3, λ2 × 10", 1.0, 1e-3, "×"),
    ),
    measure=_measure,
)
