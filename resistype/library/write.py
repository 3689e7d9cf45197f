"""Signatures to TOML, always the same text for the same signature, one gene a line so that a diff
reads well.

The standard library reads TOML and does not write it; what a signature needs is little enough to
write here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from resistype.library.read import FORMAT, FORMAT_VERSION
from resistype.library.signature import Signature
from resistype.safe.files import write_file

HEAD = ("id", "version", "name", "axis", "species", "compartment", "status", "description")


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL and non-ASCII, which TOML takes as they are or as
    # \uXXXX.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _array(key: str, values: Iterable[str]) -> list[str]:
    items = [f"  {_string(value)}," for value in values]
    return [f"{key} = [", *items, "]"] if items else []


def _table(name: str, pairs: Mapping[str, str | float]) -> list[str]:
    lines = [
        f"{_key(key)} = {_string(value) if isinstance(value, str) else repr(float(value))}"
        for key, value in pairs.items()
    ]
    return ["", f"[{name}]", *lines] if lines else []


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _string(key)


def _evidence(signature: Signature) -> list[str]:
    """One line per gene, so that a diff shows whose evidence changed."""
    filled = {
        gene: one.model_dump(exclude_defaults=True)
        for gene, one in signature.evidence.items()
        if str(one)
    }
    inner = {
        gene: ", ".join(f"{key} = {_string(text)}" for key, text in one.items())
        for gene, one in filled.items()
    }
    lines = [f"{_key(gene)} = {{ {text} }}" for gene, text in inner.items()]
    return ["", "[evidence]", *lines] if lines else []


def to_toml(signature: Signature) -> str:
    """TOML text of a signature; reading it gives an equal signature.

    Examples
    --------
    >>> print(to_toml(Signature(id="mine", name="Mine", up=("B2M",))).splitlines()[0])
    format = "resistype-signature"
    """
    lines = [f"format = {_string(FORMAT)}", f"format_version = {FORMAT_VERSION}", ""]
    lines += [f"{key} = {_string(getattr(signature, key))}" for key in HEAD]
    if signature.expected_in_resistance:
        lines.append(f"expected_in_resistance = {_string(signature.expected_in_resistance)}")
    if signature.derived_from:
        lines.append(f"derived_from = {_string(signature.derived_from)}")
    lines.append("")
    for key in ("up", "down", "dropped"):
        lines += _array(key, getattr(signature, key))
    if signature.pairs:
        rows = [f"  [{_string(a)}, {_string(b)}]," for a, b in signature.pairs]
        lines += ["pairs = [", *rows, "]"]
    lines += _table("scoring", {k: v for k, v in signature.scoring.model_dump().items() if v})
    lines += _table("source", {k: v for k, v in signature.source.model_dump().items() if v})
    lines += _table("symbol_updates", signature.symbol_updates)
    lines += _table("weights", signature.weights or {})
    lines += _evidence(signature)
    return "\n".join(lines) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write beside the target, then rename: an interrupted write leaves the old file as it was."""
    write_file(path, lambda stream: stream.write(text.encode()))


def write_toml(signature: Signature, path: str | Path) -> Path:
    """Write a signature to a TOML file.

    Parameters
    ----------
    signature
        What to write.
    path
        A file, or a folder that gets ``<id>.toml``.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OutputError
        When it cannot be written (O101).
    """
    target = Path(path)
    if target.is_dir():
        target = target / f"{signature.id}.toml"
    write_text(target, to_toml(signature))
    return target


# The JSON Schema of a signature file, made from the models, so that an editor completes and checks
# what is typed.

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
