"""What the maps of a training run are called above the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from lossexplorer.learning.setup import Setup

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MOST_TERMS = 3


def subscript(number: int) -> str:
    """Return a number as a subscript.

    Examples
    --------
    >>> subscript(12)
    '₁₂'
    """
    return str(number).translate(_SUBSCRIPTS)


def total_formula(outputs: int) -> str:
    """Return the weighted total of so many losses.

    Examples
    --------
    >>> total_formula(2), total_formula(5)
    ('λ₁L₁ + λ₂L₂', 'Σ λ L')
    """
    if outputs > _MOST_TERMS:
        return "Σ λ L"
    return " + ".join(f"λ{subscript(n)}L{subscript(n)}" for n in range(1, outputs + 1))


def run_titles(setup: Setup, output: str, class_name: str, step: int) -> Mapping[str, str]:
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
        Steps done.

    Examples
    --------
    >>> run_titles(Setup(), "y1", "tumour", 148)["prediction"]
    'Prediction y1 · tumour, step 148'
    >>> run_titles(Setup(), "y2", "tumour", 0)["gradient"]
    '∂ (λ₁L₁ + λ₂L₂) / ∂ y2'
    """
    target = setup.output(output).target
    what = class_name if target == "segmentation" else target.replace("_", " ")
    variable = f"logit {output}" if target in ("segmentation", "foreground") else output
    return {
        "truth": f"Image and truth {output}",
        "prediction": f"Prediction {output} · {what}, step {step}",
        "gradient": f"∂ ({total_formula(len(setup.outputs))}) / ∂ {variable}",
    }
