"""The JSON Schema of a signature file, made from the models, so that an editor completes and checks what is typed.

`signatures/signature.schema.json` is its committed copy; a test fails when it is not current. The schema knows types,
words and patterns; what needs more (a gene twice, weights of other genes) the reader tells.
"""

from __future__ import annotations

import json
from typing import Any

from resistype.library.parse import FORMAT, FORMAT_VERSION
from resistype.library.signature import Signature

__all__ = ["schema_text", "signature_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def signature_schema() -> dict[str, Any]:
    """JSON Schema of a signature file.

    Returns
    -------
    dict
        A schema of draft 2020-12 with a description for every field.

    Examples
    --------
    >>> signature_schema()["properties"]["format"]["const"]
    'resistype-signature'
    """
    schema = Signature.model_json_schema()
    head = {
        "format": {"const": FORMAT, "description": "says that this file is a signature"},
        "format_version": {
            "type": "integer",
            "minimum": 1,
            "maximum": FORMAT_VERSION,
            "description": "version of the format of this file",
        },
    }
    return {
        "$schema": DIALECT,
        "title": "resistype signature",
        "description": "A gene signature with its provenance.",
        "type": "object",
        "additionalProperties": False,
        "required": [*head, *schema["required"]],
        "properties": head | schema["properties"],
        "$defs": schema["$defs"],
    }


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(signature_schema(), indent=1, ensure_ascii=False) + "\n"
