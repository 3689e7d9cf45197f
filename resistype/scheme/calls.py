"""Calls: what was said of every sample on every axis, why, on what numbers, and with which caveats.

A `Calls` holds only values; it writes nothing into anybody's data. Tables, evidence and files are
views of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.scheme.apply import PAIRS, Column, Verdicts
from resistype.scheme.caveats import caveat_text
from resistype.scheme.evidence import evidence_frame
from resistype.scheme.scheme import (
    ABSTENTIONS,
    Kind,
    KindOfTimePoint,
    Scheme,
    Unit,
    Words,
)
from resistype.scheme.stability import Stability
from resistype.views import view

# Clinical phenotypes that say acquired resistance, such as "acquired (nsclc_ar_2021: yes)".
ACQUIRED = re.compile(r"\s*acquired(?: resistance)?\s*(?:\(.*\)\s*)?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Calls:
    """Calls of a scheme on samples.

    Attributes
    ----------
    scheme
        The scheme, with every threshold and its source.
    samples
        Sample ids, in the order of the data.
    columns
        Measured quantities, each of shape (n_obs,), with reasons where there is no value.
    verdicts
        Calls, deciding rules, reasons, caveats.
    design
        One row per sample: patient, timepoint, baseline_sample (empty where there are none).
    base_rates
        How often the same rules give each label in the reference itself.
    reference
        What the samples were compared with: mode, name, n and more.
    run_caveats
        Caveats of the whole run: code and filled text.
    coverage
        One row per signature: genes asked, found, fraction, missing, shared with other signatures
        of the scheme.
    genes
        Long table of the genes that decide single-gene questions (MHC class I): log2 values now and
        at baseline.
    run
        Inputs, versions, options: what it takes to repeat the run.
    stability
        How often each call came again with fewer genes, other cohorts and other methods; None where
        not asked.
    unit
        What a row is: a sample, a patient, a cell or a region.
    tables
        For systems: what figures and files are made of, by name.
    others
        Calls of the other units of the same run; `at` gives them.
    """

    scheme: Scheme
    samples: tuple[str, ...]
    columns: Mapping[str, Column] = field(repr=False)
    verdicts: Verdicts = field(repr=False)
    design: pd.DataFrame = field(repr=False)
    base_rates: pd.DataFrame = field(repr=False)
    reference: Mapping[str, Any] = field(repr=False)
    run_caveats: Mapping[str, str] = field(repr=False)
    coverage: pd.DataFrame = field(repr=False)
    genes: pd.DataFrame = field(repr=False)
    run: Mapping[str, Any] = field(repr=False)
    stability: Stability | None = field(repr=False, default=None)
    unit: Unit = "sample"
    tables: Mapping[str, pd.DataFrame] = field(repr=False, default_factory=dict)
    others: tuple[Calls, ...] = field(repr=False, default=())

    def __repr__(self) -> str:
        axes = ", ".join(axis.id for axis in self.scheme.axes)
        return (
            f"Calls({len(self.samples)} {self.unit}s; {self.scheme.id}@{self.scheme.version}; axes"
            f" {axes})"
        )

    @property
    def quantities(self) -> pd.DataFrame:
        """Measured quantities, shape (n_obs, n_quantities); NaN where one could not be had."""
        return pd.DataFrame(
            {name: c.values for name, c in self.columns.items()}, index=pd.Index(self.samples)
        )

    @property
    def units(self) -> tuple[str, ...]:
        """What was called in this run: this unit first."""
        return (self.unit, *(one.unit for one in self.others))

    def at(self, unit: str) -> Calls:
        """The calls of another unit of the same run, which lead back to these.

        Raises
        ------
        InputError
            S111 when the run has no calls of it.
        """
        if unit == self.unit:
            return self
        for one in self.others:
            if one.unit == unit:
                rest = (other for other in self.others if other is not one)
                back = (replace(self, others=()), *rest)
                return replace(
                    one, run=self.run, tables=self.tables, coverage=self.coverage, others=back
                )
        message = f"There are no calls of a {unit}; this run called {' and '.join(self.units)}."
        raise InputError(message, code="S111")

    def whole_scheme(self) -> Scheme:
        """The scheme with the axes of every unit of this run, as its file has them."""
        if not self.others:
            return self.scheme
        axes = {axis.id: axis for one in (self, *self.others) for axis in one.scheme.axes}
        order = self.run["scheme"]["axes"]
        return self.scheme.model_copy(update={"axes": tuple(axes[name] for name in order)})

    def row(self, sample: str) -> int:
        """Position of a sample.

        Raises
        ------
        InputError
            S111 when it is not among the calls.
        """
        try:
            return self.samples.index(sample)
        except ValueError:
            message = (
                f"There is no sample {sample!r} among the {len(self.samples)} calls (first:"
                f" {self.samples[0]!r})."
            )
            raise InputError(message, code="S111") from None

    def to_frame(self) -> pd.DataFrame:
        """One row per sample: design, one column per axis, the reason where it is not called, base
        rate of each call, headline, caveats.

        Examples
        --------
        >>> import resistype as rt
        >>> demo = rt.datasets.demo()
        >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
        >>> calls.to_frame().loc["SIM-P20-Post", "ifng"]
        'up'
        """
        frame = self.design.copy()
        for axis in self.scheme.axes:
            frame[axis.id] = self.verdicts.calls[axis.id]
        for axis in self.scheme.axes:
            frame[f"{axis.id}_reason"] = self.verdicts.reasons[axis.id]
        paired = self.paired.tolist()
        for axis in self.scheme.axes:
            given = zip(self.verdicts.calls[axis.id].tolist(), paired, strict=True)
            frame[f"{axis.id}_base_rate"] = [
                self.base_rate(axis.id, call, paired=own)[0] for call, own in given
            ]
        if self.stability is not None:
            for axis in self.scheme.axes:
                frame[f"{axis.id}_stability"] = self.stability.overall(axis.id)
        if self.scheme.timepoint_kinds and "timepoint_kind" in frame.columns:
            frame["heading"] = [self.heading(sample) for sample in self.samples]
        frame["headline"] = [self.headline(sample) for sample in self.samples]
        frame["caveats"] = [";".join(codes) for codes in self.verdicts.caveats]
        frame.index.name = self.unit
        return frame.drop(columns=self.unit, errors="ignore")

    @cached_property
    def paired(self) -> NDArray[np.bool_]:
        """Units that were compared with the patient's baseline, shape (n_obs,)."""
        if "baseline_sample" not in self.design.columns:
            return np.zeros(len(self.samples), dtype=bool)
        return np.asarray(self.design["baseline_sample"].astype(str) != "")

    def base_rate(self, axis: str, call: str, *, paired: bool | None = None) -> tuple[float, str]:
        """How often the same rule gives this call in the reference, and on what it was counted.

        Parameters
        ----------
        axis, call
            Ids.
        paired
            Counted over pairs (of a sample that has a baseline) or over single samples; by default
            over pairs where the axis asks for a baseline.
        """
        if not len(self.base_rates):
            return float("nan"), str(self.reference.get("not_counted", "no reference"))
        known = self._rates.get((axis, call), {})
        kind = paired if len(known) > 1 and paired is not None else next(iter(known), None)
        missing = str(self.reference.get("not_counted", "not counted in the reference"))
        return (float("nan"), missing) if kind is None else known[kind]

    @cached_property
    def _rates(self) -> dict[tuple[str, str], dict[bool, tuple[float, str]]]:
        columns = (
            self.base_rates[name].tolist() for name in ("axis", "label", "proportion", "n", "basis")
        )
        rates: dict[tuple[str, str], dict[bool, tuple[float, str]]] = {}
        for axis, label, share, n, basis in zip(*columns, strict=True):
            of_kind = rates.setdefault((axis, label), {})
            of_kind.setdefault(basis == PAIRS, (float(share), f"{int(n)} {basis}"))
        return rates

    def counts(self, axis: str) -> pd.DataFrame:
        """How many units have each call, of those that could have it, and the base rate in the same
        denominator.

        A call that needs a baseline is counted over the pairs, a level over the samples without
        one, an abstention over both, with base rates mixed alike; each over those in which the
        axis was assessed, and "not assessable" over all.

        Parameters
        ----------
        axis
            Its id.

        Returns
        -------
        pandas.DataFrame
            Index: calls. Columns n, of, among (``"pairs"`` or the unit), base_rate, basis.

        Examples
        --------
        >>> import resistype as rt
        >>> demo = rt.datasets.demo()
        >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
        >>> calls.counts("ifng").loc["up", ["n", "of", "among"]].to_dict()
        {'n': 6, 'of': 32, 'among': 'pairs'}
        """
        one = self.scheme.axis(axis)
        given = self.verdicts.calls[axis]
        asks = any(label.needs_baseline for label in one.labels.values())
        rows = {}
        for call in dict.fromkeys([*one.labels, *ABSTENTIONS]):
            mask = np.ones(len(given), dtype=bool)
            if asks and call in one.labels:
                mask = self.paired == one.labels[call].needs_baseline
            mask |= given == call
            if call != "not_assessable":
                mask &= given != "not_assessable"
            kinds = [bool(kind) for kind in np.unique(self.paired[mask])] if asks else []
            of_each = [int((mask & (self.paired == kind)).sum()) for kind in kinds]
            rates = [self.base_rate(axis, call, paired=kind) for kind in kinds]
            rate, basis = rates[0] if len(rates) == 1 else self.base_rate(axis, call)
            if len(rates) > 1 and rates[0] != rates[1]:
                rate = float(np.average([rate for rate, _ in rates], weights=of_each))
                basis = " and ".join(words for _, words in rates) + ", mixed as here"
            rows[call] = {
                "n": int((given == call).sum()),
                "of": int(mask.sum()),
                "among": "pairs" if kinds == [True] else f"{self.unit}s",
                "base_rate": rate,
                "basis": basis,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("call")

    def unassessed(self, axis: str) -> dict[str, int]:
        """Why an axis was not assessed, and in how many units; the commonest reason first.

        Parameters
        ----------
        axis
            Its id.

        Examples
        --------
        >>> import resistype as rt
        >>> demo = rt.datasets.demo()
        >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre")
        >>> calls.unassessed("ifng")
        {}
        """
        missing = self.verdicts.calls[axis] == "not_assessable"
        return dict(Counter(self.verdicts.reasons[axis][missing].tolist()).most_common())

    def headline(self, sample: str) -> str:
        """All labels that say something, side by side, and which axes were not assessed."""
        row = self.row(sample)
        given = [(axis, str(self.verdicts.calls[axis.id][row])) for axis in self.scheme.axes]
        said = [self.words(axis.id, call, row=row).headline for axis, call in given]
        missing = [axis.title for axis, call in given if call == "not_assessable"]
        told = " + ".join(filter(None, said))
        if len(missing) == len(given):
            return "not assessed"
        aside = [f"not assessed: {', '.join(missing)}"] if missing else []
        return "; ".join([told or "no call", *aside])

    def words(self, axis: str, call: str, *, row: int | None = None) -> Words:
        """How a call is printed, in the words that the kinds of its time points allow.

        Parameters
        ----------
        axis, call
            Ids.
        row
            Of the sample in that row; by default of the cohort. Every view takes its words here.
        """
        one = self.scheme.axis(axis)
        label = one.labels.get(call)
        if row is None:
            words = one.words(call, self.kinds)
            asked = label is None or not label.only_at or bool({*label.only_at} & {*self.kinds})
            return words if asked else Words(word=words.word, text="asked of no biopsy here")
        kind, weeks = self._about(row, "timepoint_kind"), self._about(row, "weeks")
        words = one.words(call, [kind])
        if kind != "on_treatment" or label is None or kind not in label.by_kind or not weeks:
            return words
        when = f" (week {float(weeks):g})"
        return words.model_copy(
            update={"text": words.text + when, "headline": words.headline + when}
        )

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the time points that were compared with a baseline, each once."""
        if "timepoint_kind" not in self.design.columns:
            return ()
        paired = self.design["baseline_sample"].astype(str) != ""
        found = set(self.design.loc[paired, "timepoint_kind"])
        return tuple(kind for kind in get_args(Kind) if kind in found)

    def heading(self, sample: str) -> str:
        """What the profile of a sample may be called.

        Parameters
        ----------
        sample
            Of a biopsy at progression whose clinical phenotype says so it is "acquired resistance".
        """
        row = self.row(sample)
        kinds: Mapping[str, KindOfTimePoint] = {
            str(kind): one for kind, one in self.scheme.timepoint_kinds.items()
        }
        kind = kinds.get(self._about(row, "timepoint_kind"))
        if kind is None:
            return ""
        phenotype = self._about(row, "clinical")
        acquired = kind.heading_acquired and ACQUIRED.fullmatch(phenotype)
        text = kind.heading_acquired if acquired else kind.heading
        weeks = self._about(row, "weeks")
        when = f" (week {float(weeks):g})" if weeks and kinds.get("on_treatment") is kind else ""
        return text.replace("{phenotype}", phenotype or "not given") + when

    def _about(self, row: int, column: str) -> str:
        """What the design says of a sample; empty where it says nothing."""
        if column not in self.design.columns:
            return ""
        value = self.design[column].iloc[row]
        return "" if pd.isna(value) else str(value)

    def caveats(self, sample: str) -> dict[str, str]:
        """Caveats of one sample: code and text. Those of the whole run are in `run_caveats`."""
        return {code: caveat_text(code) for code in self.verdicts.caveats[self.row(sample)]}

    def evidence(self, sample: str | None = None) -> pd.DataFrame:
        """Evidence rows, long: one row for each condition of each axis, and for each number only
        shown.

        Parameters
        ----------
        sample
            One sample, or None for all.

        Returns
        -------
        pandas.DataFrame
            Columns sample, axis, call, quantity, title, value, unit, threshold, threshold_value,
            threshold_source, distance, passes, decided, stability, coverage, shared_genes, reason.
        """
        return evidence_frame(self, None if sample is None else [self.row(sample)])

    def to_anndata(self, adata: Any) -> None:
        """Write the calls into an AnnData: ``obs["resistype_<axis>"]``,
        ``obsm["resistype_scores"]``, ``uns``.

        Raises
        ------
        ExpressionError
            When the observations of `adata` are not the samples of these calls.
        """
        from resistype.expression.anndata import write_obs  # noqa: PLC0415  loads anndata

        labels = pd.DataFrame(dict(self.verdicts.calls), index=pd.Index(self.samples))
        about = {"scheme": self.scheme.ref, "reference": dict(self.reference), "unit": self.unit}
        scores = self.quantities
        column = str(self.run.get("columns", {}).get(self.unit) or "")
        if column in adata.obs and not set(self.samples) <= set(map(str, adata.obs_names)):
            # each cell gets the call of its patient or region
            units = adata.obs[column].astype(str)
            labels, scores = (
                table.reindex(units).set_axis(adata.obs_names, axis=0) for table in (labels, scores)
            )
        write_obs(adata, labels, scores=scores, record=about)

    def report(self, path: str | Path, options: Any = None) -> Path:
        """Write a self-contained page, or its JSON version where the name ends with .json; whole or
        not at all.

        Parameters
        ----------
        path
            ``out.html``, or ``out.json``.
        options
            `resistype.report.ReportOptions`: second opinions to show, a patient for a page of that
            patient alone.
        """
        return Path(view("report")(self, path, options))

    def write(self, folder: str | Path, options: Any = None) -> list[Path]:
        """Write the tables (tsv), run.json, report.html and report.json into a folder; `options`
        as for `report`.
        """
        return [Path(path) for path in view("folder")(self, folder, options)]
