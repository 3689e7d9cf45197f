"""The signature library: the model, readers, writers, checks.

signature.py  Signature, Source, Scoring: the model of one signature      schema.py  its JSON Schema
read.py       TOML, GMT, mappings -> signatures; parse.py, textfile.py for files of strangers
write.py      signatures -> TOML
formats/      other people's formats, in and out, with what is lost
library.py    Library, load_library, read_signatures; algebra.py sets made of sets
diff.py       what changed between two versions
check.py      every rule at once: rules.py names of genes, claims.py what a file says of itself,
              relations.py the other signatures, siblings.py the axes of the schemes
show.py       tables and pages; names.py near misses for messages
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
