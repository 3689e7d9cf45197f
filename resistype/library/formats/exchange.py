"""Signatures in and out of other people's formats, with a list of what is lost on the way.

What a format loses is not claimed but measured: the text that was written is read again, and every field that comes
back different is a `Loss`. So a format that gains a field, or a signature that uses a new one, needs no second table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.errors import SignatureError, complain
from resistype.library.formats.gmt import ENRICHR, GMT, UCELL
from resistype.library.formats.msigdb import MSIGDB
from resistype.library.formats.raw import Format, Loss, Parsed, RawSet, to_signature
from resistype.library.formats.tables import NET, SIGNATURE_SETS, weight_of
from resistype.library.names import near
from resistype.library.signature import Signature
from resistype.library.textfile import read_text

__all__ = ["FORMATS", "Exported", "export_text", "format_of", "import_signatures", "read_raw", "to_gseapy", "to_net"]

FORMATS: dict[str, Format] = {one.id: one for one in (GMT, UCELL, MSIGDB, NET, SIGNATURE_SETS, ENRICHR)}
BY_SUFFIX = {".gmt": "gmt", ".json": "msigdb", ".csv": "net", ".tsv": "net", ".txt": "enrichr"}


@dataclass(frozen=True)
class Exported:
    """Text in another format, and what it does not hold.

    Parameters
    ----------
    text
        The file's content.
    losses
        What reading it again does not give back.
    """

    text: str
    losses: tuple[Loss, ...]


def _format(name: str) -> Format:
    if name not in FORMATS:
        message = f"There is no format '{name}'. {near(name, FORMATS)} All: {', '.join(FORMATS)}."
        raise SignatureError(message, code="E209")
    return FORMATS[name]


def format_of(path: str | Path) -> str:
    """Name of the format that a file's suffix means: gmt, msigdb, net (csv, tsv) or enrichr (txt).

    Raises
    ------
    SignatureError
        For another suffix (E209).

    Examples
    --------
    >>> format_of("h.all.json"), format_of("net.tsv")
    ('msigdb', 'net')
    """
    suffix = Path(path).suffix.lower()
    if suffix not in BY_SUFFIX:
        message = f"{path} ends with no known suffix ({', '.join(BY_SUFFIX)}). Name the format: {', '.join(FORMATS)}."
        raise SignatureError(message, code="E209")
    return BY_SUFFIX[suffix]


def read_raw(path: str | Path, format: str | None = None) -> Parsed:  # noqa: A002  the word of the user
    """Sets of a file as they stand there, and the complaints about it, each with its line.

    Parameters
    ----------
    path
        The file; a table may also be Latin-1, as those of SignatureSets are.
    format
        Name of the format; None to go by the suffix.

    Raises
    ------
    SignatureError
        When the file cannot be read (E205) or the format is unknown (E209).
    """
    name = format or format_of(path)
    kind = _format(name)
    text = read_text(Path(path), latin=name in ("net", "signaturesets"))
    sets, complaints = kind.read(text)
    stem = Path(path).name.partition(".")[0]
    named = [RawSet(stem, s.up, s.down, s.weights, s.fields, s.line) if s.name == "table" else s for s in sets]
    return named, complaints


def import_signatures(path: str | Path, format: str | None = None) -> list[Signature]:  # noqa: A002
    """Signatures of a file in another format, as they stand there: symbols are not updated, nothing is dropped.

    Parameters
    ----------
    path
        A GMT file (also with UCell's + and -), MSigDB JSON, a table of decoupler or SignatureSets, an Enrichr library.
    format
        gmt, ucell, msigdb, net, signaturesets or enrichr; None to go by the suffix.

    Returns
    -------
    list of Signature
        In the order of the file.

    Raises
    ------
    SignatureError
        When the file cannot be read (E205); all complaints about its content at once (E207).

    Examples
    --------
    >>> import_signatures("no_such_file.gmt")
    Traceback (most recent call last):
    resistype.errors.SignatureError: E205 There is no file no_such_file.gmt...
    """
    sets, complaints = read_raw(path, format)
    signatures, more = _signatures(sets)
    found = [f"{path}:{line}: {message}" for line, message in sorted([*complaints, *more])]
    shown = [*found[:50], f"… and {len(found) - 50} more"] if len(found) > 50 else found
    if not signatures and not shown:
        shown = [f"{path}:1: there is no set in it"]
    complain(shown, SignatureError, code="E207", subject=str(path))
    return signatures


def _signatures(sets: Iterable[RawSet]) -> tuple[list[Signature], list[tuple[int, str]]]:
    signatures: list[Signature] = []
    complaints: list[tuple[int, str]] = []
    for raw in sets:
        known = {key: value for key, value in raw.fields.items() if key != "without_entrez"}
        signature, found = to_signature(RawSet(raw.name, raw.up, raw.down, raw.weights, known, raw.line))
        complaints += found
        signatures += [signature] if signature else []
    return signatures, complaints


def export_text(signatures: Iterable[Signature], format: str) -> Exported:  # noqa: A002
    r"""Signatures as text of another format, and what that loses.

    Parameters
    ----------
    signatures
        What to write.
    format
        gmt, ucell, msigdb, net, signaturesets or enrichr.

    Returns
    -------
    Exported
        The text, and a `Loss` for every field that reading the text again does not give back.

    Raises
    ------
    SignatureError
        For an unknown format (E209).

    Examples
    --------
    >>> done = export_text([Signature(id="two", name="two", up=("B2M",), down=("IL7R",))], "ucell")
    >>> done.text, done.losses
    ('two\t\tB2M+\tIL7R-\n', ())
    """
    kind, given = _format(format), list(signatures)
    text = kind.write(given)
    back = {signature.id: signature for signature in _signatures(kind.read(text)[0])[0]}
    losses = [loss for signature in given for loss in _losses(signature, back.get(signature.id))]
    return Exported(text, tuple(losses))


def _flat(signature: Signature) -> dict[str, Any]:
    """Fields by dotted name; the numbers of a weight stand for themselves."""
    data = signature.model_dump()
    nested = {f"{key}.{part}": value for key in ("source", "scoring") for part, value in data.pop(key).items()}
    return {**data, **nested}


def _losses(signature: Signature, back: Signature | None) -> list[Loss]:
    if back is None:
        return [Loss(signature.id, "id", "read again it is another set or none")]
    new = _flat(back)
    return [Loss(signature.id, key, _short(value)) for key, value in _flat(signature).items() if value != new[key]]


def _short(value: object) -> str:
    if isinstance(value, (dict, tuple)):
        return f"{len(value)} entries"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def to_gseapy(signatures: Iterable[Signature]) -> dict[str, list[str]]:
    """A dictionary of gene lists as gseapy takes it; genes down become a list ``<id>_DN`` beside ``<id>_UP``.

    Examples
    --------
    >>> to_gseapy([Signature(id="two", name="two", up=("B2M",), down=("IL7R",))])
    {'two_UP': ['B2M'], 'two_DN': ['IL7R']}
    """
    lists: dict[str, list[str]] = {}
    for one in signatures:
        sides = {f"{one.id}_UP": one.up, f"{one.id}_DN": one.down} if one.down else {one.id: one.up}
        lists |= {name: list(genes) for name, genes in sides.items() if genes}
    return lists


def to_net(signatures: Sequence[Signature]) -> pd.DataFrame:
    """A net as decoupler takes it: one row a gene with source, target and weight; genes down have -1.

    Examples
    --------
    >>> to_net([Signature(id="two", name="two", up=("B2M",), down=("IL7R",))])["weight"].tolist()
    [1.0, -1.0]
    """
    rows = [(one.id, gene, weight_of(one, gene)) for one in signatures for gene in one.genes]
    return pd.DataFrame(rows, columns=["source", "target", "weight"])
