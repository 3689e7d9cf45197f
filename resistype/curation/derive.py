"""A draft straight from data: the genes that tell case from every control.

The draft says how it was made (data, comparison, filters, counts), so that whoever reads it can
make it again. It is a proxy by status: a list from one data set is a hypothesis until other data
have seen it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from resistype.curation.draft import Drafted, Filters, counterparts, draft
from resistype.errors import InputError, SamplesError, SignatureError
from resistype.expression import Expression, as_expression
from resistype.extras import needs
from resistype.genes import GeneIndex
from resistype.library.signature import near
from resistype.library.textfile import read_text
from resistype.stats import adjusted
from resistype.text import listed, plural, separator

# Case against controls, gene by gene: effects, adjusted p-values and detection.

Method = Literal["t-test", "wilcoxon", "t-test_overestim_var"]
METHODS = ("t-test", "wilcoxon", "t-test_overestim_var")
BLOCK = 2000
FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """What is compared with what.

    Parameters
    ----------
    case
        Samples of the case, ``"column=value"`` or ``"column=value,value"``.
    controls
        The same for each control; a gene must pass against each.
    replicate
        Column of the patient or animal: cells are summed to pseudobulk a replicate and group.
        Empty: rows are samples.
    method
        ``"t-test"`` (Welch), or ``"wilcoxon"`` or ``"t-test_overestim_var"`` through scanpy's
        rank_genes_groups.
    """

    case: str
    controls: tuple[str, ...]
    replicate: str = ""
    method: Method = "t-test"

    def __str__(self) -> str:
        unit = f", pseudobulk by {self.replicate}" if self.replicate else ""
        return f"{self.case} against {' and against '.join(self.controls)} ({self.method}{unit})"


@dataclass(frozen=True)
class Groups:
    """Rows of each group in the house scale log2(x + 1): case first, then the controls."""

    names: tuple[str, ...]
    values: tuple[NDArray[np.float64], ...]


def _chosen(selection: str, table: pd.DataFrame) -> NDArray[np.bool_]:
    column, equals, words = (part.strip() for part in selection.partition("="))
    if not equals or column not in table.columns:
        message = (
            f"'{selection}' names no column of the samples table."
            f" {near(column, map(str, table.columns))}"
        )
        raise SamplesError(f"{message} Write column=value,value.", code="E920")
    wanted = [word.strip() for word in words.split(",")]
    texts = table[column].astype(str)
    absent = [word for word in wanted if not (texts == word).any()]
    if absent:
        message = (
            f"Column '{column}' has no sample with {', '.join(absent)}."
            f" {near(absent[0], texts.unique())}"
        )
        raise SamplesError(message, code="E920")
    return texts.isin(wanted).to_numpy()


def groups_of(data: Expression, table: pd.DataFrame, contrast: Contrast) -> Groups:
    """Rows of case and controls, summed to pseudobulk where a replicate is named."""
    rows = table.reindex([str(sample) for sample in data.samples])
    names = (contrast.case, *contrast.controls)
    masks = [_chosen(name, rows) for name in names]
    for name, mask in zip(names[1:], masks[1:], strict=True):
        if (mask & masks[0]).any():
            message = (
                f"{int((mask & masks[0]).sum())} samples are in the case and in '{name}'. Make them"
                " differ."
            )
            raise SamplesError(message, code="E920")
    if contrast.replicate and contrast.replicate not in rows.columns:
        message = (
            f"There is no column '{contrast.replicate}'."
            f" {near(contrast.replicate, map(str, rows.columns))}"
        )
        raise SamplesError(message, code="E903")
    units = rows[contrast.replicate].astype(str).to_numpy() if contrast.replicate else None
    values = tuple(house_rows(data, mask, units) for mask in masks)
    few = [
        f"'{name}' has {len(v)}" for name, v in zip(names, values, strict=True) if len(v) < FEWEST
    ]
    if few:
        what = "replicates" if contrast.replicate else "samples"
        message = (
            f"{' and '.join(few)} {what}; at least {FEWEST} are needed on each side to test"
            " anything."
        )
        raise SamplesError(message, code="E925")
    return Groups(names, values)


def house_rows(
    data: Expression, mask: NDArray[np.bool_], units: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Rows of a selection in log2(x + 1); with `units`, one row a unit: counts are summed, other
    values averaged.
    """
    chosen = np.flatnonzero(mask)
    if units is None:
        return _part(data, chosen).log2()
    names = np.unique(units[chosen])
    place = np.searchsorted(names, units[chosen])
    total = np.zeros((names.size, data.n_genes))
    counts = data.unit == "counts"
    for start in range(0, chosen.size, BLOCK):
        part = _part(data, chosen[start : start + BLOCK])
        spot = place[start : start + BLOCK]
        gather = sparse.csr_matrix(
            (np.ones(spot.size), (spot, np.arange(spot.size))), (names.size, spot.size)
        )
        rows: Any = (
            part.values if counts else part.log2()
        )  # a selection is an array or CSR, never backed
        total += _dense(gather @ rows)
    if not counts:
        return np.asarray(total / np.bincount(place, minlength=names.size)[:, None])
    return np.asarray(np.log2(total / total.sum(axis=1, keepdims=True) * 1e6 + 1.0))


def _dense(values: Any) -> NDArray[np.float64]:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def _part(data: Expression, rows: NDArray[np.intp]) -> Expression:
    return data.select([data.samples[row] for row in rows])


def compare(
    groups: Groups, genes: Sequence[str], contrast: Contrast, *, expressed: float
) -> pd.DataFrame:
    """Effect, adjusted p-value and detection of every gene, over all controls."""
    case, *controls = groups.values
    effects = np.array([case.mean(axis=0) - control.mean(axis=0) for control in controls])
    test = _welch if contrast.method == "t-test" else _scanpy
    fdr = np.array(
        [
            adjusted(np.nan_to_num(test(case, control, contrast.method), nan=1.0))
            for control in controls
        ]
    )
    agree = (np.sign(effects) == np.sign(effects[0])).all(axis=0)
    smallest = np.where(agree, np.sign(effects[0]) * np.abs(effects).min(axis=0), 0.0)
    frame = pd.DataFrame(
        {"effect": smallest, "fdr": fdr.max(axis=0)}, index=pd.Index(list(genes), name="gene")
    )
    frame["detection"] = (case > expressed).mean(axis=0)
    frame["mean_case"] = case.mean(axis=0)
    for name, effect in zip(groups.names[1:], effects, strict=True):
        frame[f"effect against {name}"] = effect
    return frame


def _welch(
    case: NDArray[np.float64], control: NDArray[np.float64], method: str
) -> NDArray[np.float64]:
    """p-values of Welch's t-test, one a gene; 1 where neither side varies."""
    from scipy import stats  # noqa: PLC0415  costs a second, and only derivation needs it

    del method
    n, m = len(case), len(control)
    var_a, var_b = case.var(axis=0, ddof=1) / n, control.var(axis=0, ddof=1) / m
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (case.mean(axis=0) - control.mean(axis=0)) / np.sqrt(var_a + var_b)
        freedom = (var_a + var_b) ** 2 / (var_a**2 / (n - 1) + var_b**2 / (m - 1))
    p = 2 * stats.t.sf(np.abs(t), freedom)
    return np.asarray(np.where(var_a + var_b > 0, p, 1.0))


def _scanpy(
    case: NDArray[np.float64], control: NDArray[np.float64], method: str
) -> NDArray[np.float64]:
    """p-values of scanpy's rank_genes_groups, one a gene."""
    other = "Or take method=t-test."
    with needs("scanpy", extra="single-cell", what=f"The method '{method}'", hint=other):
        import scanpy  # noqa: PLC0415  heavy, and optional
    groups = pd.Categorical(["case"] * len(case) + ["control"] * len(control))
    names = pd.Index([str(number) for number in range(case.shape[1])])
    obs = pd.DataFrame({"group": groups}, index=[str(number) for number in range(len(groups))])
    data = scanpy.AnnData(np.vstack([case, control]), obs=obs, var=pd.DataFrame(index=names))
    data.uns["log1p"] = {"base": 2}
    scanpy.tl.rank_genes_groups(data, "group", groups=["case"], reference="control", method=method)
    told = data.uns[
        "rank_genes_groups"
    ]  # scanpy.get makes a table of it in a way that pandas 3 warns of
    found = pd.Series(told["pvals"]["case"], index=told["names"]["case"])
    return np.asarray(found.reindex(names).to_numpy(dtype=float))


# A draft from a table of differential expression, whoever made it: DESeq2, edgeR, limma, Seurat or
# scanpy.

COLUMNS = {
    "gene": (
        "gene",
        "genes",
        "symbol",
        "gene_symbol",
        "gene_name",
        "names",
        "feature",
        "id",
        "",
        "unnamed: 0",
    ),
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
    "fdr": (
        "padj",
        "pvals_adj",
        "adj.p.val",
        "fdr",
        "p_val_adj",
        "qvalue",
        "q_value",
        "adj_p",
        "q",
        "svalue",
    ),
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
        One row per gene, or a csv or tsv of it, with columns for the gene, the log2 fold change and
        the adjusted p-value (names as in DESeq2, edgeR, limma, Seurat or scanpy).
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
    values, told = values_of(_frame(table), filters)
    up, down = strongest(values, filters)
    source = {
        "path": Path(table).name if isinstance(table, (str, Path)) else "",
        **(fields or {}).get("source", {}),
    }
    seen = "" if "detection" in values else "; the table tells no detection"
    note = (
        "Made from a table of differential expression:"
        f" {filter_text(filters, detection=not seen)}{seen}."
    )
    note = " ".join([note, *told])
    source["note"] = f"{source['note']} {note}" if source.get("note") else note
    given = {"status": "proxy", **(fields or {}), "source": source}
    return draft(name, up, down, fields=given)


def _frame(table: pd.DataFrame | str | Path) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return (
            table
            if isinstance(table.index, pd.RangeIndex)
            else table.rename_axis("gene").reset_index()
        )
    text = read_text(Path(table))
    first = text.partition("\n")[0]
    try:
        return pd.read_csv(io.StringIO(text), sep=separator(first))
    except (ValueError, pd.errors.ParserError) as error:
        message = f"{table} is no table of rows and columns ({error}). Save it as csv or tsv."
        raise SignatureError(message, code="E207") from None


GROUPS = (
    "cluster",
    "group",
    "celltype",
    "cell_type",
    "ident",
    "leiden",
    "louvain",
    "contrast",
    "comparison",
)


def values_of(frame: pd.DataFrame, filters: Filters) -> tuple[pd.DataFrame, list[str]]:
    """Effect, fdr and detection by gene, of the one group that is asked for; and what was left
    out.
    """
    told = []
    lower = {str(column).strip().lower(): column for column in frame.columns}
    column = next((lower[name] for name in GROUPS if name in lower), None)
    if column is not None and (len(frame[column].dropna().unique()) > 1 or filters.group):
        groups = [str(one) for one in frame[column].dropna().unique()]
        if filters.group not in groups:
            asked = f"no group '{filters.group}'" if filters.group else f"{len(groups)} groups"
            message = (
                f"The table holds {asked} in its column '{column}': {listed(groups)}. Markers of"
                " several"
                f" groups are no one signature; name one, as in group={groups[0]}."
            )
            raise SignatureError(message, code="E211")
        frame = frame[frame[column].astype(str) == filters.group]
        told.append(f"Of the column '{column}' the group {filters.group} was taken.")
    found = columns_of(frame)
    values = pd.DataFrame({kind: frame[name] for kind, name in found.items() if kind != "gene"})
    values = values.apply(pd.to_numeric, errors="coerce")
    names: pd.Series = frame[found["gene"]]
    blank = (names.isna() | (names.astype(str).str.strip() == "")).to_numpy()
    endless = np.isinf(values["effect"].to_numpy(float)) & ~blank
    for n, words in (
        (int(blank.sum()), "no gene name"),
        (int(endless.sum()), "an infinite fold change"),
    ):
        if n:
            told.append(
                f"{plural(n, 'row has', 'rows have')} {words} and {'was' if n == 1 else 'were'}"
                " left out."
            )
    values.index = pd.Index(names.astype(str), name="gene")
    return values[~blank & ~endless], told


def columns_of(frame: pd.DataFrame) -> dict[str, str]:
    """Columns of the table by what they hold; E211 where one is missing."""
    lower = {str(column).strip().lower(): column for column in reversed(list(frame.columns))}
    found = {
        kind: next((lower[name] for name in names if name in lower), None)
        for kind, names in COLUMNS.items()
    }
    missing = [kind for kind in ("gene", "effect", "fdr") if found[kind] is None]
    if missing:
        wanted = "; ".join(
            f"{kind}: {', '.join(name for name in COLUMNS[kind][:4] if name)}" for kind in missing
        )
        shown = ", ".join(map(str, frame.columns[:8]))
        message = (
            f"The table has no column for {', '.join(missing)} among {shown}. Name one ({wanted})."
        )
        raise SignatureError(message, code="E211")
    return {kind: column for kind, column in found.items() if column is not None}


def strongest(values: pd.DataFrame, filters: Filters) -> tuple[list[str], list[str]]:
    """Genes up and down that pass the filters, largest effect first."""
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


@dataclass(frozen=True)
class Derived(Drafted):
    """A draft from data.

    Parameters
    ----------
    table
        All genes: effect, fdr, detection, and the effect against each control.
    """

    table: pd.DataFrame | None = None


def derive(
    data: Expression | pd.DataFrame | str | Path | Any,
    contrast: Contrast,
    name: str,
    *,
    samples: pd.DataFrame | None = None,
    filters: Filters = DEFAULT,
    fields: Mapping[str, Any] | None = None,
) -> Derived:
    """Draft a signature from case against control.

    Parameters
    ----------
    data
        Expression, (n_obs, n_genes): whatever `as_expression` takes.
    contrast
        Case and controls; a gene must pass against every control.
    name
        Name of the signature.
    samples
        Samples table, indexed by sample; None for the `obs` of the data.
    filters
        Effect, adjusted p-value, detection, number of genes.
    fields
        Other fields of the signature.

    Returns
    -------
    Derived
        The draft, the notes, and the table of all genes.

    Raises
    ------
    SamplesError
        When case or control names nothing or too little (E920, E925).
    SignatureError
        When no gene passes the filters (E212).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> values = pd.DataFrame(
    ...     rng.normal(5, 0.2, (8, 3)), columns=["TOX", "B2M", "GAPDH"], index=list("abcdefgh")
    ... )
    >>> values.loc[list("abcd"), "TOX"] += 3
    >>> groups = pd.DataFrame({"state": ["late"] * 4 + ["memory"] * 4}, index=values.index)
    >>> derive(
    ...     values, Contrast(case="state=late", controls=("state=memory",)), "late", samples=groups
    ... ).signature.up
    ('TOX',)
    """
    expression = as_expression(data)
    _check(contrast)
    table = samples if samples is not None else expression.obs
    groups = groups_of(expression, table, contrast)
    result = compare(groups, expression.genes, contrast, expressed=filters.expressed)
    given = dict(fields or {})
    kept = result[_measured(expression, filters.within)] if filters.within else result
    up, down = strongest(kept, filters)
    sizes = ", ".join(
        f"{len(rows)} × {name}" for name, rows in zip(groups.names, groups.values, strict=True)
    )
    notes = [f"Compared {contrast}: {sizes}."]
    if filters.within:
        notes.append(
            f"{len(kept):,} of {len(result):,} genes are among the {len(filters.within):,} of"
            " 'within'."
        )
    source = dict(given.get("source", {}))
    made = [
        source.get("note", ""),
        f"Derived from {_origin(expression)}: {contrast}; {filter_text(filters)}.",
        *notes[1:],
    ]
    source["note"] = " ".join(text for text in made if text)
    source.setdefault("citation", f"derived with resistype from {_origin(expression)}")
    content = {
        "status": "proxy",
        **given,
        "species": given.get("species", expression.index.species),
        "source": source,
    }
    drafted = draft(name, up, down, fields=content)
    return Derived(drafted.signature, (*notes, *drafted.notes), result)


def _origin(expression: Expression) -> str:
    return Path(expression.source).name if expression.source != "memory" else "a matrix in memory"


def _check(contrast: Contrast) -> None:
    if contrast.method not in METHODS:
        message = f"There is no method '{contrast.method}'. {near(contrast.method, METHODS)}"
        raise InputError(message, code="E607")
    if not contrast.controls:
        raise SamplesError("No control was given. Name at least one: column=value.", code="E920")


def _measured(expression: Expression, within: Sequence[str]) -> Any:
    """Which genes of the matrix another list of names holds, also as orthologs of the other
    species.
    """
    other = GeneIndex(list(within))
    names = list(expression.genes)
    if expression.index.species != other.species:
        human = {name: counterparts([name], other.species).get(name, "") for name in names}
        found = other.match([human[name] or name for name in names]).columns
    else:
        found = other.match(names).columns
    return found >= 0
