"""What the maps of a training run are called above the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from lossexplorer.core.numbers import subscript
from lossexplorer.learning.setup import Setup

_MOST_TERMS = 2


def total_formula(outputs: int) -> str:
    """Return the weighted total of so many losses, written out if they are not too many.

    Examples
    --------
    >>> total_formula(2), total_formula(5)
    ('λ₁L₁ + λ₂L₂', 'Σ λ L')
    """
    if outputs > _MOST_TERMS:
        return "Σ λ L"
    return " + ".join(f"λ{subscript(n)}L{subscript(n)}" for n in range(1, outputs + 1))


def is_probability(setup: Setup, output: str) -> bool:
    """Return whether an output predicts probabilities, and no numbers such as intensities.

    Examples
    --------
    >>> is_probability(Setup(), "y1"), is_probability(Setup(), "y2")
    (True, False)
    """
    return setup.output(output).target.startswith(("segmentation", "foreground"))


def run_titles(
    setup: Setup, output: str, class_name: str, step: int, *, has_image: bool
) -> Mapping[str, str]:
    """Return the titles of the maps of a run, by the map's name.

    Parameters
    ----------
    setup : Setup
        What is trained.
    output : str
        The output that is shown.
    class_name : str
        The class that is shown of an output that predicts classes.
    step : int
        Steps done when the maps were painted.
    has_image : bool
        Whether the volume has an image.

    Examples
    --------
    >>> run_titles(Setup(), "y1", "tumour", 148, has_image=True)["prediction"]
    'Prediction y1 · tumour, step 148'
    >>> run_titles(Setup(), "y2", "tumour", 0, has_image=True)["gradient"]
    '∂ (λ₁L₁ + λ₂L₂) / ∂ y2'
    """
    target = setup.output(output).target
    what = class_name if target == "segmentation" else target.replace("_", " ")
    total = total_formula(len(setup.outputs))
    by_what = f"logit {output}" if is_probability(setup, output) else output
    return {
        "truth": f"{'Image and truth' if has_image else 'Truth'} {output}",
        "prediction": f"Prediction {output} · {what}, step {step}",
        "gradient": f"∂ ({total}) / ∂ {by_what}",
    }
