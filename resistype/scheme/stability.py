"""How firmly a call stands: the fraction of repeated measurements that give it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.apply import Verdicts
from resistype.scheme.scheme import ABSTENTIONS, StabilityPlan


@dataclass(frozen=True)
class Stability:
    """Fraction of repeats with the same call: for each kind and axis an array of shape (n_obs,),
    NaN where not asked.
    """

    shares: Mapping[str, Mapping[str, NDArray[np.float64]]]

    def overall(self, axis: str) -> NDArray[np.float64]:
        """Mean over the kinds that were asked, shape (n_obs,)."""
        known = [kind[axis] for kind in self.shares.values() if not np.isnan(kind[axis]).all()]
        n_obs = len(next(iter(self.shares.values()))[axis])
        return np.mean(known, axis=0) if known else np.full(n_obs, np.nan)

    def without(self, rows: Mapping[str, NDArray[np.bool_]]) -> Stability:
        """The same, not asked where an axis was not called: nothing is firm about no answer."""
        shares = {
            kind: {axis: np.where(rows[axis], np.nan, one) for axis, one in axes.items()}
            for kind, axes in self.shares.items()
        }
        return Stability(shares)

    def to_frame(self, samples: tuple[str, ...]) -> pd.DataFrame:
        """Long table: sample, axis, genes, cohort, methods, overall."""
        axes = list(next(iter(self.shares.values())))
        parts = []
        for axis in axes:
            columns = {kind: self.shares[kind][axis] for kind in self.shares}
            frame = pd.DataFrame(
                {"sample": samples, "axis": axis, **columns, "overall": self.overall(axis)}
            )
            parts.append(frame)
        return pd.concat(parts, ignore_index=True)


def take_back(verdicts: Verdicts, stability: Stability, plan: StabilityPlan) -> Verdicts:
    """Calls below the minimum become indeterminate; the call of the rules alone stays in
    `rule_calls`.
    """
    calls, reasons = dict(verdicts.calls), dict(verdicts.reasons)
    for axis in verdicts.calls:
        overall = stability.overall(axis)
        weak = (overall < plan.minimum.value) & ~np.isin(verdicts.calls[axis], ABSTENTIONS)
        words = [
            f"call withheld: the rules say {call.replace('_', ' ')}, but only {share:.0%} of the"
            " repeats do"
            for call, share in zip(verdicts.calls[axis][weak], overall[weak], strict=True)
        ]
        calls[axis], reasons[axis] = verdicts.calls[axis].copy(), verdicts.reasons[axis].copy()
        calls[axis][weak] = "indeterminate"
        reasons[axis][weak] = words
    return replace(verdicts, calls=calls, reasons=reasons)
