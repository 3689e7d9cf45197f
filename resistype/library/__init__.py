"""The signature library: the model, readers, writers, checks.

signature.py  Signature, Source, Scoring: the model of one signature
read.py       TOML, GMT, mappings -> signatures
write.py      signatures -> TOML
library.py    Library, load_library, read_signatures
names.py      near misses for messages
"""

from __future__ import annotations

from resistype.library.check import Finding, check_library, check_paths
from resistype.library.library import Library, SignatureSpec, load_library, read_signatures
from resistype.library.read import read_gmt, read_toml
from resistype.library.show import list_frame, show
from resistype.library.signature import Scoring, Signature, Source
from resistype.library.write import to_toml, write_toml

__all__ = [
    "Finding",
    "Library",
    "Scoring",
    "Signature",
    "SignatureSpec",
    "Source",
    "check_library",
    "check_paths",
    "list_frame",
    "load_library",
    "read_gmt",
    "read_signatures",
    "read_toml",
    "show",
    "to_toml",
    "write_toml",
]
