"""What a report is asked to hold beside the calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["ReportOptions"]


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What stands in a report beside the calls.

    Parameters
    ----------
    patient
        A page of this patient alone; nobody else is named on it.
    opinions
        Second opinions to show beside the calls: a name, and a table from `resistype.opinions.second_opinion`. They are
        never averaged with the calls.

    Examples
    --------
    >>> ReportOptions(patient="P07").patient
    'P07'
    """

    patient: str | None = None
    opinions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
