"""Calls: what was said of every sample on every axis, why, on what numbers, and with which caveats.

A `Calls` holds only values; it writes nothing into anybody's data. Tables, evidence and files are views of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.errors import InputError
from resistype.scheme.caveats import caveat_text
from resistype.scheme.context import Column
from resistype.scheme.evidence import evidence_frame
from resistype.scheme.scheme import Scheme
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

    def __repr__(self) -> str:
        axes = ", ".join(axis.id for axis in self.scheme.axes)
        return f"Calls({len(self.samples)} samples; {self.scheme.id}@{self.scheme.version}; axes {axes})"

    @property
    def quantities(self) -> pd.DataFrame:
        """Measured quantities, shape (n_obs, n_quantities); NaN where one could not be had."""
        return pd.DataFrame({name: c.values for name, c in self.columns.items()}, index=pd.Index(self.samples))

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
        frame.index.name = "sample"
        return frame

    def base_rate(self, axis: str, call: str) -> tuple[float, str]:
        """Share of the reference that the same rule gives this call, and on what it was counted."""
        if not len(self.base_rates):
            return float("nan"), "no reference"
        return self._rates.get((axis, call), (float("nan"), "not counted in the reference"))

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
        about = {"scheme": f"{self.scheme.id}@{self.scheme.version}", "reference": dict(self.reference)}
        write_obs(adata, labels, scores=self.quantities, record=about)

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
