"""Manifests, written for a test."""

import pytest

from tests.headless.pairs import five_pairs, three_pairs


@pytest.fixture
def pairs(tmp_path):
    """A manifest of two good pairs and, between them, one whose prediction is missing."""
    return three_pairs(tmp_path)


@pytest.fixture
def many(tmp_path):
    """A manifest of five pairs that need no file."""
    return five_pairs(tmp_path)
