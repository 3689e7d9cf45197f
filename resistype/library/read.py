"""Signatures from files and mappings: TOML, GMT, a dictionary of gene lists.

Files come from strangers, so each is small (8 MB), is text, and is checked before it is believed. All complaints
about a file, and about all files of a folder, are told at once, each with file, line and field.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resistype.errors import SignatureError, complain
from resistype.library.signature import AXES, Signature

__all__ = ["FORMAT", "FORMAT_VERSION", "MAX_BYTES", "read_folder", "read_gmt", "read_mapping", "read_path", "read_toml"]

FORMAT = "resistype-signature"
FORMAT_VERSION = 1
MAX_BYTES = 8 * 2**20
MAX_DEPTH = 8
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


def _too_deep(text: str) -> bool:
    """Whether brackets nest deeper than any signature needs; a cheap test before the parser recurses."""
    opened = text.count("[") + text.count("{")
    if opened < MAX_DEPTH:
        return False
    depth = deepest = 0
    for char in re.findall(r"[\[\]{}]", text):
        depth += 1 if char in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def _line_of(text: str, field: str) -> int:
    """Line of a field in TOML text, 1 when it is not there."""
    found = re.search(rf"^\s*\[?\"?{re.escape(field)}\"?\s*[=\]]", text, flags=re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def parse_toml(text: str) -> tuple[Signature | None, list[tuple[int, str]]]:
    """A signature from TOML text, or the complaints about it, each with its line."""
    if _too_deep(text):
        return None, [(1, f"brackets nest deeper than {MAX_DEPTH}")]
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line ([0-9]+)", str(error))
        return None, [(int(found[1]) if found else 1, f"not valid TOML: {error}")]
    except (RecursionError, ValueError) as error:
        return None, [(1, f"not valid TOML: {type(error).__name__}")]
    complaints = _format_complaints(data, text)
    if complaints:
        return None, complaints
    content = {key: value for key, value in data.items() if key not in ("format", "format_version")}
    try:
        return Signature.model_validate(content), []
    except ValidationError as error:
        return None, [_complaint(item, text) for item in error.errors(include_url=False)]


def _format_complaints(data: dict[str, Any], text: str) -> list[tuple[int, str]]:
    kind, version = data.get("format"), data.get("format_version")
    if kind != FORMAT:
        return [(_line_of(text, "format"), f'format is {kind!r}; a signature file says format = "{FORMAT}"')]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return [(_line_of(text, "format_version"), f"format_version is {version!r}; it must be a whole number from 1")]
    if version > FORMAT_VERSION:
        message = f"format_version is {version}, this resistype reads up to {FORMAT_VERSION}; update resistype"
        return [(_line_of(text, "format_version"), message)]
    return []


def _complaint(item: Any, text: str) -> tuple[int, str]:
    """One pydantic error as a line number and a sentence."""
    where = [str(part) for part in item["loc"]]
    message = str(item["msg"]).removeprefix("Value error, ")
    if not where:
        return 1, message
    field = ".".join(where)
    got = "" if item["type"] in ("missing", "extra_forbidden") else f"; got {str(item['input'])[:60]!r}"
    if item["type"] == "extra_forbidden":
        message = "there is no such field"
    return _line_of(text, where[0]), f"{field}: {message}{got}"


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
        return [_complaint(item, "")[1] for item in error.errors(include_url=False)]
    return []


def safe_id(name: str) -> str:
    """An id from any name: lower case, other characters become one underscore; empty when nothing is left."""
    return UNSAFE.sub("_", name[:400].lower()).strip("_.-")[:64].rstrip("_.-")


def read_mapping(sets: Mapping[str, Sequence[str]]) -> list[Signature]:
    """Signatures from a mapping of names to genes, as gseapy and decoupler users have them.

    Raises
    ------
    SignatureError
        All complaints about the mapping (E208).
    """
    signatures: list[Signature] = []
    complaints: list[str] = []
    for name, genes in sets.items():
        if isinstance(genes, str) or not isinstance(genes, Iterable):
            complaints.append(f"'{name}' maps to {type(genes).__name__}; wanted a list of genes")
            continue
        key = safe_id(str(name))
        unique = tuple(dict.fromkeys(str(gene) for gene in genes))
        try:
            signatures.append(Signature.model_validate({"id": key, "name": str(name)[:200], "up": unique}))
        except ValidationError as error:
            complaints.extend(f"'{name}': {_complaint(item, '')[1]}" for item in error.errors(include_url=False))
    complain(complaints, SignatureError, code="E208", subject="Mapping of signatures")
    return signatures


def read_folder(folder: Path, *, axes: bool = False) -> list[Signature]:
    """All signatures of the TOML files below a folder; with `axes`, of its axis folders only.

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
    return signatures


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
