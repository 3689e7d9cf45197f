"""Calls: what was said of every sample on every axis, why, on what numbers, and with which caveats.

A `Calls` holds only values; it writes nothing into anybody's data. Tables, evidence and files are views of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.errors import InputError
from resistype.scheme.caveats import caveat_text
from resistype.scheme.context import Column
from resistype.scheme.evidence import evidence_frame
from resistype.scheme.scheme import Scheme, Unit
from resistype.scheme.stability import Stability
from resistype.scheme.verdicts import Verdicts

__all__ = ["Calls"]


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
        One row a sample: patient, timepoint, baseline_sample (empty where there are none).
    base_rates
        How often the same rules give each label in the reference itself.
    reference
        What the samples were compared with: mode, name, n and more.
    run_caveats
        Caveats of the whole run: code and filled text.
    coverage
        One row a signature: genes asked, found, share, missing, shared with other signatures of the scheme.
    genes
        Long table of the genes that decide single-gene questions (MHC class I): log2 values now and at baseline.
    run
        Inputs, versions, options: what it takes to repeat the run.
    stability
        How often each call came again with fewer genes, other cohorts and other methods; None where not asked.
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
        return f"Calls({len(self.samples)} {self.unit}s; {self.scheme.id}@{self.scheme.version}; axes {axes})"

    @property
    def quantities(self) -> pd.DataFrame:
        """Measured quantities, shape (n_obs, n_quantities); NaN where one could not be had."""
        return pd.DataFrame({name: c.values for name, c in self.columns.items()}, index=pd.Index(self.samples))

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
                rest = tuple(other for other in self.others if other is not one)
                same = {"run": self.run, "tables": self.tables, "coverage": self.coverage}
                return replace(one, **same, others=(replace(self, others=()), *rest))
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
            message = f"There is no sample {sample!r} among the {len(self.samples)} calls (first: {self.samples[0]!r})."
            raise InputError(message, code="S111") from None

    def to_frame(self) -> pd.DataFrame:
        """One row a sample: design, one column an axis, base rate of each call, headline, caveats.

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
            frame[f"{axis.id}_base_rate"] = [
                self.base_rate(axis.id, call)[0] for call in self.verdicts.calls[axis.id].tolist()
            ]
        if self.stability is not None:
            for axis in self.scheme.axes:
                frame[f"{axis.id}_stability"] = self.stability.overall(axis.id)
        frame["headline"] = [self.headline(sample) for sample in self.samples]
        frame["caveats"] = [";".join(codes) for codes in self.verdicts.caveats]
        frame.index.name = self.unit
        return frame.drop(columns=self.unit, errors="ignore")

    def base_rate(self, axis: str, call: str) -> tuple[float, str]:
        """Share of the reference that the same rule gives this call, and on what it was counted."""
        if not len(self.base_rates):
            return float("nan"), str(self.reference.get("not_counted", "no reference"))
        return self._rates.get((axis, call), (float("nan"), str(self.reference.get("not_counted", "not counted in the reference"))))

    @cached_property
    def _rates(self) -> dict[tuple[str, str], tuple[float, str]]:
        columns = (self.base_rates[name].tolist() for name in ("axis", "label", "share", "n", "basis"))
        rows = zip(*columns, strict=True)
        # The first row of a label counts, so the last one is put in first.
        return {
            (axis, label): (float(share), f"{int(n)} {basis}") for axis, label, share, n, basis in reversed([*rows])
        }

    def headline(self, sample: str) -> str:
        """All labels that say something, side by side; abstentions are not hidden."""
        row = self.row(sample)
        parts = []
        for axis in self.scheme.axes:
            label = axis.labels.get(str(self.verdicts.calls[axis.id][row]))
            if label is not None and label.headline:
                parts.append(label.headline)
        return " + ".join(parts) if parts else "no programme called"

    def caveats(self, sample: str) -> dict[str, str]:
        """Caveats of one sample: code and text. Those of the whole run are in `run_caveats`."""
        return {code: caveat_text(code) for code in self.verdicts.caveats[self.row(sample)]}

    def evidence(self, sample: str | None = None) -> pd.DataFrame:
        """Evidence rows, long: one row for each condition of each axis, and for each number only shown.

        Parameters
        ----------
        sample
            One sample, or None for all.

        Returns
        -------
        pandas.DataFrame
            Columns sample, axis, call, quantity, title, value, unit, threshold, threshold_value, threshold_source,
            distance, passes, decided, stability, coverage, shared_genes, reason.
        """
        return evidence_frame(self, None if sample is None else [self.row(sample)])

    def to_anndata(self, adata: Any) -> None:
        """Write the calls into an AnnData: ``obs["resistype_<axis>"]``, ``obsm["resistype_scores"]``, ``uns``.

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
            units = adata.obs[column].astype(str)  # each cell gets the call of its patient or region
            labels, scores = (table.reindex(units).set_axis(adata.obs_names, axis=0) for table in (labels, scores))
        write_obs(adata, labels, scores=scores, record=about)

    def report(self, path: str | Path, options: Any = None) -> Path:
        """Write a self-contained page, or its JSON twin where the name ends with .json; whole or not at all.

        Parameters
        ----------
        path
            ``out.html``, or ``out.json``.
        options
            `resistype.report.ReportOptions`: second opinions to show, a patient for a page of that patient alone.
        """
        # A view, looked up by name: the calls do not depend on how they are shown.
        module = importlib.import_module("resistype.report")
        return Path(module.write_report(self, path, options))

    def write(self, folder: str | Path, options: Any = None) -> list[Path]:
        """Write the tables (tsv), run.json, report.html and report.json into a folder; `options` as for `report`."""
        module = importlib.import_module("resistype.report")
        return [Path(path) for path in module.write_folder(self, folder, options)]
