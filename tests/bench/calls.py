"""How far calls can be relied on, in figures: flips, planted losses, calibration of the stability,
its cost.

    python tests/bench/calls.py FOLDER [flips|loss|stability|myeloid|cost …]

FOLDER holds the public cohorts (tcga_skcm, gide, hugo, riaz_pairs). Prints tables; asserts nothing.
"""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.errors import CohortWarning
from resistype.expression import Expression, ReadOptions, as_expression, read_expression
from resistype.library import load_library
from resistype.scheme import Calls, load_scheme
from resistype.scheme.apply import apply_rules
from resistype.systems import classify
from resistype.systems.bulk.context import Context, Rows, build_panel
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.quantities import measure, measure_basic
from resistype.systems.bulk.reference import reference_of

QUICK = CallOptions(stability=False, anchor="")
AXES = ("ifng", "antigen_presentation", "dysfunction")
MHC1 = ("HLA-A", "HLA-B", "HLA-C", "B2M", "TAP1", "TAP2", "TAPBP", "NLRC5")


def calls_of(calls: Calls, axis: str) -> np.ndarray:
    return calls.verdicts.calls[axis]


def flips(folder: Path) -> None:
    """Fraction of calls that move when only m samples are scored, own cohort against the frozen
    reference.
    """
    data = read_expression(folder / "tcga_skcm" / "log2tpm1.parquet")
    scheme, library = load_scheme("acquired_resistance"), load_library()
    context = Context(scheme, library, build_panel(data, scheme, library))
    context.basic = measure_basic(context)

    def own(rows: np.ndarray) -> dict[str, np.ndarray]:
        known = replace(context, reference=reference_of(context, rows, name="own"))
        return dict(apply_rules(scheme, measure(known, Rows.alone(rows))).calls)

    whole, frozen = own(np.arange(data.n_obs)), classify(data, reference="tcga_skcm", options=QUICK)
    order = np.argsort(context.basic["ifng_score"].values)
    rng = np.random.default_rng(0)
    rows = []
    for label, m, pool in [(str(m), m, order) for m in (8, 12, 20, 30, 50, 100)] + [
        ("40, inflamed half", 40, order[236:])
    ]:
        moved = {axis: [] for axis in AXES}
        for _ in range(60):
            chosen = np.sort(rng.choice(pool, m, replace=False))
            part = own(chosen)
            for axis in AXES:
                moved[axis].append(np.mean(part[axis] != whole[axis][chosen]))
        names = list(np.array(data.samples)[np.sort(rng.choice(pool, m, replace=False))])
        part = classify(data.select(names), reference="tcga_skcm", options=QUICK)
        places = [data.samples.index(name) for name in names]
        still = max(np.mean(calls_of(part, a) != calls_of(frozen, a)[places]) for a in AXES)
        rows.append(
            {
                "samples": label,
                **{a: f"{np.mean(v):.1%}" for a, v in moved.items()},
                "frozen, any axis": f"{still:.1%}",
            }
        )
    print(
        "Calls that move when only some samples are scored (TCGA SKCM; below 10 the package"
        " refuses)"
    )
    print(pd.DataFrame(rows).to_string(index=False), "\n")


def lowered(data: Expression, genes: list[str], rows: np.ndarray, fold: float) -> Expression:
    """Genes divided by `fold` on the linear scale; counts are rounded."""
    values = np.asarray(data.values, dtype=np.float64).copy()
    columns = data.index.match(genes).columns
    columns = columns[columns >= 0]
    part = values[np.ix_(rows, columns)]
    if data.unit == "counts":
        part = np.floor(part / fold)
    elif data.unit == "log2":
        part = np.log2((np.exp2(part) - 1.0) / fold + 1.0)
    else:
        part = np.log2(np.maximum(np.exp2(part) - 0.001, 0.0) / fold + 0.001)
    values[np.ix_(rows, columns)] = part
    return replace(data, values=values)


def without_genes(data: Expression, genes: list[str]) -> Expression:
    drop = data.index.match(genes).columns
    keep = np.setdiff1d(np.arange(data.n_genes), drop)
    return replace(
        data, values=data.values[:, keep], genes=tuple(np.array(data.genes, dtype=object)[keep])
    )


def loss(folder: Path) -> None:
    """Planted losses of MHC class I: how many are found, and how many others are called."""
    cohorts = {
        "gide": folder / "gide" / "Gide_melanoma_PD1.expr.parquet",
        "hugo": folder / "hugo" / "Hugo_melanoma_PD1.expr.parquet",
        "tcga_skcm": folder / "tcga_skcm" / "log2tpm1.parquet",
        "riaz": folder / "riaz_pairs" / "counts.symbols.parquet",
    }
    rng, rows = np.random.default_rng(0), []
    for name, path in cohorts.items():
        data = read_expression(path)
        if name == "tcga_skcm":
            data = data.select(list(rng.choice(data.samples, 120, replace=False)))
        for left_out in ([], ["TAPBP", "NLRC5"]):
            panel = without_genes(data, left_out) if left_out else data
            for fold in (1, 2, 4, 8, 16):
                hit, false, n_hit, n_rest = 0, 0, 0, 0
                for _ in range(8):
                    planted = np.sort(
                        rng.choice(panel.n_obs, max(3, panel.n_obs // 10), replace=False)
                    )
                    found = calls_of(
                        classify(lowered(panel, list(MHC1), planted, fold), options=QUICK), AXES[1]
                    )
                    found = found == "defect_expression"
                    rest = np.setdiff1d(np.arange(panel.n_obs), planted)
                    hit, false = hit + found[planted].sum(), false + found[rest].sum()
                    n_hit, n_rest = n_hit + len(planted), n_rest + len(rest)
                rows.append(
                    {
                        "cohort": name,
                        "genes": 8 - len(left_out),
                        "fold": fold,
                        "found": f"{hit / n_hit:.1%}",
                        "others called": f"{false / n_rest:.2%}",
                    }
                )
    print(
        "Planted losses of MHC class I in a tenth of the samples (8 draws each; fold 1: nothing"
        " planted)"
    )
    table = pd.DataFrame(rows)
    print(
        table.pivot_table(
            index=["cohort", "genes"], columns="fold", values="found", aggfunc="first"
        ).to_string()
    )
    print(
        table.pivot_table(
            index=["cohort", "genes"], columns="fold", values="others called", aggfunc="first"
        ).to_string(),
        "\n",
    )


def simulated(
    rng: np.random.Generator, n: int = 60, genes: int = 2500
) -> tuple[pd.DataFrame, np.ndarray]:
    """A cohort whose true interferon level is known: log2 expression with one factor, noise and
    gene effects.

    Spread of the gene means, loadings of the interferon genes (0.7 ± 0.4 log2 an SD) and noise of a
    gene (0.85 log2) are those measured in TCGA SKCM.
    """
    library = load_library()
    wanted = list(
        dict.fromkeys(
            g for s in load_scheme("acquired_resistance").signatures for g in library[s].genes
        )
    )
    names = wanted + [f"GENE{i}" for i in range(genes - len(wanted))]
    truth = rng.normal(size=n)
    base = rng.gamma(2.0, 1.6, size=genes)
    loading = np.zeros(genes)
    place = {name: k for k, name in enumerate(names)}
    inside = [place[g] for g in library["hallmark_ifng_without_ap"].genes]
    loading[inside] = rng.gamma(3.0, 0.24, size=len(inside))
    values = (
        base
        + truth[:, None] * loading
        + rng.normal(size=(n, genes)) * rng.lognormal(np.log(0.85), 0.3, size=genes)
    )
    frame = pd.DataFrame(np.maximum(values, 0.0), columns=names, index=[f"S{i}" for i in range(n)])
    return frame, truth


def stability(_: Path) -> None:
    """Is a call that is 90 % stable right 90 % of the time? Truth: the level of a very large
    cohort.
    """
    rng, rows = np.random.default_rng(1), []
    for _repeat in range(60):
        frame, truth = simulated(rng)
        calls = classify(
            as_expression(frame, ReadOptions(unit="log2")), options=CallOptions(anchor="")
        )
        right = np.where(
            truth >= 0.5,
            "cross_sectional_high",
            np.where(truth <= -0.5, "cross_sectional_low", "cross_sectional_mid"),
        )
        rows.append(
            pd.DataFrame(
                {
                    "stability": calls.stability.overall("ifng"),
                    "right": calls.verdicts.rule_calls["ifng"] == right,
                }
            )
        )
    table = pd.concat(rows)
    table["bin"] = pd.cut(
        table["stability"], [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.999, 1.0], include_lowest=True
    )
    print("Calibration of the stability (simulated cohorts of 60, interferon level, truth known)")
    print(table.groupby("bin", observed=True)["right"].agg(["size", "mean"]).round(3).to_string())
    picture(table)
    firm = table[table["stability"] >= 0.9]
    print(f"calls at 90-100 %: {len(firm)}, right in {firm['right'].mean():.1%}\n")


def picture(table: pd.DataFrame) -> None:
    """Reliability plot: stability printed against fraction of calls that are right; written as
    reliability.png.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.2), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(0.3, 1.0, 8)
    place = np.clip(np.digitize(table["stability"], edges[1:-1]), 0, len(edges) - 2)
    grouped = table.groupby(place)["right"].agg(["size", "mean"])
    centre = table.groupby(place)["stability"].mean()
    error = 1.96 * np.sqrt(grouped["mean"] * (1 - grouped["mean"]) / grouped["size"])
    axes.plot([0.3, 1], [0.3, 1], color="0.7", lw=1)
    axes.errorbar(centre, grouped["mean"], yerr=error, marker="o", color="#0072B2", capsize=3)
    for x, y, n in zip(centre, grouped["mean"], grouped["size"], strict=True):
        axes.annotate(f"n = {n}", (x, y), textcoords="offset points", xytext=(6, -12), fontsize=7)
    axes.set(
        xlabel="stability printed beside the call",
        ylabel="fraction of calls that are right",
        xlim=(0.28, 1.04),
        ylim=(0.2, 1.04),
    )
    axes.set_title("Simulated cohorts of 60, interferon level", fontsize=9)
    figure.savefig("reliability.png", dpi=150)
    print("figure: reliability.png")


def myeloid(folder: Path) -> None:
    """AUC for progression of macrophage genes, raw and given the T cells."""
    from resistype.report.cohort import compare_groups
    from tests.systems.bulk.test_hcc import called

    print("AUC for progression of the macrophage axis (0.5: nothing; below: the wrong way)")
    for cohort in ("gide", "hugo", "riaz"):
        calls, progressed = called(folder.parent, cohort)
        auc = {
            name: compare_groups(calls.quantities[name], progressed, first="PD", second="other")[
                "auc"
            ]
            for name in ("macrophage_level", "macrophage_residual", "treg_residual")
        }
        raw, given, treg = auc.values()
        print(f"{cohort:6s} raw {raw:.2f}  given T cells {given:.2f}  Treg given Teff {treg:.2f}")
    print()


def cost(folder: Path) -> None:
    """Seconds with and without the repeats."""
    print("Cost of the stability (100 repeats of genes, 100 of the cohort, 2 methods)")
    for name, path, more in (
        (
            "riaz pairs",
            "riaz_pairs/counts.symbols.parquet",
            {"samples": folder / "riaz_pairs" / "samples.tsv", "baseline": "Pre"},
        ),
        ("tcga_skcm", "tcga_skcm/log2tpm1.parquet", {}),
    ):
        data = read_expression(folder / path)
        seconds = []
        for options in (CallOptions(stability=False), CallOptions()):
            classify(data, options=options, **more)
            start = time.perf_counter()
            classify(data, options=options, **more)
            seconds.append(time.perf_counter() - start)
        print(
            f"{name}: {seconds[0]:.1f} s without, {seconds[1]:.1f} s with, ratio"
            f" {seconds[1] / seconds[0]:.1f}"
        )
    print()


if __name__ == "__main__":
    warnings.simplefilter("ignore", CohortWarning)
    parts = {"flips": flips, "loss": loss, "stability": stability, "myeloid": myeloid, "cost": cost}
    for part in sys.argv[2:] or parts:
        parts[part](Path(sys.argv[1]))
