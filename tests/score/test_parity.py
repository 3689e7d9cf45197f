"""Parity with UCell and AUCell of other packages, singscore's formula by hand, PredictIO's
published log-odds.

What differs is stated here as numbers, and each difference is made to vanish by doing it their way
(golden/README.md).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import rankdata

from resistype.expression import read_expression
from resistype.score import IndexedSets, Settings, score_sets

GOLDEN = Path(__file__).parent / "golden"
SETS = {
    line.split("\t")[0]: line.split("\t")[2:]
    for line in (GOLDEN / "cell_sets.gmt").read_text().splitlines()
}
CELLS = {
    kind: pd.read_csv(GOLDEN / f"cells_{kind}.csv", index_col=0) for kind in ("tied", "distinct")
}
COLUMNS = [
    np.array([CELLS["tied"].columns.get_loc(gene) for gene in genes]) for genes in SETS.values()
]
SETTINGS = Settings(ucell_max_rank=100, aucell_top=0.1)


def ours(kind: str, method: str) -> NDArray[np.float64]:
    sets = IndexedSets.build(COLUMNS, CELLS[kind].shape[1])
    return score_sets(CELLS[kind].to_numpy(float), sets, method=method, settings=SETTINGS)


def golden(package: str, kind: str) -> NDArray[np.float64]:
    return pd.read_csv(GOLDEN / f"{package}_{kind}.csv", index_col=0).to_numpy()


def each(kind: str, score: object, ties: str) -> NDArray[np.float64]:
    """A score of ranks (1 is the highest) for every cell and set."""
    ranks = [rankdata(-row, method=ties) for row in CELLS[kind].to_numpy(float)]
    return np.array([[score(rank[columns]) for columns in COLUMNS] for rank in ranks])


def pyucell(rank: NDArray[np.float64]) -> float:
    """pyUCell 0.8: genes beyond max_rank count max_rank, and the score is divided by what it can
    reach.
    """
    m, counted = rank.size, np.where(rank > 100, 100, rank)
    lowest = m * (m + 1) / 2
    return 1 - (counted.sum() - lowest) / (m * 100 - lowest)


def published_ucell(rank: NDArray[np.float64]) -> float:
    """Andreatta 2021 and the R package: they count max_rank + 1, and the score is divided by m
    max_rank.
    """
    m, counted = rank.size, np.where(rank > 100, 101, rank)
    return 0.0 if (rank > 100).all() else 1 - (counted.sum() - m * (m + 1) / 2) / (m * 100)


def aucell(rank: NDArray[np.float64]) -> float:
    """Steps of the recovery curve up to place 30, over the largest area there is."""
    curve = [(rank <= place).sum() for place in range(1, 30)]
    return float(sum(curve) / sum(min(place, rank.size) for place in range(1, 30)))


class TestUCell:
    """Both take mid-ranks, so ties make no difference; the two formulas do, and more so for
    larger sets.
    """

    @pytest.mark.parametrize("kind", CELLS)
    def test_ours_is_the_published_formula(self, kind: str) -> None:
        np.testing.assert_allclose(
            ours(kind, "ucell"), each(kind, published_ucell, "average"), rtol=0, atol=1e-12
        )

    @pytest.mark.parametrize("kind", CELLS)
    def test_theirs_is_their_formula_on_the_same_ranks(self, kind: str) -> None:
        np.testing.assert_allclose(
            golden("pyucell", kind), each(kind, pyucell, "average"), rtol=0, atol=1e-6
        )

    @pytest.mark.parametrize("kind", CELLS)
    def test_how_far_they_are_apart(self, kind: str) -> None:
        away = np.abs(ours(kind, "ucell") - golden("pyucell", kind)).max(axis=0)

        np.testing.assert_allclose(
            away,
            {"tied": [0.021, 0.088, 0.255], "distinct": [0.021, 0.088, 0.245]}[kind],
            atol=1e-3,
        )

    @pytest.mark.parametrize("kind", CELLS)
    def test_they_order_cells_alike(self, kind: str) -> None:
        mine, theirs = ours(kind, "ucell"), golden("pyucell", kind)
        agree = [np.corrcoef(mine[:, k], theirs[:, k])[0, 1] for k in range(3)]

        assert min(agree) > 0.97


class TestAUCell:
    """decoupler breaks ties by an order of genes drawn with seed 0; without ties the numbers are
    the same.
    """

    def test_equal_without_ties(self) -> None:
        np.testing.assert_allclose(
            ours("distinct", "aucell"), golden("decoupler", "distinct"), rtol=0, atol=1e-12
        )

    def test_theirs_is_the_curve_with_ties_broken_by_a_seeded_order_of_genes(self) -> None:
        values = CELLS["tied"].to_numpy(float)
        order = np.random.default_rng(0).choice(values.shape[1], values.shape[1], replace=False)
        ranks = [rankdata(-row[order], method="ordinal")[np.argsort(order)] for row in values]
        expected = [[aucell(rank[columns]) for columns in COLUMNS] for rank in ranks]

        np.testing.assert_allclose(golden("decoupler", "tied"), expected, rtol=0, atol=1e-12)

    def test_how_far_ties_put_them_apart(self) -> None:
        away = np.abs(ours("tied", "aucell") - golden("decoupler", "tied"))

        np.testing.assert_allclose(away.max(axis=0), [0.0148, 0.0128, 0.0345], atol=1e-3)
        assert (away > 1e-9).mean() > 0.5

    def test_ours_lies_where_random_orders_lie(self) -> None:
        """With ties broken at random, as the R package does, scores scatter about ours."""
        values, rng = CELLS["tied"].to_numpy(float), np.random.default_rng(0)
        random = []
        for _ in range(200):
            order = rng.permutation(values.shape[1])
            ranks = [rankdata(-row[order], method="ordinal")[np.argsort(order)] for row in values]
            random.append([[aucell(rank[columns]) for columns in COLUMNS] for rank in ranks])
        mean, low, high = np.mean(random, axis=0), np.min(random, axis=0), np.max(random, axis=0)
        mine = ours("tied", "aucell")

        assert ((mine >= low - 1e-12) & (mine <= high + 1e-12)).mean() > 0.9
        assert np.abs(mine - mean).max() < 0.02


class TestSingscore:
    """Foroutan 2018 by hand: five genes, values 10 to 50, so that the rank is the place."""

    values = np.array([[10.0, 20.0, 30.0, 40.0, 50.0]])

    @pytest.mark.parametrize(
        ("up", "down", "expected"),
        [
            ([4], None, 0.5),  # mean rank 5; lowest 1, highest 5: (5 - 1) / 4 - 1/2
            ([0], None, -0.5),
            ([3, 4], None, 0.5),  # mean 4.5; from 1.5 to 4.5
            ([0, 4], None, 0.0),  # mean 3: the middle
            ([2, 4], None, 1 / 3),  # mean 4: (4 - 1.5) / 3 - 1/2
            ([4], [0], 1.0),  # the down gene is the lowest: reversed rank 5, centred 1/2, added
            ([4], [3], 0.25),  # reversed rank 2: (2 - 1) / 4 - 1/2 = -1/4, added to 1/2
        ],
    )
    def test_by_hand(self, up: list[int], down: list[int] | None, expected: float) -> None:
        sets = IndexedSets.build([up], 5, down=None if down is None else [down])

        np.testing.assert_allclose(
            score_sets(self.values, sets, method="singscore"), [[expected]], atol=1e-12
        )


def test_predictio_hugo(shared: Path) -> None:
    """Log-odds of non-response of PredictIO (Bareche 2022) in Hugo: GSVA of z-scored log2, logistic
    regression.

    Gide is among the cohorts at hand, but PredictIO published no values for it.
    """
    folder = shared / "data" / "predictio_expected"
    table = pd.read_csv(folder / "Signature_Individual.txt", sep="\t")
    theirs = table[(table["study"] == "Hugo") & (table["model"] == "Log_regression")].set_index(
        "signature"
    )
    about = pd.read_csv(folder / "signatures" / "signature_INFO.txt", sep="\t").set_index(
        "Signature"
    )
    names = [name for name in about.index[about["method"] == "GSVA"] if name in theirs.index]
    data = read_expression(shared / "data" / "hugo" / "Hugo_melanoma_PD1.expr.parquet")
    clinical = pd.read_csv(
        shared / "data" / "hugo" / "Hugo_melanoma_PD1.clinical.tsv", sep="\t"
    ).set_index("sample")
    fails = (clinical.loc[list(data.samples), "response"] == "NR").to_numpy()
    values = data.log2()
    spread = values.std(axis=0, ddof=1)
    standard = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    columns = []
    for name in names:
        genes = (
            pd.read_csv(folder / "signatures" / f"{name}.csv").iloc[:, 0].astype(str).str.strip()
        )
        found = data.index.match(sorted(set(genes))).columns
        columns.append(np.unique(found[found >= 0]))

    scores = score_sets(standard, IndexedSets.build(columns, data.n_genes), method="gsva")

    mine = [sm.Logit(fails, sm.add_constant(one)).fit(disp=0).params[1] for one in scores.T]
    published = theirs.loc[names, "Effect_size"].to_numpy()
    assert len(names) == 24
    assert np.corrcoef(mine, published)[0, 1] > 0.9
    assert mine[names.index("TGFB_Mariathasan")] == pytest.approx(2.98, abs=0.4)
