"""Signatures from files and mappings: TOML, GMT, a dictionary of gene lists.

Files come from strangers, so each is small (8 MB), is text, and is checked before it is believed.
All complaints about a file, and about all files of a folder, are told at once, each with file, line
and field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias, cast

from pydantic import ValidationError

from resistype.errors import SignatureError, complain
from resistype.library.formats.gmt import is_signed
from resistype.library.formats.gmt import rows as gmt_rows
from resistype.library.formats.raw import RawSet, digest_of, name_complaint, safe_id, to_signature
from resistype.library.signature import AXES, Signature
from resistype.library.textfile import brief, complaint, line_of, read_text
from resistype.safe.toml import RefusedError
from resistype.safe.toml import read_toml as parse_read_toml

# TOML text of a stranger to a signature: refused before parsing when it is hostile, explained when
# it is wrong.

FORMAT = "resistype-signature"
FORMAT_VERSION = 1
MAX_TOML = 2**18


def parse_toml(text: str) -> tuple[Signature | None, list[tuple[int, str]]]:
    """A signature from TOML text, or the complaints about it, each with its line."""
    if len(text) > MAX_TOML:
        return None, [
            (
                1,
                (
                    f"not read: it has {len(text):,} characters; one signature has at most"
                    f" {MAX_TOML:,}"
                ),
            )
        ]
    try:
        data = parse_read_toml(text)
    except RefusedError as error:
        return None, [(error.line, f"{'not valid TOML' if error.invalid else 'not read'}: {error}")]
    complaints = _format_complaints(data, text)
    if complaints:
        return None, complaints
    content = {key: value for key, value in data.items() if key not in ("format", "format_version")}
    try:
        return Signature.model_validate(content), []
    except ValidationError as error:
        return None, [complaint(item, text) for item in error.errors(include_url=False)]


def _format_complaints(data: dict[str, Any], text: str) -> list[tuple[int, str]]:
    kind, version = data.get("format"), data.get("format_version")
    if kind != FORMAT:
        return [
            (
                line_of(text, "format"),
                f'format is {kind!r}; a signature file says format = "{FORMAT}"',
            )
        ]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return [
            (
                line_of(text, "format_version"),
                f"format_version is {version!r}; it must be a whole number from 1",
            )
        ]
    if version > FORMAT_VERSION:
        message = (
            f"format_version is {version}, this resistype reads up to {FORMAT_VERSION}; update"
            " resistype"
        )
        return [(line_of(text, "format_version"), message)]
    return []


GeneList: TypeAlias = Sequence[str] | Mapping[str, float]


def read_toml(path: str | Path) -> Signature:
    """One signature from a TOML file.

    Raises
    ------
    SignatureError
        All complaints about the file, with lines (E206).
    """
    file = Path(path)
    signature, complaints = parse_toml(read_text(file))
    complain(
        [f"{file}:{line}: {message}" for line, message in complaints],
        SignatureError,
        code="E206",
        subject=str(file),
    )
    if signature is None:
        raise SignatureError(f"{file} holds no signature.", code="E206")
    return signature


def read_gmt(path: str | Path) -> list[Signature]:
    """Signatures of a GMT file: a line is a name, a description and genes, separated by TABs and by
    nothing else.

    Every line is a signature of its own, also one of a pair ``X_UP`` and ``X_DN``. Genes that all
    end with + or -, as UCell writes them, are up and down.

    Raises
    ------
    SignatureError
        All complaints about the file, with lines (E207).
    """
    file = Path(path)
    good, complaints = gmt_rows(read_text(file))
    source = {"path": file.name, "note": "read from a GMT file"}
    signatures: list[Signature] = []
    for line, name, about, cells in good:
        genes = list(dict.fromkeys(cell.strip() for cell in cells))
        up, down = genes, []
        if is_signed(genes):
            up, down = (
                [g[:-1] for g in genes if g.endswith("+")],
                [g[:-1] for g in genes if g.endswith("-")],
            )
        fields = {"description": about, "source": source}
        signature, found = to_signature(
            RawSet(name, tuple(up), tuple(down), fields=fields, line=line)
        )
        complaints += found
        signatures += [signature] if signature else []
    lines = [f"{file}:{line}: {message}" for line, message in sorted(complaints)]
    complain(lines, SignatureError, code="E207", subject=str(file))
    return signatures


def read_mapping(sets: Mapping[str, GeneList]) -> list[Signature]:
    """Signatures from a mapping of names to genes, or to genes with weights, as gseapy and
    decoupler users have them.

    Examples
    --------
    >>> [(s.id, s.genes) for s in read_mapping({"My set": ["B2M", "TAP1"]})]
    [('my_set', ('B2M', 'TAP1'))]
    """
    signatures: list[Signature] = []
    complaints: list[str] = []
    taken: dict[str, str] = {}
    for name, genes in sets.items():
        key = safe_id(str(name))
        if problem := name_complaint(str(name)):
            complaints.append(problem)
            continue
        if key in taken:  # names that differ in signs only, as CD8+ and CD8-
            key = safe_id(f"{key[:50]}_{digest_of(str(name))}")
        taken[key] = str(name)
        signature, found = _from_list(str(name), key, genes)
        complaints.extend(f"'{str(name)[:60]}': {message}" for message in found)
        signatures.extend([signature] if signature else [])
    complain(complaints, SignatureError, code="E208", subject="Mapping of signatures")
    return signatures


def _from_list(name: str, key: str, genes: object) -> tuple[Signature | None, list[str]]:
    """A signature from one entry of a mapping, or the complaints about it."""
    if hasattr(genes, "dtype") and hasattr(genes, "index"):  # a Series: genes, or their weights
        numbers = getattr(genes.dtype, "kind", "O") in "fiu"
        genes = dict(cast("Any", genes)) if numbers else list(cast("Iterable[str]", genes))
    if isinstance(genes, (str, bytes)) or not isinstance(genes, Iterable):
        return None, [f"wanted a list of genes, got {brief(genes)}"]
    names = sorted(genes) if isinstance(genes, (set, frozenset)) else list(genes)
    odd = [gene for gene in names if not isinstance(gene, str)]
    if odd:
        return None, [
            (
                f"{len(odd)} of {len(names)} genes are no text (first: {brief(odd[0])}); give"
                " symbols as text"
            )
        ]
    blank = sum(not gene.strip() for gene in names)
    if blank:
        return None, [
            f"{blank} of {len(names)} genes {'is' if blank == 1 else 'are'} empty; remove them"
        ]
    weights = (
        {gene: _plain(value) for gene, value in genes.items()}
        if isinstance(genes, Mapping)
        else None
    )
    genes_up, genes_down = _by_sign(tuple(dict.fromkeys(names)), weights)
    if weights is None and any(gene[-1] in "+-" and len(gene) > 1 for gene in names):
        genes_up = tuple(dict.fromkeys(g.removesuffix("+") for g in names if not g.endswith("-")))
        genes_down = tuple(dict.fromkeys(g[:-1] for g in names if g.endswith("-")))
    fields = {
        "id": key,
        "name": name[:200],
        "up": genes_up,
        "down": genes_down,
        "weights": weights,
    }
    try:
        return Signature.model_validate(fields), []
    except ValidationError as error:
        return None, [complaint(item)[1] for item in error.errors(include_url=False)]


def _by_sign(
    genes: Sequence[str], weights: Mapping[str, object] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Genes up and down: a weight below zero lowers the score, whatever the method."""
    below = {
        gene
        for gene, weight in (weights or {}).items()
        if isinstance(weight, int | float) and weight < 0
    }
    up = tuple(gene for gene in genes if gene not in below)
    return up, tuple(gene for gene in genes if gene in below)


def _plain(value: object) -> object:
    """A number of numpy as one of Python; anything else as it is."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else value


def read_folder(folder: Path, *, axes: bool = False) -> list[Signature]:
    """All signatures of the TOML files below a folder, sorted by id; with `axes`, of its axis
    folders only.

    The newest version of an id is ``<id>.toml``, an older one ``<id>@<version>.toml`` beside it.
    """
    files = signature_files(folder, axes=axes)
    signatures: list[Signature] = []
    complaints: list[str] = []
    for file in files:
        signature, found = parse_toml(read_text(file))
        complaints.extend(f"{file}:{line}: {message}" for line, message in found)
        if signature is not None:
            signatures.append(signature)
    complain(complaints, SignatureError, code="E206", subject=str(folder))
    if not signatures:
        raise SignatureError(
            f"{folder} holds no signature file (*.toml in folders of axes).", code="E203"
        )
    return sorted(signatures, key=lambda signature: signature.id)


def signature_files(folder: Path, *, axes: bool = False) -> list[Path]:
    """TOML files below a folder, sorted; schemes are no signatures."""
    roots = [folder / axis for axis in AXES] if axes else [folder]
    files = (file for root in roots for file in root.rglob("*.toml") if root.is_dir())
    return sorted(file for file in files if "schemes" not in file.parts)


def read_path(path: Path) -> list[Signature]:
    """Signatures of a TOML file, a GMT file or a folder."""
    if path.is_dir():
        return read_folder(path)
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return [read_toml(path)]
    if suffix == ".gmt":
        return read_gmt(path)
    read_text(path)  # an absent file is the likelier mistake
    raise SignatureError(
        f"{path} is neither .toml nor .gmt nor a folder; those are what can be read.", code="E205"
    )
