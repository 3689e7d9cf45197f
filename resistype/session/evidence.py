"""Evidence of one observation at the thresholds of now, by the same function as the evidence of `Calls`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.context import Column
from resistype.scheme.evidence import evidence_frame
from resistype.scheme.scheme import Scheme
from resistype.scheme.stability import Stability
from resistype.scheme.verdicts import Verdicts, apply_rules
from resistype.session.material import Material, call_names

__all__ = ["evidence_of"]


@dataclass(frozen=True)
class _One:
    """One observation, in the shape that evidence asks for."""

    scheme: Scheme
    samples: tuple[str, ...]
    columns: Mapping[str, Column]
    verdicts: Verdicts
    coverage: pd.DataFrame
    stability: Stability | None = None


def evidence_of(
    material: Material, scheme: Scheme, final: Mapping[str, NDArray[np.uint8]], *, row: int
) -> pd.DataFrame:
    """Long table: a row for each condition of each axis that could have decided, and for each number only shown.

    Parameters
    ----------
    material
        What the session looks at.
    scheme
        The scheme with the thresholds of now.
    final
        Codes of the calls as shown.
    row
        The observation.
    """
    columns = {name: _column(material, name, row) for name in scheme.quantities}
    said = apply_rules(scheme, columns)
    calls = {}
    for axis in scheme.axes:
        calls[axis.id] = np.array([call_names(axis)[int(final[axis.id][row])]], dtype=object)
    shown = Verdicts(calls, said.decided, _reasons(material, said, calls, row), said.caveats, said.by_rule)
    coverage = pd.DataFrame() if material.calls is None else material.calls.coverage
    frame = evidence_frame(_One(scheme, (material.samples[row],), columns, shown, coverage))
    return frame.drop(columns="stability")


def _column(material: Material, name: str, row: int) -> Column:
    values = material.columns[name][row : row + 1]
    why = "" if material.calls is None else str(material.calls.columns[name].why[row])
    return Column(values, np.array([why], dtype=object))  # type: ignore[arg-type]  # float32 on purpose


def _reasons(
    material: Material, said: Verdicts, calls: Mapping[str, NDArray[np.object_]], row: int
) -> dict[str, NDArray[np.object_]]:
    """The reason of the rules; where the call shown is not theirs, the reason for which it was taken back."""
    found = dict(said.reasons)
    for axis, call in calls.items():
        if call[0] != said.by_rule[axis][0] and material.calls is not None:
            found[axis] = material.calls.verdicts.reasons[axis][row : row + 1]
    return found
