"""From a matrix to calls: read, pair, find the reference, measure, apply the rules, count the base rates.

The order is the one a scientist would follow by hand. Nothing here knows a gene or a threshold; both are in the
scheme and in its signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CohortWarning, InputError, ReferenceError_, SamplesError, warn
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.expression.store import Backed
from resistype.library import load_library
from resistype.samples import Pairing, align_samples, pair_samples, read_samples
from resistype.samples.read import as_key
from resistype.scheme.calls import Calls
from resistype.scheme.context import Column, Context, Rows, build_panel
from resistype.scheme.describe import coverage_frame, gene_frame, run_caveats, run_record, sample_caveats
from resistype.scheme.fit import find_reference, fit_own, too_few, with_base_rates
from resistype.scheme.quantities import measure, measure_basic
from resistype.scheme.read import load_scheme
from resistype.scheme.reference import MIN_COHORT, Reference
from resistype.scheme.scheme import Scheme
from resistype.scheme.verdicts import apply_rules

__all__ = ["CallOptions", "apply_scheme", "classify"]

_MIN_UNIVERSE = 0.8


@dataclass(frozen=True)
class CallOptions:
    """How a classification is run.

    Parameters
    ----------
    n_jobs
        Threads; the result does not depend on it.
    read
        How the matrix is read.
    sample
        Column of the samples table with the sample ids; by default the first.
    """

    n_jobs: int = -1
    read: ReadOptions = field(default_factory=ReadOptions)
    sample: str | None = None


@dataclass(frozen=True)
class _Study:
    """Matrix, table and pairs, joined by sample id."""

    expression: Expression
    table: pd.DataFrame | None
    pairing: Pairing | None
    design: pd.DataFrame
    notes: tuple[str, ...]
    reference_rows: NDArray[np.intp]

    @property
    def rows(self) -> Rows:
        """All observations with the row of their baseline."""
        place = {name: row for row, name in enumerate(self.expression.samples)}
        baseline = [place[name] if name else -1 for name in self.design["baseline_sample"]]
        return Rows(np.arange(self.expression.n_obs), np.array(baseline, dtype=np.intp))


def classify(
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
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, `Expression`, or path. Counts,
        TPM or log2 values; the unit is detected and printed.
    scheme
        Shipped name, path of a TOML file, or `Scheme`.
    samples
        Samples table (DataFrame or path); its first column holds the sample ids.
    patient, timepoint
        Columns of the samples table.
    baseline
        Value of `timepoint` that marks the baseline biopsy. Without it nothing is compared in time, and no word about
        change is printed.
    reference
        Frozen reference: shipped name, path of its JSON file, or `Reference`. By default the cohort itself (its
        baseline biopsies where there are some): refused below 10 samples, warned below 30.
    options
        Threads and reading.

    Returns
    -------
    Calls

    Raises
    ------
    ResistypeError
        InputError and its kinds for a matrix, a table, a scheme or a reference that cannot be used; R101 when there
        is nothing to compare with.

    Notes
    -----
    Axes after Memon et al. 2024, doi:10.1016/j.ccell.2023.12.013. Research use only; nothing here predicts response.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
    >>> calls.headline("SIM-P20-Post")
    'IFNγ up + ISG.RS supports persistent signalling'
    """
    loaded = load_scheme(scheme)
    study = _study(as_expression(data, options.read), samples, (patient, timepoint, baseline), options)
    frozen = None if reference is None else find_reference(reference)
    universe_note = ""
    if frozen is not None:
        expression, universe_note = _in_universe(study.expression, frozen, loaded)
        study = replace(study, expression=expression)
    context = _context(study, loaded, options)
    reference_used = _reference(context, study, frozen)
    context = replace(context, reference=reference_used)
    columns = measure(context, study.rows)
    verdicts = apply_rules(loaded, columns)
    verdicts = replace(verdicts, caveats=sample_caveats(verdicts, study.design, study.table))
    about = _about(reference_used, study, universe_note)
    return Calls(
        scheme=loaded,
        samples=study.expression.samples,
        columns=columns,
        verdicts=verdicts,
        design=study.design,
        base_rates=reference_used.base_rates if reference_used else pd.DataFrame(),
        reference=about,
        run_caveats=run_caveats(context, about, study.table),
        coverage=coverage_frame(context),
        genes=gene_frame(context, study.rows),
        run=run_record(context, about, study.notes),
    )


def apply_scheme(
    scheme: str | Path | Scheme, quantities: pd.DataFrame | Mapping[str, float]
) -> tuple[pd.DataFrame, pd.Series]:
    """Apply the rules of a scheme to quantities that were measured elsewhere.

    Parameters
    ----------
    scheme
        As for `classify`.
    quantities
        One row a sample (or one mapping for one sample), one column a quantity of the scheme; what is absent counts
        as not measured.

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
    >>> calls, _ = apply_scheme("acquired_resistance", {"mhc1_measured": 8, "mhc1_residual": 0.1})
    >>> calls.loc["0", "antigen_presentation"]
    'intact'
    """
    loaded = load_scheme(scheme)
    frame = quantities if isinstance(quantities, pd.DataFrame) else pd.DataFrame([dict(quantities)], index=["0"])
    unknown = [str(name) for name in frame.columns if name not in loaded.quantities]
    if unknown:
        message = (
            f"Not quantities of scheme {loaded.id!r}: {', '.join(unknown)}. It has: {', '.join(loaded.quantities)}."
        )
        raise InputError(message, code="S112")
    columns = {
        name: Column.of(frame[name].to_numpy(dtype=np.float64))
        if name in frame
        else Column.missing(len(frame), "not given")
        for name in loaded.quantities
    }
    verdicts = apply_rules(loaded, columns)
    return pd.DataFrame(dict(verdicts.calls), index=frame.index), pd.Series(verdicts.caveats, index=frame.index)


def _study(
    expression: Expression,
    samples: Any,
    keys: tuple[str, str, str | None],
    options: CallOptions,
) -> _Study:
    patient, timepoint, baseline = keys
    design = pd.DataFrame({"baseline_sample": ""}, index=pd.Index(expression.samples, name="sample"))
    everybody = np.arange(expression.n_obs)
    if samples is None:
        if baseline is not None:
            message = f"baseline={baseline!r} needs a samples table with the columns {patient!r} and {timepoint!r}."
            raise SamplesError(message, code="E911")
        return _Study(expression, None, None, design, expression.notes, everybody)
    table, notes = align_samples(read_samples(samples, sample=options.sample), expression.samples)
    for name, column in (("patient", patient), ("timepoint", timepoint)):
        if column in table.columns:
            design.insert(design.shape[1] - 1, name, [as_key(value) or "" for value in table[column]])
    if baseline is None:
        return _Study(expression, table, None, design, (*expression.notes, *notes), everybody)
    pairing = pair_samples(table, patient=patient, timepoint=timepoint, baseline=baseline)
    pairs = pairing.pairs.set_index("sample").to_dict("index")
    for column, empty in (("baseline_sample", ""), ("n_baseline", 0), ("n_at_timepoint", 0), ("used_first", True)):
        design[column] = [pairs[name][column] if name in pairs else empty for name in design.index]
    before = (design["timepoint"] == as_key(baseline)) & ~design.duplicated(["patient", "timepoint"])
    all_notes = (*expression.notes, *notes, *pairing.notes)
    return _Study(expression, table, pairing, design, all_notes, np.flatnonzero(before.to_numpy()))


def _context(study: _Study, scheme: Scheme, options: CallOptions) -> Context:
    library = load_library()
    panel = build_panel(study.expression, scheme, library)
    context = Context(scheme, library, panel, table=study.table, n_jobs=options.n_jobs)
    context.reference_rows = study.reference_rows
    context.basic = measure_basic(context)
    return context


def _reference(context: Context, study: _Study, frozen: Reference | None) -> Reference | None:
    if frozen is not None:
        return frozen
    if len(study.reference_rows) >= MIN_COHORT:
        name = "baseline biopsies of this cohort" if study.pairing else "this cohort"
        return with_base_rates(context, fit_own(context, name=name), pairs=study.pairing is not None)
    if study.pairing is None:
        raise ReferenceError_(too_few(context.n_obs), code="R101")
    message = (
        f"{len(study.reference_rows)} baseline samples give no reference (10 are needed): only each patient's "
        "change is called, in log2 units; levels and relative axes are not assessable. Give reference= for those."
    )
    warn(message, CohortWarning, code="W302", stacklevel=4)
    return None


def _in_universe(expression: Expression, reference: Reference, scheme: Scheme) -> tuple[Expression, str]:
    wanted = f"{scheme.id}@{scheme.version}"
    if reference.scheme != wanted:
        message = f"Reference {reference.name!r} was fitted for {reference.scheme}, not for {wanted}. Fit it again."
        raise ReferenceError_(message, code="R104")
    columns = expression.index.match(reference.genes).columns
    found = columns[columns >= 0]
    share = len(found) / max(len(reference.genes), 1)
    if share < _MIN_UNIVERSE:
        message = (
            f"Reference {reference.name!r} was fitted on {len(reference.genes):,} genes; your data have {len(found):,} "
            f"of them ({share:.0%}; {_MIN_UNIVERSE:.0%} are needed). Scores from so different gene universes cannot be "
            "compared; fit a reference on data like yours (resistype.fit_reference)."
        )
        raise ReferenceError_(message, code="R104")
    genes = tuple(np.asarray(expression.genes, dtype=object)[found].tolist())
    note = f"{len(found):,} of the {len(reference.genes):,} genes of the reference are in the data ({share:.1%})"
    return replace(expression, values=_columns(expression, found), genes=genes), note


def _columns(expression: Expression, columns: NDArray[np.intp]) -> Any:
    if isinstance(expression.values, Backed):
        message = "A frozen reference needs the matrix in memory; read the file without backing."
        raise ReferenceError_(message, code="R105")
    return expression.values[:, columns]


def _about(reference: Reference | None, study: _Study, universe: str) -> dict[str, Any]:
    if reference is None:
        return {"mode": "own baseline", "name": "each patient's own baseline biopsy", "n": len(study.reference_rows)}
    about: dict[str, Any] = {
        "mode": reference.mode if study.pairing is None else f"{reference.mode}, paired with own baseline",
        "name": reference.name,
        "n": reference.n,
        "sha256": reference.digest,
        **reference.about,
    }
    return about | ({"universe": universe} if universe else {})
