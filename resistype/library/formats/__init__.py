"""Other people's formats, in and out.

raw.py       RawSet, Loss, Format: what every format reads into and writes from
gmt.py       GMT, UCell, Enrichr libraries
exchange.py  MSigDB JSON, decoupler net, SignatureSets CSV, tables of weights; FORMATS, export_text
"""

from __future__ import annotations

from resistype.library.formats.exchange import (
    FORMATS,
    Exported,
    export_text,
    format_of,
    import_signatures,
    read_raw,
    to_gseapy,
    to_net,
)
from resistype.library.formats.raw import Loss, RawSet

__all__ = [
    "FORMATS",
    "Exported",
    "Loss",
    "RawSet",
    "export_text",
    "format_of",
    "import_signatures",
    "read_raw",
    "to_gseapy",
    "to_net",
]
