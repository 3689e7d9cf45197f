"""Tumour microenvironment subtypes of Bagaev 2021 (IE, IE/F, F, D) from a user's own copy of the
authors' files.

The authors' gene sets and reference may be used for academic, non-commercial research only, so
nothing of them is in this package: the user clones their repository, accepts its licence, and gives
the folder to `read_portrait_clone`. Score and votes are the published ones, written anew from the
formulas; where the authors always give a label, this gives one only if the votes are clear. Scores
are compared after scaling over a cohort, so one sample is refused unless the scaler of an earlier
cohort is given. (doi 10.1016/j.ccell.2021.04.014)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype._renamed import renamed
from resistype.errors import CohortWarning, ReferenceDataError, SchemeError, complain, warn
from resistype.expression import CsrRows, ReadOptions, as_expression, iter_blocks, read_block
from resistype.opinions.frame import (
    UNASSIGNED,
    Codes,
    Flags,
    Floats,
    Limit,
    check_coverage,
    check_limits,
    opinion_table,
    read_head,
    refuse_missing,
    some,
    writing,
)
from resistype.opinions.subtypes_files import DOI, LICENCE_NOTE, PortraitFiles
from resistype.safe.files import replace_file
from resistype.scheme.reference import SMALL_COHORT

MAX_SCALER = 2**20
_CELLS = 2_000_000
_FORMAT, _VERSION = "resistype-portrait-scaler", 1


@renamed({"min_share": "min_fraction"})
@dataclass(frozen=True, kw_only=True)
class PortraitOptions:
    """How subtypes are called; S134 for a value out of range.

    Parameters
    ----------
    k
        Reference samples that vote (35 is published).
    clip
        Scaled scores are cut at ± this before voting (2 is published).
    min_fraction, min_margin
        Fraction of the votes that a label needs (0.5 is ours), and its lead over the second (0.15
        is ours).
    read
        How the matrix is read.
    """

    k: int = 35
    clip: float = 2.0
    min_fraction: float = 0.5
    min_margin: float = 0.15
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        fraction = Limit(0, 1)
        limits = {
            "k": Limit(1, whole=True),
            "clip": Limit(0, ends="(]"),
            "min_fraction": fraction,
            "min_margin": fraction,
        }
        check_limits(
            vars(self), limits, SchemeError, code="S134", subject="Options of the subtypes"
        )


@dataclass(frozen=True, eq=False)
class PortraitScaler:
    """Median and mean absolute deviation of each signature in a cohort.

    R106 when they do not go together.

    Parameters
    ----------
    name
        Name printed on every output.
    signatures
        Names of the signatures.
    centre, spread
        Shape (n_signatures,).
    n
        Samples of the cohort.

    Examples
    --------
    >>> scores = pd.DataFrame({"T cells": [1.0, 2.0, 6.0]}, index=["a", "b", "c"])
    >>> PortraitScaler.fit(scores, name="demo").apply(scores)["T cells"].round(3).tolist()
    [-0.5, 0.0, 2.0]
    """

    name: str
    signatures: tuple[str, ...]
    centre: Floats
    spread: Floats
    n: int

    def __post_init__(self) -> None:
        shape = (len(self.signatures),)
        complaints = []
        if self.centre.shape != shape or self.spread.shape != shape:
            figures = f"{self.centre.size} centres and {self.spread.size} spreads"
            complaints.append(f"{len(self.signatures)} signatures have {figures}")
        elif not np.isfinite([self.centre, self.spread]).all():
            complaints.append("a centre or a spread is not finite")
        else:
            flat = [
                name
                for name, one in zip(self.signatures, self.spread.tolist(), strict=True)
                if one <= 0
            ]
            complaints += [f"signature {name!r} does not vary in {self.n} samples" for name in flat]
        complain(complaints, ReferenceDataError, code="R106", subject=f"Scaler {self.name!r}")

    @staticmethod
    def fit(scores: pd.DataFrame, *, name: str) -> PortraitScaler:
        """Scaler of the scores (n_obs, n_signatures) of a cohort."""
        centre, spread = centre_and_spread(scores.to_numpy(dtype=np.float64))
        return PortraitScaler(
            name, tuple(str(one) for one in scores.columns), centre, spread, len(scores)
        )

    def apply(self, scores: pd.DataFrame, *, clip: float | None = None) -> pd.DataFrame:
        """(score − median) / mean deviation, cut at ± clip; S133 when signatures are absent.

        Parameters
        ----------
        scores
            Table (n_obs, n_signatures) with the columns in `signatures`.
        clip
            2 as the classifier wants it, 4 as the authors draw it, or None.
        """
        absent = [name for name in self.signatures if name not in scores.columns]
        if absent:
            message = (
                f"Scaler {self.name!r}: {len(absent)} signatures are not in the scores:"
                f" {some(absent)}."
            )
            raise SchemeError(message, code="S133")
        scaled = scores[list(self.signatures)].sub(self.centre, axis=1).div(self.spread, axis=1)
        return scaled if clip is None else scaled.clip(-clip, clip)

    def save(self, path: str | Path) -> Path:
        """Write the scaler as JSON, whole or not at all (O101)."""
        pairs = zip(self.signatures, self.centre.tolist(), self.spread.tolist(), strict=True)
        figures = {name: {"centre": centre, "spread": spread} for name, centre, spread in pairs}
        head = {"format": _FORMAT, "format_version": _VERSION, "name": self.name, "n": self.n}
        text = json.dumps({**head, "signatures": figures}, indent=1, ensure_ascii=False) + "\n"
        with writing("scaler", path):
            return replace_file(path, lambda stream: stream.write(text.encode()))

    @staticmethod
    def load(path: str | Path) -> PortraitScaler:
        """Read a saved scaler; R106 when it is none, or one of another version."""

        def refused(why: str) -> ReferenceDataError:
            return ReferenceDataError(f"The scaler {str(path)!r} is refused: {why}.", code="R106")

        head = read_head(Path(path), _FORMAT, _VERSION, max_bytes=MAX_SCALER, refused=refused)
        try:
            figures = head["signatures"]
            centre, spread = (
                np.array([float(one[part]) for one in figures.values()])
                for part in ("centre", "spread")
            )
            name, n = str(head["name"]), int(head["n"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise refused(
                f"a part of it is missing or of another type ({type(error).__name__})"
            ) from None
        return PortraitScaler(name, tuple(figures), centre, spread, n)


def portraits(
    data: Any,
    files: PortraitFiles,
    *,
    scaler: PortraitScaler | None = None,
    options: PortraitOptions | None = None,
) -> pd.DataFrame:
    """Votes of the reference samples nearest to each sample, and the label where they are clear.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, Expression or
        path. Only the order of the genes within a sample counts, so the unit does not matter.
    files
        Gene sets and reference, from ``read_portrait_clone(folder)``.
    scaler
        Scale of an earlier cohort; without it the samples are scaled among themselves.
    options
        Neighbours, clipping, thresholds.

    Returns
    -------
    DataFrame, one row per sample
        ``prediction`` (a label or ``"unassigned"``), ``nearest`` (the label with most votes, which
        the authors' own software gives), then ``votes_<label>`` and ``fraction_<label>``. ``attrs``
        holds where it comes from.

    Raises
    ------
    ReferenceDataError
        R101 for one sample without a scaler; R106 when a signature does not vary.
    SchemeError
        S133 when genes of the sets are missing, S134 for options.
    ExpressionError
        E501 when values are missing.

    Warns
    -----
    CohortWarning
        W301 below 30 samples without a scaler.
    CoverageWarning
        W201 below 80 % of the genes of a set.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> genes = [f"GENE{number}" for number in range(40)]
    >>> sets = {"first": tuple(genes[:10]), "second": tuple(genes[10:20])}
    >>> reference = pd.DataFrame(
    ...     [[1.5, -1.5], [-1.5, 1.5]] * 20, columns=list(sets), index=range(40)
    ... )
    >>> files = PortraitFiles(sets, reference, pd.Series(["A", "B"] * 20, index=reference.index))
    >>> values = rng.normal(6, 1, size=(30, 40))
    >>> values[::2, :10] += 3
    >>> values[1::2, 10:20] += 3
    >>> data = pd.DataFrame(values, columns=genes, index=[f"P{number}" for number in range(30)])
    >>> portraits(data, files, options=PortraitOptions(k=9))["prediction"].head(4).tolist()
    ['A', 'B', 'A', 'B']
    """
    chosen = options or PortraitOptions()
    if chosen.k > len(files.reference):
        message = (
            f"k={chosen.k} neighbours of {len(files.reference)} reference samples cannot vote; give"
            " a smaller k."
        )
        raise SchemeError(message, code="S134")
    expression = as_expression(data, chosen.read)
    if scaler is None:
        _check_cohort(expression.n_obs)
    wanted = {str(name): files.sets[str(name)] for name in files.reference.columns}
    scores = portrait_scores(expression, wanted)
    used = scaler or PortraitScaler.fit(scores, name="this cohort")
    mode = f"frozen: {used.name} (n={used.n})" if scaler else f"this cohort (n={used.n})"
    about = {
        "method": "portraits",
        "doi": DOI,
        "scale": mode,
        "n_reference": len(files.reference),
        "k": chosen.k,
        "coverage": scores.attrs["coverage"],
        "licence": LICENCE_NOTE,
    }
    columns = _voted(used.apply(scores, clip=chosen.clip)[list(wanted)], files, chosen)
    return opinion_table(scores.index, columns, about)


def _check_cohort(n_obs: int) -> None:
    if n_obs < 2:
        message = (
            f"Subtypes of {n_obs} sample cannot be scaled: scores mean something only among other"
            " samples. Give the whole cohort, or scaler=PortraitScaler.load(…) that was fitted on"
            " a cohort of the same kind."
        )
        raise ReferenceDataError(message, code="R101")
    if n_obs < SMALL_COHORT:
        message = (
            f"Subtypes are scaled among {n_obs} samples; below {SMALL_COHORT} they move with the"
            " other samples."
        )
        warn(message, CohortWarning, code="W301", stacklevel=4)


def _voted(scaled: pd.DataFrame, files: PortraitFiles, options: PortraitOptions) -> dict[str, Any]:
    """Votes, shares and labels of scaled scores (n_obs, n_signatures).

    Both sides are cut at ± clip.
    """
    codes = np.array([files.classes.index(str(one)) for one in files.labels], dtype=np.intp)
    reference = files.reference.to_numpy(dtype=np.float64).clip(-options.clip, options.clip)
    values = scaled.to_numpy(dtype=np.float64)
    votes = votes_of(values, reference, codes, k=options.k, n_labels=len(files.classes))
    first, clear = decide(votes, min_fraction=options.min_fraction, min_margin=options.min_margin)
    nearest = np.array(files.classes, dtype=object)[first]
    columns: dict[str, Any] = {
        "prediction": np.where(clear, nearest, UNASSIGNED),
        "nearest": nearest,
    }
    columns |= {f"votes_{name}": votes[:, number] for number, name in enumerate(files.classes)}
    return columns | {
        f"fraction_{name}": votes[:, number] / options.k
        for number, name in enumerate(files.classes)
    }


def portrait_scores(
    data: Any, sets: Mapping[str, Sequence[str]], *, read: ReadOptions | None = None
) -> pd.DataFrame:
    """The published score of each signature in each sample, before scaling.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes); ranks are taken over all its genes.
    sets
        Genes of each signature, as ``read_gene_sets(path)`` gives them.
    read
        How the matrix is read.

    Returns
    -------
    DataFrame of shape (n_obs, n_signatures); ``attrs["coverage"]`` says how many genes were found.
    Codes: S133 and W201 for genes that are not there, E501 when values are missing (the authors'
    code ranks them highest).

    Examples
    --------
    >>> genes = ["CD8A", "GZMA", "MYC", "SOX2"]
    >>> sample = pd.DataFrame([[9.0, 8.0, 1.0, 2.0]], index=["P1"], columns=genes)
    >>> portrait_scores(sample, {"T cells": genes[:2], "growth": genes[2:]}).round(
    ...     3
    ... ).to_numpy().tolist()
    [[2.018, 0.043]]
    """
    expression = as_expression(data, read or ReadOptions())
    found = {
        str(name): np.sort(expression.index.match(list(genes)).found)
        for name, genes in sets.items()
    }
    asked = {str(name): len(set(genes)) for name, genes in sets.items()}
    sizes = {name: len(columns) for name, columns in found.items()}
    coverage = check_coverage(asked, sizes, minimum=1, code="S133", error=SchemeError)
    parts = []
    for block in iter_blocks(expression, memory="64MB"):
        values = _dense(read_block(expression, block))
        refuse_missing(expression.samples[block.start : block.start + len(values)], values)
        parts.append(portrait_scores_of(values, list(found.values())))
    index = pd.Index(expression.samples, name="sample")
    frame = pd.DataFrame(np.concatenate(parts), index=index, columns=list(found))
    frame.attrs["coverage"] = coverage
    return frame


def _dense(block: NDArray[Any] | CsrRows) -> Floats:
    """Rows of a block as a full array."""
    if not isinstance(block, CsrRows):
        return np.asarray(block, dtype=np.float64)
    n_rows = len(block.indptr) - 1
    values = np.zeros((n_rows, block.n_genes))
    values[np.repeat(np.arange(n_rows), np.diff(block.indptr)), block.indices] = block.data
    return values


def portrait_scores_of(values: Floats, sets: Sequence[Codes]) -> Floats:
    """Score of each set of columns in each row of values (n_obs, n_genes), shape (n_obs, n_sets).

    It is ssGSEA's with the highest rank for ties: over the ranks r of the genes of a set, N genes
    in all and n in the set, Σ r^1.25 / Σ r^0.25 − (N − n + 1) / 2.
    """
    from scipy.stats import rankdata  # noqa: PLC0415  0.6 s

    n_genes = values.shape[1]
    out = np.empty((len(values), len(sets)))
    step = max(_CELLS // max(n_genes, 1), 1)
    for start in range(0, len(values), step):
        ranks = rankdata(values[start : start + step], method="max", axis=1).astype(np.float64)
        for number, columns in enumerate(sets):
            mine = np.ascontiguousarray(ranks[:, columns])
            level = (mine**1.25).sum(axis=1) / (mine**0.25).sum(axis=1)
            out[start : start + step, number] = level - (n_genes - len(columns) + 1) / 2
    return out


def centre_and_spread(scores: Floats) -> tuple[Floats, Floats]:
    """Median, and mean absolute deviation about the mean, of each column of scores (n_obs, n_sets).

    The authors write ``DataFrame.mad()``, which pandas had until version 2 and which is about the
    mean; it is not the median absolute deviation.
    """
    spread = np.abs(scores - scores.mean(axis=0)).mean(axis=0)
    return np.median(scores, axis=0), spread


def votes_of(scaled: Floats, reference: Floats, codes: Codes, *, k: int, n_labels: int) -> Codes:
    """How many of the k nearest reference samples (Euclidean) have each label, shape (n_obs,
    n_labels).

    `codes` are the numbers of the labels of the reference; of equally near reference samples the
    first count.
    """
    votes = np.empty((len(scaled), n_labels), dtype=np.intp)
    step = max(_CELLS // max(len(reference), 1), 1)
    for start in range(0, len(scaled), step):
        rows = scaled[start : start + step]
        apart = np.zeros((len(rows), len(reference)))
        for column in range(reference.shape[1]):
            apart += (rows[:, column, None] - reference[None, :, column]) ** 2
        nearest = codes[np.argsort(apart, axis=1, kind="stable")[:, :k]]
        votes[start : start + step] = (nearest[:, :, None] == np.arange(n_labels)).sum(axis=1)
    return votes


def decide(votes: Codes, *, min_fraction: float, min_margin: float) -> tuple[Codes, Flags]:
    """Number of the label with most votes (of equals the first), and whether share and lead suffice
    to call it.

    Examples
    --------
    >>> first, clear = decide(
    ...     np.array([[28, 5, 1, 1], [16, 15, 3, 1]]), min_fraction=0.5, min_margin=0.15
    ... )
    >>> first.tolist(), clear.tolist()
    ([0, 0], [True, False])
    """
    total = votes.sum(axis=1)
    ordered = np.sort(votes, axis=1)
    share, lead = ordered[:, -1] / total, (ordered[:, -1] - ordered[:, -2]) / total
    return votes.argmax(axis=1), (share >= min_fraction) & (lead >= min_margin)
