"""The quality of a draft on the user's own data, in one object and one page of text.

Every figure comes with what it means; the page ends with a list of what a curator should look at. Nothing here is a
verdict on biology: a coherent list may be coherent because it counts T cells, which is what redundancy is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.curation.overlap import overlap
from resistype.curation.prepared import Prepared, prepare
from resistype.curation.quality import Coherence, coherence, influence, redundancy
from resistype.expression import Expression
from resistype.genes import Coverage
from resistype.library import Library, Signature
from resistype.text import listed

__all__ = ["Quality", "quality"]

COVERED, DETECTED, NEAR = 0.8, 0.1, 0.5


@dataclass(frozen=True, eq=False)
class Quality:
    """Figures about a signature in a data set.

    Parameters
    ----------
    ref
        The signature.
    n_obs
        Samples.
    coverage
        What was found and what is missing.
    detected
        Mean share of samples in which its genes are expressed.
    coherence
        Mean pairwise correlation against matched random sets.
    influence
        One row a gene, see `influence`.
    redundancy
        One row a control, see `redundancy`.
    overlap
        One row a signature of the library, see `overlap`.
    notes
        What was done to the data.
    """

    ref: str
    n_obs: int
    coverage: Coverage
    detected: float
    coherence: Coherence
    influence: pd.DataFrame
    redundancy: pd.DataFrame
    overlap: pd.DataFrame
    notes: tuple[str, ...] = ()

    def concerns(self) -> tuple[str, ...]:
        """What a curator should look at, a sentence each; empty when nothing stands out."""
        return tuple(_concerns(self))

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {
            "signature": self.ref,
            "n_obs": self.n_obs,
            "coverage": asdict(self.coverage),
            "detected": self.detected,
            "coherence": asdict(self.coherence),
            "influence": self.influence.reset_index().to_dict("records"),
            "redundancy": self.redundancy.reset_index().to_dict("records"),
            "overlap": self.overlap.reset_index().to_dict("records"),
            "concerns": self.concerns(),
            "notes": self.notes,
        }

    def __str__(self) -> str:
        return "\n".join(_page(self))


def quality(
    signature: Signature,
    data: Prepared | Expression | pd.DataFrame | str | Path | Any,
    *,
    library: Library | None = None,
) -> Quality:
    """Judge a signature on data.

    Parameters
    ----------
    signature
        What to judge.
    data
        A `Prepared` matrix, or whatever `prepare` takes, (n_obs, n_genes).
    library
        What to compare its genes with; None for the shipped library.

    Returns
    -------
    Quality
        All figures; its text is a page.

    Raises
    ------
    GeneError
        When none of its genes is in the data (E101).
    """
    prepared = data if isinstance(data, Prepared) else prepare(data)
    members = prepared.members(signature)
    redundant = redundancy(prepared, members)
    return Quality(
        ref=signature.ref,
        n_obs=prepared.n_obs,
        coverage=members.coverage,
        detected=float(prepared.detected[members.rows].mean()),
        coherence=coherence(prepared, members),
        influence=influence(prepared, members),
        redundancy=redundant,
        overlap=overlap(signature, library),
        notes=prepared.notes,
    )


def _concerns(found: Quality) -> Iterator[str]:
    cover, whole = found.coverage, found.coherence
    if cover.fraction < COVERED:
        yield f"only {cover.found} of {cover.asked} genes are in the data ({cover.fraction:.0%})"
    silent = found.influence.index[found.influence["detected"] < DETECTED]
    if len(silent):
        which = listed(silent, counted=True)
        yield f"{len(silent)} genes are expressed in under {DETECTED:.0%} of the samples: {which}"
    if whole.p > 0.05:
        yield f"the genes go together no more than random sets do (mean r {whole.mean_r:.2f}, p = {whole.p:.2f})"
    against = found.influence.index[found.influence["r_with_rest"] < 0]
    if len(against):
        yield f"{len(against)} genes go against the others: {listed(against, counted=True)}"
    for name, row in found.redundancy[found.redundancy["redundant"]].iterrows():
        yield f"the score follows {name} (r = {row['r']:.2f} with {row['signature']}): read it relative to that"
    for name, row in found.overlap[found.overlap[["jaccard", "inside"]].max(axis=1) >= NEAR].head(5).iterrows():
        yield f"{row['inside']:.0%} of its genes are in {name} (Jaccard {row['jaccard']:.2f})"


def _page(found: Quality) -> Iterator[str]:
    cover, whole = found.coverage, found.coherence
    yield f"{found.ref} on {found.n_obs:,} samples"
    yield f"  coverage    {cover.found} of {cover.asked} genes; missing: {', '.join(cover.missing[:8]) or 'none'}"
    yield f"  detection   genes are expressed in {found.detected:.0%} of the samples on average"
    yield (
        f"  coherence   mean r {whole.mean_r:.3f}; {whole.n_random} random sets of like expression "
        f"{whole.random_mean:.3f} ± {whole.random_sd:.3f} (p = {whole.p:.3f})"
    )
    for name, row in found.influence.head(5).iterrows():
        yield f"  fits least  {name}: r {row['r_with_rest']:.2f} with the others; left out, mean r {row['change']:+.4f}"
    for name, row in found.redundancy.head(5).iterrows():
        yield f"  follows     {name}: r {row['r']:.2f} ({row['signature']}, {row['shared']} shared genes left out)"
    for name, row in found.overlap.head(5).iterrows():
        yield (
            f"  shares      {row['shared']} genes with {name}: Jaccard {row['jaccard']:.2f}, "
            f"{row['inside']:.0%} of this set, {row['holds']:.0%} of that"
        )
    yield from (f"  note        {text}" for text in found.notes)
    concerns = found.concerns()
    yield from (f"  look at     {text}" for text in concerns)
    if not concerns:
        yield "  look at     nothing stands out"
