"""Where genes come from: a file's text, a comparison in a cohort. Each row carries the words of how it came.

A file arrives as a name and a text, never as a path: the page of a notebook cannot name files of this machine.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.curation.contrast import Contrast
from resistype.curation.derive import derive
from resistype.curation.desk_data import CohortData
from resistype.curation.desk_names import read_pasted
from resistype.curation.desk_sheet import Row, Sheet
from resistype.curation.draft import Drafted
from resistype.curation.fields import Filters
from resistype.curation.tables import COLUMNS, columns_of, filter_text, strongest
from resistype.errors import SignatureError
from resistype.library.formats import read_raw
from resistype.library.parse import parse_toml

__all__ = ["Found", "from_contrast", "from_file"]

MAX_TEXT = 2 * 2**20
KINDS = (".toml", ".gmt", ".json", ".csv", ".tsv", ".txt")
Found = tuple[list[Row], list[str]]


def from_file(name: str, text: str, *, filters: Filters) -> Found:
    """Rows of a file: a signature, a set of GMT or MSigDB JSON, a table of differential expression, or plain names.

    Parameters
    ----------
    name
        Name of the file; only its suffix counts.
    text
        What is in it.
    filters
        Which genes of a table of differential expression are taken.

    Raises
    ------
    SignatureError
        E207 for a file that cannot be used; E212 when no gene passes the filters.
    """
    suffix = Path(name[-80:]).suffix.lower()
    if suffix not in KINDS or len(text) > MAX_TEXT:
        size = f"'{name[-40:]}' has {len(text):,} characters"
        message = f"{size}; a file of {', '.join(KINDS)} and at most 2 MB is needed."
        raise SignatureError(message, code="E207")
    if suffix == ".toml":
        signature, complaints = parse_toml(text)
        if signature is None:
            raise SignatureError(f"The file is no signature: {complaints[0][1]}", code="E207")
        return list(Sheet.of(signature).rows), [f"Genes of {signature.ref}."]
    if suffix in (".gmt", ".json"):
        return _of_sets(text, suffix)
    if (frame := _table(text)) is not None:
        return _of_table(frame, filters)
    names, notes = read_pasted(text)
    rows = [Row(i, one.name, one.direction or "up", one.weight) for i, one in enumerate(names)]
    return rows, [f"{len(rows)} names of a text.", *notes]


def _of_sets(text: str, suffix: str) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sets{suffix}"
        path.write_text(text, encoding="utf-8")
        sets, complaints = read_raw(path)
    if len(sets) != 1:
        names = ", ".join(one.name[:40] for one in sets[:6])
        said = f"it holds {len(sets)} sets ({names}); give a file of one" if sets else str(complaints[:1])
        raise SignatureError(f"The file cannot be used: {said}.", code="E207")
    one = sets[0]
    pairs = [*((gene, "up") for gene in one.up), *((gene, "down") for gene in one.down)]
    weights = one.weights or {}
    rows = [Row(i, gene, side, weights.get(gene)) for i, (gene, side) in enumerate(pairs)]
    return rows, [f"Genes of {one.name[:80]}."]


def _table(text: str) -> pd.DataFrame | None:
    """A table of differential expression; None when the text is none."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    head = {cell.strip().strip('"').lower() for cell in first.split(separator)}
    if not all(head & set(COLUMNS[kind]) for kind in ("effect", "fdr")):
        return None
    try:
        return pd.read_csv(io.StringIO(text.lstrip("\ufeff")), sep=separator)
    except (ValueError, pd.errors.ParserError) as error:
        raise SignatureError(f"The table cannot be read: {str(error)[:200]}.", code="E207") from None


def _of_table(frame: pd.DataFrame, filters: Filters) -> Found:
    """Rows of the genes that pass, under the names of the table, each with its effect and adjusted p."""
    found = columns_of(frame)
    values = pd.DataFrame({kind: frame[column] for kind, column in found.items() if kind != "gene"})
    values = values.apply(pd.to_numeric, errors="coerce")
    values.index = pd.Index(frame[found["gene"]].astype(str), name="gene")
    up, down = strongest(values, filters)
    figures = values[~values.index.duplicated()][["effect", "fdr"]]
    sides = [*((gene, "up") for gene in up), *((gene, "down") for gene in down)]
    rows = [Row(i, gene, side, note=_words(*figures.loc[gene].tolist())) for i, (gene, side) in enumerate(sides)]
    return rows, [f"{len(rows)} of {len(values):,} genes of a table: {filter_text(filters, detection=False)}."]


def _words(effect: float, fdr: float) -> str:
    return f"differential expression: {effect:+.2f} log2, fdr {fdr:.1e}"


def _of_draft(made: Drafted, note: str) -> Found:
    """Rows of a draft; names that it left out come too, so that they are seen and mended on the sheet."""
    signature = made.signature
    words = note or signature.source.note
    sides = [*((gene, "up") for gene in (*signature.up, *signature.dropped)), *((g, "down") for g in signature.down)]
    return [Row(i, gene, side, note=words) for i, (gene, side) in enumerate(sides)], [words]


def from_contrast(cohort: CohortData, contrast: Contrast, *, filters: Filters) -> Found:
    """Rows of the genes that tell case from controls in a cohort, each with its effect and adjusted p.

    Raises
    ------
    SamplesError
        When case or control names nothing or too little (E920).
    SignatureError
        When no gene passes the filters (E212).
    """
    made = derive(cohort.expression, contrast, "de", samples=cohort.table, filters=filters)
    rows, notes = _of_draft(made, str(contrast))
    table = made.table if made.table is not None else pd.DataFrame()
    original = {new: old for old, new in made.signature.symbol_updates.items()}
    out = []
    for row in rows:
        name = original.get(row.name, row.name)
        effect, fdr = table.loc[name, ["effect", "fdr"]] if name in table.index else (np.nan, np.nan)
        out.append(Row(row.key, row.name, row.direction, note=f"{contrast}: {effect:+.2f} log2, fdr {fdr:.1e}"))
    return out, [*notes, "From these samples: scores of them cannot confirm it."]
