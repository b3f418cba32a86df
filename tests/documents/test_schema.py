"""The published schema is current, and agrees with what is written and refused."""

import json
from pathlib import Path

import jsonschema
import pytest

from lossexplorer.documents import session_document, text_of
from lossexplorer.documents.schema import PATH, schema_text
from lossexplorer.session import State

PUBLISHED = Path(__file__).parents[2] / "resources/docs/session.schema.json"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def content():
    return json.loads(text_of(session_document(State())))


def test_the_published_schema_is_current():
    """python -m lossexplorer.documents.schema writes it."""
    assert PATH == PUBLISHED
    assert PUBLISHED.read_text("utf-8") == schema_text()


def test_what_is_written_has_the_schema(validator):
    validator.validate(content())


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(colour="red"),
        lambda c: c["view"].update(zoom=2),
        lambda c: c["setup"]["training"].update(epochs=2),
        lambda c: c.pop("version"),
        lambda c: c.pop("kind"),
        lambda c: c.pop("controls"),
        lambda c: c.update(losses=[]),
        lambda c: c["view"].update(scale="none"),
    ],
)
def test_what_reading_refuses_the_schema_refuses(validator, change):
    altered = content()
    change(altered)
    assert not validator.is_valid(altered)
