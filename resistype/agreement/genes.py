"""Which genes carried a score from one side to the other: each gene left out in turn, on both
sides.

The influence of a gene is how much the score of the sample falls when the gene is left out, in
standard deviations of that score among the samples of its side; for a change from baseline it is
that of the sample less that of its baseline. The genes whose influence differs most between the
sides are those that carried the change. Where the score is the same on both sides, no gene did:
what it is compared with differs, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.agreement.compare import Agreement
from resistype.agreement.reasons import Change
from resistype.agreement.sides import CallSet
from resistype.errors import SamplesError
from resistype.expression import Expression, as_expression
from resistype.library import Library, Signature
from resistype.scheme.scheme import Quantity, Scheme
from resistype.scheme.variant import merged_library
from resistype.score import get_method
from resistype.systems.bulk.context import Members, rescored, sets_of

COLUMNS = ("quantity", "signature", "gene", "first", "second", "difference", "note")
SAME = "the score is the same on both sides; what it is compared with differs"
_CHANGES = ("change", "raw_change", "fraction_up", "fraction_down", "random_p")


@dataclass(frozen=True, eq=False)
class Matrices:
    """Matrices and lists behind the two sides; one for both, or one each.

    Parameters
    ----------
    first, second
        Expression of shape (n_obs, n_genes); without `second`, the same matrix stands behind both.
    library_first, library_second
        Lists in the place of the shipped ones, as given to `CallOptions`.
    """

    first: Any
    second: Any = None
    library_first: Library | None = None
    library_second: Library | None = None

    @cached_property
    def sides(self) -> tuple[tuple[Expression, Library], tuple[Expression, Library]]:
        """Matrix and lists of each side, read once."""
        one = as_expression(self.first)
        two = (
            one if self.second is None or self.second is self.first else as_expression(self.second)
        )
        return (one, merged_library(self.library_first)), (two, merged_library(self.library_second))


def carriers(
    agreement: Agreement, change: Change, matrices: Matrices, *, top: int = 10
) -> pd.DataFrame:
    """Genes whose influence on the scores behind a change differs most between the sides.

    Parameters
    ----------
    agreement
        The comparison.
    change
        One of its changes.
    matrices
        Matrices and lists behind the sides.
    top
        Genes a score.

    Returns
    -------
    DataFrame
        quantity (the score), signature, gene, first and second (influence, in SD of the score among
        the samples of the side; NaN where the list of the side does not have the gene), difference,
        note. The first row of each score has no gene: its value on both sides, and in the note how
        far it moved; where it is the same on both sides, no gene follows.

    Raises
    ------
    SamplesError
        E996 when a matrix does not have the sample; E997 when a list is not the one that was
        scored.
    """
    sides = agreement.first, agreement.second
    given = matrices.sides
    rows: list[dict[str, Any]] = []
    for name, moved in _scores_behind(agreement, change):
        values = (
            _value(sides[0], name, change.sample, moved=moved),
            _value(sides[1], name, change.sample, moved=moved),
        )
        rows.append(_whole(sides, name, values))
        if rows[-1]["note"] != SAME:
            parts = [
                _influence(side, *one, name=name, sample=change.sample, moved=moved)
                for side, one in zip(sides, given, strict=True)
            ]
            rows += _most_different(
                parts[0], parts[1], name, signature=_quantity(sides[0], name).signature
            )[:top]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _scores_behind(agreement: Agreement, change: Change) -> Iterator[tuple[str, bool]]:
    """Scores that the crossed numbers are made of, and whether their change from baseline is
    meant; each once.
    """
    scheme = agreement.first.scheme
    seen = set()
    for crossing in change.crossings if scheme is not None else ():
        for leaf in (
            _leaves(scheme, crossing.quantity, moved=False)
            if scheme is not None and crossing.quantity
            else ()
        ):
            if leaf not in seen:
                seen.add(leaf)
                yield leaf


def _leaves(scheme: Scheme, name: str, *, moved: bool) -> Iterator[tuple[str, bool]]:
    quantity = scheme.quantities[name]
    moved = moved or quantity.kind in _CHANGES
    if quantity.kind in ("score", "mean_log2"):
        yield name, moved
    for need in quantity.needs:
        yield from _leaves(scheme, need, moved=moved)


def _quantity(side: CallSet, name: str) -> Quantity:
    if side.scheme is None:
        raise SamplesError(
            f"Only labels are known of {side.name!r}; no gene stands behind them.", code="E995"
        )
    return side.scheme.quantities[name]


def _whole(
    sides: tuple[CallSet, CallSet], name: str, values: tuple[float, float]
) -> dict[str, Any]:
    """The row of the score itself: its value on both sides, and what its move amounts to."""
    quantities = [_quantity(side, name) for side in sides]
    row = {
        "quantity": name,
        "signature": quantities[0].signature,
        "gene": "",
        "first": values[0],
        "second": values[1],
    }
    if quantities[0].kind == "score" and quantities[0].method != quantities[1].method:
        return row | {
            "note": (
                f"the score itself, on two scales: {quantities[0].method} | {quantities[1].method}"
            )
        }
    moved = values[1] - values[0]
    if abs(moved) <= 1e-9 * max(1.0, abs(values[0])):
        return row | {"difference": 0.0, "note": SAME}
    spread = float(np.nanstd(sides[0].values[name].to_numpy(np.float64), ddof=1))
    return row | {
        "difference": moved,
        "note": f"the score itself moves by {moved / spread:+.2g} of its SD",
    }


def _value(side: CallSet, name: str, sample: str, *, moved: bool) -> float:
    column = side.values[name].astype(float)
    return float(
        column[sample] - (column[side.baseline[sample]] if moved and side.baseline[sample] else 0.0)
    )


def _influence(
    side: CallSet,
    expression: Expression,
    library: Library,
    *,
    name: str,
    sample: str,
    moved: bool,
) -> dict[str, float]:
    """Influence of every measured gene of a score on a sample (or on its change from baseline)."""
    signature = _list_of(side, library, name)
    wanted = [sample, *([side.baseline[sample]] if moved and side.baseline[sample] else [])]
    absent = [one for one in wanted if one not in set(expression.samples)]
    if absent:
        message = (
            f"The matrix of {side.name!r} has no sample {absent[0]!r}. Give the matrix that was"
            " called."
        )
        raise SamplesError(message, code="E996")
    genes, dropped = _left_out(expression, signature, _quantity(side, name), samples=wanted)
    falls = dropped[0] - (dropped[1] if len(wanted) > 1 else 0.0)
    spread = float(np.nanstd(side.values[name].to_numpy(np.float64), ddof=1))
    return dict(zip(genes, (falls / spread).tolist(), strict=True))


def _list_of(side: CallSet, library: Library, name: str) -> Signature:
    signature = library[_quantity(side, name).signature]
    scored = side.run.get("signatures", {}).get(signature.id, {})
    if scored and scored.get("sha256") != signature.content_hash:
        message = (
            f"{side.name!r} was scored with {scored.get('ref')}; the library given has another"
            f" {signature.ref}. Give the library of that run (Matrices(library_first=…,"
            " library_second=…))."
        )
        raise SamplesError(message, code="E997")
    return signature


def _left_out(
    expression: Expression, signature: Signature, quantity: Quantity, *, samples: list[str]
) -> tuple[list[str], NDArray[np.float64]]:
    """Genes found, and how much the value of each sample falls without each: shape (n_samples,
    n_genes).
    """
    members = Members.of(signature, expression.index.match(signature.genes))
    genes = list(members.genes)
    if quantity.kind == "mean_log2":
        log2 = expression.select(samples).log2(members.columns)
        whole, n = log2.mean(axis=1, keepdims=True), len(genes)
        return genes, whole - (whole * n - log2) / max(n - 1, 1)
    places = np.arange(len(genes))
    sets = sets_of(
        [members, *(members.only(places[places != k]) for k in places)], expression.n_genes
    )
    whole_cohort = get_method(quantity.method).family == "cohort"
    used = expression if whole_cohort else expression.select(samples)
    scores = rescored(used, sets, quantity.method, n_jobs=1)
    rows = [used.samples.index(sample) for sample in samples]
    return genes, scores[rows, :1] - scores[rows, 1:]


def _most_different(
    first: dict[str, float], second: dict[str, float], name: str, *, signature: str
) -> list[dict[str, Any]]:
    rows = []
    for gene in dict.fromkeys((*first, *second)):
        a, b = first.get(gene, float("nan")), second.get(gene, float("nan"))
        note = (
            ""
            if gene in first and gene in second
            else f"only in the {'first' if gene in first else 'second'} list"
        )
        difference = float(np.nan_to_num(b) - np.nan_to_num(a))
        rows.append(
            {
                "quantity": name,
                "signature": signature,
                "gene": gene,
                "first": a,
                "second": b,
                "difference": difference,
                "note": note,
            }
        )
    return sorted(rows, key=lambda row: -abs(row["difference"]))
