"""Writes the JSON schema of documents: ``python -m lossexplorer.documents.schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from lossexplorer.core.files import replace_file
from lossexplorer.documents.document import SessionDocument
from lossexplorer.documents.scenario import ScenarioDocument

PATH = Path(__file__).parents[2] / "resources/docs/session.schema.json"


def schema() -> dict[str, Any]:
    """Return what a session or a scenario must be like, as JSON Schema (draft 2020-12).

    Examples
    --------
    >>> [each["$ref"] for each in schema()["anyOf"]]
    ['#/$defs/SessionDocument', '#/$defs/ScenarioDocument']
    """
    models = (SessionDocument, ScenarioDocument)
    _, found = models_json_schema(
        [(SessionDocument, "validation"), (ScenarioDocument, "validation")]
    )
    for definition in found["$defs"].values():
        if "properties" in definition:  # dataclasses do not say by themselves what reading refuses
            definition["additionalProperties"] = False
    for model in models:
        found["$defs"][model.__name__]["required"] += ["kind", "version"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Session or scenario of Loss Explorer",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in models],
        **found,
    }


def schema_text() -> str:
    """Return the schema as it is published."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    replace_file(PATH, lambda file: file.write_text(schema_text(), encoding="utf-8"))
    print(PATH)
