"""Which losses the methods leave out, and why, in words."""

from __future__ import annotations

from collections.abc import Sequence

from lossexplorer.learning.reports import MethodResult


def left_out_words(
    outputs: Sequence[str], gram: Sequence[Sequence[float]], methods: Sequence[MethodResult]
) -> str:
    """Return which losses some methods are not computed over, with the reason; empty for none.

    Parameters
    ----------
    outputs : sequence of str
        The outputs, in the order of the losses.
    gram : sequence of sequence of float
        The Gram matrix of the trunk, of the same step as the methods.
    methods : sequence of MethodResult
        What each method would do.

    Examples
    --------
    >>> from lossexplorer.learning.methods import what_each_would_do
    >>> gram = ((4.0, 0.0), (0.0, 0.0))
    >>> left_out_words(("y1", "y2"), gram, what_each_would_do(gram, (1.0, 1.0), (0.5, 0.3)))
    'y2 is left out: its gradient in the trunk is exactly 0.'
    """
    found = [any(places) for places in zip(*(each.left_out for each in methods), strict=True)]
    still = [gram[place][place] == 0 for place in range(len(found))]
    reasons = {True: "its gradient in the trunk is exactly 0", False: "its λ is 0"}
    return " ".join(
        f"{name} is left out: {reasons[is_still]}."
        for name, is_left_out, is_still in zip(outputs, found, still, strict=True)
        if is_left_out
    )
