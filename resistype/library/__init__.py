"""The signature library: the model, readers, writers, checks.

signature.py  Signature, Source, Scoring: the model of one signature, and its JSON Schema
read.py       TOML, GMT, mappings -> signatures
textfile.py   text of a stranger's file, or what it is instead
write.py      signatures -> TOML
formats/      other people's formats, in and out, with what is lost
library.py    Library, load_library, read_signatures; sets made of sets
check.py      every rule at once, with file, line and code
rules.py      rules of one file: genes, what it says of itself, the axes of the schemes
relations.py  rules that need the other signatures; what changed between two versions
show.py       tables and pages
"""

from __future__ import annotations

from resistype.library.check import Finding, check_library, check_paths
from resistype.library.formats import (
    FORMATS,
    Exported,
    Loss,
    export_text,
    import_signatures,
    to_gseapy,
    to_net,
)
from resistype.library.library import Library, SignatureSpec, load_library, read_signatures
from resistype.library.read import read_gmt, read_toml
from resistype.library.relations import SignatureDiff, diff
from resistype.library.show import list_frame, show
from resistype.library.signature import Evidence, Scoring, Signature, Source
from resistype.library.write import schema_text, signature_schema, to_toml, write_toml

__all__ = [
    "FORMATS",
    "Evidence",
    "Exported",
    "Finding",
    "Library",
    "Loss",
    "Scoring",
    "Signature",
    "SignatureDiff",
    "SignatureSpec",
    "Source",
    "check_library",
    "check_paths",
    "diff",
    "export_text",
    "import_signatures",
    "list_frame",
    "load_library",
    "read_gmt",
    "read_signatures",
    "read_toml",
    "schema_text",
    "show",
    "signature_schema",
    "to_gseapy",
    "to_net",
    "to_toml",
    "write_toml",
]
