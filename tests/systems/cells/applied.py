"""The rules of a scheme on numbers, as tables that a test reads at a glance."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from resistype.errors import SchemeError
from resistype.scheme import Calls, Measured, call_measured, load_scheme
from resistype.scheme.caveats import caveat_text


def apply_cell_scheme(
    scheme: Any, numbers: Any, *, patients: bool = True, reason: Any = None
) -> SimpleNamespace:
    """Calls, reasons, texts of labels and caveats by unit and axis."""
    frame = (
        numbers if isinstance(numbers, pd.DataFrame) else pd.DataFrame([dict(numbers)], index=["0"])
    )
    level = "patient" if patients else "sample"
    loaded = load_scheme(scheme)
    if set(frame) - set(loaded.quantities):
        raise SchemeError(
            f"Not quantities of scheme {loaded.id!r}: {', '.join(frame)}.", code="S112"
        )
    words = pd.DataFrame() if reason is None else reason
    calls = call_measured(loaded, Measured(unit=level, numbers=frame, reason=words))
    index = frame.index
    said = {
        axis.id: [
            axis.labels[one].text if one in axis.labels else ""
            for one in calls.verdicts.calls[axis.id]
        ]
        for axis in calls.scheme.axes
    }
    codes = [(*calls.run_caveats, *one) for one in calls.verdicts.caveats]
    return SimpleNamespace(
        calls=pd.DataFrame(dict(calls.verdicts.calls), index=index),
        reasons=pd.DataFrame(dict(calls.verdicts.reasons), index=index),
        texts=pd.DataFrame(said, index=index),
        caveats=pd.Series(codes, index=index, dtype=object),
        to_frame=calls.to_frame,
    )


def said(calls: Calls, unit: str = "patient") -> pd.DataFrame:
    """One row a unit: for each axis the call, its meaning and its reason; headline and caveats."""
    own = calls.at(unit)
    out = own.to_frame()
    for axis in own.scheme.axes:
        labels = axis.labels
        out[f"{axis.id}_text"] = [labels[one].text if one in labels else "" for one in out[axis.id]]
        out[f"{axis.id}_reason"] = own.verdicts.reasons[axis.id]
    return out if unit == "patient" else out.set_index(keys(own))


def keys(calls: Calls) -> pd.MultiIndex:
    """Patient and time point of samples."""
    return pd.MultiIndex.from_frame(calls.design[["patient", "timepoint"]].astype(str))


def caveats(calls: Calls) -> dict[str, str]:
    """Every caveat of a run and of its units, with its line."""
    every = [calls.at(unit) for unit in calls.units]
    found = {
        code: caveat_text(code) for one in every for codes in one.verdicts.caveats for code in codes
    }
    return found | {code: text for one in every for code, text in one.run_caveats.items()}


def notes(calls: Calls) -> list[str]:
    """What was found on the way."""
    return list(calls.run["input"]["notes"])
