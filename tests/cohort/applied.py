"""The rules of a scheme on numbers, as tables that a test reads at a glance."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from resistype.errors import SchemeError
from resistype.scheme import Measured, call_measured, load_scheme


def apply_cell_scheme(scheme: Any, numbers: Any, *, patients: bool = True, why: Any = None) -> SimpleNamespace:
    """Calls, reasons, texts of labels and caveats by unit and axis."""
    frame = numbers if isinstance(numbers, pd.DataFrame) else pd.DataFrame([dict(numbers)], index=["0"])
    level = "patient" if patients else "sample"
    loaded = load_scheme(scheme)
    if set(frame) - set(loaded.quantities):
        raise SchemeError(f"Not quantities of scheme {loaded.id!r}: {', '.join(frame)}.", code="S112")
    words = pd.DataFrame() if why is None else why
    calls = call_measured(loaded, Measured(unit=level, numbers=frame, why=words))
    index = frame.index
    said = {
        axis.id: [axis.labels[one].text if one in axis.labels else "" for one in calls.verdicts.calls[axis.id]]
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
