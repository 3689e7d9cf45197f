"""What every format reads into and writes from: a set as it stands in a file, and what a format
cannot hold.

A `RawSet` is not yet believed: its names are those of the file, so that the checks see a stray
space or a date of a spreadsheet. `to_signature` brings it before the model. Readers return what
they could read and every complaint with its line, and never raise; whoever calls them decides
whether a complaint is an error or a finding.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import ValidationError

from resistype.library.signature import Signature
from resistype.library.textfile import complaint

Complaint: TypeAlias = tuple[int, str]
MAX_GENES = 20_000  # more names than a species has genes of one kind: no signature
MAX_SETS = 20_000
TOO_MANY_SETS = f"more than {MAX_SETS:,} sets in one file; split it"
LONGEST = 64
UNSAFE = re.compile(r"[^a-z0-9_.-]+")
PATHLIKE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|.*\.\.[/\\]|.*[/\\]\.\.")
SHOWN = 60


@dataclass(frozen=True)
class RawSet:
    """A set as it stands in a file.

    Parameters
    ----------
    name
        Its name there.
    up, down
        Genes, untouched.
    weights
        Weight of each gene; None where the format or the set has none.
    fields
        Other fields of a signature that the format holds.
    line
        Line of the file.
    """

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...] = ()
    weights: dict[str, float] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    line: int = 1


Parsed: TypeAlias = tuple[list[RawSet], list[Complaint]]


@dataclass(frozen=True, order=True)
class Loss:
    """Something of a signature that a format cannot hold.

    Parameters
    ----------
    signature
        Id of the signature.
    field
        What is lost, for example ``weights`` or ``source.doi``.
    detail
        What it was.
    """

    signature: str
    field: str
    detail: str

    def __str__(self) -> str:
        return f"{self.signature}: {self.field} is lost ({self.detail})"


@dataclass(frozen=True)
class Format:
    """One format of exchange: its name, the end of its file names, how it is read and written."""

    id: str
    suffix: str
    title: str
    read: Callable[[str], Parsed]
    write: Callable[[Sequence[Signature]], str]


def safe_id(name: str) -> str:
    """An id from any name: lower case, other characters become one underscore; empty when
    nothing is left.
    """
    plain = UNSAFE.sub("_", name[:400].lower()).strip("_.-")
    if len(plain) <= LONGEST:
        return plain
    # Names of one study differ at their ends, as in _UP and _DN, so a cut alone would join them.
    return f"{plain[: LONGEST - 9].rstrip('_.-')}_{digest_of(name)}"


def digest_of(name: str) -> str:
    """Eight characters that tell names apart whose ids would be the same."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def name_complaint(name: str) -> str:
    """Why a name of a set is refused; empty when it is not."""
    if PATHLIKE.match(name):
        return f"the name {name[:SHOWN]!r} looks like a path; rename the set"
    if not name.isprintable():
        return f"the name {name[:SHOWN]!a} holds characters that cannot be shown; rename the set"
    if not safe_id(name):
        return f"the name {name[:SHOWN]!r} has no letter or digit to make an id of"
    return ""


def to_signature(raw: RawSet) -> tuple[Signature | None, list[Complaint]]:
    """The signature a raw set makes, or the complaints about it."""
    if bad := name_complaint(raw.name):
        return None, [(raw.line, bad)]
    content = {
        "id": safe_id(raw.name),
        "name": raw.name[:200],
        "axis": "custom",
        "up": raw.up,
        "down": raw.down,
    }
    try:
        return Signature.model_validate({**content, "weights": raw.weights, **raw.fields}), []
    except ValidationError as error:
        items = error.errors(include_url=False)
        return None, [
            (raw.line, f"'{raw.name[:SHOWN]}': {complaint(item)[1]}") for item in items[:20]
        ]
