"""What the values are: raw counts, TPM, log2, a scaled matrix. Found from the values, told in a sentence.

The rules, in this order (the first that holds decides):

1. The minimum is log2(0.001) = −9.966: log2(TPM + 0.001).
2. Negative values around a mean of 0: scaled. Few negatives around a positive mean, as batch correction leaves: log2.
   Negative values beside values above 100: an error, for neither counts nor logs look so.
3. Whole numbers: counts, unless every sample sums to a million.
4. Largest value above 100, or every sample sums to a million: TPM or CPM, linear.
5. Largest value between 1 and 25: log2; natural logs when exp(x) − 1 sums to the same total in every sample.
6. Otherwise unknown: the user is asked where it matters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from resistype.errors import ExpressionError
from resistype.expression.figures import Figures
from resistype.expression.options import ReadOptions, Unit

__all__ = ["SMALL_OFFSET_FLOOR", "Verdict", "find_unit"]

SMALL_OFFSET_FLOOR = float(np.log2(0.001))
MILLION = 1e6
LOG_TOP = 25.0
LINEAR = 100.0


class Verdict(NamedTuple):
    """A unit, and the sentence that says why."""

    unit: Unit
    note: str


def _with_negatives(seen: Figures) -> Verdict:
    span = f"from {seen.low:.2f} to {seen.high:.2f} around a mean of {seen.mean:.2f}"
    if abs(seen.low - SMALL_OFFSET_FLOOR) < 0.01 and seen.high < LOG_TOP:
        note = (
            f"Values are log2(TPM + 0.001): the minimum is {seen.low:.3f} = log2(0.001), the largest {seen.high:.1f}."
        )
        return Verdict("log2_small_offset", note)
    if abs(seen.mean) <= 0.3 * seen.spread:
        return Verdict("scaled", f"Values are centred or scaled: {span}.")
    if seen.mean > 0 and seen.high < LOG_TOP:
        note = f"Values look like log2 with some negative ones, as batch correction leaves ({span}); they are kept."
        return Verdict("log2", note)
    return Verdict("unknown", f"The unit of the values was not recognised: {span}.")


def _per_million(seen: Figures) -> bool:
    return all(abs(total - MILLION) < 0.01 * MILLION for total in (seen.sum_low, seen.sum_high))


def _natural(seen: Figures) -> bool:
    return seen.ln_low > LINEAR and seen.ln_high - seen.ln_low < 0.002 * seen.ln_high


def _without_negatives(seen: Figures) -> Verdict:
    if _per_million(seen):
        return Verdict("tpm", "Values are TPM or CPM: every sample sums to a million.")
    if seen.whole:
        return Verdict("counts", f"Values are raw counts: whole numbers, the largest {seen.high:,.0f}.")
    if seen.high > LINEAR:
        note = (
            f"Values are linear and taken as TPM (the largest is {seen.high:,.0f}); samples sum to "
            f"{seen.sum_low:,.0f}–{seen.sum_high:,.0f}, not to a million, and are left as they are."
        )
        return Verdict("tpm", note)
    if _natural(seen):
        return Verdict("ln", f"Values are natural logs: exp(x) − 1 sums to {seen.ln_high:,.0f} in every sample.")
    span = f"from {seen.low:.2f} to {seen.high:.2f}"
    if 1.01 < seen.high < LOG_TOP:
        note = f"Values are taken as log2(x + 1): {span}. If they are natural logs, say so with unit='ln'."
        return Verdict("log2", note)
    return Verdict("unknown", f"The unit of the values was not recognised: {span}.")


def _against(seen: Figures, unit: Unit) -> str:
    """What speaks against the unit that the user named; empty when nothing does."""
    if unit in {"counts", "cpm", "tpm"} and seen.low < 0:
        return f"are negative in places (lowest {seen.low:.2f})"
    if unit in {"log2", "ln", "log2_small_offset"} and seen.high > LINEAR:
        kind = "raw counts (integers" if seen.whole else "TPM ("
        return f"look like {kind}{', ' if seen.whole else ''}max {seen.high:,.0f})"
    if unit == "log2_small_offset" and seen.low < SMALL_OFFSET_FLOOR - 0.01:
        return f"go below log2(0.001) (lowest {seen.low:.2f})"
    return ""


def find_unit(seen: Figures, options: ReadOptions) -> Verdict:
    """Unit of a matrix: the one named by the user, else the one its figures show.

    Raises
    ------
    ExpressionError
        E401 when the values contradict the unit that was named; E402 when they are scaled and that was not allowed.
    """
    if options.unit is not None:
        against = _against(seen, options.unit)
        if against:
            message = f"Values {against} but unit='{options.unit}' was given. Correct unit=, or leave it out."
            raise ExpressionError(message, code="E401")
        verdict = Verdict(options.unit, f"The unit was given: {options.unit}.")
    else:
        verdict = _with_negatives(seen) if seen.low < 0 else _without_negatives(seen)
    if verdict.unit == "scaled" and not options.allow_scaled:
        message = (
            f"Values look centred or scaled (from {seen.low:.2f} to {seen.high:.2f} around a mean of {seen.mean:.2f}). "
            "Genes of such a sample cannot be ranked against each other. Give counts, TPM or log2 values, "
            "or pass allow_scaled=True."
        )
        raise ExpressionError(message, code="E402")
    return verdict
