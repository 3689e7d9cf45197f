"""From a matrix to calls: read, pair, find the reference, measure, apply the rules, count the base
rates.

The order is the one a scientist would follow by hand. Nothing here knows a gene or a threshold;
both are in the scheme and in its signatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import (
    CohortWarning,
    InputError,
    ReferenceDataError,
    warn,
)
from resistype.expression import ReadOptions, as_expression
from resistype.library import Library
from resistype.samples.table import as_key
from resistype.scheme.apply import Column, Verdicts, apply_rules
from resistype.scheme.calls import Calls
from resistype.scheme.read import load_scheme
from resistype.scheme.reference import MIN_COHORT, Reference, find_reference
from resistype.scheme.scheme import Scheme
from resistype.scheme.stability import Stability, take_back
from resistype.scheme.variant import anchor_for, by_method, merged_library, reference_for
from resistype.systems.bulk.comparable import (
    STATED,
    Shift,
    cohort_shift,
    compare,
    join,
    line_shifts,
    say,
    shared,
    stated_same,
    withhold,
    withhold_lines,
)
from resistype.systems.bulk.context import (
    Comparability,
    Context,
    batch_columns,
    build_panel,
)
from resistype.systems.bulk.quantities import measure, measure_basic
from resistype.systems.bulk.record import (
    agreement_notes,
    coverage_frame,
    gene_frame,
    run_caveats,
    run_record,
    sample_caveats,
)
from resistype.systems.bulk.reference import fit_own, in_genes, too_few, with_base_rates
from resistype.systems.bulk.stability import assess
from resistype.systems.bulk.study import Study, TablePlan, read_study
from resistype.text import option


@dataclass(frozen=True)
class CallOptions:
    """How a classification is run.

    Parameters
    ----------
    n_jobs, read
        Threads, on which no result depends; how the matrix is read.
    sample
        Column of the sample ids; by default the first.
    stability
        Whether calls are repeated with fewer genes, other cohorts and methods, and withheld.
    batch
        Column of the samples table with the sequencing batch. Genes at the floor in a whole batch
        make an axis not assessable there; by default every column that divides the samples is
        looked at. Baselines are of the same batch where there is one (by default ``batch``).
    same_as
        Name or path of the frozen reference to which these data are the same in three things:
        tumour type, library preparation, quantification. Nothing is placed among the samples of a
        reference unless you say so, here or by the columns ``tumour_type``, ``library`` and
        ``quantification`` of the samples table.
    anchor
        Frozen reference that shows whether the cohort is shifted; by default `same_as` or
        the scheme's, ``""`` for none.
    method
        Takes every score of the scheme by another method; the version of the scheme says so.
    library
        Signatures in the place of the shipped ones of the same id, for example another version.
    timepoint_kinds
        What a time point is (pre, on_treatment, progression, after_stop, unknown), by its value; by
        default the column ``timepoint_kind`` says so, else the word itself ("Post" is not plain).
    clinical
        Clinical phenotype by patient, such as "acquired (nsclc_ar_2021: yes)"; by default the
        column ``clinical`` of the samples table. Without it no profile is called acquired.
    keep
        Columns of the samples table that stand beside the calls.
    mutations
        DNA variants, a row each (such as a MAF): the column ``genomic`` of the samples table.

    Examples
    --------
    >>> CallOptions(n_jobs=2, stability=False).n_jobs
    2
    """

    n_jobs: int = -1
    read: ReadOptions = field(default_factory=ReadOptions)
    sample: str | None = None
    stability: bool = True
    batch: str | None = None
    same_as: str | None = None
    anchor: str | None = None
    method: str | None = None
    library: Library | None = None
    timepoint_kinds: Mapping[str, str] = field(default_factory=dict)
    clinical: Mapping[str, str] = field(default_factory=dict)
    keep: Sequence[str] = ()
    mutations: str | Path | pd.DataFrame | None = None

    @property
    def plan(self) -> TablePlan:
        """How the samples table is read."""
        kinds = {as_key(time) or "": kind for time, kind in self.timepoint_kinds.items()}
        kept = (tuple(self.keep), self.mutations)
        return TablePlan(self.sample, self.batch, kinds, self.clinical, *kept)


def classify_biopsies(
    data: Any,
    scheme: str | Path | Scheme = "acquired_resistance",
    *,
    samples: Any = None,
    patient: str = "patient",
    timepoint: str = "timepoint",
    baseline: str | None = None,
    reference: str | Path | Reference | None = None,
    options: CallOptions = CallOptions(),
) -> Calls:
    """Call every axis of a scheme for every sample, with evidence, or say why it cannot be called.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, `Expression`, or
        path. Counts, TPM or log2 values; the unit is detected and printed.
    scheme
        Shipped name, path of a TOML file, or `Scheme`.
    samples
        Samples table (DataFrame or path); its first column holds the sample ids.
    patient, timepoint
        Columns of the samples table.
    baseline
        Value of `timepoint` that marks the baseline biopsy. Without it nothing is compared in time,
        and no word about change is printed.
    reference
        Frozen reference: shipped name, path of its JSON file, or `Reference`. By default the cohort
        itself (its baseline biopsies where there are some): refused below 10 samples, warned below
        30.
    options
        Threads and reading.

    Returns
    -------
    Calls

    Raises
    ------
    ResistypeError
        InputError and its kinds for a matrix, a table, a scheme or a reference that cannot be used;
        R101 when there is nothing to compare with.

    Notes
    -----
    Axes after Memon et al. 2024, doi:10.1016/j.ccell.2023.12.013. Research use only; nothing here
    predicts response.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
    >>> calls.headline("SIM-P20-Post")
    'IFNγ up + ISG.RS supports persistent signalling; not assessed: Interferon sensing (DNA)'
    """
    loaded = by_method(load_scheme(scheme), options.method)
    study = read_study(
        as_expression(data, options.read),
        samples,
        (patient, timepoint, baseline),
        plan=options.plan,
    )
    library = merged_library(options.library)
    frozen = (
        None if reference is None else reference_for(find_reference(reference), loaded, library)
    )
    _named_reference(options.same_as, frozen)
    note, compared = "", None
    if frozen is not None:
        joined = join(study.expression, frozen, loaded)
        stated = stated_same(
            frozen, options.same_as, table=study.table, expression=study.expression
        )
        compared = compare(study.expression, frozen, joined, stated=stated)
        say(compared)
        frozen = in_genes(
            frozen, joined.in_data, scheme=loaded, library=library, n_jobs=options.n_jobs
        )
        study = replace(study, expression=joined.expression)
        note = joined.note
    batches = tuple(batch_columns(study.table, options.batch, patient=patient))
    context = _context(study, loaded, options, batches)
    context = replace(context, reference=_reference(context, study, frozen), compared=compared)
    found = _call(context, study, options)
    about = _about(context, study, note, found)
    design, told = study.design, agreement_notes(loaded, found.verdicts, study.design)
    if compared is not None:
        words = np.where(compared.comparable, "yes", np.where(compared.alike, "not stated", "no"))
        design = design.assign(comparable=words)
    return Calls(
        scheme=loaded,
        samples=study.expression.samples,
        columns=found.columns,
        verdicts=found.verdicts,
        design=design,
        base_rates=_rates_left(context, found),
        reference=about,
        run_caveats=run_caveats(context, about, study.table),
        coverage=coverage_frame(context),
        genes=gene_frame(context, study.rows),
        run=run_record(context, about, (*study.notes, *told))
        | {"arguments": _named(scheme=scheme, samples=samples, reference=reference)}
        | {
            "columns": {
                "patient": patient,
                "timepoint": timepoint,
                "baseline": baseline,
                "sample": options.sample,
                **options.plan.named,
                **({"same_as": options.same_as} if options.same_as else {}),
            }
        },
        stability=found.stability,
    )


def _named(**given: Any) -> dict[str, str | None]:
    """What was given by name or path; for anything else its kind, because a record cannot hold
    it.
    """
    return {
        name: (
            one
            if one is None
            else str(one)
            if isinstance(one, str | Path)
            else f"{type(one).__name__} in memory"
        )
        for name, one in given.items()
    }


@dataclass(frozen=True)
class _Found:
    columns: dict[str, Column]
    verdicts: Verdicts
    stability: Stability | None
    shift: Shift | None
    off_line: dict[str, float]


def _call(context: Context, study: Study, options: CallOptions) -> _Found:
    """Measure, apply the rules, withhold what a whole cohort may not say, then ask how firm the
    rest is.
    """
    scheme, rows = context.scheme, study.rows
    columns = measure(context, rows)
    by_rules = apply_rules(scheme, columns)
    shift = _shift(context, study, options)
    verdicts = by_rules
    own = context.reference is not None and context.reference.is_own
    if shift is not None and shift.one_sided and own:
        verdicts = withhold(context, verdicts, shift)
    off = line_shifts(context, columns, context.reference_rows_or_all)
    verdicts = withhold_lines(context, verdicts, off)
    stability = None
    if options.stability and scheme.stability is not None:
        silent = {axis: calls == "not_assessable" for axis, calls in verdicts.calls.items()}
        stability = assess(context, rows, by_rules, plan=scheme.stability).without(silent)
        verdicts = take_back(verdicts, stability, scheme.stability)
    verdicts = replace(verdicts, caveats=sample_caveats(scheme, verdicts, study.design))
    return _Found(columns, verdicts, stability, shift, off)


def _named_reference(same_as: str | None, frozen: Reference | None) -> None:
    """What is said to be the same must be what the samples are compared with."""
    if same_as is None or frozen is None or Path(same_as).stem == frozen.name:
        return
    message = (
        f"The data are said to be made like {same_as!r}, but they are compared with"
        f" {frozen.name!r}. Give one of the two as both."
    )
    raise ReferenceDataError(message, code="R111")


def _shift(context: Context, study: Study, options: CallOptions) -> Shift | None:
    """Whether the cohort is shifted against the frozen reference in use, or of the anchor where it
    is its own reference.
    """
    scheme, rows = context.scheme, context.reference_rows_or_all
    if context.reference is None or scheme.cohort_shift is None or not scheme.anchor_quantity:
        return None
    limit = scheme.cohort_shift.value
    if not context.reference.is_own:
        return cohort_shift(context, context.reference, context.compared, rows=rows, limit=limit)
    name = options.anchor if options.anchor is not None else options.same_as or scheme.anchor
    said = options.same_as is not None or (
        study.table is not None and all(one in study.table.columns for one in STATED)
    )
    if not name:
        return None
    if not said:
        reason = "nobody has said that these data were made like "
        reason += f"{Path(name).stem} ({option('same_as')})"
        return Shift(
            scheme.anchor_quantity, Path(name).stem, len(rows), "cannot_tell", float("nan"), reason
        )
    anchor = anchor_for(name, scheme, context.library)
    if anchor is None:
        return None
    expression = study.expression
    stated = stated_same(anchor, options.same_as, table=study.table, expression=expression)
    compared: Comparability | None = None
    if stated.any():
        compared = compare(expression, anchor, shared(expression, anchor), stated=stated)
    return cohort_shift(context, anchor, compared, rows=rows, limit=limit)


def _rates_left(context: Context, found: _Found) -> pd.DataFrame:
    """Base rates of what is called: none for an axis that was withheld from the whole cohort."""
    if context.reference is None:
        return pd.DataFrame()
    rates = context.reference.base_rates
    withheld = [
        axis
        for axis, calls in found.verdicts.calls.items()
        if not np.array_equal(calls, found.verdicts.rule_calls[axis])
        and (calls == "not_assessable").all()
    ]
    return rates[~rates["axis"].isin(withheld)] if len(rates) else rates


def apply_scheme(
    scheme: str | Path | Scheme, quantities: pd.DataFrame | Mapping[str, float]
) -> tuple[pd.DataFrame, pd.Series]:
    """Apply the rules of a scheme to quantities that were measured elsewhere.

    Parameters
    ----------
    scheme
        As for `classify`.
    quantities
        One row a sample (or one mapping for one sample), one column a quantity of the scheme; what
        is absent counts as not measured.

    Returns
    -------
    tuple
        Calls, one row a sample and one column an axis; and the caveat codes of each sample.

    Raises
    ------
    InputError
        S112 for a column that is no quantity of the scheme.

    Examples
    --------
    >>> numbers = {"mhc1_measured": 8, "b2m_log2": 9.1, "tap1_log2": 6.0, "tap2_log2": 5.5}
    >>> numbers |= {"mhc1_residual": 0.1, "mhc1_residual_fenced": 0.1}
    >>> calls, _ = apply_scheme("acquired_resistance", numbers)
    >>> calls.loc["0", "antigen_presentation"]
    'intact'
    """
    loaded = load_scheme(scheme)
    frame = (
        quantities
        if isinstance(quantities, pd.DataFrame)
        else pd.DataFrame([dict(quantities)], index=["0"])
    )
    unknown = [str(name) for name in frame.columns if name not in loaded.quantities]
    if unknown:
        message = (
            f"Not quantities of scheme {loaded.id!r}: {', '.join(unknown)}. It has:"
            f" {', '.join(loaded.quantities)}."
        )
        raise InputError(message, code="S112")
    columns = {
        name: (
            Column.of(frame[name].to_numpy(dtype=np.float64))
            if name in frame
            else Column.missing(len(frame), "not given")
        )
        for name in loaded.quantities
    }
    verdicts = apply_rules(loaded, columns)
    return pd.DataFrame(dict(verdicts.calls), index=frame.index), pd.Series(
        verdicts.caveats, index=frame.index
    )


def _context(
    study: Study, scheme: Scheme, options: CallOptions, batches: tuple[str, ...]
) -> Context:
    library = merged_library(options.library)
    panel = build_panel(study.expression, scheme, library)
    context = Context(
        scheme,
        library,
        panel,
        table=study.table,
        n_jobs=options.n_jobs,
        batches=batches,
        batch=options.batch,
    )
    context.reference_rows = study.reference_rows
    context.design = study.design
    context.basic = measure_basic(context)
    return context


def _reference(context: Context, study: Study, frozen: Reference | None) -> Reference | None:
    if frozen is not None:
        return frozen
    if len(study.reference_rows) >= MIN_COHORT:
        name = "baseline biopsies of this cohort" if study.pairing else "this cohort"
        return with_base_rates(
            context, fit_own(context, name=name), pairs=study.pairing is not None
        )
    if study.pairing is None:
        raise ReferenceDataError(too_few(context.n_obs), code="R101")
    message = (
        f"{len(study.reference_rows)} baseline samples give no reference (10 are needed): only each"
        " patient's change is called, in log2 units; levels and relative axes are not assessable."
        " Give reference= for those."
    )
    warn(message, CohortWarning, code="W302", stacklevel=4)
    return None


def _about(context: Context, study: Study, universe: str, found: _Found) -> dict[str, Any]:
    reference, compared = context.reference, context.compared
    if reference is None:
        return {
            "mode": "own baseline",
            "name": "each patient's baseline biopsy",
            "n": len(study.reference_rows),
        }
    about: dict[str, Any] = {
        "mode": (
            reference.mode
            if study.pairing is None
            else f"{reference.mode}, paired with own baseline"
        ),
        "name": reference.name,
        "n": reference.n,
        "sha256": reference.digest,
        **reference.about,
    }
    if compared is not None:
        limits = reference.profile
        about["comparable"] = {
            "n": int(compared.comparable.sum()),
            "of": context.n_obs,
            "alike": int(compared.alike.sum()),
            "stated": int(compared.stated.sum()),
            "max_distance": None if limits is None else limits.max_distance,
            "min_likeness": None if limits is None else limits.min_likeness,
            "median_distance": _or_none(compared.distance),
            "median_likeness": _or_none(compared.likeness),
        }
    if found.shift is not None:
        about["shift"] = found.shift.to_json()
    if found.off_line:
        about["off_line"] = found.off_line
    if reference.scheme.endswith("moved") and not reference.is_own:
        about["not_counted"] = "not counted: a threshold that enters it was moved"
    return about | ({"universe": universe} if universe else {})


def _or_none(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else None
