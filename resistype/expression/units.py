"""What the values are: raw counts, TPM, log2, a scaled matrix. Found from the values, told in a sentence.

The rules, in this order (the first that holds decides):

1. The minimum is log2(0.001) = −9.966: log2(TPM + 0.001).
2. Negative values around a mean of 0: scaled. Few negatives around a positive mean, as batch correction leaves: log2.
3. Whole numbers: counts, unless every sample sums to a million.
4. Largest value above 100, or every sample sums to a million: TPM or CPM, linear.
5. Largest value between 1 and 25: log2; natural logs when exp(x) − 1 sums to the same total in every sample.
6. Otherwise unknown: the user is asked where it matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.options import ReadOptions, Unit

__all__ = ["Look", "decide", "look"]

SMALL_OFFSET_FLOOR = float(np.log2(0.001))
MILLION = 1e6


@dataclass(frozen=True)
class Look:
    """Figures of a matrix (or of some of its rows) that tell its unit."""

    low: float
    high: float
    mean: float
    spread: float
    whole: bool
    sums: tuple[float, float]
    ln_sums: tuple[float, float]

    @property
    def per_million(self) -> bool:
        """Whether every sample sums to a million, within 1 %."""
        return all(abs(total - MILLION) < 0.01 * MILLION for total in self.sums)

    @property
    def natural_log(self) -> bool:
        """Whether exp(x) − 1 sums to the same total in each of several samples."""
        low, high = self.ln_sums
        return low > 100 and (high - low) < 0.002 * high


def look(rows: NDArray[np.generic]) -> Look:
    """Figures of dense rows (n_obs, n_genes); missing values are passed over."""
    values = np.asarray(rows, dtype=np.float64)
    present = values[np.isfinite(values)]
    if present.size == 0:
        return Look(0.0, 0.0, 0.0, 0.0, whole=False, sums=(0.0, 0.0), ln_sums=(0.0, 0.0))
    low, high = float(present.min()), float(present.max())
    sums, ln_sums = np.nansum(values, axis=1), np.zeros(1)
    if 0 <= low and 1 < high < 25 and len(values) > 1:
        ln_sums = np.nansum(np.expm1(values), axis=1)
    return Look(
        low,
        high,
        mean=float(present.mean()),
        spread=float(present.std()),
        whole=bool((present == np.rint(present)).all()),
        sums=(float(sums.min()), float(sums.max())),
        ln_sums=(float(ln_sums.min()), float(ln_sums.max())),
    )


def _with_negatives(seen: Look) -> tuple[Unit, str]:
    if abs(seen.low - SMALL_OFFSET_FLOOR) < 0.01 and seen.high < 25:
        return "log2_small_offset", f"log2(TPM + 0.001): the minimum is {seen.low:.3f}, the largest {seen.high:.1f}"
    if abs(seen.mean) <= 0.3 * seen.spread:
        return "scaled", f"centred or scaled: from {seen.low:.2f} to {seen.high:.2f} around a mean of {seen.mean:.2f}"
    if 0 < seen.mean and seen.high < 25:
        return "log2", (
            f"log2 with some negatives (from {seen.low:.2f}, mean {seen.mean:.2f}), as batch correction leaves; "
            "they are kept"
        )
    return "unknown", f"of no unit known here: from {seen.low:.2f} to {seen.high:.2f}, mean {seen.mean:.2f}"


def _without_negatives(seen: Look) -> tuple[Unit, str]:
    if seen.whole and not seen.per_million:
        return "counts", f"raw counts: whole numbers, largest {seen.high:,.0f}"
    if seen.per_million:
        return "tpm", "TPM or CPM: every sample sums to a million"
    if seen.high > 100:
        low, high = seen.sums
        return "tpm", (
            f"linear like TPM: not whole numbers, largest {seen.high:,.0f}; samples sum to {low:,.0f}–{high:,.0f}, "
            "not to a million, and are left as they are"
        )
    if seen.natural_log:
        return "ln", f"natural logs: exp(x) − 1 sums to {seen.ln_sums[1]:,.0f} in every sample"
    if 1.0 < seen.high < 25:
        return (
            "log2",
            f"log2: from {seen.low:.2f} to {seen.high:.2f} (natural logs cannot be told apart; say unit='ln')",
        )
    return "unknown", f"of no unit known here: from {seen.low:.2f} to {seen.high:.2f}"


def _contradiction(seen: Look, unit: Unit) -> str:
    """What speaks against the unit that the user named; empty when nothing does."""
    if unit in {"counts", "cpm", "tpm"} and seen.low < 0:
        return f"has negative values (lowest {seen.low:.2f})"
    if unit in {"log2", "ln", "log2_small_offset"} and seen.high > 100:
        what = "raw counts (integers" if seen.whole else "linear values ("
        return f"looks like {what}, max {seen.high:,.0f})".replace("(,", "(")
    if unit == "log2_small_offset" and seen.low < SMALL_OFFSET_FLOOR - 0.01:
        return f"has values below log2(0.001) (lowest {seen.low:.2f})"
    return ""


def decide(seen: Look, options: ReadOptions) -> tuple[Unit, str]:
    """Unit of a matrix and the note that says why.

    Raises
    ------
    ExpressionError
        E401 when the values contradict the unit that was named; E402 when they are scaled and that was not allowed.
    """
    if options.unit is not None:
        against = _contradiction(seen, options.unit)
        if against:
            message = (
                f"The matrix was said to be of unit '{options.unit}' but {against}. Correct unit=, or leave it out."
            )
            raise ExpressionError(message, code="E401")
        unit, note = options.unit, f"The unit was given: {options.unit}."
    else:
        unit, why = (_with_negatives if seen.low < 0 else _without_negatives)(seen)
        note = f"Values look {'' if unit == 'unknown' else 'like ' if not why.startswith('linear') else ''}{why}."
    if unit == "scaled" and not options.allow_scaled:
        message = (
            f"Values look centred or scaled (from {seen.low:.2f} to {seen.high:.2f} around a mean of {seen.mean:.2f}). "
            "Genes of such a sample cannot be ranked against each other. Give counts, TPM or log2 values, "
            "or pass allow_scaled=True."
        )
        raise ExpressionError(message, code="E402")
    return unit, note
