"""A call made again from nothing but the numbers of its reason: the slow, obvious way, without
the package's rules.
"""

from __future__ import annotations

import math
import operator

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from resistype.agreement import Agreement, Change

OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
ABSTAIN = ("indeterminate", "not_assessable")


def rule_call(agreement: Agreement, sample: str, axis: str, side: str) -> str:
    """What the rules say of the numbers of one side."""
    table = agreement.numbers(sample, axis)
    for _, rule in table.groupby("rule", sort=True):
        if all(line_holds(agreement, sample, row, side) for _, row in rule.iterrows()):
            return str(rule["call"].iloc[0])
    labelling = agreement.first if side == "first" else agreement.second
    assert labelling.scheme is not None
    return labelling.scheme.axis(axis).otherwise_call


def line_holds(agreement: Agreement, sample: str, row: pd.Series, side: str) -> bool:
    words, value = str(row["line"]).split(), row[f"value_{side}"]
    if words[0] == "call":
        said = rule_call(agreement, sample, words[1], side)
        return (said != words[4]) if words[3] == "not" else (said == words[3])
    if words[0] in ("has", "lacks"):
        return math.isnan(value) == (words[0] == "lacks")
    return bool(OPERATORS[words[1]](value, row[f"limit_{side}"]))


def final_call(agreement: Agreement, change: Change, side: str) -> str:
    """The call of the rules, taken back where the reason says so."""
    number = 0 if side == "first" else 1
    name = (agreement.first, agreement.second)[number].name
    call = rule_call(agreement, change.sample, change.axis, side)
    for crossing in change.crossings:
        weak = crossing.kind == "unstable" and crossing.values[number] < crossing.limits[number]
        call = "indeterminate" if weak and call not in ABSTAIN else call
    withheld = any(f"{name}: the {word}cohort lies" in change.reason for word in ("", "whole "))
    return "not_assessable" if withheld and call not in ABSTAIN else call


def check_reasons(agreement: Agreement) -> None:
    """Every changed sample has a reason, and its numbers give both calls; nobody else changed."""
    for change in agreement.changes:
        assert change.reason
        assert "other" not in change.kinds
        assert final_call(agreement, change, "first") == change.first, change
        assert final_call(agreement, change, "second") == change.second, change
        for crossing in change.crossings:
            assert crossing.holds[0] != crossing.holds[1] or crossing.kind == "unstable"
    seen = {(change.sample, change.axis) for change in agreement.changes}
    for one in agreement.axes:
        pairs = zip(
            agreement.first.labels.loc[list(agreement.samples), one.axis],
            agreement.second.labels.loc[list(agreement.samples), one.axis],
            agreement.samples,
            strict=True,
        )
        assert {(sample, one.axis) for a, b, sample in pairs if a != b} == {
            key for key in seen if key[1] == one.axis
        }


def check_kappa(agreement: Agreement) -> None:
    """Both kappas are those of scikit-learn on the labels themselves."""
    for one in agreement.axes:
        a, b = (
            side.labels.loc[list(agreement.samples), one.axis].to_numpy(dtype=str)
            for side in (agreement.first, agreement.second)
        )
        called = ~np.isin(a, ABSTAIN) & ~np.isin(b, ABSTAIN)
        for kappa, kept in ((one.kappa, np.ones(len(a), dtype=bool)), (one.kappa_called, called)):
            assert kappa.n == kept.sum()
            if len(set(a[kept]) | set(b[kept])) < 2:
                assert math.isnan(kappa.value)
            else:
                assert abs(kappa.value - cohen_kappa_score(a[kept], b[kept])) < 1e-12
