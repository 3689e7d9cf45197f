"""Calls: what was said of every sample on every axis, why, on what numbers, and with which caveats.

A `Calls` holds only values; it writes nothing into anybody's data. Tables, evidence and files are
views of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.scheme.apply import Column, Verdicts
from resistype.scheme.caveats import caveat_text
from resistype.scheme.rules import Condition, holds
from resistype.scheme.scheme import Axis, Scheme, Unit
from resistype.scheme.stability import Stability
from resistype.views import view

# Evidence: every number that an axis looked at, the threshold beside it, and how far it was from
# deciding.


class Called(Protocol):
    """What evidence needs to know of calls."""

    @property
    def scheme(self) -> Scheme: ...  # noqa: D102
    @property
    def samples(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def columns(self) -> Mapping[str, Column]: ...  # noqa: D102
    @property
    def verdicts(self) -> Verdicts: ...  # noqa: D102
    @property
    def coverage(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def stability(self) -> Stability | None: ...  # noqa: D102


COLUMNS = (
    "sample",
    "axis",
    "call",
    "quantity",
    "title",
    "value",
    "unit",
    "threshold",
    "threshold_value",
    "threshold_source",
    "distance",
    "passes",
    "decided",
    "stability",
    "coverage",
    "shared_genes",
    "reason",
)


def evidence_frame(calls: Called, rows: Sequence[int] | None = None) -> pd.DataFrame:
    """Long table of evidence for some observations, or for all."""
    chosen = range(len(calls.samples)) if rows is None else rows
    firm = {axis.id: _firm(calls, axis) for axis in calls.scheme.axes}
    every = [
        line | {"stability": float(firm[axis.id][row])}
        for row in chosen
        for axis in calls.scheme.axes
        for line in _axis_lines(calls, axis, row)
    ]
    return pd.DataFrame(every, columns=list(COLUMNS))


def _axis_lines(calls: Called, axis: Axis, row: int) -> Iterator[dict[str, Any]]:
    decided = int(calls.verdicts.decided[axis.id][row])
    deciding = set(axis.rules[decided].when) if decided >= 0 else set()
    chosen: dict[tuple[str, str, int], Condition] = {}
    for condition in _in_play(calls, axis, row):
        key = (condition.subject, condition.target, condition.sign)
        if key not in chosen or condition.text in deciding:
            chosen[key] = condition
    for condition in chosen.values():
        yield _line(calls, axis, row, condition.subject) | _threshold(
            calls, axis, row, condition, deciding
        )
    shown = {condition.subject for condition in chosen.values()}
    for name in axis.quantities:
        if name not in shown:
            yield _line(calls, axis, row, name)


def _in_play(calls: Called, axis: Axis, row: int) -> Iterator[Condition]:
    """Comparisons of the rules that could have decided here: what they need is measured, what
    they exclude is not.
    """
    values = {name: column.values[row : row + 1] for name, column in calls.columns.items()}
    given = {name: call[row : row + 1] for name, call in calls.verdicts.rule_calls.items()}
    for rule in axis.rules:
        gates = [c for c in rule.conditions if c.kind != "compare"]
        if all(bool(holds(gate, values, {}, calls=given)[0]) for gate in gates):
            yield from (
                c
                for c in rule.conditions
                if c.kind == "compare" and not np.isnan(values[c.subject][0])
            )


def _line(calls: Called, axis: Axis, row: int, name: str) -> dict[str, Any]:
    quantity, column = calls.scheme.quantities[name], calls.columns[name]
    signature = _signature(calls, name)
    known = calls.coverage.loc[signature] if signature in calls.coverage.index else None
    return {
        "sample": calls.samples[row],
        "axis": axis.id,
        "call": calls.verdicts.calls[axis.id][row],
        "quantity": name,
        "title": quantity.title,
        "value": float(column.values[row]),
        "unit": quantity.unit,
        "threshold": "",
        "threshold_value": float("nan"),
        "threshold_source": "",
        "distance": float("nan"),
        "passes": None,
        "decided": False,
        "coverage": "" if known is None else f"{known['found']}/{known['asked']}",
        "shared_genes": "" if known is None else known["shared"],
        "reason": column.reason[row] or calls.verdicts.reasons[axis.id][row],
    }


def _firm(calls: Called, axis: Axis) -> NDArray[np.float64]:
    if calls.stability is None:
        return np.full(len(calls.samples), np.nan)
    return calls.stability.overall(axis.id)


def _signature(calls: Called, name: str) -> str:
    quantity = calls.scheme.quantities[name]
    while not quantity.signature and quantity.of:
        quantity = calls.scheme.quantities[quantity.of]
    return quantity.signature


def _threshold(
    calls: Called, axis: Axis, row: int, condition: Condition, deciding: set[str]
) -> dict[str, Any]:
    threshold = axis.thresholds.get(condition.target) or calls.scheme.parameters[condition.target]
    limit = condition.sign * threshold.value
    value = calls.columns[condition.subject].values[row : row + 1]
    passes = holds(
        condition, {condition.subject: value}, {condition.target: threshold.value}, calls={}
    )
    return {
        "threshold": f"{condition.op} {limit:g}",
        "threshold_value": limit,
        "threshold_source": (
            f"{threshold.source}: {threshold.citation}" if threshold.citation else threshold.source
        ),
        "distance": float(value[0]) - limit,
        "passes": bool(passes[0]),
        "decided": condition.text in deciding,
    }


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
        """One row per sample: design, one column per axis, base rate of each call, headline,
        caveats.

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
        """How often the same rule gives this call in the reference, and on what it was counted."""
        if not len(self.base_rates):
            return float("nan"), str(self.reference.get("not_counted", "no reference"))
        return self._rates.get(
            (axis, call),
            (float("nan"), str(self.reference.get("not_counted", "not counted in the reference"))),
        )

    @cached_property
    def _rates(self) -> dict[tuple[str, str], tuple[float, str]]:
        columns = (
            self.base_rates[name].tolist() for name in ("axis", "label", "proportion", "n", "basis")
        )
        rows = zip(*columns, strict=True)
        # The first row of a label counts, so the last one is put in first.
        return {
            (axis, label): (float(share), f"{int(n)} {basis}")
            for axis, label, share, n, basis in reversed([*rows])
        }

    def headline(self, sample: str) -> str:
        """All labels that say something, side by side; abstentions are not hidden."""
        row = self.row(sample)
        parts = []
        for axis in self.scheme.axes:
            label = axis.labels.get(str(self.verdicts.calls[axis.id][row]))
            if label is not None and label.headline:
                parts.append(label.headline)
        return " + ".join(parts) if parts else "no call"

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
