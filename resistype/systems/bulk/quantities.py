"""How each kind of quantity is measured. One function a kind; a scheme's TOML says which kind of
what.

Basic kinds look at the matrix alone and are measured once for all observations. Relative kinds look
at the reference and at a baseline biopsy, and are measured for the rows asked about. A value that
cannot be had is NaN and carries its reason; nothing is filled in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CoverageWarning, SamplesError, complain
from resistype.genes import resolve
from resistype.samples.table import as_key
from resistype.scheme.apply import Column
from resistype.scheme.scheme import Quantity
from resistype.score import Null, score
from resistype.score.progress import step
from resistype.systems.bulk.context import (
    DETECTED,
    MIN_COVERAGE,
    SILENT_MIN,
    Comparability,
    Context,
    Rows,
    at_floor,
    batch_floors,
    random_sets,
    rescored,
    silent_genes,
)
from resistype.systems.bulk.study import NO_BASELINE, at_progression, other_batch

# DNA events that the user gives: "B2M:frameshift;HLA-A:LOH", counted for the genes of a signature.

_LOSS = frozenset(
    (
        "biallelic",
        "deletion",
        "frameshift",
        "homozygous_deletion",
        "lof",
        "nonsense",
        "splice",
        "start_lost",
        "stop_gained",
        "truncating",
    )
)
_LOSS_OF_HETEROZYGOSITY = "loh"
_NO_LOSS = frozenset(
    ["amplification", "gain", "inframe", "missense", "silent", "synonymous", "utr"]
)
_NOTHING = frozenset(["none", "wt", "wild_type", "wildtype", "0"])


def count_events(cell: str, genes: Iterable[str]) -> float:
    """Loss-of-function events in `genes`; NaN for an empty cell (nothing is known).

    Loss of heterozygosity counts for classical HLA genes only.

    Examples
    --------
    >>> count_events("B2M:frameshift; TAP1:missense", ["B2M", "TAP1"])
    1.0
    """
    text = cell.strip()
    if not text or text.lower() == "nan":
        return float("nan")
    if text.lower() in _NOTHING:
        return 0.0
    wanted = set(genes)
    return float(sum(_counts(part.strip(), wanted) for part in text.split(";") if part.strip()))


def _counts(event: str, wanted: set[str]) -> bool:
    gene, colon, word = event.partition(":")
    word = word.strip().lower().replace(" ", "_").replace("-", "_")
    if not colon or not gene.strip() or not word:
        message = f"{event!r} is not 'gene:event'"
        raise ValueError(message)
    if word not in _LOSS | _NO_LOSS | {_LOSS_OF_HETEROZYGOSITY}:
        known = ", ".join(sorted(_LOSS | _NO_LOSS | {_LOSS_OF_HETEROZYGOSITY}))
        message = f"event {word!r} of {gene.strip()!r} is not known; known: {known}"
        raise ValueError(message)
    symbol = _approved(gene.strip())
    if symbol not in wanted:
        return False
    return word in _LOSS or (word == _LOSS_OF_HETEROZYGOSITY and symbol.startswith("HLA-"))


@lru_cache(maxsize=1 << 15)
def _approved(gene: str) -> str:
    return resolve([gene])[0].symbol or gene


def events_column(table: pd.DataFrame, column: str, genes: Sequence[str]) -> NDArray[np.float64]:
    """Events of every row of a samples table, shape (n_obs,)."""
    counts = np.full(len(table), np.nan)
    complaints = []
    for row, (sample, cell) in enumerate(table[column].items()):
        try:
            counts[row] = count_events(as_key(cell) or "", genes)
        except ValueError as error:
            complaints.append(f"sample {str(sample)!r}: {error}")
    complain(
        complaints, SamplesError, code="E921", subject=f"Column {column!r} of the samples table"
    )
    return counts


def number_column(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column of shares between 0 and 1, shape (n_obs,); empty cells are NaN."""
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    complaints = []
    for name, cell, number in zip(table.index, table[column], numbers, strict=True):
        empty = pd.isna(cell) or str(cell).strip() == ""
        if not empty and not 0.0 <= number <= 1.0:
            complaints.append(f"sample {str(name)!r}: {cell!r} is not a number between 0 and 1")
    complain(
        complaints, SamplesError, code="E922", subject=f"Column {column!r} of the samples table"
    )
    return numbers


def ratio_column(table: pd.DataFrame, ratio: str, parts: Sequence[str]) -> NDArray[np.float64]:
    """A ratio given as it is or by its two parts, shape (n_obs,); NaN where neither is known."""
    complaints: list[str] = []
    given, top, bottom = (_counts_column(table, name, complaints) for name in (ratio, *parts))
    for name, low in zip(table.index, bottom, strict=True):
        if low == 0:
            complaints.append(
                f"sample {str(name)!r}: {parts[1]} is 0, so {ratio} is undefined (not infinite)"
            )
    with np.errstate(divide="ignore", invalid="ignore"):
        computed = np.where(bottom > 0, top / bottom, np.nan)
    for name, one, other in zip(table.index, given, computed, strict=True):
        if abs(one - other) > 0.05 * max(abs(one), abs(other)):
            complaints.append(
                f"sample {str(name)!r}: {ratio} is {one:g}, but {' / '.join(parts)} is {other:.3g}"
            )
    complain(
        complaints, SamplesError, code="E924", subject=f"Column {ratio!r} of the samples table"
    )
    return np.where(np.isnan(given), computed, given)


def _counts_column(table: pd.DataFrame, column: str, complaints: list[str]) -> NDArray[np.float64]:
    if column not in table.columns:
        return np.full(len(table), np.nan)
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    for name, cell, number in zip(table.index, table[column], numbers, strict=True):
        empty = pd.isna(cell) or str(cell).strip() == ""
        if not empty and not 0.0 <= number < np.inf:
            complaints.append(
                f"sample {str(name)!r}: {column} is {cell!r}, not a number of 0 or more"
            )
    return numbers


def mark_column(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """1 where something is marked, 0 where nothing is, shape (n_obs,)."""
    words = [(as_key(cell) or "").lower() for cell in table[column]]
    return np.array(
        [word not in ("", "none", "no", "0", "false") for word in words], dtype=np.float64
    )


_NO_REFERENCE = "no reference to compare with"


# ------------------------------------------------------------------ basic kinds: the matrix alone


def _mean_log2(quantity: Quantity, context: Context) -> Column:
    panel = context.panel
    coverage = panel.coverage(quantity.signature)
    if coverage < MIN_COVERAGE:
        return Column.missing(context.n_obs, _thin(quantity, context))
    if not panel.members[quantity.signature].up.all():
        reason = (
            f"{quantity.signature} has genes down: their mean in log2 says nothing; take a score"
        )
        return Column.missing(context.n_obs, reason)
    return Column.of(panel.log2[quantity.signature].mean(axis=1))


def _thin(quantity: Quantity, context: Context) -> str:
    match = context.panel.matches[quantity.signature]
    found = int(np.sum(match.columns >= 0))
    return (
        f"{quantity.signature}: {found} of {len(match.columns)} genes in the data (at least 50 %"
        " are needed)"
    )


def _measured(quantity: Quantity, context: Context) -> Column:
    panel = context.panel
    present = [
        g for g in panel.measured(quantity.signature) if g not in panel.floor[quantity.signature]
    ]
    absent = panel.absent(quantity.signature)
    total = len(panel.matches[quantity.signature].wanted)
    note = f"{len(present)} of {total}" + (
        f"; not in the data: {', '.join(absent)}" if absent else ""
    )
    values = np.full(context.n_obs, float(len(present)))
    return Column(values, np.full(context.n_obs, note, dtype=object))


def _at_floor(quantity: Quantity, context: Context) -> Column:
    panel = context.panel
    everywhere = panel.floor[quantity.signature]
    values = np.full(context.n_obs, float(len(everywhere)))
    words = np.full(context.n_obs, ", ".join(everywhere), dtype=object)
    if context.table is None or not context.batches:
        return Column(values, words)
    low = at_floor(panel.expression, panel.matches[quantity.signature])
    names = np.array(panel.measured(quantity.signature), dtype=object)
    low[:, np.isin(names, everywhere)] = False
    for batch, inside, genes in batch_floors(low, context.table, list(context.batches)):
        values[inside] = np.maximum(values[inside], float(len(everywhere) + genes.sum()))
        words[inside] = [
            f"{w}; {', '.join(names[genes])} in the batch {batch}".lstrip("; ")
            for w in words[inside]
        ]
    return Column(values, words)


def _silent_here(quantity: Quantity, context: Context) -> Column:
    """Genes that say nothing in the sample's batch or in the whole cohort."""
    panel = context.panel
    log2, names = panel.log2[quantity.signature], panel.measured(quantity.signature)
    values, words = np.zeros(context.n_obs), np.full(context.n_obs, "", dtype=object)
    if panel.absolute:
        for rows, genes, where in silent_genes(
            log2, context.table, context.batches, batch=context.batch
        ):
            low = np.mean(log2[np.ix_(rows, genes)] < DETECTED, axis=0)
            silent = [name for name, here in zip(names, genes, strict=True) if here]
            told = "; ".join(
                f"{name} below 1 TPM in {fraction:.0%} {where}"
                for name, fraction in zip(silent, low, strict=True)
            )
            words[rows] = np.where(words[rows] == "", told, words[rows] + "; " + told)
            values[rows] += genes.sum()
    elif context.n_obs >= SILENT_MIN:
        flat = panel.floor[quantity.signature]
        values += len(flat)
        words[:] = "; ".join(f"{name} without any variation in the cohort" for name in flat)
    return Column(values, words)


def _detected(quantity: Quantity, context: Context) -> Column:
    """Genes of a signature at one TPM or more."""
    if not context.panel.absolute:
        return Column.missing(context.n_obs, "the values have no absolute scale (TPM or CPM)")
    log2 = context.panel.log2[quantity.signature]
    return Column.of((log2 >= DETECTED).sum(axis=1).astype(np.float64))


def _gene(quantity: Quantity, context: Context) -> Column:
    """Log2 expression of one gene."""
    measured = context.panel.measured(quantity.signature)
    if quantity.gene not in measured:
        return Column.missing(context.n_obs, f"{quantity.gene} is not in the data")
    return Column.of(context.panel.log2[quantity.signature][:, measured.index(quantity.gene)])


def _other_genes(quantity: Quantity, context: Context) -> Column:
    """Mean log2 expression of the genes of a signature but one."""
    if context.panel.coverage(quantity.signature) < MIN_COVERAGE:
        return Column.missing(context.n_obs, _thin(quantity, context))
    others = [g != quantity.gene for g in context.panel.measured(quantity.signature)]
    if not any(others):
        return Column.missing(context.n_obs, _thin(quantity, context))
    return Column.of(context.panel.log2[quantity.signature][:, others].mean(axis=1))


def _dna_events(quantity: Quantity, context: Context) -> Column:
    column = context.scheme.inputs[quantity.input].column
    if context.table is None or column not in context.table.columns:
        return Column.missing(context.n_obs, f"the samples table has no column {column!r}")
    genes = context.library[quantity.signature].genes
    return Column.of(
        events_column(context.table, column, genes), "no DNA events given for this sample"
    )


def _number(quantity: Quantity, context: Context) -> Column:
    column = context.scheme.inputs[quantity.input].column
    if context.table is None or column not in context.table.columns:
        return Column.missing(context.n_obs, f"the samples table has no column {column!r}")
    return Column.of(number_column(context.table, column), "not given for this sample")


def _ratio(quantity: Quantity, context: Context) -> Column:
    columns = [context.scheme.inputs[name].column for name in (quantity.input, *quantity.parts)]
    if context.table is None or not any(name in context.table.columns for name in columns):
        return Column.missing(
            context.n_obs, f"the samples table has none of the columns {', '.join(columns)}"
        )
    return Column.of(
        ratio_column(context.table, columns[0], columns[1:]), "not given for this sample"
    )


def _mark(quantity: Quantity, context: Context) -> Column:
    column = context.scheme.inputs[quantity.input].column
    if context.table is None or column not in context.table.columns:
        return Column.missing(context.n_obs, f"the samples table has no column {column!r}")
    return Column.of(mark_column(context.table, column))


BASIC: dict[str, Callable[[Quantity, Context], Column]] = {
    "mean_log2": _mean_log2,
    "measured": _measured,
    "at_floor": _at_floor,
    "silent": _silent_here,
    "detected": _detected,
    "gene": _gene,
    "other_genes": _other_genes,
    "dna_events": _dna_events,
    "number": _number,
    "ratio": _ratio,
    "mark": _mark,
    "other_batch": other_batch,
}


def measure_basic(
    context: Context, scores: Mapping[str, Column] | None = None
) -> dict[str, Column]:
    """Measure every basic quantity of the scheme for all observations; scores of one method
    share their ranks, or are given.
    """
    step("scores")
    quantities = context.scheme.quantities
    scored = {name: q for name, q in quantities.items() if q.kind == "score"}
    columns = dict(scores) if scores is not None else _scores(scored, context) if scored else {}
    for name, quantity in quantities.items():
        if quantity.kind in BASIC:
            columns[name] = BASIC[quantity.kind](quantity, context)
    return columns


def _scores(scored: dict[str, Quantity], context: Context) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for method in sorted({q.method for q in scored.values()}):
        mine = {name: q for name, q in scored.items() if q.method == method}
        usable = {
            n: q for n, q in mine.items() if context.panel.coverage(q.signature) >= MIN_COVERAGE
        }
        columns |= {
            name: Column.missing(context.n_obs, _thin(q, context))
            for name, q in mine.items()
            if name not in usable
        }
        if not usable:
            continue
        library = context.library.select(ids=sorted({q.signature for q in usable.values()}))
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", CoverageWarning
            )  # said as the caveat LOW_COVERAGE and in the evidence
            table = score(
                context.panel.expression, library, method=method, n_jobs=context.n_jobs
            ).to_frame()
        columns |= {name: Column.of(table[q.signature].to_numpy()) for name, q in usable.items()}
    return columns


# ------------------------------------------------------------------ relative kinds: reference and
# baseline


def _level(quantity: Quantity, context: Context, rows: Rows) -> Column:
    base = context.basic[quantity.of].take(rows.index)
    if context.reference is None:
        return Column.missing(len(rows.index), _NO_REFERENCE)
    values = (base.values - context.reference.location(quantity.of)) / context.reference.scale(
        quantity.of
    )
    return _because(values, base.reason, known=quantity.of in context.reference.values)


def _because(values: NDArray[np.float64], reason: NDArray[np.object_], *, known: bool) -> Column:
    """Missing values with their own reason; where there is none, with what the reference lacks."""
    lacks = "the reference does not vary" if known else "the reference has no values of it"
    words = np.where(np.isnan(values) & (reason == ""), lacks, reason)
    return Column(values, np.where(np.isnan(values), words, "").astype(object))


def _raw_change(quantity: Quantity, context: Context, rows: Rows) -> Column:
    now = context.basic[quantity.of].take(rows.index)
    before = context.basic[quantity.of].take(rows.baseline)
    values = np.where(rows.paired, now.values - before.values, np.nan)
    reason = np.where(now.reason == "", "baseline biopsy: " + before.reason, now.reason)
    reason = np.where(rows.paired, reason, NO_BASELINE)
    return Column(values, np.where(np.isnan(values), reason, "").astype(object))


def _change(quantity: Quantity, context: Context, rows: Rows) -> Column:
    raw = _raw_change(quantity, context, rows)
    if context.reference is None:
        reason = np.where(
            np.isnan(raw.values), raw.reason, "fewer than 10 reference samples give no SD"
        )
        return Column(np.full(len(rows.index), np.nan), reason.astype(object))
    values = raw.values / context.reference.scale(quantity.of)
    return _because(values, raw.reason, known=quantity.of in context.reference.values)


def _share(quantity: Quantity, context: Context, rows: Rows, sign: int) -> Column:
    """Share of the genes that moved as the signature did; a gene down moves with it when it
    falls.
    """
    log2 = context.panel.log2[quantity.signature]
    if log2.shape[1] == 0:
        return Column.missing(len(rows.index), _thin(quantity, context))
    signs = np.where(context.panel.members[quantity.signature].up, sign, -sign)
    values = np.full(len(rows.index), np.nan)
    for start in range(0, len(values), 512):
        part = slice(start, start + 512)
        moved = signs * (log2[rows.index[part]] - log2[rows.baseline[part]]) > 0
        values[part] = moved.mean(axis=1)
    return Column.of(np.where(rows.paired, values, np.nan), NO_BASELINE)


def _fraction_up(quantity: Quantity, context: Context, rows: Rows) -> Column:
    return _share(quantity, context, rows, 1)


def _fraction_down(quantity: Quantity, context: Context, rows: Rows) -> Column:
    return _share(quantity, context, rows, -1)


def _random_p(quantity: Quantity, context: Context, rows: Rows) -> Column:
    """(1 + k) / (1 + n) for k of n matched random sets that change at least as much, whatever
    the direction.
    """
    observed = _raw_change(quantity, context, rows)
    if not rows.paired.any() or np.isnan(observed.values).all():
        return Column(np.full(len(rows.index), np.nan), observed.reason)
    null = _random_scores(context.scheme.quantities[quantity.of], context)
    as_far = np.zeros(len(rows.index))
    for start in range(0, len(as_far), 512):
        part = slice(start, start + 512)
        moved = np.abs(null[rows.index[part]] - null[rows.baseline[part]])
        as_far[part] = (moved >= np.abs(observed.values[part])[:, None]).sum(axis=1)
    p = (1.0 + as_far) / (1.0 + null.shape[1])
    return Column(np.where(np.isnan(observed.values), np.nan, p), observed.reason)


def _random_scores(scored: Quantity, context: Context) -> NDArray[np.float64]:
    """Scores of matched random sets, shape (n_obs, n_random); computed once for the panel."""
    name = f"random {scored.signature} {scored.method}"
    if name not in context.nulls:
        scheme, expression = context.scheme, context.panel.expression
        null = Null(n=scheme.random_sets, seed=scheme.seed)
        sets = random_sets(
            context.panel.members[scored.signature],
            context.mean_expression,
            null,
            names=expression.genes,
        )
        context.nulls[name] = rescored(expression, sets, scored.method, n_jobs=context.n_jobs)
    return context.nulls[name]


def _residual(quantity: Quantity, context: Context, rows: Rows) -> Column:
    return _left_over(quantity, context, rows)


def _left_over(quantity: Quantity, context: Context, rows: Rows) -> Column:
    """What the fullest line leaves over for which a sample has all terms; where purity is
    unknown, the plain line. Fenced: predictors beyond the fences of the reference are moved back
    to them, because the line is not known outside.
    """
    scaled, fenced = quantity.kind.endswith("_sd"), "fenced" in quantity.kind
    n = len(rows.index)
    if context.reference is None:
        return Column.missing(n, _NO_REFERENCE)
    measured = {name: context.basic[name].take(rows.index) for name in quantity.needs}
    values = np.full(n, np.nan)
    reason = measured[quantity.of].reason
    for name in quantity.on:
        reason = np.where(reason == "", measured[name].reason, reason)
    for line_name, terms in quantity.lines:
        line = context.reference.regressions.get(line_name)
        if line is None or (scaled and line.robust_sd <= 1e-12):
            continue
        terms_there = np.column_stack([measured[t].values for t in terms])
        if fenced:
            terms_there = np.clip(terms_there, *np.transpose([_fences(context, t) for t in terms]))
        left = line.residual(measured[quantity.of].values, terms_there)
        values = np.where(np.isnan(values), left / (line.robust_sd if scaled else 1.0), values)
    reason = np.where(np.isnan(values) & (reason == ""), "the reference has no line for it", reason)
    return Column(values, np.where(np.isnan(values), reason, "").astype(object))


def _fences(context: Context, name: str) -> tuple[float, float]:
    """Where a line is known: of a covariate of the samples table, everywhere."""
    if context.reference is None or context.scheme.quantities[name].kind == "number":
        return -np.inf, np.inf
    return context.reference.fences(name)


def _outside_fences(quantity: Quantity, context: Context, rows: Rows) -> Column:
    """How many of the predictors lie where the reference has next to no samples."""
    if context.reference is None:
        return Column.missing(len(rows.index), _NO_REFERENCE)
    values, reason = np.zeros(len(rows.index)), np.full(len(rows.index), "", dtype=object)
    for name in quantity.on:
        one = context.basic[name].take(rows.index)
        low, high = context.reference.fences(name)
        outside = (one.values < low) | (one.values > high)
        values = np.where(np.isnan(one.values), np.nan, values + outside)
        words = f"{context.scheme.quantities[name].title} outside the reference"
        reason = np.where(outside, np.where(reason == "", words, reason + "; " + words), reason)
    return Column(values, reason.astype(object))


def _from(quantity: Quantity, context: Context, rows: Rows) -> Column:
    """Distance from the median, or from the lower fence, of the reference."""
    base = context.basic[quantity.of].take(rows.index)
    reference = context.reference
    if reference is None:
        return Column.missing(len(rows.index), _NO_REFERENCE)
    to = (
        reference.median(quantity.of)
        if quantity.kind == "from_median"
        else reference.fences(quantity.of)[0]
    )
    return _because(base.values - to, base.reason, known=quantity.of in reference.values)


def _percentile(quantity: Quantity, context: Context, rows: Rows) -> Column:
    base = context.basic[quantity.of].take(rows.index)
    if context.reference is None:
        return Column.missing(len(rows.index), _NO_REFERENCE)
    values = context.reference.percentile(quantity.of, base.values)
    return _because(values, base.reason, known=quantity.of in context.reference.values)


RELATIVE: dict[str, Callable[[Quantity, Context, Rows], Column]] = {
    "level": _level,
    "raw_change": _raw_change,
    "change": _change,
    "fraction_up": _fraction_up,
    "fraction_down": _fraction_down,
    "random_p": _random_p,
    "residual": _residual,
    "residual_sd": _residual,
    "residual_fenced": _residual,
    "residual_fenced_sd": _residual,
    "outside_fences": _outside_fences,
    "from_median": _from,
    "from_fence": _from,
    "percentile": _percentile,
    "at_progression": at_progression,
}
# Numbers that place a sample among the reference: they need a reference that it may be compared
# with. A change needs only the patient's own baseline; the reference gives its unit.
PLACED = frozenset(RELATIVE) - {
    *("raw_change", "change", "fraction_up", "fraction_down", "random_p", "at_progression"),
}


def measure(context: Context, rows: Rows) -> dict[str, Column]:
    """Measure every quantity of the scheme for the rows asked about."""
    columns: dict[str, Column] = {}
    for name in context.scheme.order():
        quantity = context.scheme.quantities[name]
        if name in context.basic:
            columns[name] = context.basic[name].take(rows.index)
        elif quantity.kind == "difference":
            first, second = columns[quantity.of], columns[quantity.minus]
            values = first.values - second.values
            reason = np.where(first.reason == "", second.reason, first.reason)
            columns[name] = Column(values, np.where(np.isnan(values), reason, "").astype(object))
        else:
            column = RELATIVE[quantity.kind](quantity, context, rows)
            if quantity.kind in PLACED and context.compared is not None:
                column = _only_comparable(column, context.compared, rows)
            columns[name] = column
    return columns


def _only_comparable(column: Column, compared: Comparability, rows: Rows) -> Column:
    """A number only where the sample may be compared with the reference; elsewhere the reason."""
    may = compared.comparable[rows.index]
    values = np.where(may, column.values, np.nan)
    return Column(values, np.where(may, column.reason, compared.reason[rows.index]).astype(object))
