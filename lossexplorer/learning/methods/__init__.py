"""How the gradients of several losses are combined, one module a method.

A method sees the Gram matrix of the trunk's gradients gₖ = ∂Lₖ/∂weights, the losses and λ, and
answers with the weights w of the direction d = Σ wₖ gₖ. It needs no gradient itself, so that what
each method would do can be shown side by side at no cost. Everything is NumPy.
"""

from __future__ import annotations

from lossexplorer.learning.methods._catalog import METHODS, method_named, what_each_would_do
from lossexplorer.learning.methods._left_out import left_out_words
from lossexplorer.learning.methods._method import Combination, Method, MethodInput
from lossexplorer.learning.methods._plain_sums import PLAIN_SUMS, Finding

__all__ = [
    "METHODS",
    "PLAIN_SUMS",
    "Combination",
    "Finding",
    "Method",
    "MethodInput",
    "left_out_words",
    "method_named",
    "what_each_would_do",
]
