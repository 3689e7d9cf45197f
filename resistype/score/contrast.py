"""Pre-ranked enrichment of signatures in a contrast of two groups, by gseapy.

Single-sample scores say how each sample stands; a contrast says which programmes differ between two
groups of samples. Genes are ranked by Welch's t of log2 expression, and gseapy's pre-ranked GSEA
permutes gene labels. Signatures are matched to the matrix here, so alias closure and coverage are
those of the scores.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import SamplesError
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.extras import needs
from resistype.library import SignatureSpec, read_signatures
from resistype.score.match import match_signatures


@dataclass(frozen=True, kw_only=True)
class ContrastOptions:
    """How a contrast is tested."""

    permutations: int = 1000
    seed: int = 0
    threads: int = 1
    read: ReadOptions = field(default_factory=ReadOptions)
    min_coverage: float = 0.5


def contrast(
    data: Any,
    groups: Mapping[str, str] | pd.Series,
    signatures: SignatureSpec = None,
    *,
    case: str,
    control: str,
    options: ContrastOptions | None = None,
) -> pd.DataFrame:
    """Enrichment of signatures between two groups of samples, Subramanian 2005 (doi
    10.1073/pnas.0506580102).

    Examples
    --------
    >>> contrast(
    ...     table, groups, ["ifng"], case="non-responder", control="responder"
    ... )  # doctest: +SKIP
    """
    options = options or ContrastOptions()
    expression = as_expression(data, options.read)
    matched = match_signatures(
        expression, read_signatures(signatures), min_coverage=options.min_coverage
    )
    ranking = _welch_t(expression, dict(groups), case, control)
    sets, rows = matched.sets, {}
    for part, owner in enumerate(sets.owner):
        members = sets.indices[sets.offsets[part] : sets.offsets[part + 1]]
        rows[sets.names[owner], "up" if sets.sign[part] > 0 else "down"] = [
            expression.genes[c] for c in members
        ]
    table = _prerank(ranking, rows, options)
    table["n_genes"] = [len(genes) for genes in rows.values()]
    table["reason"] = matched.coverage["reason"].loc[table.index.get_level_values(0)].to_numpy()
    table.loc[table["reason"] != "", ["es", "nes", "p", "fdr"]] = np.nan
    return table


def _welch_t(expression: Expression, groups: dict[str, str], case: str, control: str) -> pd.Series:
    picked = {
        name: [s for s in expression.samples if groups.get(s) == name] for name in (case, control)
    }
    for name, samples in picked.items():
        if len(samples) < 3:
            message = (
                f"Group {name!r} has {len(samples)} samples with expression; a contrast needs at"
                " least 3 a group."
            )
            raise SamplesError(message, code="E925")
    high, low = (expression.select(samples).log2() for samples in picked.values())
    error = np.sqrt(high.var(axis=0, ddof=1) / len(high) + low.var(axis=0, ddof=1) / len(low))
    difference = high.mean(axis=0) - low.mean(axis=0)
    t = np.where(error > 0, difference / np.where(error > 0, error, 1.0), 0.0)
    return (
        pd.Series(t, index=pd.Index(expression.genes))
        .sort_index()
        .sort_values(ascending=False, kind="stable")
    )


def _prerank(
    ranking: pd.Series, rows: Mapping[tuple[str, str], list[str]], options: ContrastOptions
) -> pd.DataFrame:
    with needs("gseapy", extra="gsea", what="A contrast"):
        import gseapy  # noqa: PLC0415  an extra, and slow to import
    names = {f"part{number}": key for number, key in enumerate(rows)}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it warns of tied genes, whose order here is that of their names
        found = gseapy.prerank(
            rnk=ranking,
            gene_sets={name: rows[key] for name, key in names.items() if rows[key]},
            permutation_num=options.permutations,
            seed=options.seed,
            threads=options.threads,
            min_size=1,
            max_size=len(ranking),
            outdir=None,
        ).res2d.set_index("Term")
    columns = {
        "ES": "es",
        "NES": "nes",
        "NOM p-val": "p",
        "FDR q-val": "fdr",
        "Lead_genes": "leading_edge",
    }
    table: pd.DataFrame = found.reindex(list(names))[list(columns)].rename(columns=columns)
    table.index = pd.MultiIndex.from_tuples(list(names.values()), names=["signature", "direction"])
    numbers = ["es", "nes", "p", "fdr"]
    table[numbers] = table[numbers].astype(float)
    return table
