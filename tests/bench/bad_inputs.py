"""The bad matrices and lists of `tests/trust` for five scorers and for us: `python -m
tests.bench.bad_inputs`.

Each scorer gets the same inputs and is judged by the same mechanical rule
(`tests/trust/verdict.py`): an error; told by a warning, a log line or the result itself; the same
scores as for the clean input; or silent: other scores, or rows or lists gone, and not a word.
Prints a table, and with ``--all`` every answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tests.trust.bad_matrices import MATRICES, clean, lists
from tests.trust.test_bad_matrices import scored
from tests.trust.verdict import Verdict, judge

Answer = tuple[pd.DataFrame, str]


def _annotated(data: Any) -> Any:
    import anndata

    table = data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
    return anndata.AnnData(table)


def _net(sets: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [(name, gene) for name, genes in sets.items() for gene in genes],
        columns=["source", "target"],
    )


def gseapy_ssgsea(data: Any, sets: Any) -> Answer:
    import gseapy

    found = gseapy.ssgsea(
        data=data.T, gene_sets=sets, sample_norm_method="rank", no_plot=True, min_size=1, threads=1
    )
    # each pair once
    return found.res2d.set_index(["Name", "Term"])["ES"].astype(float).unstack(), ""  # noqa: PD010


def decoupler_aucell(data: Any, sets: Any) -> Answer:
    import decoupler

    found = decoupler.mt.aucell(data, _net(sets), tmin=1)
    return found[0] if isinstance(found, tuple) else found, ""


def decoupler_ulm(data: Any, sets: Any) -> Answer:
    import decoupler

    found = decoupler.mt.ulm(data, _net(sets).assign(weight=1.0), tmin=1)
    return found[0] if isinstance(found, tuple) else found, ""


def scanpy_score_genes(data: Any, sets: Any) -> Answer:
    import scanpy

    made = _annotated(data)
    for name, genes in sets.items():
        scanpy.tl.score_genes(
            made, genes, score_name=f"s_{name}", ctrl_size=5, n_bins=3, random_state=0
        )
    return made.obs[[f"s_{name}" for name in sets]].set_axis(list(sets), axis=1), ""


def pyucell(data: Any, sets: Any) -> Answer:
    import pyucell as package
    import scipy.sparse as sp

    made = _annotated(data)
    made.X = sp.csr_matrix(np.asarray(made.X, dtype=float))
    package.compute_ucell_scores(made, signatures=sets, max_rank=30)
    return made.obs[[f"{name}_UCell" for name in sets]].set_axis(list(sets), axis=1), ""


SCORERS: dict[str, Callable[[Any, Any], Answer]] = {
    "resistype": scored,
    "gseapy.ssgsea": gseapy_ssgsea,
    "decoupler.aucell": decoupler_aucell,
    "decoupler.ulm": decoupler_ulm,
    "scanpy.score_genes": scanpy_score_genes,
    "pyucell": pyucell,
}


def answers(scorer: Callable[[Any, Any], Answer]) -> dict[str, Verdict]:
    """What a scorer does with every input."""
    wanted = scorer(clean(), lists())[0]
    usual = frozenset(judge(lambda: scorer(clean(), lists()), wanted).words.split("\n"))
    found = {}
    for name, change in MATRICES.items():
        data, sets = change(clean(), lists())
        found[name] = judge(lambda data=data, sets=sets: scorer(data, sets), wanted, usual)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    chosen = parser.parse_args()
    print(
        f"{len(MATRICES)} inputs\n\n| scorer | error | told | same | silent"
        " |\n|---|---|---|---|---|"
    )
    every = {}
    for name, scorer in SCORERS.items():
        every[name] = found = answers(scorer)
        kinds = [one.kind for one in found.values()]
        print(
            f"| {name} | "
            + " | ".join(str(kinds.count(kind)) for kind in ("error", "told", "same", "silent"))
            + " |"
        )
    if chosen.all:
        for name, found in every.items():
            print(f"\n{name}")
            for case, one in found.items():
                print(f"  {case:45s} {one.kind:7s} {one.error} {one.words[:110]!r}")


if __name__ == "__main__":
    main()
