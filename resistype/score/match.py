"""From signatures and the genes of a matrix to indexed sets and a table that says what was found.

Every signature asked for stays in the result. One with too few genes gets NaN and a reason, never a
score; one with few gets a score and is named in the one warning of the call; when none can be
scored, that is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CoverageWarning, GeneError, warn
from resistype.expression import Expression
from resistype.genes import Coverage, GeneIndex, IdType, id_type
from resistype.library import Library, Signature, load_library
from resistype.score.sets import IndexedSets
from resistype.text import listed

KINDS = {
    "symbol": "gene symbols",
    "ensembl": "Ensembl IDs",
    "ncbi": "NCBI gene numbers",
    "mouse_symbol": "mouse gene symbols",
    "lower_case": "symbols in lower case",
    "excel": "symbols converted to dates by a spreadsheet",
}
REMEDIES = {
    "lower_case": 'Pass case="fold" to turn them into upper case.',
    "unknown": "Pass the column that holds gene symbols (gene_names=…), and samples × genes.",
}
_REMEDY = "Check that the matrix holds these genes: a panel may lack whole signatures."


@dataclass(frozen=True, eq=False)
class Matched:
    """Signatures matched to the columns of a matrix."""

    sets: IndexedSets
    coverage: pd.DataFrame

    @property
    def scorable(self) -> NDArray[np.bool_]:
        """Shape (n_sets,): which signatures have enough genes."""
        return np.asarray(self.coverage["reason"].to_numpy() == "")


def match_signatures(
    expression: Expression, library: Library, *, min_coverage: float = 0.5, warn_below: float = 0.8
) -> Matched:
    """Match every signature of a library to a matrix."""
    index, signatures = expression.index, list(library.values())
    found = [_Found(index, signature) for signature in signatures]
    rows = [one.row(min_coverage) for one in found]
    frame = pd.DataFrame(rows, index=pd.Index([s.id for s in signatures], name="signature"))
    if bool((frame["reason"] != "").all()):
        raise _none_scorable(expression, frame, signatures)
    _warn_low(frame, min_coverage, warn_below)
    sets = IndexedSets.build(
        [one.up for one in found],
        expression.n_genes,
        down=[one.down for one in found],
        weights=[one.weights for one in found],
        names=[s.id for s in signatures],
    )
    sets = sets.with_controls([_controls(index, library, s) for s in signatures])
    return Matched(sets.with_pairs([_pairs(index, s) for s in signatures]), frame)


class _Found:
    """One signature in one matrix."""

    def __init__(self, index: GeneIndex, signature: Signature) -> None:
        up, down = (
            sorted(signature.up),
            sorted(signature.down),
        )  # by name, so that the sums of a set have one order
        match = index.match([*up, *down], species=signature.species)
        first = len(up)
        kept = np.array([way != "duplicate" for way in match.how], bool)
        self.signature = signature
        self.up, self.down = (
            match.columns[:first][kept[:first]],
            match.columns[first:][kept[first:]],
        )
        self.coverage: Coverage = index.coverage(signature.genes, species=signature.species)
        given = signature.weights
        names = [gene for gene, keep in zip([*up, *down], kept, strict=True) if keep]
        # A gene down may carry its sign in its weight too; it is subtracted once, whichever way it
        # was written.
        lowers = set(down)
        weights = (
            {gene: abs(given[gene]) if gene in lowers else given[gene] for gene in names}
            if given
            else {}
        )
        self.weights = np.array(list(weights.values())) if given else None

    def row(self, min_coverage: float) -> dict[str, Any]:
        cover = self.coverage
        return {
            "asked": cover.asked,
            "found": cover.found,
            "fraction": cover.fraction,
            "missing": cover.missing,
            "by_alias": cover.by_alias,
            "ambiguous": cover.ambiguous,
            "direction": self._direction(),
            "reason": self._reason(min_coverage),
        }

    def _direction(self) -> str:
        if not self.signature.down:
            return "up"
        return "up minus down" if self.signature.up else "minus down"

    def _reason(self, min_coverage: float) -> str:
        """Why there is no score; empty when there is one."""
        cover = self.coverage
        if cover.found == 0:
            return f"none of its {cover.asked} genes is in the data"
        if cover.fraction < min_coverage:
            share = f"{cover.found} of {cover.asked} genes ({cover.fraction:.0%})"
            return f"{share} are in the data, under {min_coverage:.0%}"
        for word, asked, columns in (
            ("up", self.signature.up, self.up),
            ("down", self.signature.down, self.down),
        ):
            if asked and not (columns >= 0).any():
                return f"none of its {len(asked)} {word} genes is in the data"
        return ""


def _controls(index: GeneIndex, library: Library, signature: Signature) -> NDArray[np.intp] | None:
    """Columns of the genes that normalise a signature; None where it has no normaliser."""
    name = signature.scoring.normaliser
    if not name:
        return None
    source = library if name in library else load_library()
    return index.match(sorted(source[name].genes)).columns


def _pairs(index: GeneIndex, signature: Signature) -> NDArray[np.intp] | None:
    """Columns of the gene pairs of a signature, shape (n_pairs, 2); None where it has none."""
    if not signature.pairs:
        return None
    names = sorted({gene for pair in signature.pairs for gene in pair})
    column = dict(
        zip(names, index.match(names, species=signature.species).columns.tolist(), strict=True)
    )
    return np.array([[column[first], column[second]] for first, second in signature.pairs])


def _warn_low(frame: pd.DataFrame, min_coverage: float, warn_below: float) -> None:
    scored = frame["reason"] == ""
    low = frame[scored & (frame["fraction"] < warn_below)]
    lost = frame[~scored]
    if low.empty and lost.empty:
        return
    text = []
    if not low.empty:
        text.append(
            f"{len(low)} of {len(frame)} signatures scored with reduced coverage: {_listed(low)}"
        )
    if not lost.empty:
        text.append(
            f"{len(lost)} not scorable: {_listed(lost, f' < min_coverage {min_coverage:g}')}"
        )
    tail = " Scores of not-scorable signatures are NaN." if len(lost) else ""
    warn(
        f"{'; '.join(text)}. Missing genes: result.coverage.{tail}",
        CoverageWarning,
        code="W201",
        stacklevel=5,
    )


def _listed(frame: pd.DataFrame, bound: str = "") -> str:
    shown = [
        f"{name} {found}/{asked}"
        f" ({found / max(asked, 1):.0%}{bound if found / max(asked, 1) < 0.5 else ''})"
        for name, found, asked in zip(frame.index, frame["found"], frame["asked"], strict=True)
    ]
    return listed(shown, counted=True)


def _none_scorable(
    expression: Expression, frame: pd.DataFrame, signatures: Iterable[Signature]
) -> GeneError:
    wanted = {gene for signature in signatures for gene in signature.genes}
    missing = {gene for row in frame["missing"] for gene in row}
    kind: IdType = id_type(expression.genes)
    examples = ", ".join(kind.examples[:2])
    looks = KINDS.get(kind.kind, "names of no known kind")
    message = (
        f"No signature can be scored: {len(wanted - missing):,} of {len(wanted):,} signature genes"
        " are in the data. "
        f"Data looks like {looks} ({examples}, … {kind.n:,} of {kind.total:,}); "
        f"signatures use HGNC symbols ({', '.join(sorted(wanted)[:2])}, …). "
        f"{REMEDIES.get(kind.kind, _REMEDY)}"
    )
    return GeneError(message, code="E101")
