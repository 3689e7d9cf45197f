"""The JSON Schema: current, true to the model, and passed by every shipped file."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from resistype.library import Signature, schema_text, signature_schema
from resistype.library.read import signature_files
from resistype.resources import signatures_dir

SCHEMA = signature_schema()
FILES = signature_files(signatures_dir(), axes=True)


def test_the_committed_schema_is_current() -> None:
    committed = (signatures_dir() / "signature.schema.json").read_text(encoding="utf-8")

    assert committed == schema_text(), (
        "resistype signatures schema --out signatures/signature.schema.json"
    )


def test_every_field_of_the_model_is_there_and_explained() -> None:
    assert set(SCHEMA["properties"]) == {"format", "format_version", *Signature.model_fields}
    assert all("description" in field for field in SCHEMA["properties"].values())
    for table in ("Source", "Scoring"):
        assert all(
            "description" in field for field in SCHEMA["$defs"][table]["properties"].values()
        )


def test_unknown_keys_are_forbidden_everywhere() -> None:
    assert SCHEMA["additionalProperties"] is False
    assert all(part["additionalProperties"] is False for part in SCHEMA["$defs"].values())


def complaints(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """As much of JSON Schema as ours uses, in plain words."""
    if "$ref" in schema:
        return complaints(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], where)
    if "anyOf" in schema:
        tried = [complaints(value, option, where) for option in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    kinds = {
        "string": str,
        "object": dict,
        "array": list,
        "integer": int,
        "number": (int, float),
        "null": type(None),
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{where} is no {schema['type']}"]
    said = []
    if "const" in schema and value != schema["const"]:
        said.append(f"{where} is not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        said.append(f"{where} is none of the words")
    if isinstance(value, str):
        short, long = schema.get("minLength", 0), schema.get("maxLength", 10**9)
        said += [] if short <= len(value) <= long else [f"{where} has {len(value)} characters"]
        said += [] if re.search(schema.get("pattern", ""), value) else [f"{where} does not match"]
    if isinstance(value, int) and value > schema.get("maximum", value):
        said.append(f"{where} is too large")
    if isinstance(value, list):
        items = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
        for number, (item, inner) in enumerate(zip(value, items, strict=False)):
            said += complaints(item, inner, f"{where}[{number}]")
    if isinstance(value, dict):
        said += [
            f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value
        ]
        extra = schema.get("additionalProperties", True)
        for key, item in value.items():
            known = schema.get("properties", {}).get(key, extra)
            said += [f"{where}.{key} is unknown"] if known is False else []
            said += complaints(item, known, f"{where}.{key}") if isinstance(known, dict) else []
    return said


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_shipped_file_passes(path: Any) -> None:
    assert complaints(tomllib.loads(path.read_text(encoding="utf-8")), SCHEMA) == []


GOOD: dict[str, Any] = {
    "format": "resistype-signature",
    "format_version": 1,
    "id": "a",
    "name": "A",
    "up": ["B2M"],
}
WRONG = {
    "another format": {"format": "x"},
    "newer": {"format_version": 2},
    "id with capitals": {"id": "A"},
    "no name": {"name": ""},
    "unknown axis": {"axis": "ifn"},
    "unknown key": {"genes": ["B2M"]},
    "gene in Cyrillic": {"up": ["CD8\u0410"]},
    "gene is a formula": {"up": ["=1"]},
    "gene is long": {"up": ["G" * 65]},
    "genes are text": {"up": "B2M"},
    "version": {"version": "1.0"},
    "status": {"status": "true"},
    "pmid": {"source": {"pmid": "PMC1"}},
    "key of the source": {"source": {"paper": "x"}},
    "weight is text": {"weights": {"B2M": "1"}},
    "method": {"scoring": {"method": "magic"}},
    "direction": {"expected_in_resistance": "sideways"},
}


def test_a_good_file_passes() -> None:
    assert complaints(GOOD, SCHEMA) == []


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_the_model_refuses_the_schema_refuses(change: dict[str, Any]) -> None:
    assert complaints(GOOD | change, SCHEMA) != []
    content = {key: value for key, value in (GOOD | change).items() if not key.startswith("format")}
    if not any(key.startswith("format") for key in change):
        with pytest.raises(ValueError, match="validation error"):
            Signature.model_validate(content)


@pytest.mark.parametrize("missing", ["format", "format_version", "id", "name"])
def test_what_must_be_there(missing: str) -> None:
    assert complaints({key: value for key, value in GOOD.items() if key != missing}, SCHEMA) == [
        f".{missing} is missing"
    ]


def test_it_is_json_that_editors_take() -> None:
    assert json.loads(schema_text())["$schema"].startswith("https://json-schema.org/")
    assert schema_text().endswith("}\n")
