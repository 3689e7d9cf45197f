"""What is compared: calls of `classify`, columns of labels, or folders that `resistype classify` wrote.

All become a `Labelling`: the labels of every axis and, where they are known, the rules and numbers behind them. Of
plain labels only agreement can be said; of calls also why each changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.cohort.agreement.folder import read_folder, read_opinion
from resistype.errors import SamplesError
from resistype.scheme import Calls, Scheme
from resistype.scheme.scheme import ABSTENTIONS

__all__ = ["Labelling", "as_labelling"]


@dataclass(frozen=True, eq=False)
class Labelling:
    """Labels of samples on one axis or several, and what stands behind them.

    Attributes
    ----------
    name
        Name of this side in every output.
    labels
        One row a sample, one column an axis; NaN where a sample has no label.
    scheme
        The rules; None for plain labels.
    values
        Quantities, one row a sample; no columns for plain labels.
    firm
        Share of the repeats that gave the call again, one column an axis; NaN where it was not asked.
    reasons
        Why nothing was called, one column an axis; empty where a call stands.
    baseline
        Baseline sample of each sample; empty where there is none.
    run
        The record of the run.
    """

    name: str
    labels: pd.DataFrame = field(repr=False)
    scheme: Scheme | None = field(repr=False, default=None)
    values: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    firm: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    reasons: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    baseline: pd.Series = field(repr=False, default_factory=lambda: pd.Series(dtype=object))
    run: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def axes(self) -> tuple[str, ...]:
        """Axes that have labels."""
        return tuple(str(name) for name in self.labels.columns)

    def title(self, axis: str) -> str:
        """Title of an axis."""
        known = self.scheme is not None and any(one.id == axis for one in self.scheme.axes)
        return self.scheme.axis(axis).title if self.scheme is not None and known else axis

    def vocabulary(self, axis: str) -> set[str]:
        """Labels that an axis can have: those of the scheme and those found, without abstentions."""
        named = self.scheme.axis(axis).labels if self.scheme is not None else {}
        return {*named, *(str(one) for one in self.labels[axis].dropna())} - set(ABSTENTIONS)

    def order(self, axis: str) -> tuple[str, ...]:
        """Labels of an axis: those of the scheme in its order, else those found, sorted; abstentions last."""
        found = {str(one) for one in self.labels[axis].dropna()}
        named = self.scheme.axis(axis).labels if self.scheme is not None else {}
        first = [*named, *sorted(found - set(named) - set(ABSTENTIONS))]
        return tuple(one for one in (*first, *ABSTENTIONS) if one in found)


def as_labelling(source: Any, name: str) -> Labelling:
    """A Labelling from whatever holds labels.

    Parameters
    ----------
    source
        `Calls`, a folder written by ``resistype classify``, a Series of labels or a DataFrame of label columns (index:
        sample ids), the table or folder of an external classifier (`resistype.opinions`), or a `Labelling`.
    name
        Name of this side.

    Raises
    ------
    SamplesError
        E993 when it is none of these or cannot be read; E994 when a sample occurs twice.

    Examples
    --------
    >>> as_labelling(pd.Series(["hot", "cold"], index=["P1", "P2"], name="phenotype"), "pathologist").axes
    ('phenotype',)
    """
    if isinstance(source, Labelling):
        found = source
    elif isinstance(source, Calls):
        found = _from_calls(source, name)
    elif isinstance(source, str | Path) and (Path(source) / "opinion.json").is_file():
        found = _from_table(_labels_of(read_opinion(Path(source))), name)
    elif isinstance(source, str | Path):
        parts = read_folder(Path(source))
        found = Labelling(name=name, **parts)
    elif isinstance(source, pd.Series):
        found = _from_table(source.to_frame(name="label" if source.name is None else str(source.name)), name)
    elif isinstance(source, pd.DataFrame):
        found = _from_table(_labels_of(source) if "opinion" in source.attrs else source, name)
    else:
        message = f"Got {type(source).__name__}; wanted Calls, a folder written by classify, or a column of labels."
        raise SamplesError(message, code="E993")
    twice = found.labels.index[found.labels.index.duplicated()]
    if len(twice):
        message = f"Sample {str(twice[0])!r} occurs twice in {name!r} ({len(twice)} such rows). Keep one row a sample."
        raise SamplesError(message, code="E994")
    return found


def _from_calls(calls: Calls, name: str) -> Labelling:
    index = pd.Index(calls.samples)
    firm = {axis.id: calls.stability.overall(axis.id) for axis in calls.scheme.axes} if calls.stability else {}
    return Labelling(
        name=name,
        labels=pd.DataFrame(dict(calls.verdicts.calls), index=index),
        scheme=calls.scheme,
        values=calls.quantities,
        firm=pd.DataFrame(firm, index=index, dtype=np.float64),
        reasons=pd.DataFrame(dict(calls.verdicts.reasons), index=index),
        baseline=pd.Series(calls.design["baseline_sample"].to_numpy(), index=index),
        run={**calls.run, "caveats": dict(calls.run_caveats)},
    )


def _labels_of(table: pd.DataFrame) -> pd.DataFrame:
    """The labels of an external classifier: one column, named after its method.

    "unassigned", "ambiguous" and "none" say nothing, so they count as abstentions and neither agree nor disagree.
    """
    labels = table[table.attrs["opinion"]].astype(object)
    told: pd.Series = labels.where(~labels.isin(("unassigned", "ambiguous", "none", "")), ABSTENTIONS[0])
    return told.to_frame(name=str(table.attrs["method"]))


def _from_table(table: pd.DataFrame, name: str) -> Labelling:
    if table.empty:
        raise SamplesError(f"{name!r} has no labels. Give one row a sample and one column an axis.", code="E993")
    text = table.astype(object).where(table.notna(), None)
    labels = text.map(lambda one: None if one is None else str(one))
    labels.index = pd.Index([str(one) for one in table.index])
    labels.columns = pd.Index([str(one) for one in table.columns])
    return Labelling(name=name, labels=labels)
