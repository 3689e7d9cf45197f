"""Reading: a file, a DataFrame or an AnnData becomes an Expression, or an error that names what is
wrong.

A file of csv, tsv or parquet may hold its genes in rows or in columns, and which it is is found. In
memory the contract is samples × genes, and a matrix that lies the other way is refused with the
remedy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression import anndata as adapter
from resistype.expression.checks import not_empty, sides
from resistype.expression.gene_rows import refuse_probes
from resistype.expression.hdf5 import choose_modality, read_store
from resistype.expression.matrix import Expression, Raw, bare_obs, finish, upright
from resistype.expression.store import Backed, SourceFile
from resistype.expression.tables import Table, frame_table, read_text
from resistype.expression.tenx import read_folder
from resistype.expression.units import ReadOptions
from resistype.safe.arrays import read_frame
from resistype.safe.tables import Content, content, workbook_text
from resistype.safe.toml import RefusedError
from resistype.text import listed, option, plural

TEXT = (".csv", ".tsv", ".txt", ".gct")
PARQUET = (".parquet", ".pq")
STORES = (".h5ad", ".h5", ".zarr", ".loom", ".h5mu")
KINDS = "csv, tsv, gct, xlsx, parquet, h5ad, h5mu, loom, 10x h5, a 10x folder or zarr"
DEFAULT = ReadOptions()


def read_expression(path: str | Path, options: ReadOptions = DEFAULT) -> Expression:
    r"""Read an expression matrix from a file.

    Parameters
    ----------
    path
        csv, tsv, txt or gct (also in gzip or zip), xlsx, parquet, h5ad, h5mu, loom, 10x h5, the
        folder
        of a 10x matrix, or a zarr folder. `layouts` has those of portals and programs.
    options
        What to do where the defaults do not fit.

    Returns
    -------
    Expression
        Values of shape (n_obs, n_genes) in the unit of the file, with notes on what was found.

    Raises
    ------
    ExpressionError
        With a code a kind of fault: E3xx the file, E4xx the unit, E5xx the values, E7xx the
        orientation, E8xx names.
    MissingExtraError
        X101 for h5ad, 10x h5 or zarr without the extra `h5ad`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from resistype.expression import read_expression
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "small.csv"
    ...     _ = file.write_text("sample,CD8A,B2M,TAP1\nP1,2.5,9.0,4.5\nP2,0.5,8.5,4.0\n")
    ...     read_expression(file).samples
    ('P1', 'P2')
    """
    file = Path(path)
    if not file.exists():
        raise ExpressionError(f"There is no file {file}. Check the path.", code="E300")
    if not (file.is_file() or file.is_dir()):
        raise ExpressionError(
            f"{file} is neither a file nor a folder. Give the path of a matrix.", code="E300"
        )
    raw = _raw(file, options)
    source = SourceFile(file)
    if not isinstance(raw.values, Backed):
        source.sha256  # noqa: B018  found now: a file that was read whole may go away
    return finish(replace(raw, file=source), options)


def _raw(file: Path, options: ReadOptions) -> Raw:
    """What a file holds, by what its first bytes are; its name is asked only where they do not
    say.
    """
    name = file.name.lower()
    if file.is_dir() and not name.endswith(".zarr"):
        return upright(read_folder(file, options), options)
    if name.endswith(STORES):
        return upright(read_store(file, options), options)
    if name.endswith(PARQUET):
        return _oriented(_parquet(file, options), options, str(file))
    try:
        held = content(file)
    except RefusedError as error:
        again = "Fetch it again." if error.invalid else "Unpack it yourself if you trust it."
        code = "E306" if error.invalid else "E307"
        raise ExpressionError(f"{file}: {error}. {again}", code=code) from error
    if held.kind not in ("text", "workbook", "parquet", "hdf5"):
        raise ExpressionError(NOT_READ[held.kind].format(file=file.name), code="E321")
    if held.kind == "hdf5":
        return upright(read_store(_unpacked_only(file, held), options), options)
    if held.kind == "parquet":
        table = _parquet(_unpacked_only(file, held), options)
    elif held.kind == "workbook":
        text, sheet = _sheet(file, held, options)
        table = read_text(file, text, options, notes=(f"The workbook's sheet '{sheet}' was read.",))
    else:
        table = read_text(file, held.data, options)
    return _oriented(table, options, str(file))


NOT_READ = {
    "rds": (
        "{file} is an R object, which only R reads. In R, write the matrix as text and read that:\n"
        "    x <- readRDS('{file}')            # or load(), which names what it loads\n"
        "    # x <- SummarizedExperiment::assay(x)                 # of a SummarizedExperiment\n"
        "    # x <- Seurat::GetAssayData(x, layer = 'counts')      # of a Seurat object\n"
        "    write.table(as.matrix(x), 'matrix.tsv', sep = '\\t', quote = FALSE, col.names = NA)"
    ),
    "xls": (
        "{file} is a workbook of Excel before 2007. Open it and save it as xlsx, or as text (csv or"
        " tsv)."
    ),
}


def _parquet(path: Path, options: ReadOptions) -> Table:
    """A parquet table: names in the pandas index, in the column named, or in the first column when
    that is text.
    """
    try:
        frame = read_frame(path)
    except RefusedError as error:
        raise ExpressionError(
            f"{path} cannot be read as parquet: {error}. Write it again.", code="E308"
        ) from error
    names = options.gene_names
    if names is not None and names not in frame.columns:
        message = (
            f"{path} has no column {names!r} for {option('gene_names')}; its first columns are:"
            f" {listed(frame.columns)}."
        )
        raise ExpressionError(message, code="E311")
    numbered = isinstance(frame.index, pd.RangeIndex) and frame.shape[1] > 0
    if names is None and numbered and frame.dtypes.iloc[0].kind not in "fiu":
        names = frame.columns[0]
    return frame_table(frame if names is None else frame.set_index(names))


def _unpacked_only(file: Path, held: Content) -> Path:
    """A store is read where it lies, so it must lie there unpacked."""
    with file.open("rb") as stream:
        if held.data[:8] == stream.read(8):
            return file
    message = (
        f"{file.name} is a packed {held.kind} file, which is read only unpacked. Unpack it (gunzip"
        " or unzip) and"
        f" give {held.name}."
    )
    raise ExpressionError(message, code="E321")


def _sheet(file: Path, held: Content, options: ReadOptions) -> tuple[bytes, str]:
    try:
        return workbook_text(held.data, options.layer)
    except RefusedError as error:
        message = (
            f"{file.name} is a workbook (xlsx), and {error}. Name a sheet with {option('layer')},"
            " or save it as"
            " text (csv or tsv)."
        )
        raise ExpressionError(message, code="E312") from error


def as_expression(
    data: Expression | pd.DataFrame | str | Path | Any, options: ReadOptions = DEFAULT
) -> Expression:
    """An Expression from what the user has: an Expression, a DataFrame, an AnnData, or the path of
    a file.

    Parameters
    ----------
    data
        A DataFrame or AnnData has samples in rows and genes in columns, (n_obs, n_genes). It is not
        modified. The values of a DataFrame are copied once; those of an AnnData are shared.
    options
        What to do where the defaults do not fit; not used for an Expression.

    Returns
    -------
    Expression
        The matrix with its notes.

    Raises
    ------
    ExpressionError
        E701 when the genes are in rows; others as in `read_expression`.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.expression import as_expression
    >>> table = pd.DataFrame({"CD8A": [12, 0], "B2M": [950, 800]}, index=["P1", "P2"])
    >>> as_expression(table).unit
    'counts'
    """
    if isinstance(data, Expression):
        return data
    if isinstance(data, str | Path):
        return read_expression(data, options)
    if isinstance(data, pd.DataFrame):
        table = frame_table(data)
        if options.orientation == "genes_x_samples":
            return finish(_oriented(table, options, "memory"), options)
        obs = pd.DataFrame(table.beside, index=bare_obs(table.rows).index)
        raw = Raw(table.values, table.columns, table.rows, obs, table.notes)
        return finish(upright(raw, options), options)
    if adapter.is_mudata(data):
        name = choose_modality(list(data.mod), options, "The MuData")
        raw = adapter.raw_of(data.mod[name], options)
        raw = replace(raw, notes=(f"The modality '{name}' was read.", *raw.notes))
        return finish(upright(raw, options), options)
    if adapter.is_anndata(data):
        return finish(upright(adapter.raw_of(data, options), options), options)
    message = (
        f"Got {type(data).__name__}; wanted a DataFrame (samples x genes), an AnnData, or the path"
        " of a file."
    )
    raise ExpressionError(message, code="E309")


def _oriented(table: Table, options: ReadOptions, source: str) -> Raw:
    """A table of a file with samples in rows, whichever way it lay."""
    not_empty(len(table.rows), len(table.columns), source)
    where, words = options.orientation, ""
    if where == "auto":
        side, words = sides(table.rows, table.columns)
        if side == "unclear":
            refuse_probes(table.rows)
            refuse_probes(table.columns)
            message = (
                f"It is unclear which side of {source} holds the genes: {words}. Pass"
                f" {option('orientation', 'samples_x_genes')} or"
                f" {option('orientation', 'genes_x_samples')}."
            )
            raise ExpressionError(message, code="E702")
        where = "genes_x_samples" if side == "rows" else "samples_x_genes"
    notes = (
        (
            *table.notes,
            f"Genes are in {'rows' if where == 'genes_x_samples' else 'columns'}: {words}.",
        )
        if words
        else table.notes
    )
    if where == "samples_x_genes":
        obs = pd.DataFrame(table.beside, index=bare_obs(table.rows).index)
        return Raw(table.values, table.columns, table.rows, obs, notes, source)
    keep, said = _samples_among(table, options)
    columns, cut = _without_paths([table.columns[k] for k in keep])
    obs = bare_obs(columns)
    if table.about is not None:
        obs = table.about.reindex([table.columns[k] for k in keep]).set_axis(obs.index, axis=0)
    values = table.values if len(keep) == len(table.columns) else table.values[:, keep]
    return Raw(values.T, table.rows, columns, obs, (*notes, *said, *cut), source)


# ------------------------------------------------------------------ columns that are no samples

# Names that no sample has: about genes, or results of a test.
NEVER_SAMPLES = frozenset(
    {
        *(
            "entrez_gene_id",
            "entrezid",
            "entrez_id",
            "entrez",
            "geneid",
            "gene_id",
            "ncbi_gene_id",
            "hgnc_id",
        ),
        *(
            "ensembl_id",
            "ensembl_gene_id",
            "gene_length",
            "genelength",
            "genelen",
            "gc_content",
            "gc_percent",
        ),
        *(
            "effective_length",
            "effectivelength",
            "exon_length",
            "transcript_length",
            "exonic_length",
        ),
        *(
            "basemean",
            "aveexpr",
            "logcpm",
            "log2foldchange",
            "logfc",
            "lfcse",
            "padj",
            "pvalue",
            "p_value",
        ),
        *("adj_p_val", "p_val", "p_val_adj", "qvalue", "q_value", "fdr"),
    }
)
# Names that mostly tell of genes, but can be a sample's: set aside where their values are unlike
# the others.
MAYBE_SAMPLES = frozenset(
    {
        *(
            "chr",
            "chrom",
            "chromosome",
            "chromosome_name",
            "seqnames",
            "start",
            "end",
            "strand",
            "length",
            "width",
        ),
        *(
            "position",
            "start_position",
            "end_position",
            "gene_start",
            "gene_end",
            "txstart",
            "txend",
            "tss",
        ),
        *(
            "gc",
            "mean",
            "median",
            "variance",
            "var",
            "sd",
            "std",
            "min",
            "max",
            "sum",
            "total",
            "average",
        ),
        *(
            "rank",
            "index",
            "no",
            "nr",
            "number",
            "n",
            "unnamed:_0",
            "level",
            "score",
            "weight",
            "stat",
            "t",
            "b",
        ),
        *(
            "description",
            "gene_name",
            "gene_symbol",
            "symbol",
            "hugo_symbol",
            "biotype",
            "gene_type",
            "class",
        ),
    }
)
ROWS_COMPARED = 3_000
UNLIKE, ALIKE, LIKE = 0.30, 0.60, 0.50  # Spearman correlation with the median of the others (ours)
MOST_COLUMNS = 1_000  # more are cells, of which each may be unlike the others


def _samples_among(table: Table, options: ReadOptions) -> tuple[list[int], list[str]]:
    """Places of the columns that are samples, and what became of the others."""
    names = table.columns
    every = list(range(len(names)))
    if options.set_aside is not None:
        absent = [
            name for name in options.set_aside if name not in names and name not in table.beside
        ]
        if absent:
            message = (
                f"There is no column {listed(absent)} for {option('set_aside')}; the columns are:"
                f" {listed(names)}."
            )
            raise ExpressionError(message, code="E311")
        gone = [k for k in every if names[k] in options.set_aside]
        return [k for k in every if k not in gone], _told(names, gone, "as asked for")
    plain = [re.sub(r"[ .-]+", "_", name.strip().lower()) for name in names]
    gone = [k for k in every if plain[k] in NEVER_SAMPLES]
    rest = [k for k in every if k not in gone]
    like = _likeness(table.values, rest)
    aside = [k for k in rest if plain[k] in MAYBE_SAMPLES and not like.get(k, 1.0) >= LIKE]
    others = [like[k] for k in like if k not in aside]
    odd = [k for k in like if k not in aside and like[k] < UNLIKE]
    if odd and np.median(others) >= ALIKE and len(odd) < len(others) / 3:
        shown = listed(f"{names[k]} ({like[k]:.2f})" for k in odd)
        message = (
            f"{plural(len(odd), 'column does', 'columns do')} not look like a sample of the"
            " others: their genes are"
            f" ranked otherwise (Spearman correlation with the median of the columns: {shown})."
            " Leave out what is no"
            f" sample with {option('set_aside', names[odd[0]])}; if all are samples, say"
            f" {option('set_aside', 'none')}."
        )
        raise ExpressionError(message, code="E703")
    gone += aside
    kept = [k for k in every if k not in gone]
    if not kept or (len(kept) > 1 and {plain[k] for k in kept} <= FIGURES):
        message = (
            f"The columns are figures of each gene and no samples ({listed(names)}). Give a table"
            f" of genes × samples; if all are samples, say {option('set_aside', 'none')}."
        )
        raise ExpressionError(message, code="E319")
    return kept, _told(names, sorted(gone), "by their names and values")


# Names of columns that say something of a gene over many samples, or of one sample in several ways.
FIGURES = frozenset(
    (
        *("mean", "median", "sd", "std", "se", "sem", "variance", "var", "min", "max", "cv", "iqr"),
        *("fpkm", "rpkm", "tpm", "cpm", "count", "counts", "coverage", "est_counts", "numreads"),
        *("fpkm_conf_lo", "fpkm_conf_hi", "expected_count", "basemean", "logcpm", "logfc"),
        *("log2foldchange", "lfcse", "stat", "pvalue", "padj", "fdr", "score", "rank", "weight"),
    )
)


def _told(names: Sequence[str], gone: Sequence[int], how: str) -> list[str]:
    if not gone:
        return []
    many = plural(len(gone), "column describes genes and was", "columns describe genes and were")
    return [f"{many} set aside, {how}: {listed((names[k] for k in gone), counted=True)}."]


def _likeness(values: NDArray[Any], columns: list[int]) -> dict[int, float]:
    """Spearman correlation of each column with the median of all; none where there is no
    telling.
    """
    if not 4 <= len(columns) <= MOST_COLUMNS or len(values) < 100:
        return {}
    part = values[:: max(1, len(values) // ROWS_COMPARED)][:, columns]
    ranks = pd.DataFrame(part).rank().to_numpy()
    middle = np.nanmedian(ranks, axis=1)
    if np.nanstd(middle) == 0:
        return {}
    with np.errstate(invalid="ignore", divide="ignore"):
        known = ~np.isnan(ranks)
        found = [
            np.corrcoef(ranks[known[:, k], k], middle[known[:, k]])[0, 1]
            if known[:, k].sum() > 50
            else np.nan
            for k in range(len(columns))
        ]
    return {
        column: float(one) for column, one in zip(columns, found, strict=True) if not np.isnan(one)
    }


BAM = re.compile(
    r"(?:[._](?:Aligned(?:\.sortedByCoord)?(?:\.out)?|sorted|sort|markdup|dedup|marked_duplicates|umi_dedup))*\.(?:bam|sam|cram)$"
)


def _without_paths(names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Sample names without folders and endings of BAM files, where every name has them."""
    if not all(name.lower().endswith((".bam", ".sam", ".cram")) for name in names):
        return tuple(names), []
    bare = tuple(BAM.sub("", re.split(r"[/\\]", name)[-1]) for name in names)
    if len(set(bare)) < len(bare) or not all(bare):
        return tuple(names), []
    return bare, [
        f"Folders and endings of bam files were cut from the sample names ({names[0]} → {bare[0]})."
    ]
