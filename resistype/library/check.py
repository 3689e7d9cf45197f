"""Check signature files: every complaint at once, each with file, line, severity and a code that
never changes.

A file that cannot even be parsed gives its parser's complaints; one that can is put before every
rule of `rules.py`. The rules see what stands in the file, not what a reader made of it, so that a
stray space is found and not stripped.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from resistype.errors import SignatureError
from resistype.genes import id_type
from resistype.library.formats import RawSet, read_raw
from resistype.library.formats.raw import safe_id, to_signature
from resistype.library.library import Library, load_library
from resistype.library.read import parse_toml, signature_files
from resistype.library.relations import relations
from resistype.library.rules import CLAIM_RULES, NAME_RULES, Draft
from resistype.library.textfile import read_text
from resistype.resources import signatures_dir

JUDGED = (
    "gene names are plain ASCII",
    "genes occur more than once",
)  # the rules say it with the name
RAW = (".gmt", ".json", ".csv", ".tsv")
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
        Files of TOML, GMT, MSigDB JSON or tables (csv, tsv), or folders of TOML files.
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
    findings.extend(_as_finding(draft, problem) for draft, problem in relations(drafts, beside))
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
    suffix = file.suffix.lower()
    if suffix not in (".toml", *RAW) and file.exists():
        message = f"neither .toml nor .gmt, nor {', '.join(RAW[1:])}; those are what can be checked"
        return [Finding(str(file), 1, "error", "E205", message)], []
    try:
        if suffix != ".toml":
            return _read_raw(file)
        text = read_text(file)
    except SignatureError as error:
        return [Finding(str(file), 1, "error", error.code, error.message)], []
    signature, complaints = parse_toml(text)
    said = [(line, words) for line, words in complaints if JUDGED[0] not in words]
    findings = [Finding(str(file), line, "error", "E206", words) for line, words in said]
    try:
        data = tomllib.loads(text) if signature or not _unparsable(complaints) else None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        data = None
    return findings, (
        []
        if data is None
        else [Draft(str(file), data, signature, _gene_lines(text), _key_lines(text))]
    )


def _unparsable(complaints: list[tuple[int, str]]) -> bool:
    return any(message.startswith(("not valid TOML", "not read")) for _, message in complaints)


def _read_raw(file: Path) -> tuple[list[Finding], list[Draft]]:
    """Sets of a file in another format, each as a draft."""
    sets, complaints = read_raw(file)
    for one in sets:
        plain = replace(
            one, fields={key: value for key, value in one.fields.items() if key != "without_entrez"}
        )
        complaints += [
            found
            for found in to_signature(plain)[1]
            if not any(word in found[1] for word in JUDGED)
        ]
    findings = [Finding(str(file), line, "error", "E207", message) for line, message in complaints]
    if b"\r" in (content := file.read_bytes()) and b"\n" not in content:
        message = (
            "lines end with a bare carriage return, which many programs read as one line. Save it"
            " with \\n."
        )
        findings.append(Finding(str(file), 1, "warning", "L210", message))
    return findings, [
        Draft(str(file), _raw_data(one), None, {}, {}, first_line=one.line) for one in sets
    ]


def _raw_data(one: RawSet) -> dict[str, Any]:
    species = (
        "mouse"
        if id_type([*one.up, *one.down]).kind in ("mouse_symbol", "mouse_ensembl")
        else "human"
    )
    data: dict[str, Any] = {"id": safe_id(one.name), "name": one.name, "species": species}
    return {
        **data,
        **one.fields,
        "up": list(one.up),
        "down": list(one.down),
        "weights": one.weights,
    }


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
    return [
        _as_finding(draft, problem)
        for rule in (*NAME_RULES, *CLAIM_RULES)
        for problem in rule(draft)
    ]


def _as_finding(draft: Draft, problem: tuple[str, str, str, str]) -> Finding:
    severity, code, at, message = problem
    line = draft.gene_lines.get(at, draft.key_lines.get(at, draft.first_line))
    return Finding(draft.file, line, severity, code, message)
