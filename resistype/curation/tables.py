"""A draft from a table of differential expression, whoever made it: DESeq2, edgeR, limma, Seurat or scanpy.

The columns are found by the names those programs give them. What is taken is what passes the filters, the largest
effects first; the filters are written into the draft, so that the list can be made again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.curation.draft import Drafted, draft
from resistype.curation.fields import Filters
from resistype.errors import SignatureError
from resistype.library.textfile import read_text
from resistype.text import separator

__all__ = ["COLUMNS", "columns_of", "draft_de", "filter_text", "strongest"]

COLUMNS = {
    "gene": ("gene", "genes", "symbol", "gene_symbol", "gene_name", "names", "feature", "id", "", "unnamed: 0"),
    "effect": (
        "log2foldchange",
        "logfoldchanges",
        "logfc",
        "avg_log2fc",
        "log2fc",
        "lfc",
        "log2_fold_change",
        "effect",
    ),
    "fdr": ("padj", "pvals_adj", "adj.p.val", "fdr", "p_val_adj", "qvalue", "q_value", "adj_p", "q", "svalue"),
    "detection": ("pct.1", "pct_nz_group", "detection", "pts"),
}
DEFAULT = Filters()


def draft_de(
    table: pd.DataFrame | str | Path,
    name: str,
    *,
    filters: Filters = DEFAULT,
    fields: Mapping[str, Any] | None = None,
) -> Drafted:
    """A draft from a table of differential expression.

    Parameters
    ----------
    table
        One row a gene, or a csv or tsv of it, with columns for the gene, the log2 fold change and the adjusted p-value
        (names as in DESeq2, edgeR, limma, Seurat or scanpy).
    name
        Name of the signature.
    filters
        Which genes are taken.
    fields
        Other fields of the signature.

    Returns
    -------
    Drafted
        The draft; its source note holds the filters.

    Raises
    ------
    SignatureError
        When columns are missing (E211) or no gene passes the filters (E212).

    Examples
    --------
    >>> rows = {"gene": ["TOX", "IL7R"], "log2FoldChange": [2.5, -3.0], "padj": [0.001, 0.0001]}
    >>> made = draft_de(pd.DataFrame(rows), "late", filters=Filters(down=True))
    >>> made.signature.up, made.signature.down
    (('TOX',), ('IL7R',))
    """
    frame = _frame(table)
    found = columns_of(frame)
    values = pd.DataFrame({kind: frame[column] for kind, column in found.items() if kind != "gene"})
    values = values.apply(pd.to_numeric, errors="coerce")
    values.index = pd.Index(frame[found["gene"]].astype(str), name="gene")
    up, down = strongest(values, filters)
    source = {"path": Path(table).name if isinstance(table, (str, Path)) else "", **(fields or {}).get("source", {})}
    seen = "" if "detection" in values else "; the table tells no detection"
    note = f"Made from a table of differential expression: {filter_text(filters, detection=not seen)}{seen}."
    source["note"] = f"{source['note']} {note}" if source.get("note") else note
    given = {"status": "proxy", **(fields or {}), "source": source}
    return draft(name, up, down, fields=given)


def _frame(table: pd.DataFrame | str | Path) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table if isinstance(table.index, pd.RangeIndex) else table.rename_axis("gene").reset_index()
    text = read_text(Path(table))
    first = text.partition("\n")[0]
    try:
        return pd.read_csv(io.StringIO(text), sep=separator(first))
    except (ValueError, pd.errors.ParserError) as error:
        message = f"{table} is no table of rows and columns ({error}). Save it as csv or tsv."
        raise SignatureError(message, code="E207") from None


def columns_of(frame: pd.DataFrame) -> dict[str, str]:
    """Columns of the table by what they hold; E211 where one is missing."""
    lower = {str(column).strip().lower(): column for column in reversed(list(frame.columns))}
    found = {kind: next((lower[name] for name in names if name in lower), None) for kind, names in COLUMNS.items()}
    missing = [kind for kind in ("gene", "effect", "fdr") if found[kind] is None]
    if missing:
        wanted = "; ".join(f"{kind}: {', '.join(name for name in COLUMNS[kind][:4] if name)}" for kind in missing)
        shown = ", ".join(map(str, frame.columns[:8]))
        message = f"The table has no column for {', '.join(missing)} among {shown}. Name one ({wanted})."
        raise SignatureError(message, code="E211")
    return {kind: column for kind, column in found.items() if column is not None}


def strongest(values: pd.DataFrame, filters: Filters) -> tuple[list[str], list[str]]:
    """Genes up and down that pass the filters, largest effect first.

    Parameters
    ----------
    values
        Indexed by gene: effect (log2), fdr and, where known, detection.
    filters
        What is asked of a gene.

    Raises
    ------
    SignatureError
        When none passes (E212), with the filter that stops most.
    """
    effect, fdr = values["effect"].to_numpy(float), values["fdr"].to_numpy(float)
    seen = values["detection"].to_numpy(float) if "detection" in values else np.ones(len(values))
    usable = (fdr <= filters.fdr) & np.isfinite(effect)
    up = usable & (effect >= filters.effect) & (seen >= filters.detection)
    down = usable & (effect <= -filters.effect)
    if not up.any() and not (filters.down and down.any()):
        message = (
            f"No gene of {len(values):,} passes the filters ({filter_text(filters)}): "
            f"{int((fdr <= filters.fdr).sum()):,} have fdr ≤ {filters.fdr:g}, "
            f"{int((effect >= filters.effect).sum()):,} an effect ≥ {filters.effect:g}, "
            f"{int((seen >= filters.detection).sum()):,} enough detection. Loosen one of them."
        )
        raise SignatureError(message, code="E212")
    names = values.index.astype(str)
    order = np.lexsort((names, -np.abs(effect)))
    ups, downs = ([names[i] for i in order if chosen[i]][: filters.top] for chosen in (up, down))
    return ups, downs if filters.down else []


def filter_text(filters: Filters, *, detection: bool = True) -> str:
    """The filters in words; `detection` tells whether detection could be asked for."""
    way = "up and down" if filters.down else "up"
    seen = f"detected in ≥ {filters.detection:.0%} of the case, " if detection else ""
    asked = f"effect ≥ {filters.effect:g} log2, fdr ≤ {filters.fdr:g}, {seen}"
    return f"{asked}at most {filters.top} genes a direction, {way}"
