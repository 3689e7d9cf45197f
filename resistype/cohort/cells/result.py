"""What a cell scheme gives back: calls of samples and patients, the numbers behind them, and the tables to show."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.cohort.cells.verdicts import Verdict
from resistype.scheme.caveats import caveat_text
from resistype.scheme.scheme import Scheme

__all__ = ["CellCalls"]


@dataclass(frozen=True, eq=False)
class CellCalls:
    """Calls of a cell scheme.

    Parameters
    ----------
    scheme
        The scheme, with every threshold and its source.
    samples, patients
        Verdicts; indexed by (patient, timepoint) and by patient. A scheme without axes for one of them gives None.
    quantities
        Numbers behind the verdicts: ``samples`` and ``patients``.
    tables
        What figures and files are made of, by name.
    notes
        What was found on the way, one sentence each.
    run
        What it takes to repeat the run.
    """

    scheme: Scheme
    samples: Verdict | None
    patients: Verdict | None
    quantities: Mapping[str, pd.DataFrame] = field(repr=False)
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    run: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_frame(self, unit: str = "patient") -> pd.DataFrame:
        """One row a patient (or a sample): calls, their meaning, reasons, headline, caveats.

        Parameters
        ----------
        unit
            ``patient`` or ``sample``.
        """
        verdict = self.patients if unit == "patient" else self.samples
        if verdict is None:
            return pd.DataFrame()
        frame = verdict.to_frame()
        frame.insert(0, "headline", [self._headline(verdict, row, unit) for row in range(len(frame))])
        return frame

    def _headline(self, verdict: Verdict, row: int, unit: str) -> str:
        axes = self.scheme.of("patient" if unit == "patient" else "sample").axes
        parts = []
        for axis in axes:
            label = axis.labels.get(str(verdict.calls.iloc[row][axis.id]))
            if label is not None and label.headline:
                parts.append(label.headline)
        return " + ".join(parts) if parts else "nothing called"

    def caveats(self) -> dict[str, str]:
        """Every caveat that some unit carries: code and line."""
        codes: dict[str, None] = {}
        for verdict in (self.samples, self.patients):
            for one in verdict.caveats if verdict is not None else ():
                codes.update(dict.fromkeys(one))
        for code in self.run.get("caveats", ()):
            codes[code] = None
        return {code: caveat_text(code) for code in codes}

    def report(self, path: str | Path, options: Any = None) -> Path:
        """Write a self-contained page, or its JSON twin where the name ends with .json; whole or not at all."""
        # A view, looked up by name, as for biopsies.
        return Path(importlib.import_module("resistype.report").write_report(self, path, options))
