"""From a matrix of cells to calls of patients: score, state, scheme. The matrix is read in blocks
and never held.

What stays in memory is one number a cell and score, and the table of cells as categories, so a
million cells of twenty thousand genes fit into some hundred megabytes. A run with a folder can be
resumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import ExpressionError, GeneError, SamplesError, SchemeError
from resistype.expression import Expression, as_expression
from resistype.library import Library, SignatureSpec, load_library, read_signatures
from resistype.samples import read_samples
from resistype.samples.table import as_key
from resistype.scheme import Calls, Scheme, list_schemes, load_scheme
from resistype.score.run import ScoreOptions, score
from resistype.systems.cells.cart_product import CellInputs, cart_product
from resistype.systems.cells.clones import clones_from_table
from resistype.systems.cells.cuts import distributions, states_by_cuts
from resistype.systems.cells.dli_response import DliPlan, dli_response
from resistype.systems.cells.gate import pseudo_flow, smooth_markers
from resistype.systems.cells.table import CellColumns, read_time
from resistype.systems.cells.tex_psr import PsrReference, tex_psr

# How cells are classified, where the defaults do not fit: one frozen object.


@dataclass(frozen=True, kw_only=True)
class CellOptions:
    """How cells are classified.

    Parameters
    ----------
    columns
        Which column of ``obs`` is what.
    samples, sample
        A table with one row per sample, and the column of ``obs`` that names the sample; its
        columns join the cells'.
    cuts
        Cuts on scores that give states, where there is no column of states.
    gate
        Whether states come from the published gate (counts in memory, scanpy).
    isoform
        Column of ``obs`` with an estimate of CD45RA, for the gate.
    clones
        Table of clonotypes by cell; by default the receptor columns of ``obs``.
    library
        A curator's signatures; they come before the shipped ones.
    score
        How to score, and where to keep a run (`RunOptions`).
    n_jobs, seed
        Threads; seed of the bootstrap intervals.
    parity
        Whether scanpy's score_genes is put beside the scores, cell by cell (up to 10,000 cells;
        needs scanpy).
    keep_cells
        Whether the result has a table of cells.
    plan, reference
        Of ``dli_response`` and ``tex_psr``.
    """

    columns: CellColumns = field(default_factory=CellColumns)
    samples: str | Path | pd.DataFrame | None = None
    sample: str | None = None
    cuts: Mapping[str, float] = field(default_factory=dict)
    gate: bool = False
    isoform: str | None = None
    clones: str | Path | pd.DataFrame | None = None
    library: SignatureSpec = None
    score: ScoreOptions = field(default_factory=ScoreOptions)
    n_jobs: int | None = -1
    seed: int = 0
    parity: bool = False
    keep_cells: bool = False
    plan: DliPlan = field(default_factory=DliPlan)
    reference: PsrReference = field(default_factory=PsrReference)


# What is known of the cells of a matrix, before a scheme sees it: their table, their states, their
# clones.

STATE_OF_SCORE = {"exhaustion": "exhausted", "car_treg": "treg", "proliferation": "proliferating"}


def prepare_obs(
    expression: Expression, options: CellOptions
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table of cells by row number, with the columns of the samples table beside them."""
    obs = pd.DataFrame({str(name): _small(values) for name, values in expression.obs.items()})
    obs = obs.set_axis(pd.RangeIndex(expression.n_obs), axis=0)
    if options.samples is None:
        return obs, ()
    if options.sample is None or options.sample not in obs.columns:
        message = (
            "A table of samples needs the column of the cells that names the sample (sample=); the"
            f" cells have: {', '.join(map(str, obs.columns[:8]))}."
        )
        raise SamplesError(message, code="E983")
    table = read_samples(options.samples)
    key = obs[options.sample].astype(str)
    absent = sorted(set(key.unique()) - set(table.index))
    if absent:
        message = (
            f"{len(absent)} samples of the cells are not in the samples table (first:"
            f" {absent[0]!r})."
        )
        raise SamplesError(message, code="E904")
    place = table.index.get_indexer(pd.Index(key))
    for name in table.columns:
        obs[str(name)] = pd.Categorical(table[name].to_numpy()[place])
    return obs, (
        f"{len(table.columns)} columns of the samples table were joined by {options.sample!r}.",
    )


def _small(values: pd.Series) -> pd.Series:
    """Text as categories where it repeats."""
    if values.dtype != object and not isinstance(values.dtype, pd.StringDtype):  # text of pandas 3
        return values
    codes, found = pd.factorize(values)
    few = len(found) < len(values) / 4
    return (
        pd.Series(pd.Categorical.from_codes(codes, pd.Index(found)), index=values.index)
        if few
        else values
    )


def prepare_states(
    expression: Expression, obs: pd.DataFrame, scores: pd.DataFrame, *, options: CellOptions
) -> tuple[pd.DataFrame, CellColumns, tuple[str, ...]]:
    """Where states come from: a column, the gate, cuts that were set, or nowhere; never two of
    them.
    """
    given = [
        word
        for word, has in (("a column", options.columns.state), ("the gate", options.gate))
        if has
    ]
    given += ["cuts"] if options.cuts else []
    if len(given) > 1:
        message = f"States come from one place; {' and '.join(given)} were given. Choose one."
        raise SamplesError(message, code="E982")
    if options.cuts:
        own = scores.rename(columns=STATE_OF_SCORE)
        state = states_by_cuts(own, options.cuts)
        told = ", ".join(f"{name} ≥ {cut:g}" for name, cut in options.cuts.items())
        note = f"States by cuts that the user set: {told}; cells above several are 'several'."
        return (
            obs.assign(state_by_cuts=state),
            replace(options.columns, state="state_by_cuts"),
            (note,),
        )
    if options.gate:
        return _gated(expression, obs, options)
    return obs, options.columns, ()


def _gated(
    expression: Expression, obs: pd.DataFrame, options: CellOptions
) -> tuple[pd.DataFrame, CellColumns, tuple[str, ...]]:
    columns = options.columns
    sample = obs[columns.patient].astype(str)
    if columns.timepoint is not None:
        sample = sample + " " + obs[columns.timepoint].astype(str)
    isoforms = None if options.isoform is None else obs[options.isoform].astype(float)
    markers = smooth_markers(expression, sample, isoforms=isoforms)
    gated = pseudo_flow(markers)
    place = pd.Index(expression.samples).get_indexer(gated.cells.index)
    kept = gated.cells["kept"].to_numpy()
    label, lineage = (
        np.full(len(obs), None, dtype=object),
        np.full(len(obs), "not a T cell by the gate", dtype=object),
    )
    label[place] = gated.cells["label"].to_numpy()
    lineage[place[kept]] = [f"{one} T" for one in gated.cells["lineage"][kept]]
    notes = [
        (
            "Gate of Haradhvala 2022:"
            f" {', '.join(f'{n:,} {name}' for name, n in gated.counts().items())}."
        )
    ]
    notes += [gated.message] if gated.message else []
    notes += [
        f"Not gated: {name}, {why}." for name, why in markers.attrs.get("left_out", {}).items()
    ]
    out = obs.assign(state_by_gate=label, lineage_by_gate=lineage)
    return out, replace(columns, state="state_by_gate", lineage="lineage_by_gate"), tuple(notes)


def prepare_clones(
    expression: Expression, options: CellOptions
) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Clones of the table of clonotypes, by row number; None when no table was given."""
    if options.clones is None:
        return None, ()
    found = clones_from_table(options.clones, expression.samples)
    return found.clone.reset_index(drop=True), found.notes


CELL_SYSTEMS = ("cart_product", "dli_response", "tex_psr")


def list_cell_schemes() -> dict[str, Path]:
    """Shipped schemes that are measured on cells: name and file.

    Examples
    --------
    >>> sorted(list_cell_schemes())
    ['cart_product', 'dli_response', 'tex_psr']
    """
    return {
        name: path
        for name, path in list_schemes().items()
        if load_scheme(name).system in CELL_SYSTEMS
    }


def scheme_signatures(scheme: Scheme, library: SignatureSpec = None) -> dict[str, str]:
    """Ids that a scheme scores here: for each name the first of its list that is in the user's or
    shipped library.

    Examples
    --------
    >>> scheme_signatures(load_scheme("tex_psr"))["psr"]
    'tex_psr_core3'
    """
    known = _library(library)
    return {
        name: next((one for one in ids if one in known), ids[-1])
        for name, ids in scheme.signature_choices.items()
    }


def _library(library: SignatureSpec) -> Library:
    """The user's signatures over the shipped ones."""
    shipped = load_library()
    if library is None:
        return shipped
    own = read_signatures(library)
    return Library(
        [*own.values(), *(one for key, one in shipped.items() if key not in own)], source="memory"
    )


def classify_cells(
    data: Any, scheme: str | Path | Scheme = "cart_product", *, options: CellOptions | None = None
) -> Calls:
    """Classify cells, samples and patients by a cell scheme.

    Parameters
    ----------
    data
        Cells × genes: an AnnData, the path of an h5ad, or an `Expression` with ``obs``.
    scheme
        ``cart_product``, ``tex_psr``, ``dli_response``, or the path of a file of that kind.
    options
        Columns and everything else.

    Returns
    -------
    Calls
        Of patients; ``at("sample")`` where the scheme calls samples too. With the tables of the
        scheme, ``distributions`` of the scores, ``coverage`` of the signatures and, when asked for,
        ``cells``.

    Raises
    ------
    ExpressionError, SamplesError, GeneError
        When the matrix, the cells or their genes cannot be used; the message says what to do.

    Examples
    --------
    >>> import numpy as np
    >>> from resistype.expression import Expression
    >>> rng = np.random.default_rng(0)
    >>> genes = (
    ...     "CCR7",
    ...     "SELL",
    ...     "TCF7",
    ...     "IL7R",
    ...     "GZMB",
    ...     "PRF1",
    ...     "NKG7",
    ...     "GNLY",
    ...     *(f"X{i}" for i in range(40)),
    ... )
    >>> names = tuple(f"c{i}" for i in range(120))
    >>> obs = pd.DataFrame(
    ...     {"patient": "A", "timepoint": "IP", "state": ["memory"] * 90 + ["effector"] * 30}
    ... )
    >>> cells = Expression(
    ...     rng.poisson(2.0, (120, 48)) + 0.0, genes, names, obs.set_axis(list(names)), "counts"
    ... )
    >>> only = load_scheme("cart_product").model_copy(
    ...     update={"signature_choices": {"memory": ("memory_core4",)}}
    ... )
    >>> found = classify_cells(cells, only, options=CellOptions(columns=CellColumns(state="state")))
    >>> found.to_frame().loc["A", "headline"]
    'memory-leaning product; not assessed: Plasticity of clones, Expansion of clones'
    """
    options, loaded = options or CellOptions(), load_scheme(scheme)
    expression = as_expression(data, options.score.read)
    obs, notes = prepare_obs(expression, options)
    clones, found = prepare_clones(expression, options)
    expression = _without_names(expression, options)
    scored = _score(expression, loaded, options)
    obs, columns, more = prepare_states(expression, obs, scored.frame, options=options)
    notes = (*expression.notes, *notes, *more, *found)
    inputs = CellInputs(
        columns=columns, scores=scored.frame, clones=clones, notes=notes, seed=options.seed
    )
    calls = _apply(
        loaded, obs, inputs, options=options, published=scored.ids.get("psr") == "tex_psr"
    )
    run = {
        **calls.run,
        **_run(calls, expression, scored, options),
        "patients": _patient_facts(obs, columns),
    }
    tables = {**calls.tables, **_tables(expression, obs, scored, columns=columns, options=options)}
    return replace(calls, run=run, tables=tables, coverage=_coverage(scored))


def _coverage(scored: _Scored) -> pd.DataFrame:
    """One row per signature, as the calls of biopsies have it."""
    table = scored.coverage.set_index("signature")
    library = load_library()
    refs = [library[name].ref if name in library else name for name in table.index]
    missing = [", ".join(map(str, names)) for names in table["missing"]]
    about = {"missing": missing, "at_floor": "", "shared": "", "version": refs, "status": ""}
    return table[["asked", "found", "fraction"]].assign(**about)


@dataclass(frozen=True, eq=False)
class _Scored:
    """Scores of cells, the coverage of their signatures, and which signature each score is."""

    frame: pd.DataFrame
    coverage: pd.DataFrame
    ids: dict[str, str]


def _without_names(expression: Expression, options: CellOptions) -> Expression:
    """The matrix without the table of cells, which is held as categories, and without names that
    nobody will ask for.

    The names of a million cells take as much memory as their scores.
    """
    named = options.keep_cells or options.gate
    samples = expression.samples if named else ("",) * expression.n_obs
    return replace(
        expression, obs=pd.DataFrame(index=pd.RangeIndex(expression.n_obs)), samples=samples
    )


def _score(expression: Expression, scheme: Scheme, options: CellOptions) -> _Scored:
    ids = scheme_signatures(scheme, options.library)
    chosen = _library(options.library).select(ids=list(dict.fromkeys(ids.values())))
    found = score(
        expression, chosen, method=scheme.method, n_jobs=options.n_jobs, options=options.score
    )
    place = {name: number for number, name in enumerate(found.signatures)}
    columns = [place[one] for one in ids.values()]
    values = found[scheme.method]
    own = (
        values if columns == list(range(values.shape[1])) else values[:, columns]
    )  # no copy of a million rows
    frame = pd.DataFrame(own, columns=list(ids), copy=False)
    coverage = found.coverage.reset_index()
    coverage.insert(0, "name", coverage["signature"].map({one: name for name, one in ids.items()}))
    return _Scored(frame, coverage, ids)


def _apply(
    scheme: Scheme, obs: pd.DataFrame, inputs: CellInputs, *, options: CellOptions, published: bool
) -> Calls:
    """The steps of the system that the scheme names."""
    if scheme.system == "tex_psr":
        return tex_psr(
            obs, inputs=inputs, reference=options.reference, published=published, scheme=scheme
        )
    if scheme.system == "dli_response":
        return dli_response(obs, inputs=inputs, plan=options.plan, scheme=scheme)
    if scheme.system == "cart_product":
        return cart_product(obs, inputs=inputs, scheme=scheme)
    message = (
        f"Scheme {scheme.ref} does not say which system of cells measures it (system ="
        f" {scheme.system!r}). Write one of {', '.join(CELL_SYSTEMS)} as 'system' into its file."
    )
    raise SchemeError(message, code="S104")


def _signatures(scored: _Scored) -> dict[str, Any]:
    """Reference and hash by id, as a record of biopsies has it."""
    library = load_library()
    known = {one: library[one] for one in scored.ids.values() if one in library}
    return {one: {"ref": s.ref, "sha256": s.content_hash} for one, s in known.items()}


def _run(
    calls: Calls, expression: Expression, scored: _Scored, options: CellOptions
) -> dict[str, Any]:
    return {
        "signatures": _signatures(scored),
        "method": calls.scheme.method,
        "cuts": dict(options.cuts),
        "n_cells": expression.n_obs,
        "input": {
            "source": expression.source,
            "sha256": expression.digest,
            "n_obs": expression.n_obs,
            "n_genes": expression.n_genes,
            "unit": expression.unit,
            "read_as": expression.read_as,
            "notes": list(
                dict.fromkeys([*expression.notes, *calls.run.get("input", {}).get("notes", [])])
            ),
        },
    }


def _patient_facts(obs: pd.DataFrame, columns: CellColumns) -> dict[str, dict[str, str | None]]:
    """Product, disease and group of each patient."""
    named = {
        key: getattr(columns, key)
        for key in ("product", "disease", "group")
        if getattr(columns, key) is not None
    }
    rows = obs[[columns.patient, *named.values()]].drop_duplicates(columns.patient)
    return {
        str(as_key(row[columns.patient])): {key: as_key(row[name]) for key, name in named.items()}
        for row in rows.to_dict("records")
    }


def _tables(
    expression: Expression,
    obs: pd.DataFrame,
    scored: _Scored,
    *,
    columns: CellColumns,
    options: CellOptions,
) -> dict[str, pd.DataFrame]:
    by = columns.stage or columns.timepoint or columns.patient
    words = obs[by].astype("category")
    if by == columns.timepoint:
        words = words.cat.rename_categories(_time_labels(words))
    score_of = {state: name for name, state in STATE_OF_SCORE.items()}
    cuts = {score_of.get(name, name): cut for name, cut in options.cuts.items()}
    tables = {"distributions": distributions(scored.frame, words, cuts=cuts)}
    if options.parity:
        tables["parity"] = _parity(expression, scored, options)
    if options.keep_cells:
        tables["cells"] = _cells(expression, obs, scored.frame, columns)
    return tables


def _parity(expression: Expression, scored: _Scored, options: CellOptions) -> pd.DataFrame:
    """Rank correlation over cells of each score with scanpy's score_genes of the same signature."""
    rows = []
    for name, key in scored.ids.items():
        row: dict[str, Any] = {
            "score": name,
            "signature": key,
            "n_cells": expression.n_obs,
            "spearman": np.nan,
        }
        try:
            chosen = _library(options.library).select(ids=[key])
            found = score(
                expression, chosen, method="score_genes", n_jobs=1, options=options.score
            )["score_genes"]
            row["spearman"] = float(
                pd.Series(found[:, 0]).corr(scored.frame[name], method="spearman")
            )
            row["reason"] = ""
        except (ExpressionError, GeneError) as error:
            row["reason"] = error.message
        rows.append(row)
    return pd.DataFrame(rows)


def _time_labels(words: pd.Series) -> dict[Any, str]:
    labels = {one: read_time(one)[0] for one in words.cat.categories}
    return labels if len(set(labels.values())) == len(labels) else {one: str(one) for one in labels}


def _cells(
    expression: Expression, obs: pd.DataFrame, scores: pd.DataFrame, columns: CellColumns
) -> pd.DataFrame:
    kept = [name for name in vars(columns).values() if name is not None]
    table = obs[kept].copy()
    table.insert(0, "cell", list(expression.samples))
    return pd.concat([table, scores.add_prefix("score_")], axis=1)
