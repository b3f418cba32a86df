"""What there is to choose from in Learn, as the registries have it."""

from __future__ import annotations

from lossexplorer.learning.setup import Training


def method_titles() -> dict[str, str]:
    """Return the title of every method that combines gradients, by name."""
    try:
        from lossexplorer.learning.methods import METHODS
    except ImportError:
        return {Training.method: "weighted sum Σ λ L"}
    return {name: method.title for name, method in METHODS.items()}


def method_tips() -> dict[str, str]:
    """Return what each method does and who described it, by name."""
    try:
        from lossexplorer.learning.methods import METHODS
    except ImportError:
        return {}
    return {name: f"{method.meaning}\n{method.citation}" for name, method in METHODS.items()}
