"""The descriptions of what a training run depends on fit the values that they describe."""

import dataclasses

import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.descriptions import (
    IMAGE,
    NETWORK,
    OUTPUT,
    TRAINING,
    description,
    value,
    with_value,
)
from lossexplorer.learning.setup import BuiltNetwork, InputImage, Output, Setup, Training

PARTS = {"training": TRAINING, "network": NETWORK, "image": IMAGE}
FIELDS = [(part, name) for part, described in PARTS.items() for name in described]


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_a_default_is_that_of_the_field(part, name):
    assert value(Setup(), part, name) == description(part, name).default


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_a_default_is_allowed_and_changes_nothing(part, name):
    assert with_value(Setup(), part, name, description(part, name).default) == Setup()


def test_every_field_is_described_but_what_has_a_widget_of_its_own():
    named = {
        field.name for kind in (BuiltNetwork, InputImage) for field in dataclasses.fields(kind)
    }
    assert named == set(NETWORK) | set(IMAGE)
    training = {field.name for field in dataclasses.fields(Training)}
    assert training - set(TRAINING) == {"patch", "method", "method_values"}
    assert set(OUTPUT) < {field.name for field in dataclasses.fields(Output)}


def test_what_is_not_described_is_said_with_what_is():
    with pytest.raises(ParameterError, match="did you mean 'momentum'"):
        description("training", "momentun")
