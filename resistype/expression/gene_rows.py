"""Rows of genes: which of them are none, what the names mean, and names that occur twice.

Aligners write summary rows among the genes, panels their controls, and pipelines join a symbol
with an
id. What is no gene is set aside before library sizes are taken; a name that holds a symbol is read
as
one. Nothing of this happens without a sentence in the notes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from operator import ne
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError, GeneNameWarning, warn
from resistype.expression.store import columns_of, is_scipy
from resistype.expression.units import ReadOptions, Unit
from resistype.genes.names import gene_table, survey
from resistype.text import listed, option, plural

KINDS = {
    "symbol": "gene symbols",
    "ensembl": "Ensembl ids",
    "mouse_ensembl": "mouse Ensembl ids",
    "ncbi": "NCBI gene ids",
    "mouse_symbol": "mouse symbols",
    "lower_case": "gene symbols in lower case",
    "excel": "converted to dates by a spreadsheet",
    "unknown": "of no kind known here",
}


# Rows that counting programs add to their tables, and controls of panels and spike-ins.
NO_GENE: dict[str, re.Pattern[str]] = {
    "summary of the aligner or counter": re.compile(
        r"^(?:N_(?:unmapped|multimapping|noFeature|ambiguous)|__[a-z]\w*|_?(?:no_feature|ambiguous"
        r"|too_low_aQual|not_aligned|alignment_not_unique)|(?:Unassigned|Assigned)_?\w*)$",
        re.MULTILINE,
    ),
    "control of the panel": re.compile(
        r"^(?:POS|NEG|LIG_POS|LIG_NEG)_[A-H](?:\([0-9.]+\))?$", re.MULTILINE
    ),
    "ERCC spike-in": re.compile(r"^ERCC[-_.][0-9]{5}$", re.MULTILINE),
}
SIGNS = (
    "N_",
    "__",
    "no_feature",
    "ambiguous",
    "not_",
    "nassigned",
    "ssigned",
    "POS_",
    "NEG_",
    "ERCC",
)
NAMELESS = frozenset(
    {"", "?", "NA", "N/A", "NaN", "nan", "None", "<NA>", "null", "NULL", "-", "---", "."}
)
MOSTLY = 0.5  # a way of writing names is taken for one where half of them have it (ours)
SOME = 0.2
LOOKED_AT = 500


class GeneRows(NamedTuple):
    """Names of the genes, the places that are kept (None: all), and what was found."""

    genes: tuple[str, ...]
    keep: NDArray[np.intp] | None
    notes: list[str]


def gene_rows(genes: Sequence[str], options: ReadOptions) -> GeneRows:
    """Which rows are genes, under which names."""
    keep, notes = _set_aside(genes)
    names = tuple(genes) if keep is None else tuple(genes[place] for place in keep)
    refuse_probes(names)
    names, said = symbols_in(names)
    names, cleaned = clean_genes(names, options)
    names, copies = _made_unique(names, options)
    return GeneRows(names, keep, [*notes, *said, *cleaned, *copies])


def _set_aside(genes: Sequence[str]) -> tuple[NDArray[np.intp] | None, list[str]]:
    text = "\n".join(genes)
    if not any(sign in text for sign in SIGNS):
        return None, []
    gone: set[str] = set()
    notes = []
    for what, pattern in NO_GENE.items():
        names = list(dict.fromkeys(pattern.findall(text)))
        if names:
            n = sum(name in set(names) for name in genes)
            notes.append(
                f"{plural(n, 'row is', 'rows are')} no gene but a {what}, set aside before library"
                " sizes were"
                f" taken: {listed(names)}."
            )
            gone |= set(names)
    if not gone:
        return None, []
    if notes and any("control" in note for note in notes):
        notes.append(NOT_NORMALISED)
    return np.array([k for k, name in enumerate(genes) if name not in gone], np.intp), notes


NOT_NORMALISED = (
    "No normalisation to positive controls or housekeeping genes was made; housekeeping genes are"
    " kept as genes."
)

PROBES = {
    "Affymetrix probe sets": re.compile(
        r"^(?:[0-9]{4,8}(?:_[a-z]){0,2}_at|AFFX-.*|TC[0-9]{8,}.*\.hg\.[0-9])$"
    ),
    "Illumina probes": re.compile(r"^ILMN_[0-9]+$"),
    "Agilent probes": re.compile(r"^A_[0-9]{2}_P[0-9]+$"),
    "methylation probes": re.compile(r"^cg[0-9]{8}$"),
    "Ensembl transcripts": re.compile(r"^ENS(?:MUS)?T[0-9]{11}(?:\.[0-9]+)?(?:\|.*)?$"),
    "RefSeq transcripts": re.compile(r"^[NX][MR]_[0-9]+(?:\.[0-9]+)?$"),
}
OF_GENES = re.compile(r"^[0-9]+_at$")  # of a chip definition by gene (BrainArray): NCBI ids


def refuse_probes(names: Sequence[str]) -> None:
    """Refuse names of probes and transcripts, with the way to genes."""
    some = names[:: max(1, len(names) // LOOKED_AT)]
    for what, pattern in PROBES.items():
        hits = [name for name in some if pattern.match(name)]
        if len(hits) <= MOSTLY * len(some) or not some:
            continue
        if what.startswith("Aff") and sum(bool(OF_GENES.match(name)) for name in hits) > 0.99 * len(
            hits
        ):
            continue
        which = f"{len(hits) / len(some):.0%} of the gene names are {what} ({listed(hits[:3])})"
        raise ExpressionError(f"{which}. {_to_genes(what)}", code="E805")


def _to_genes(what: str) -> str:
    if "transcripts" in what:
        return (
            "A call needs genes: sum the transcripts of each gene (tximport in R, or the gene"
            " level output of the program: quant.genes.sf of salmon -g, genes.results of RSEM);"
            " resistype collect joins such files."
        )
    if what.startswith("methyl"):
        return "They measure no expression; give a matrix of gene expression."
    return (
        "Several probes stand for one gene, so map the probes to gene symbols first, with the"
        " platform annotation"
        " (the GPL table of the series at GEO). In Python:\n"
        "    import pandas as pd\n"
        "    gpl = pd.read_csv('GPL.txt', sep='\\t', comment='#', index_col='ID')['Gene Symbol']\n"
        "    table = pd.read_csv('matrix.tsv', sep='\\t', index_col=0, comment='!')\n"
        "    table.groupby(gpl.reindex(table.index).str.split(' ///"
        " ').str[0]).mean().to_csv('genes.tsv', sep='\\t')"
    )


# Names that hold a symbol: what they look like, and the part that is the symbol, or an id.
_ENSEMBL = r"ENS(?:MUS)?G[0-9]{11}(?:\.[0-9]+)?"
FORMS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], str], float]] = {
    "ENSEMBL_SYMBOL": (
        re.compile(rf"^({_ENSEMBL})[_:;|~](.*)$"),
        lambda m: _named(m[2]) or m[1],
        MOSTLY,
    ),
    "SYMBOL_ENSEMBL": (
        re.compile(rf"^(.*?)[_:;|~ ]\(?({_ENSEMBL})\)?$"),
        lambda m: _named(m[1]) or m[2],
        MOSTLY,
    ),
    "SYMBOL|ENTREZ": (re.compile(r"^(.*?)\|([0-9]+)$"), lambda m: _named(m[1]), MOSTLY),
    "SYMBOL (ENTREZ)": (re.compile(r"^(.*?) \(([0-9]+)\)$"), lambda m: _named(m[1]), MOSTLY),
    "GENOME_SYMBOL": (re.compile(r"^(?:GRCh3[78]|hg19|hg38)_+(.+)$"), lambda m: m[1], SOME),
    "gene-SYMBOL": (re.compile(r"^gene[-:](.+)$"), lambda m: m[1], MOSTLY),
    "ENTREZ_at": (re.compile(r"^([0-9]+|ENSG[0-9]{11})_at$"), lambda m: m[1], MOSTLY),
}
MARKS = ("|", "_", ":", ";", "~", " ", "-")


def _named(text: str) -> str:
    return "" if text in NAMELESS else text


def symbols_in(names: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Names reduced to the symbol or id that they hold."""
    some = names[:: max(1, len(names) // LOOKED_AT)]
    for what, (pattern, part, share) in FORMS.items():
        hits = sum(bool(pattern.match(name)) for name in some)
        if hits > share * len(some):
            out = tuple(part(m) if (m := pattern.match(name)) else name for name in names)
            changed = [
                f"{old} → {new or 'unnamed'}"
                for old, new in zip(names, out, strict=True)
                if old != new
            ]
            many = plural(len(changed), "gene name is", "gene names are")
            note = f"{many} of the form {what} and read as such ({listed(changed)})."
            return _with_dashes(out, [note])
    return _with_dashes(names, [])


def _with_dashes(names: tuple[str, ...], notes: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Symbols whose dash R turned into a point, as in HLA.A."""
    approved = gene_table().approved
    present = set(names)
    dotted = {
        name: symbol
        for name in present - approved
        if "." in name and (symbol := name.replace(".", "-")) in approved and symbol not in present
    }
    if not dotted:
        return names, notes
    shown = listed(f"{old} → {dotted[old]}" for old in sorted(dotted))
    many = plural(
        len(dotted),
        "gene name had its dash turned into a point",
        "gene names had their dash turned into a point",
    )
    return tuple(dotted.get(name, name) for name in names), [
        *notes,
        f"{many} by R, and were read with it ({shown}).",
    ]


COPY = re.compile(r"^(.+)[-.]([0-9]{1,2})$")


def _made_unique(names: tuple[str, ...], options: ReadOptions) -> tuple[tuple[str, ...], list[str]]:
    """Copies of a gene that a program renamed, as B2M-1 and B2M.1 beside B2M."""
    present, table = set(names), gene_table()
    copies = {}
    for name in sorted(present - table.approved - table.older):
        match = COPY.match(name) if name[-1:].isdigit() else None
        if match and match[1] in present and match[1] in table.approved:
            copies[name] = match[1]
    if not copies:
        return names, []
    shown = listed(f"{copy} of {gene}" for copy, gene in copies.items())
    if options.duplicates != "error":
        out = tuple(copies.get(name, name) for name in names)
        many = plural(len(copies), "row is a renamed copy", "rows are renamed copies")
        return out, [f"{many} of a gene and joined with it ({shown})."]
    many = plural(
        len(copies), "row is a copy of a gene, renamed", "rows are copies of a gene, renamed"
    )
    note = (
        f"{many} to be unique ({shown}): the first row of the gene is used, the copies count in"
        " library sizes only."
        f" {option('duplicates', 'sum')} joins them."
    )
    return names, [note]


def clean_genes(genes: Sequence[str], options: ReadOptions) -> tuple[tuple[str, ...], list[str]]:
    """Gene names without spaces and Ensembl versions, upper case where asked for; and what was
    changed.
    """
    cleaned = survey(genes).cleaned
    notes = []
    if cleaned != tuple(genes):
        n = sum(map(ne, genes, cleaned))
        changed = listed(
            f"{old!r} → {new}" for old, new in zip(genes, cleaned, strict=True) if old != new
        )
        many = plural(n, "gene name was", "gene names were")
        notes.append(f"{many} cleaned of spaces or Ensembl versions ({changed}).")
    if not NAMELESS.isdisjoint(cleaned):
        cleaned = tuple("" if name in NAMELESS else name for name in cleaned)
        number = count(1)
        cleaned = tuple(name or f"unnamed_{next(number)}" for name in cleaned)
        many = plural(next(number) - 1, "gene has", "genes have")
        notes.append(
            f"{many} no name and are kept as unnamed_1, …: they count in ranks and library sizes"
            " only."
        )
    if options.case == "fold":
        folded = tuple(name.upper() for name in cleaned)
        n = sum(old != new for old, new in zip(cleaned, folded, strict=True))
        notes.append(
            f"case='fold': {plural(n, 'gene name was', 'gene names were')} turned into upper case."
        )
        cleaned = folded
    return cleaned, notes


def gene_notes(genes: Sequence[str]) -> list[str]:
    """What the gene names are; warns of damaged and of lower-case names."""
    seen = survey(genes)
    found = seen.ids
    examples = ", ".join(found.examples)
    notes = [f"{found.n:,} of {found.total:,} gene names are {KINDS[found.kind]} ({examples})."]
    if found.kind == "lower_case":
        message = (
            f"{notes[0]} Symbols are compared as written, so none will match; pass"
            f" {option('case', 'fold')}."
        )
        warn(message, GeneNameWarning, code="W902")
    dates = seen.dates if found.kind != "ncbi" else {}
    if dates:
        many = plural(
            len(dates), "gene name looks like an Excel date", "gene names look like Excel dates"
        )
        which = listed(f"{name!r} ({_either(symbols)})" for name, symbols in dates.items())
        notes.append(f"{many}: {which}. They were not matched.")
        warn(notes[-1], GeneNameWarning, code="W901")
    return notes


def _either(symbols: Sequence[str]) -> str:
    return " or ".join(symbols) + ("?" if len(symbols) > 1 else "")


COMPARED = 2_000  # rows looked at to say whether values differ


def merge_duplicates(
    values: Any, genes: tuple[str, ...], *, unit: Unit, options: ReadOptions
) -> tuple[Any, tuple[str, ...], list[str]]:
    """Matrix, genes and notes with each gene once."""
    if len(set(genes)) == len(genes):
        return values, genes, []
    places = defaultdict(list)
    for column, name in enumerate(genes):
        places[name].append(column)
    repeated = {name: np.array(columns) for name, columns in places.items() if len(columns) > 1}
    words = listed(f"{name} x{len(columns)}" for name, columns in repeated.items())
    if options.duplicates == "error":
        raise _refusal(values, repeated, words)
    if options.duplicates == "sum" and unit not in {"counts", "tpm", "cpm"}:
        message = (
            f"{option('duplicates', 'sum')} adds linear values, but the unit is '{unit}'. Choose"
            " mean, max or first."
        )
        raise ExpressionError(message, code="E802")
    spots = {name: place for place, name in enumerate(places)}
    first = np.array([columns[0] for columns in places.values()], dtype=np.intp)
    merged = {
        spots[name]: _merge(values, columns, options.duplicates)
        for name, columns in repeated.items()
    }
    many = plural(len(repeated), "gene name", "gene names")
    note = (
        f"{many} occurred more than once ({words}); duplicates='{options.duplicates}' was applied."
    )
    return _put(values, first, merged), tuple(places), [note]


def _merge(values: Any, columns: NDArray[np.intp], how: str) -> NDArray[Any]:
    part = columns_of(values, columns, rows=slice(0, values.shape[0]))
    total = part[:, 0].copy()
    if how == "first":
        return total
    for place in range(1, columns.size):
        total = np.maximum(total, part[:, place]) if how == "max" else total + part[:, place]
    return total / columns.size if how == "mean" else total


def _put(values: Any, first: NDArray[np.intp], merged: dict[int, NDArray[Any]]) -> Any:
    """The first column of each gene, the merged ones in their places."""
    spots = np.array(sorted(merged), dtype=np.intp)
    block = np.column_stack([merged[spot] for spot in spots]).astype(values.dtype)
    if not is_scipy(values):
        out = np.asarray(values)[:, first]
        out[:, spots] = block
        return np.ascontiguousarray(out)
    rest = np.setdiff1d(np.arange(first.size), spots)
    dense_part: Any = sp.csr_matrix(block)
    joined: Any = sp.hstack([values[:, first[rest]], dense_part], format="csr")
    order = np.empty(first.size, dtype=np.intp)
    order[np.concatenate([rest, spots])] = np.arange(first.size)
    out = joined[:, order].tocsr()
    out.sort_indices()
    return out


def _refusal(values: Any, repeated: dict[str, NDArray[np.intp]], words: str) -> ExpressionError:
    rows, differ = slice(0, min(COMPARED, values.shape[0])), 0
    for columns in repeated.values():
        part = columns_of(values, columns, rows=rows)
        differ += not np.array_equal(
            part, np.repeat(part[:, :1], columns.size, axis=1), equal_nan=True
        )
    many = plural(len(repeated), "gene name occurs", "gene names occur")
    how = f"values differ in {differ} of them" if differ else "their values are the same"
    message = (
        f"{many} more than once ({words}); {how}. Choose {option('duplicates', 'sum')} (counts),"
        " mean or max."
    )
    return ExpressionError(message, code="E801")
