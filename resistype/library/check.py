"""Check signature files: every complaint at once, each with file, line, severity and a code that never changes.

A file that cannot even be parsed gives its parser's complaints; one that can is put before every rule of `rules.py`.
The rules see what stands in the file, not what a reader made of it, so that a stray space is found and not stripped.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from resistype.errors import SignatureError
from resistype.library.library import Library, load_library
from resistype.library.parse import parse_toml
from resistype.library.read import read_text, safe_id, signature_files
from resistype.library.rules import RULES, Draft, near_duplicates
from resistype.resources import signatures_dir

__all__ = ["Finding", "check_library", "check_paths"]

SEVERITIES = ("error", "warning", "note")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, order=True)
class Finding:
    """One complaint about a signature file.

    Parameters
    ----------
    file, line
        Where.
    severity
        error (must be mended), warning (look at it), note (know it).
    code
        Stable code of the rule.
    message
        What was found and what to do.
    """

    file: str
    line: int
    severity: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity} {self.code} {self.message}"

    def to_json(self) -> dict[str, str | int]:
        """The finding as plain values, for machines."""
        return asdict(self)


def check_paths(paths: Iterable[str | Path], *, library: Library | None = None) -> list[Finding]:
    """Check files and folders of signatures.

    Parameters
    ----------
    paths
        TOML or GMT files, or folders of TOML files.
    library
        What to compare with; None for the shipped library.

    Returns
    -------
    list of Finding
        Every complaint, sorted by file and line; empty when all is well.

    Examples
    --------
    >>> check_paths([])
    []
    """
    findings: list[Finding] = []
    drafts: list[Draft] = []
    for path in paths:
        for file in _files(Path(path)):
            found, made = _read(file)
            findings.extend(found)
            drafts.extend(made)
    for draft in drafts:
        findings.extend(_judge(draft))
    beside = library if library is not None else load_library()
    findings.extend(_as_finding(draft, problem) for draft, problem in near_duplicates(drafts, beside))
    return sorted(set(findings))


def check_library() -> list[Finding]:
    """Check the shipped library itself.

    Returns
    -------
    list of Finding
        Every complaint about the files that come with resistype.
    """
    return check_paths(signature_files(signatures_dir(), axes=True))


def _files(path: Path) -> Sequence[Path]:
    return signature_files(path) if path.is_dir() else [path]


def _read(file: Path) -> tuple[list[Finding], list[Draft]]:
    """Complaints of the reader, and the drafts to judge."""
    try:
        text = read_text(file)
    except SignatureError as error:
        return [Finding(str(file), 1, "error", error.code, error.message)], []
    if file.suffix.lower() == ".gmt":
        return _read_gmt(file, text)
    if file.suffix.lower() != ".toml":
        return [Finding(str(file), 1, "error", "E205", "neither .toml nor .gmt; those are what can be checked")], []
    signature, complaints = parse_toml(text)
    findings = [Finding(str(file), line, "error", "E206", message) for line, message in complaints]
    try:
        data = tomllib.loads(text) if signature or not _unparsable(complaints) else None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        data = None
    return findings, [] if data is None else [Draft(str(file), data, signature, _gene_lines(text), _key_lines(text))]


def _unparsable(complaints: list[tuple[int, str]]) -> bool:
    return any(message.startswith(("not valid TOML", "not read")) for _, message in complaints)


def _read_gmt(file: Path, text: str) -> tuple[list[Finding], list[Draft]]:
    findings: list[Finding] = []
    drafts: list[Draft] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t")
        genes = [cell for cell in cells[2:] if cell.strip()]
        if not line.strip():
            continue
        if not genes:
            wanted = "no genes; wanted name, description and genes separated by TABs"
            findings.append(Finding(str(file), number, "error", "E207", wanted))
            continue
        data: dict[str, Any] = {"id": safe_id(cells[0]), "description": cells[1], "up": genes}
        drafts.append(Draft(str(file), data, None, {}, {}, first_line=number))
    return findings, drafts


def _gene_lines(text: str) -> dict[str, int]:
    """First line on which each quoted text stands."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for found in QUOTED.findall(line):
            lines.setdefault(found, number)
    return lines


def _key_lines(text: str) -> dict[str, int]:
    """First line of each key."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.partition("=")[0].strip(' "[]')
        lines.setdefault(key, number)
    return lines


def _judge(draft: Draft) -> list[Finding]:
    return [_as_finding(draft, problem) for rule in RULES for problem in rule(draft)]


def _as_finding(draft: Draft, problem: tuple[str, str, str, str]) -> Finding:
    severity, code, at, message = problem
    line = draft.gene_lines.get(at, draft.key_lines.get(at, draft.first_line))
    return Finding(draft.file, line, severity, code, message)
