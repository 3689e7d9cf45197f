"""Bad and awkward matrices and gene lists, each made from a clean one: what users have handed to
scorers.

Each change takes a clean table (samples × genes) and clean lists and gives what is scored instead.
Nothing here scores, so that the same table runs on other scorers (`tests/bench/bad_inputs.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from resistype.genes.names import gene_table

Lists = dict[str, Any]
Change = Callable[[pd.DataFrame, Lists], tuple[Any, Lists]]

SETS: Lists = {
    "ifng": ["STAT1", "IRF1", "CXCL9", "CXCL10", "IDO1", "HLA-DRA", "GBP1", "PSMB9", "TAP1", "B2M"],
    "effector": ["CD8A", "GZMA", "GZMB", "PRF1", "NKG7", "GNLY", "CCL5", "KLRG1", "PDCD1", "TOX"],
}
OTHERS = (
    "ACTB",
    "GAPDH",
    "TP53",
    "MYC",
    "EGFR",
    "KRAS",
    "VIM",
    "CDH1",
    "PTEN",
    "RB1",
    "ALB",
    "INS",
    "KRT8",
    "KRT18",
)
ENSEMBL = {
    gene: key
    for key, gene in gene_table().ensembl.items()
    if gene in {name for one in SETS.values() for name in one}
}


def clean() -> pd.DataFrame:
    """Ten samples × 34 genes in log2, with ties and zeros."""
    genes = [gene for one in SETS.values() for gene in one] + list(OTHERS)
    random = np.random.default_rng(17)
    values = np.round(random.gamma(3.0, 1.5, (10, len(genes))), 1)
    values[random.random(values.shape) < 0.1] = 0.0
    return pd.DataFrame(values, index=[f"P{number:02d}" for number in range(10)], columns=genes)


def lists() -> Lists:
    """A copy of the clean lists."""
    return {name: list(genes) for name, genes in SETS.items()}


def _cell(value: object, row: int = 3, column: int = 4) -> Change:
    def change(table: pd.DataFrame, sets: Lists) -> tuple[pd.DataFrame, Lists]:
        made = table.astype(object) if isinstance(value, str | complex) else table.copy()
        made.iloc[row, column] = value
        return made, sets

    return change


def _names(rename: Callable[[str], str]) -> Change:
    return lambda table, sets: (table.rename(columns=rename), sets)


def _table(change: Callable[[pd.DataFrame], Any]) -> Change:
    return lambda table, sets: (change(table), sets)


def _sets(change: Callable[[Lists], Lists]) -> Change:
    return lambda table, sets: (table, change(sets))


def _row(value: float) -> Change:
    return _table(
        lambda table: table.mask(pd.Series(table.index == "P03", index=table.index), value, axis=0)
    )


def _twice(table: pd.DataFrame, *, more: float) -> pd.DataFrame:
    return pd.concat([table, table[["B2M"]] + more], axis=1)


def _shuffled(table: pd.DataFrame) -> pd.DataFrame:
    random = np.random.default_rng(3)
    return table.iloc[random.permutation(len(table)), random.permutation(table.shape[1])]


def _levels(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(pd.MultiIndex.from_product([["a"], table.columns]), axis=1)


def _missing(table: pd.DataFrame, *genes: str) -> pd.DataFrame:
    return table.drop(columns=list(genes))


MATRICES: dict[str, Change] = {
    "one value missing": _cell(np.nan),
    "a gene missing everywhere": _table(lambda t: t.assign(STAT1=np.nan)),
    "a sample missing everywhere": _row(np.nan),
    "an infinite value": _cell(np.inf),
    "a value of minus infinity, as log2(0)": _cell(-np.inf),
    "text in a cell": _cell("high"),
    "a decimal comma": _cell("3,5"),
    "an empty cell of text": _cell(""),
    "a complex number": _cell(1 + 2j),
    "numbers written as text": _table(lambda t: t.astype(str)),
    "a negative value beside large ones": _table(lambda t: _row(-5.0)(t * 1000, {})[0]),
    "a gene twice with other values": _table(lambda t: _twice(t, more=1.0)),
    "a gene twice with the same values": _table(lambda t: _twice(t, more=0.0)),
    "a gene twice, once with a space": _table(lambda t: t.assign(**{" B2M": t["B2M"] + 1})),
    "a gene under its approved name and an alias": _table(
        lambda t: t.rename(columns={"INS": "NKG5"})
    ),
    "a sample twice": _table(lambda t: pd.concat([t, t.iloc[[0]] + 1])),
    "a sample without a name": _table(lambda t: t.rename(index={"P04": ""})),
    "genes in rows": _table(lambda t: t.T),
    "gene names in lower case": _names(str.lower),
    "Ensembl ids": _names(lambda g: ENSEMBL.get(g, g)),
    "Ensembl ids with versions": _names(lambda g: f"{ENSEMBL[g]}.7" if g in ENSEMBL else g),
    "spaces around gene names": _names(lambda g: f" {g} "),
    "dates of a spreadsheet for genes": _table(
        lambda t: t.rename(columns={"INS": "1-Mar", "ALB": "2-Sep"})
    ),
    "an invisible character in a name": _names(lambda g: f"{g}\u200b" if g == "B2M" else g),
    "a Cyrillic letter in a name": _names(lambda g: g.replace("A", "\u0410") if g == "TAP1" else g),
    "full-width letters": _names(
        lambda g: "".join(chr(ord(c) + 0xFEE0) for c in g) if g == "TOX" else g
    ),
    "gene names of another species": _names(str.capitalize),
    "no gene of the lists": _table(lambda t: t[list(OTHERS)]),
    "half of a list is missing": _table(
        lambda t: _missing(t, "STAT1", "IRF1", "CXCL9", "CXCL10", "IDO1", "GBP1")
    ),
    "a third of a list is missing": _table(lambda t: _missing(t, "STAT1", "IRF1", "CXCL9")),
    "one gene of a list is missing": _table(lambda t: _missing(t, "STAT1")),
    "a sample of zeros": _row(0.0),
    "a sample of one value": _row(4.0),
    "every value the same": _table(lambda t: t * 0 + 2.0),
    "no samples": _table(lambda t: t.iloc[:0]),
    "no genes": _table(lambda t: t.iloc[:, :0]),
    "one sample alone": _table(lambda t: t.iloc[[2]]),
    "names of several levels": _table(_levels),
    "nullable numbers with a gap": _table(lambda t: t.astype("Float64").where(t != t.iloc[0, 0])),
    "a column of patients among the genes": _table(
        lambda t: t.assign(patient=[f"pat{k}" for k in range(len(t))])
    ),
    "a column of dates": _table(lambda t: t.assign(visit=pd.Timestamp("2024-01-01"))),
    "samples named by numbers": _table(lambda t: t.set_axis(range(100, 110), axis=0)),
    "samples and genes in another order": _table(_shuffled),
    "32-bit numbers": _table(lambda t: t.astype(np.float32)),
    "a list of lists": _table(lambda t: t.to_numpy().tolist()),
    "a list with a gene twice": _sets(lambda s: {**s, "ifng": [*s["ifng"], "STAT1"]}),
    "an empty list": _sets(lambda s: {**s, "none": []}),
    "a list that is one text": _sets(lambda s: {**s, "ifng": "STAT1"}),
    "a list of numbers": _sets(lambda s: {**s, "ifng": [1, 2, 3]}),
    "a list with nothing in it": _sets(lambda s: {**s, "ifng": [*s["ifng"], ""]}),
    "a list with a missing value": _sets(lambda s: {**s, "ifng": [*s["ifng"], None]}),
    "a list of unknown genes": _sets(lambda s: {**s, "unknown": ["NOSUCH1", "NOSUCH2", "NOSUCH3"]}),
    "a list in lower case": _sets(lambda s: {**s, "ifng": [gene.lower() for gene in s["ifng"]]}),
    "a list of Ensembl ids": _sets(lambda s: {**s, "ifng": [ENSEMBL[gene] for gene in s["ifng"]]}),
    "a list named like a path": _sets(lambda s: {**s, "../../x": s["ifng"]}),
    "two names that become one": _sets(lambda s: {**s, "IFNG": s["effector"]}),
    "no lists": _sets(lambda _: {}),
}
# Where the right answer is that of the clean input, told or not.
SAME = frozenset(
    {
        *(
            "numbers written as text",
            "Ensembl ids",
            "Ensembl ids with versions",
            "spaces around gene names",
        ),
        *(
            "one sample alone",
            "samples and genes in another order",
            "32-bit numbers",
            "a list with a gene twice",
        ),
        *(
            "samples named by numbers",
            "a list of Ensembl ids",
            "a gene under its approved name and an alias",
        ),
    }
)
