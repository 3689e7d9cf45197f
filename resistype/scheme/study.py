"""A study: the matrix, the samples table and the pairs, joined by sample id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.samples import Pairing, align_samples, pair_samples, read_samples
from resistype.samples.table import as_key
from resistype.scheme.context import Rows

__all__ = ["Study", "read_study"]


@dataclass(frozen=True)
class Study:
    """Matrix, table and pairs, joined by sample id."""

    expression: Expression
    table: pd.DataFrame | None
    pairing: Pairing | None
    design: pd.DataFrame
    notes: tuple[str, ...]
    # Samples that are the reference where the cohort itself is: all, or the first baseline biopsy of each patient.
    reference_rows: NDArray[np.intp]

    @property
    def rows(self) -> Rows:
        """All observations with the row of their baseline."""
        place = {name: row for row, name in enumerate(self.expression.samples)}
        baseline = [place[name] if name else -1 for name in self.design["baseline_sample"]]
        return Rows(np.arange(self.expression.n_obs), np.array(baseline, dtype=np.intp))


def read_study(
    expression: Expression,
    samples: Any,
    keys: tuple[str, str, str | None],
    *,
    sample: str | None = None,
) -> Study:
    """Join matrix and table by sample id and find the pairs; `keys` are patient, timepoint, baseline.

    Raises
    ------
    SamplesError
        E911 for a baseline without a table, and what the table and the pairs say.
    """
    patient, timepoint, baseline = keys
    design = pd.DataFrame({"baseline_sample": ""}, index=pd.Index(expression.samples, name="sample"))
    everybody = _by_name(expression, expression.samples)
    if samples is None:
        if baseline is not None:
            message = f"baseline={baseline!r} needs a samples table with the columns {patient!r} and {timepoint!r}."
            raise SamplesError(message, code="E911")
        return Study(expression, None, None, design, expression.notes, everybody)
    given = read_samples(samples, sample=sample)
    table, notes = align_samples(given, expression.samples)
    for name, column in (("patient", patient), ("timepoint", timepoint)):
        if column in table.columns:
            design.insert(design.shape[1] - 1, name, [as_key(value) or "" for value in table[column]])
    if baseline is None:
        return Study(expression, table, None, design, (*expression.notes, *notes), everybody)
    # The order of the table, not that of the matrix, says which of several biopsies is the first.
    given = given[given.index.isin(table.index)]
    pairing = pair_samples(given, patient=patient, timepoint=timepoint, baseline=baseline)
    pairs = pairing.pairs.set_index("sample").to_dict("index")
    for column, empty in (("baseline_sample", ""), ("n_baseline", 0), ("n_at_timepoint", 0), ("used_first", True)):
        design[column] = [pairs[name][column] if name in pairs else empty for name in design.index]
    before = given[[as_key(value) == as_key(baseline) for value in given[timepoint]]]
    first = before[~pd.Index([as_key(value) for value in before[patient]]).duplicated()]
    all_notes = (*expression.notes, *notes, *pairing.notes)
    return Study(expression, table, pairing, design, all_notes, _by_name(expression, first.index))


def _by_name(expression: Expression, names: Iterable[str]) -> NDArray[np.intp]:
    """Rows of the samples named, in the order of their names, so that the order of the matrix decides nothing."""
    place = {name: row for row, name in enumerate(expression.samples)}
    return np.array([place[name] for name in sorted(names)], dtype=np.intp)
