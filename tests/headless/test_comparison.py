"""Comparing one prediction in the numbers of every library, without a command."""

import pytest

from lossexplorer.conventions import CONVENTIONS
from lossexplorer.headless.comparison import loss_text
from lossexplorer.headless.evaluation import chosen_losses


def test_what_a_line_says_can_be_evaluated():
    """The text of a line is an option of `evaluate`; the table prints fractions rounded."""
    for each in CONVENTIONS:
        (setting,) = chosen_losses([loss_text(each)], [])
        assert setting.name == each.loss
        for name, value in each.values.items():
            close = pytest.approx(value, rel=1e-5) if isinstance(value, float) else value
            assert setting.parameters[name] == close
