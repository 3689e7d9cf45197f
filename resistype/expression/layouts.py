"""Layouts of files: one table of those that are known, how each is recognised, what its values are
and what is set aside.

A layout is recognised by its own words (a header, a first line), never by the name of the file
alone.
Programs that write one file per sample are refused as a matrix, with the command that joins the
files.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.errors import ExpressionError
from resistype.expression.gene_rows import refuse_probes
from resistype.expression.units import Scale
from resistype.safe.tables import as_utf8, content
from resistype.safe.toml import RefusedError
from resistype.text import listed, plural, separator

HEAD_LINES = 400
HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class Head:
    """The first lines of a text file, and its name."""

    name: str
    lines: tuple[str, ...]

    @property
    def skipped(self) -> int:
        """Lines of remarks before the header."""
        return next((k for k, line in enumerate(self.lines) if not line.startswith("#")), 0)

    @property
    def header(self) -> list[str]:
        """Cells of the first line that is no remark."""
        return self.cells(self.skipped)

    def cells(self, line: int) -> list[str]:
        """Cells of one line; none where there is no such line."""
        if line >= len(self.lines):
            return []
        text = self.lines[line]
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator(text)), [])]


def head_of(name: str, text: bytes) -> Head:
    """The first lines of a text."""
    lines = text[:HEAD_BYTES].decode("utf-8", "replace").splitlines()[:HEAD_LINES]
    return Head(name, tuple(lines))


@dataclass(frozen=True)
class Layout:
    """One way in which a file is laid out.

    Parameters
    ----------
    name
        What writes it.
    sign
        How it is recognised, in words.
    recognise
        The same as a test of the first lines.
    unit
        What the values are, where the layout says so; in words.
    aside
        What is set aside, in words.
    genes
        Of a file of one sample: number of the column of genes.
    columns
        Of a file of one sample: number of each column of values, with its scale. The first is taken
        where the layout has a plain answer.
    must_choose
        Why no column can be taken without being asked for; empty where the first can.
    endings
        Ends of the names of files that are no part of the sample's name.
    """

    name: str
    sign: str
    recognise: Callable[[Head], bool]
    unit: str = "found from the values"
    aside: str = ""
    genes: int = 0
    columns: Mapping[str, tuple[int, Scale]] = field(default_factory=dict)
    must_choose: str = ""
    endings: tuple[str, ...] = ()

    @property
    def one_sample(self) -> bool:
        """Whether a file holds one sample, and is joined with others by `collect`."""
        return bool(self.columns)


def _starts(*words: str) -> Callable[[Head], bool]:
    """The first line that is no remark begins with these cells."""
    low = [word.lower() for word in words]
    return lambda head: [cell.lower() for cell in head.header[: len(low)]] == low


def _has(*words: str) -> Callable[[Head], bool]:
    """The header holds all these cells."""
    low = {word.lower() for word in words}
    return lambda head: low <= {cell.lower() for cell in head.header}


def _first_line(*starts: str) -> Callable[[Head], bool]:
    return lambda head: bool(head.lines) and head.lines[0].startswith(starts)


def _headless(width: int) -> Callable[[Head], bool]:
    """Counts without a header: names in the first column, whole numbers in the others."""

    def test(head: Head) -> bool:
        rows = [head.cells(k) for k in range(min(len(head.lines), 6))]
        return (
            len(rows) > 1
            and rows[0][0].lower() not in HEADINGS
            and all(len(row) == width and all(cell.isdigit() for cell in row[1:]) for row in rows)
        )

    return test


def _long_columns(head: Head) -> tuple[str, str, str] | None:
    """Names of the columns of genes, samples and values where names come again in the first column,
    another column of words says of what, and one column alone holds numbers.
    """
    rows = [row for row in map(head.cells, range(head.skipped + 1, HEAD_LINES)) if row]
    width = len(head.header)
    if len(rows) < ENOUGH_ROWS or width < 3 or {len(row) for row in rows} != {width}:
        return None
    columns = list(zip(*rows, strict=True))
    numbers = [k for k in range(width) if all(_DECIMAL.fullmatch(cell) for cell in columns[k])]
    each = [len(set(column)) for column in columns]
    most = len(rows) // each[0] + 1
    words = [k for k in range(1, width) if k not in numbers and 1 < each[k] <= most]
    if 0 in numbers or 2 * each[0] > len(rows) or not words or len(numbers) != 1:
        return None
    return head.header[0], head.header[words[0]], head.header[numbers[0]]


LONG = "a long table"
_DECIMAL = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
ENOUGH_ROWS = 6
HEADINGS = {
    "",
    "gene",
    "genes",
    "gene_id",
    "geneid",
    "gene_name",
    "symbol",
    "sample",
    "samples",
    "id",
}
_STRANDS = "which strand the library has, the file does not say; the wrong one holds few counts"
_SALMON = ("Name", "Length", "EffectiveLength", "TPM", "NumReads")

_FOLD = {"log2foldchange", "logfc", "avg_log2fc", "avg_logfc", "log2fc", "log2_fold_change"}
_P_VALUE = {"padj", "pvalue", "p.value", "p_val", "p_val_adj", "adj.p.val", "fdr", "pval"}

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "GEO series matrix",
        "lines that begin with !Series_ or !Sample_",
        _first_line("!Series_", "!Sample_", '"!Series_', '"!Sample_'),
        aside="!Series and !Sample lines; the latter are read by --samples",
    ),
    Layout(
        "GCT 1.3", "a first line #1.3", _first_line("#1.3"), aside="columns and rows of metadata"
    ),
    Layout("GCT 1.2", "a first line #1.2", _first_line("#1.2"), aside="the column Description"),
    Layout(
        "cBioPortal",
        "columns Hugo_Symbol and Entrez_Gene_Id",
        _starts("Hugo_Symbol", "Entrez_Gene_Id"),
        aside="Entrez_Gene_Id; rows without a symbol",
    ),
    Layout(
        "Firehose",
        "a header Hybridization REF and a second header line",
        _starts("Hybridization REF"),
        aside="the second header line; rows named ?",
    ),
    Layout(
        "featureCounts",
        "columns Geneid, Chr, Start, End, Strand, Length",
        _starts("Geneid", "Chr", "Start", "End", "Strand", "Length"),
        unit="counts",
        aside="Chr, Start, End, Strand, Length; folders and endings of BAM files",
    ),
    Layout(
        "nSolver",
        "columns of a code class and a probe name",
        lambda head: any(
            {"probe name", kind} <= {cell.lower() for cell in head.header}
            for kind in ("class name", "code class", "codeclass")
        ),
        unit="counts",
        aside="Class Name, Accession; POS_ and NEG_ controls",
    ),
    Layout(
        "RSEM",
        "columns gene_id, effective_length, expected_count",
        _has("effective_length", "expected_count", "TPM"),
        columns={"expected_count": (-1, "counts"), "TPM": (-1, "tpm")},
        endings=(".genes.results", ".isoforms.results", ".rsem"),
    ),
    Layout(
        "GDC augmented STAR counts",
        "columns unstranded, stranded_first, stranded_second",
        _has("unstranded", "stranded_first", "stranded_second"),
        columns={
            "unstranded": (-1, "counts"),
            "stranded_first": (-1, "counts"),
            "stranded_second": (-1, "counts"),
            "tpm_unstranded": (-1, "tpm"),
        },
        aside="gene_name, gene_type; N_ rows",
        endings=(".rna_seq.augmented_star_gene_counts.tsv",),
    ),
    Layout(
        "salmon quant.sf",
        "columns Name, Length, EffectiveLength, TPM, NumReads",
        _starts(*_SALMON),
        columns={"NumReads": (4, "counts"), "TPM": (3, "tpm")},
        endings=(".quant.genes.sf", ".genes.sf", ".quant.sf", ".sf"),
    ),
    Layout(
        "kallisto abundance",
        "columns target_id, length, eff_length, est_counts, tpm",
        _starts("target_id", "length", "eff_length", "est_counts", "tpm"),
        columns={"est_counts": (3, "counts"), "tpm": (4, "tpm")},
        endings=(".abundance.tsv", ".tsv"),
    ),
    Layout(
        "StringTie gene abundances",
        "columns Gene ID, Gene Name, Coverage, FPKM, TPM",
        _has("Gene ID", "Gene Name", "Coverage", "FPKM", "TPM"),
        genes=0,
        columns={"TPM": (-1, "tpm")},
        endings=(".gene_abund.tab", ".gene_abundances.tsv", ".tab"),
    ),
    Layout(
        "Cufflinks",
        "columns tracking_id, gene_short_name, FPKM",
        _has("tracking_id", "gene_short_name", "FPKM"),
        genes=4,
        columns={"FPKM": (-1, "unknown")},
        endings=(".genes.fpkm_tracking", ".fpkm_tracking"),
    ),
    Layout(
        LONG,
        "a row per gene and sample, the values in one column",
        lambda head: _long_columns(head) is not None,
    ),
    Layout(
        "STAR ReadsPerGene",
        "four columns without a header, the first row N_unmapped",
        lambda head: len(head.cells(0)) == 4 and head.cells(0)[0] == "N_unmapped",
        unit="counts",
        columns={"unstranded": (1, "counts"), "forward": (2, "counts"), "reverse": (3, "counts")},
        aside="N_ rows",
        must_choose=_STRANDS,
        endings=(".ReadsPerGene.out.tab", "_ReadsPerGene.out.tab", "ReadsPerGene.out.tab"),
    ),
    Layout(
        "HTSeq counts",
        "two columns without a header, whole numbers in the second",
        _headless(2),
        unit="counts",
        columns={"count": (1, "counts")},
        aside="rows that begin with __",
        endings=(".htseq.counts", ".htseq_counts.txt", ".counts.txt", ".count", ".counts"),
    ),
    Layout(
        "NanoString RCC",
        "a first line <Header>",
        _first_line("<Header>"),
        unit="counts",
        columns={"Count": (3, "counts")},
        genes=1,
        aside="POS_ and NEG_ controls",
        endings=(".RCC", ".rcc"),
    ),
    Layout(
        "results of differential expression",
        "columns of a fold change and of a p value",
        lambda head: (
            bool(_FOLD & {cell.lower() for cell in head.header})
            and bool(_P_VALUE & {cell.lower() for cell in head.header})
        ),
    ),
)
UNNAMED_LEFT_OUT = ("cBioPortal", "Firehose")
RESULTS = "results of differential expression"


def layout_of(head: Head) -> Layout | None:
    """The layout of a text, by its own words."""
    return next((one for one in LAYOUTS if one.recognise(head)), None)


def refuse_layout(layout: Layout, path: Path, head: Head) -> None:
    """Refuse what is no matrix: one sample, transcripts, or results of a test; with the way that
    works.
    """
    if layout.name == RESULTS:
        message = (
            f"{path.name} holds {RESULTS}, one row per gene, and no samples. Give the matrix of"
            " counts that they"
            " were made from."
        )
        raise ExpressionError(message, code="E319")
    long = _long_columns(head) if layout.name == LONG else None
    if long is not None:
        gene, sample, value = long
        message = (
            f"{path.name} is {LONG}: {layout.sign}. Turn it to genes × samples in Python and read"
            " that:\n"
            "    import pandas as pd\n"
            f"    x = pd.read_table({path.name!r}, sep=None, engine='python')\n"
            f"    x = x.pivot(index={gene!r}, columns={sample!r}, values={value!r})\n"
            "    x.to_csv('matrix.csv')"
        )
        raise ExpressionError(message, code="E319")
    if not layout.one_sample:
        return
    refuse_probes([row[0] for row in map(head.cells, range(2, 100)) if row])
    columns = listed(layout.columns)
    choice = next(iter(layout.columns))
    if layout.must_choose:
        choice = "|".join(layout.columns)
    why = f" Choose the column: {layout.must_choose}." if layout.must_choose else ""
    ending = next((end for end in layout.endings if path.name.endswith(end)), path.suffix)
    message = (
        f"{path.name} holds one sample as {layout.name} writes it ({layout.sign}): its columns are"
        f" {columns}, not"
        f" samples. Join the files of all samples: resistype collect *{ending} --column {choice}"
        " --out"
        f" matrix.parquet, and read matrix.parquet.{why}"
    )
    raise ExpressionError(message, code="E318")


# ------------------------------------------------------------------ one file per sample


@dataclass(frozen=True)
class Collected:
    """Samples joined from files of one sample each: genes × samples, and what was found."""

    table: pd.DataFrame
    layout: str
    column: str
    notes: tuple[str, ...]


def collect(files: Sequence[str | Path], column: str | None = None) -> Collected:
    """Join files that hold one sample each into one table.

    Parameters
    ----------
    files
        Files of one layout: RSEM, STAR, HTSeq, GDC, salmon or kallisto by gene, StringTie, RCC.
    column
        Column of the values; by default the counts, where the layout has a plain answer.

    Returns
    -------
    Collected
        A table of genes × samples, named by the files without the endings of the layout.

    Raises
    ------
    ExpressionError
        E318 when a column has to be named, E320 when a file is of no layout of one sample, of
        another than the first, or has other genes.
    """
    parts: dict[str, pd.Series] = {}
    layouts: dict[str, str] = {}
    chosen = ""
    for path in map(Path, files):
        layout, text = _one_sample(path)
        chosen = _column(layout, column, path)
        values = _values(layout, text, chosen, path)
        name = _sample_name(layout, path, text)
        if name in parts:
            message = (
                f"Two files are named {name} ({path} is the second). Rename one: files name the"
                " samples."
            )
            raise ExpressionError(message, code="E320")
        parts[name], layouts[layout.name] = values, str(path)
    if len(layouts) != 1:
        which = listed(f"{name} ({path})" for name, path in layouts.items()) or "no file was given"
        raise ExpressionError(
            f"The files are not of one layout: {which}. Give files of one.", code="E320"
        )
    return _joined(parts, next(iter(layouts)), chosen)


def _one_sample(path: Path) -> tuple[Layout, str]:
    if not path.is_file():
        raise ExpressionError(f"There is no file {path}. Check the path.", code="E300")
    try:
        raw, _ = as_utf8(content(path).data)
    except RefusedError as error:
        raise ExpressionError(f"{path} is not read: {error}.", code="E320") from error
    head = head_of(path.name, raw)
    layout = layout_of(head)
    if layout is None or not layout.one_sample:
        known = ", ".join(one.name for one in LAYOUTS if one.one_sample)
        message = (
            f"{path} is not a file of one sample as {known} write it; its first line is"
            f" {head.lines[0][:60]!r}."
            if head.lines
            else f"{path} is empty."
        )
        raise ExpressionError(
            f"{message} A matrix of several samples is read as it is.", code="E320"
        )
    return layout, raw.decode()


def _column(layout: Layout, column: str | None, path: Path) -> str:
    known = {name.lower(): name for name in layout.columns}
    if column is None and not layout.must_choose:
        return next(iter(layout.columns))
    if column is not None and column.lower() in known:
        return known[column.lower()]
    why = f": {layout.must_choose}" if layout.must_choose else ""
    message = (
        f"{path.name} is of the layout {layout.name}. Name one of its columns with --column"
        f" ({', '.join(layout.columns)}){why}."
    )
    raise ExpressionError(message, code="E318")


def _values(layout: Layout, text: str, column: str, path: Path) -> pd.Series:
    rows = _code_summary(text) if layout.name == "NanoString RCC" else _rows(text)
    place = layout.columns[column][0]
    headless = layout.name in ("STAR ReadsPerGene", "HTSeq counts")
    if not headless:
        header = [cell.strip().lower() for cell in rows[0]]
        place = header.index(column.lower()) if column.lower() in header else -1
        rows = rows[1:]
    if place < 0 or not rows:
        message = f"{path} has no column {column!r}; its columns are: {listed(header)}."
        raise ExpressionError(message, code="E318")
    genes = [row[layout.genes].strip() for row in rows]
    refuse_probes(genes)
    numbers: pd.Series = pd.to_numeric(
        pd.Series([row[place] for row in rows], index=pd.Index(genes, dtype=object)),
        errors="coerce",
    )
    numbers = numbers[numbers.notna() | ~numbers.index.str.match(r"N_|__")]
    bad = numbers.index[numbers.isna()].tolist()
    if bad:
        message = (
            f"{path}: {plural(len(bad), 'row has', 'rows have')} no number in {column!r}"
            f" ({listed(bad)})."
        )
        raise ExpressionError(message, code="E320")
    return numbers


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [row for row in csv.reader(lines, delimiter=separator(lines[0])) if row] if lines else []


def _code_summary(text: str) -> list[list[str]]:
    inside = text.partition("<Code_Summary>")[2].partition("</Code_Summary>")[0]
    return [row for row in csv.reader(io.StringIO(inside.strip())) if row]


def _sample_name(layout: Layout, path: Path, text: str) -> str:
    """The file's name without what the layout adds; its folder's where that is all the name
    says.
    """
    if layout.name == "NanoString RCC":
        found = re.search(r"<Sample_Attributes>\s*ID,([^\r\n]+)", text)
        if found:
            return found[1].strip()
    name = path.name.removesuffix(".gz")
    for end in (*layout.endings, ".tsv", ".txt", ".csv", ".tab"):
        if name.endswith(end):
            name = name.removesuffix(end)
            break
    bare = name.strip("._-")
    return (
        bare
        if bare and bare not in ("quant", "abundance", "quant.genes", "t_data")
        else path.parent.name
    )


def _joined(parts: dict[str, pd.Series], layout: str, column: str) -> Collected:
    first_name, first = next(iter(parts.items()))
    other = [name for name, part in parts.items() if set(part.index) != set(first.index)]
    if other:
        a, b = set(first.index), set(parts[other[0]].index)
        message = (
            f"{plural(len(other), 'file has', 'files have')} other genes than {first_name}:"
            f" {listed(other)}. Of"
            f" {other[0]}, {len(b - a):,} are not in {first_name} and {len(a - b):,} are missing"
            f" ({listed(sorted(a ^ b))}). Count all samples with one annotation."
        )
        raise ExpressionError(message, code="E320")
    repeated = first.index[first.index.duplicated()].tolist()
    if repeated:
        message = (
            f"Genes occur more than once in {first_name}: {listed(repeated)}. Give a file with"
            " each once."
        )
        raise ExpressionError(message, code="E320")
    table = pd.DataFrame({name: part.reindex(first.index) for name, part in parts.items()})
    notes: tuple[str, ...] = (
        f"{plural(len(parts), 'file', 'files')} of {layout}; the column {column} was taken.",
    )
    if layout == "STAR ReadsPerGene":
        counted = table.drop(index=[g for g in table.index if g.startswith("N_")]).sum()
        low = counted.index[counted < 0.2 * np.median(counted)].tolist()
        notes += (f"Few counts in {listed(low)}: is the strand right?",) if low else ()
    return Collected(table.rename_axis("gene"), layout, column, notes)
