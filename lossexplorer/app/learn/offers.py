"""What the methods of combining gradients are called, and what is said of them."""

from __future__ import annotations

from lossexplorer.learning.methods import METHODS


def method_titles() -> dict[str, str]:
    """Return the title of every method, by name; that of the plain sum has its formula.

    Examples
    --------
    >>> method_titles()["weighted_sum"], method_titles()["mgda"]
    ('Weighted sum Σ λ L', 'MGDA')
    """
    titles = {name: method.title for name, method in METHODS.items()}
    return {**titles, "weighted_sum": f"{titles['weighted_sum']} Σ λ L"}


def method_tips() -> dict[str, str]:
    """Return what each method does and who described it, by name."""
    return {name: f"{method.meaning}\n{method.citation}" for name, method in METHODS.items()}
