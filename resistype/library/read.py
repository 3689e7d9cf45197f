"""Signatures from files and mappings: TOML, GMT, a dictionary of gene lists.

Files come from strangers, so each is small (8 MB), is text, and is checked before it is believed. All complaints
about a file, and about all files of a folder, are told at once, each with file, line and field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from resistype.errors import SignatureError, complain
from resistype.library.parse import brief, complaint, parse_toml
from resistype.library.signature import AXES, Signature

__all__ = [
    "MAX_BYTES",
    "GeneList",
    "read_folder",
    "read_gmt",
    "read_mapping",
    "read_path",
    "read_toml",
]

GeneList: TypeAlias = Sequence[str] | Mapping[str, float]
MAX_BYTES = 8 * 2**20
UNSAFE = re.compile(r"[^a-z0-9_.-]+")


def read_text(path: Path) -> str:
    """Text of a file of at most 8 MB.

    Raises
    ------
    SignatureError
        When it is absent, no file, too large or not UTF-8 (E205).
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise SignatureError(f"{path} is not a file.", code="E205")
        if size > MAX_BYTES:
            message = (
                f"{path} has {size / 2**20:.1f} MB; signature files have at most 8 MB. Split it, or check the file."
            )
            raise SignatureError(message, code="E205")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        message = f"There is no file {path}. Give a TOML or GMT file, a folder, or the id of a shipped signature."
        raise SignatureError(message, code="E205") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        raise SignatureError(message, code="E205") from None
    except OSError as error:
        raise SignatureError(f"{path} cannot be read: {error.strerror}.", code="E205") from None


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
        [f"{file}:{line}: {message}" for line, message in complaints], SignatureError, code="E206", subject=str(file)
    )
    if signature is None:
        raise SignatureError(f"{file} holds no signature.", code="E206")
    return signature


def read_gmt(path: str | Path) -> list[Signature]:
    """Signatures of a GMT file: a line is a name, a description and genes, separated by TABs and by nothing else.

    Raises
    ------
    SignatureError
        All complaints about the file, with lines (E207).
    """
    file = Path(path)
    signatures: list[Signature] = []
    complaints: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        genes = [cell for cell in cells[2:] if cell]
        key = safe_id(cells[0])
        if len(cells) < 3 or not genes:
            complaints.append(f"{file}:{number}: no genes; wanted name, description and genes separated by TABs")
        elif not key:
            complaints.append(f"{file}:{number}: the name {cells[0][:60]!r} has no letter or digit to make an id of")
        elif key in seen:
            complaints.append(f"{file}:{number}: the name '{cells[0][:60]}' is already on line {seen[key]}")
        else:
            seen[key] = number
            complaints.extend(f"{file}:{number}: {text}" for text in _add(signatures, key, cells, genes, file))
    complain(complaints, SignatureError, code="E207", subject=str(file))
    return signatures


def _add(signatures: list[Signature], key: str, cells: list[str], genes: list[str], file: Path) -> list[str]:
    try:
        source = {"citation": "", "repository": "", "path": file.name, "note": "read from a GMT file"}
        fields = {"id": key, "name": cells[0][:200], "description": cells[1][:4000], "up": tuple(dict.fromkeys(genes))}
        signatures.append(Signature.model_validate({**fields, "axis": "custom", "source": source}))
    except ValidationError as error:
        return [complaint(item)[1] for item in error.errors(include_url=False)]
    return []


def safe_id(name: str) -> str:
    """An id from any name: lower case, other characters become one underscore; empty when nothing is left."""
    return UNSAFE.sub("_", name[:400].lower()).strip("_.-")[:64].rstrip("_.-")


def read_mapping(sets: Mapping[str, GeneList]) -> list[Signature]:
    """Signatures from a mapping of names to genes, or to genes with weights, as gseapy and decoupler users have them.

    Raises
    ------
    SignatureError
        All complaints about the mapping (E208).

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
        if key in taken:
            complaints.append(f"'{taken[key]}' and '{name}' both become the id '{key}'; rename one")
            continue
        taken[key] = str(name)
        signature, found = _from_list(str(name), key, genes)
        complaints.extend(f"'{str(name)[:60]}': {message}" for message in found)
        signatures.extend([signature] if signature else [])
    complain(complaints, SignatureError, code="E208", subject="Mapping of signatures")
    return signatures


def _from_list(name: str, key: str, genes: object) -> tuple[Signature | None, list[str]]:
    """A signature from one entry of a mapping, or the complaints about it."""
    if isinstance(genes, (str, bytes)) or not isinstance(genes, Iterable):
        return None, [f"wanted a list of genes, got {brief(genes)}"]
    names = sorted(genes) if isinstance(genes, (set, frozenset)) else list(genes)
    odd = [gene for gene in names if not isinstance(gene, str)]
    if odd:
        return None, [f"{len(odd)} of {len(names)} genes are no text (first: {brief(odd[0])}); give symbols as text"]
    weights = {gene: _plain(value) for gene, value in genes.items()} if isinstance(genes, Mapping) else None
    fields = {"id": key, "name": name[:200], "up": tuple(dict.fromkeys(names)), "weights": weights}
    try:
        return Signature.model_validate(fields), []
    except ValidationError as error:
        return None, [complaint(item)[1] for item in error.errors(include_url=False)]


def _plain(value: object) -> object:
    """A number of numpy as one of Python; anything else as it is."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else value


def read_folder(folder: Path, *, axes: bool = False) -> list[Signature]:
    """All signatures of the TOML files below a folder, sorted by id; with `axes`, of its axis folders only.

    The newest version of an id is ``<id>.toml``, an older one ``<id>@<version>.toml`` beside it.

    Raises
    ------
    SignatureError
        All complaints about all files (E206), or an empty folder (E203).
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
        raise SignatureError(f"{folder} holds no signature file (*.toml in folders of axes).", code="E203")
    return sorted(signatures, key=lambda signature: signature.id)


def signature_files(folder: Path, *, axes: bool = False) -> list[Path]:
    """TOML files below a folder, sorted; schemes are no signatures."""
    roots = [folder / axis for axis in AXES] if axes else [folder]
    files = (file for root in roots for file in root.rglob("*.toml") if root.is_dir())
    return sorted(file for file in files if "schemes" not in file.parts)


def read_path(path: Path) -> list[Signature]:
    """Signatures of a TOML file, a GMT file or a folder.

    Raises
    ------
    SignatureError
        For another kind of file (E205) or a wrong one.
    """
    if path.is_dir():
        return read_folder(path)
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return [read_toml(path)]
    if suffix == ".gmt":
        return read_gmt(path)
    read_text(path)  # an absent file is the likelier mistake
    raise SignatureError(f"{path} is neither .toml nor .gmt nor a folder; those are what can be read.", code="E205")
