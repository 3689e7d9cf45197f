"""Does a list hold together in these data: coherence, the influence of single genes, and what else
it follows.

Coherence is the mean pairwise correlation of the genes (genes down count with a minus), against
random sets of as many genes of like expression: any set of well-expressed genes correlates a
little. Influence leaves one gene out at a time. Redundancy asks whether the score is proliferation,
infiltration or purity under another name; shared genes are left out on both sides first. All of it
is sums over standardised rows, see `prepared`.

The corrected item-total correlation is that of Nunnally, Psychometric Theory (1978); random sets of
matched expression follow Tirosh 2016, doi 10.1126/science.aad0501.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.curation.draft import counterparts
from resistype.curation.prepared import Members, Prepared, prepare
from resistype.errors import GeneError
from resistype.expression import Expression
from resistype.extras import needs
from resistype.genes import Coverage
from resistype.library import Library, Signature, load_library, to_gseapy
from resistype.score import matched_sets
from resistype.text import listed

CONTROLS = {
    "proliferation": "hallmark_g2m_checkpoint",
    "T cells": "ss_cyt_davoli",
    "B cells": "ss_bcell_budczies",
    "macrophages": "ss_macrophage_danaher",
    "fibroblasts": "recalled_caf_pan",
    "purity (oxidative phosphorylation)": "hallmark_oxidative_phosphorylation",
    "hypoxia": "hallmark_hypoxia",
    "heat shock": "heat_shock_stress",
}
REDUNDANT = 0.7


@dataclass(frozen=True)
class Coherence:
    """How much the genes of a set go together.

    Parameters
    ----------
    mean_r
        Mean pairwise correlation of the genes; NaN with fewer than two.
    random_mean, random_sd
        The same of random sets: mean and standard deviation.
    p
        Fraction of random sets that go together as much, counting the set itself.
    n_genes, n_random
        Genes used, random sets drawn.
    """

    mean_r: float
    random_mean: float
    random_sd: float
    p: float
    n_genes: int
    n_random: int


def _mean_r(total: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Mean pairwise correlation of k standardised genes from their sums, one sum a row."""
    return np.asarray(((total**2).mean(axis=-1) - k) / (k * (k - 1)))


def _sums(prepared: Prepared, members: Members) -> NDArray[np.float64]:
    return np.asarray(members.signs @ prepared.z[members.rows])


def coherence(
    prepared: Prepared, members: Members, *, n_random: int = 200, seed: int = 0
) -> Coherence:
    """Mean pairwise correlation of a set against random sets of matched expression.

    Parameters
    ----------
    prepared
        The data.
    members
        The set in it, from ``prepared.members(signature)``.
    n_random
        Random sets.
    seed
        Seed of their draw.

    Returns
    -------
    Coherence
        The figures; NaN for a set of fewer than two genes.
    """
    k = len(members)
    if k < 2:
        return Coherence(np.nan, np.nan, np.nan, np.nan, k, 0)
    own = float(_mean_r(_sums(prepared, members), k))
    usable = np.flatnonzero(prepared.varies)
    place = np.searchsorted(usable, members.rows)
    names = [
        prepared.index.genes[row] for row in usable
    ]  # so that the order of columns does not matter
    total = np.zeros((n_random, prepared.n_obs))
    for sign in (1.0, -1.0):
        side = place[members.signs == sign]
        if side.size:
            drawn = matched_sets(
                prepared.mean[usable], side, n=n_random, seed=seed + int(sign < 0), names=names
            )
            for number, rows in enumerate(drawn):
                total[number] += sign * prepared.z[usable[rows]].sum(axis=0)
    random = _mean_r(total, k)
    p = (1 + int((random >= own).sum())) / (n_random + 1)
    return Coherence(own, float(random.mean()), float(random.std()), p, k, n_random)


def influence(prepared: Prepared, members: Members) -> pd.DataFrame:
    """What each gene does to its set: leave-one-gene-out, all genes at once.

    Parameters
    ----------
    prepared
        The data.
    members
        The set in it.

    Returns
    -------
    DataFrame
        Indexed by gene, least fitting first: r_with_rest (correlation with the mean of the others;
        negative means it pulls the other way), coherence_without (mean pairwise correlation of the
        others), change (of coherence when it is left out), score_r (correlation of the score with
        and without it), mean, detected, direction.
    """
    k = len(members)
    signed = prepared.z[members.rows] * members.signs[:, None]
    total = signed.sum(axis=0)
    rest = total - signed
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt((rest**2).mean(axis=1))
        with_rest = (signed * rest).mean(axis=1) / spread
        score_r = (rest @ total) / prepared.n_obs / (spread * np.sqrt((total**2).mean()))
    without = _mean_r(rest, k - 1) if k > 2 else np.full(k, np.nan)
    whole = float(_mean_r(total, k)) if k > 1 else np.nan
    frame = pd.DataFrame(
        {
            "r_with_rest": with_rest,
            "coherence_without": without,
            "change": without - whole,
            "score_r": score_r,
            "mean": prepared.mean[members.rows],
            "detected": prepared.detected[members.rows],
            "direction": np.where(members.signs > 0, "up", "down"),
        },
        index=pd.Index(members.genes, name="gene"),
    )
    return frame.sort_values("r_with_rest", kind="stable")


def set_score(prepared: Prepared, members: Members) -> NDArray[np.float64]:
    """Mean of the standardised genes of a set, genes down with a minus, shape (n_obs,); NaN for
    an empty set.
    """
    if not len(members):
        return np.full(prepared.n_obs, np.nan)
    return _sums(prepared, members) / len(members)


def redundancy(
    prepared: Prepared, members: Members, controls: Mapping[str, Signature] | None = None
) -> pd.DataFrame:
    """Correlation of a set with sets that often stand behind others; genes in both are left out of
    both.

    Parameters
    ----------
    prepared
        The data.
    members
        The set in it.
    controls
        Signatures by name; None for proliferation, cell types, purity, hypoxia and heat shock of
        the shipped library.

    Returns
    -------
    DataFrame
        Indexed by control, largest absolute r first: signature, r, shared (genes left out), used
        (genes of the control), redundant (absolute r of 0.7 and more).

    Raises
    ------
    GeneError
        When the set has no gene in the data (E101).
    """
    if not len(members):
        message = (
            "None of the genes of the set is in the data and varies; there is nothing to correlate."
        )
        raise GeneError(message, code="E101")
    shipped = load_library()
    chosen = (
        controls if controls is not None else {name: shipped[key] for name, key in CONTROLS.items()}
    )
    rows = [_redundant(prepared, members, name, signature) for name, signature in chosen.items()]
    columns = ["control", "signature", "r", "shared", "used", "redundant"]
    frame = pd.DataFrame(rows, columns=columns).set_index("control")
    return frame.iloc[np.argsort(-frame["r"].abs().fillna(-1).to_numpy(), kind="stable")]


def _redundant(
    prepared: Prepared, members: Members, name: str, signature: Signature
) -> tuple[str, str, float, int, int, bool]:
    other = prepared.members(signature)
    shared = np.intersect1d(members.rows, other.rows)
    mine, theirs = members.without(shared), other.without(shared)
    r = _correlation(set_score(prepared, mine), set_score(prepared, theirs))
    return name, signature.id, r, int(shared.size), len(theirs), bool(abs(r) >= REDUNDANT)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


# What else has these genes: the library by shared genes, and other collections by
# over-representation.


def human_genes(signature: Signature) -> frozenset[str]:
    """Genes of a signature in human symbols."""
    if signature.species == "human":
        return frozenset(signature.genes)
    return frozenset(counterparts(signature.genes, "human").values())


def overlap(
    signature: Signature, library: Library | None = None, *, least: int = 1
) -> pd.DataFrame:
    """Signatures of a library that share genes with one.

    Parameters
    ----------
    signature
        The signature.
    library
        What to compare with; None for the shipped library. The signature itself is left out.
    least
        Fewest genes shared to be listed.

    Returns
    -------
    DataFrame
        Indexed by signature, nearest first: axis, shared, jaccard, inside (fraction of this set's
        genes in the other), holds (fraction of the other's genes in this set), genes.

    Examples
    --------
    >>> found = overlap(load_library()["mhc1_core"])
    >>> found.index[0], round(float(found["jaccard"].iloc[0]), 2)
    ('aps7_senbabaoglu', 0.88)
    """
    own = human_genes(signature)
    rows = {}
    for key, other in (library if library is not None else load_library()).items():
        genes = human_genes(other)
        shared = own & genes
        if key != signature.id and len(shared) >= max(least, 1):
            rows[key] = {
                "axis": other.axis,
                "shared": len(shared),
                "jaccard": len(shared) / len(own | genes),
                "inside": len(shared) / len(own),
                "holds": len(shared) / len(genes),
                "genes": tuple(sorted(shared)),
            }
    columns = ["axis", "shared", "jaccard", "inside", "holds", "genes"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("signature")
    return frame.sort_values(["jaccard", "inside"], ascending=False, kind="stable")


def over_representation(
    signature: Signature, background: Sequence[str], sets: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Which sets hold more of a signature's genes than chance, by gseapy, without a connection.

    Parameters
    ----------
    signature
        The signature; all its genes count, up and down.
    background
        Genes that were measured, in human symbols; only these count.
    sets
        Gene lists by name, for example ``gseapy.get_library(…)``; None for the shipped human
        signatures.

    Returns
    -------
    DataFrame
        Indexed by set, smallest p first: overlap, p, fdr, odds_ratio, genes.

    Raises
    ------
    MissingExtraError
        When gseapy is not installed (X101).
    GeneError
        When no gene of the signature is in the background (E101).
    """
    with needs("gseapy", extra="gsea", what="Over-representation"):
        import gseapy  # noqa: PLC0415  heavy, and optional
    measured = sorted(set(background))
    genes = sorted(human_genes(signature) & set(measured))
    if not genes:
        message = (
            f"None of the {len(signature)} genes of {signature.id} is among the {len(measured):,}"
            " of the background."
        )
        raise GeneError(message, code="E101")
    shipped = load_library().values()
    lists = (
        dict(sets) if sets is not None else to_gseapy(s for s in shipped if s.species == "human")
    )
    lists = {
        name: kept for name, given in lists.items() if (kept := sorted(set(given) & set(measured)))
    }
    found = gseapy.enrich(
        gene_list=genes, gene_sets=lists, background=measured, outdir=None, no_plot=True
    ).results
    frame = pd.DataFrame(found)
    if frame.empty:
        return pd.DataFrame(columns=["overlap", "p", "fdr", "odds_ratio", "genes"]).rename_axis(
            "set"
        )
    names = {
        "Term": "set",
        "Overlap": "overlap",
        "P-value": "p",
        "Adjusted P-value": "fdr",
        "Odds Ratio": "odds_ratio",
    }
    frame = frame.rename(columns={**names, "Genes": "genes"}).set_index("set")
    # gseapy joins them in the order of a set, which differs from process to process
    frame["genes"] = [";".join(sorted(str(genes).split(";"))) for genes in frame["genes"]]
    return frame[["overlap", "p", "fdr", "odds_ratio", "genes"]].sort_values("p", kind="stable")


# The quality of a draft on the user's own data, in one object and one page of text.

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
        Mean fraction of samples in which its genes are expressed.
    coherence
        Mean pairwise correlation against matched random sets.
    influence
        One row per gene, see `influence`.
    redundancy
        One row a control, see `redundancy`.
    overlap
        One row per signature of the library, see `overlap`.
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
        yield (
            f"the genes go together no more than random gene sets do (mean r {whole.mean_r:.2f}, p"
            f" = {whole.p:.2f})"
        )
    against = found.influence.index[found.influence["r_with_rest"] < 0]
    if len(against):
        yield f"{len(against)} genes go against the others: {listed(against, counted=True)}"
    for name, row in found.redundancy[found.redundancy["redundant"]].iterrows():
        yield (
            f"the score follows {name} (r = {row['r']:.2f} with {row['signature']}): read it"
            " relative to that"
        )
    for name, row in (
        found.overlap[found.overlap[["jaccard", "inside"]].max(axis=1) >= NEAR].head(5).iterrows()
    ):
        yield f"{row['inside']:.0%} of its genes are in {name} (Jaccard {row['jaccard']:.2f})"


def _page(found: Quality) -> Iterator[str]:
    cover, whole = found.coverage, found.coherence
    yield f"{found.ref} on {found.n_obs:,} samples"
    yield (
        f"  coverage    {cover.found} of {cover.asked} genes; missing:"
        f" {', '.join(cover.missing[:8]) or 'none'}"
    )
    yield f"  detection   genes are expressed in {found.detected:.0%} of the samples on average"
    yield (
        f"  coherence   mean r {whole.mean_r:.3f}; {whole.n_random} random gene sets of like"
        f" expression {whole.random_mean:.3f} ± {whole.random_sd:.3f} (p = {whole.p:.3f})"
    )
    for name, row in found.influence.head(5).iterrows():
        yield (
            f"  fits least  {name}: r {row['r_with_rest']:.2f} with the others; left out, mean r"
            f" {row['change']:+.4f}"
        )
    for name, row in found.redundancy.head(5).iterrows():
        yield (
            f"  follows     {name}: r {row['r']:.2f} ({row['signature']}, {row['shared']} shared"
            " genes left out)"
        )
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
