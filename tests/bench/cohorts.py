"""How calls travel: every bulk cohort at hand, through `classify`, in tables.

    python -m tests.bench.cohorts --shared FOLDER [calls|alone|losses|genes|sides …]

calls    share of each answer, by cohort and axis, each cohort against itself; panels apart
alone    samples one by one against a frozen reference beside the same sample in its cohort
losses   planted losses of MHC class I in a tenth of a cohort, and false calls in the rest
genes    TCGA without its lowest 19 % of genes
sides    one-sided and mixed cohorts of 40 from one half of TCGA, judged by the other

FOLDER holds the public cohorts. Stability is left out, but for one column of `calls`. Prints
tables; asserts nothing.
"""

from __future__ import annotations

import argparse
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import ResistypeError
from resistype.expression import Expression, ReadOptions, as_expression, read_expression
from resistype.library import load_library
from resistype.scheme import Calls, Reference
from resistype.systems import classify
from resistype.systems.bulk import CallOptions, fit_reference

AXES = ("ifng", "antigen_presentation", "dysfunction")
ABSTENTIONS = ("indeterminate", "not_assessable")
DEFECTS = ("defect_expression", "defect_one_gene")
MHC1 = load_library()["mhc1_core"].genes
LOSSES: dict[str, tuple[tuple[str, ...], float]] = {
    "eight genes ÷8": (MHC1, 8.0),
    "eight genes ÷16": (MHC1, 16.0),
    "B2M ÷16": (("B2M",), 16.0),
    "B2M silent": (("B2M",), np.inf),
    "TAP1 ÷16": (("TAP1",), 16.0),
    "TAP1 silent": (("TAP1",), np.inf),
    "TAP1 + TAP2 ÷16": (("TAP1", "TAP2"), 16.0),
    "HLA-A/B/C ÷16": (("HLA-A", "HLA-B", "HLA-C"), 16.0),
    "with interferon ÷16": ((*MHC1, *load_library()["hallmark_ifng_without_ap"].genes), 16.0),
}
SAID = any(field.name == "same_as" for field in fields(CallOptions))  # before, nothing was asked


def options(same_as: str = "", *, stability: bool = False) -> CallOptions:
    more: dict[str, Any] = {"same_as": same_as} if SAID and same_as else {}
    return CallOptions(stability=stability, **more)


def cohorts(shared: Path) -> Iterator[tuple[str, Expression, bool]]:
    """Name, matrix, and whether it is a panel; one biopsy a patient and time."""
    data = shared / "data"
    known = tomllib.loads((data / "cohorts" / "cohorts.toml").read_text())["cohort"]
    for one in known:
        if one["id"].startswith("riaz"):
            continue
        path = data / "cohorts" / one["expression"]
        drop = ReadOptions(nan="drop") if one["id"].startswith("nathanson") else ReadOptions()
        yield one["id"], read_expression(path, drop), bool(one.get("panel"))
    yield "tcga_skcm", read_expression(data / "tcga_skcm" / "log2tpm1.parquet"), False
    for when in ("Pre", "On"):
        yield f"riaz_{when.lower()}", riaz(shared, when), False
    genes = pd.read_parquet(data / "iatlas" / "immune_genes.parquet")
    table = pd.read_csv(data / "iatlas" / "samples.tsv", sep="\t", index_col=0)
    frame = genes.T if genes.shape[0] < genes.shape[1] else genes
    for name, part in table.groupby("Dataset", sort=False):
        rows = [sample for sample in part.index if sample in frame.index]
        yield f"iatlas {name}", as_expression(frame.loc[rows]), True


def riaz(shared: Path, when: str) -> Expression:
    folder = shared / "data" / "riaz_pairs"
    table = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0)
    data = read_expression(folder / "counts.symbols.parquet")
    return data.select([name for name in data.samples if table.loc[name, "timepoint"] == when])


def calls_of(calls: Calls, axis: str) -> np.ndarray:
    return calls.verdicts.calls[axis]


def answers(shared: Path) -> pd.DataFrame:
    """One row a cohort and axis."""
    rows = []
    for name, data, panel in cohorts(shared):
        try:
            calls = classify(data, options=options(stability=True))
        except ResistypeError as error:
            rows.append(
                {
                    "cohort": name,
                    "n": data.n_obs,
                    "panel": panel,
                    "axis": "refused",
                    "reason": str(error)[:90],
                }
            )
            continue
        for axis in AXES:
            found, reasons = calls_of(calls, axis), calls.verdicts.reasons[axis]
            counts, n = Counter(found), len(found)
            said = [r for r, call in zip(reasons, found, strict=True) if call == "not_assessable"]
            rows.append(
                {
                    "cohort": name, "n": n, "panel": panel, "axis": axis,
                    "called": 1 - sum(counts[a] for a in ABSTENTIONS) / n,
                    "indeterminate": counts["indeterminate"] / n,
                    "not assessable": counts["not_assessable"] / n,
                    "calls": ", ".join(
                        f"{k} {v}" for k, v in counts.most_common() if k not in ABSTENTIONS
                    ),
                    "reason": Counter(said).most_common(1)[0][0][:70] if said else "",
                }
            )  # fmt: skip
    table = pd.DataFrame(rows)
    whole = table[(table["axis"] == "ifng") & ~table["panel"]]
    level = (whole["called"] * whole["n"]).sum() / whole["n"].sum()
    print(table.to_string(index=False, float_format=lambda v: f"{v:.2f}"))
    print(
        f"\ninterferon level called in {level:.1%} of {whole['n'].sum()} samples of whole"
        " transcriptomes"
    )
    return table


def halves(shared: Path) -> tuple[Reference, Expression]:
    data = read_expression(shared / "data" / "tcga_skcm" / "log2tpm1.parquet")
    names = np.array(data.samples, dtype=object)[np.random.default_rng(7).permutation(472)]
    first = fit_reference(data.select(list(names[:236])), name="half")
    return first, data.select(list(names[236:]))


def as_log2(data: Expression) -> Expression:
    """In log2(x + 1), so that nobody can tell counts from TPM by the unit."""
    return replace(data, values=data.log2(), unit="log2")


def alone(shared: Path) -> None:
    """Every sample by itself and in its cohort, though the user says (wrongly or not) that they are
    the same: bolder alone, and the same where both call.
    """
    half, other = halves(shared)
    pairs: list[tuple[str, str | Reference, Expression]] = [("half of TCGA", half, other)]
    for name, data, panel in cohorts(shared):
        if not panel and not name.startswith("tcga"):
            pairs.append((name, "tcga_skcm", as_log2(data)))
    pairs.append(("riaz_on", "riaz_pre", riaz(shared, "On")))
    rows = []
    for name, reference, data in pairs:
        told = reference if isinstance(reference, str) else reference.name
        together = classify(data, reference=reference, options=options(told))
        bolder, same, both, n_called = 0, 0, 0, 0
        for row, sample in enumerate(data.samples):
            one = classify(data.select([sample]), reference=reference, options=options(told))
            for axis in AXES:
                mine, known = calls_of(one, axis)[0], calls_of(together, axis)[row]
                bolder += mine not in ABSTENTIONS and mine != known
                n_called += mine not in ABSTENTIONS
                if mine not in ABSTENTIONS and known not in ABSTENTIONS:
                    both, same = both + 1, same + (mine == known)
        rows.append(
            {
                "cohort": name,
                "against": told,
                "n": data.n_obs,
                "called alone": n_called,
                "bolder alone": bolder,
                "same where both call": f"{same} of {both}",
            }
        )
    print(pd.DataFrame(rows).to_string(index=False))


def divided(data: Expression, genes: tuple[str, ...], rows: np.ndarray, fold: float) -> Expression:
    """Some genes divided in some samples; an infinite fold silences them."""
    counts = data.unit == "counts"
    values = np.array(data.values, dtype=float) if counts else 2.0 ** data.log2() - 1.0
    columns = data.index.match(genes).columns
    values[np.ix_(rows, columns[columns >= 0])] /= fold
    values = np.maximum(np.round(values) if counts else values, 0.0)
    return replace(data, values=values, unit="counts" if counts else "tpm")


def losses(shared: Path, *, draws: int = 5) -> None:
    """Planted in a tenth of a cohort that is its own reference; seed 7."""
    data = shared / "data"
    four = {
        "riaz_pre": riaz(shared, "Pre"),
        "gide": read_expression(data / "gide" / "Gide_melanoma_PD1.expr.parquet"),
        "hugo": read_expression(data / "hugo" / "Hugo_melanoma_PD1.expr.parquet"),
        "tcga_skcm": read_expression(data / "tcga_skcm" / "log2tpm1.parquet"),
    }
    rng, rows = np.random.default_rng(7), []
    for what, (genes, fold) in LOSSES.items():
        line: dict[str, object] = {"planted": what}
        false, rest_n, all_hits, intact = 0, 0, [], []
        for name, cohort in four.items():
            hits = []
            for _ in range(draws if cohort.n_obs < 100 else 2):
                rows_lost = rng.choice(cohort.n_obs, max(2, cohort.n_obs // 10), replace=False)
                calls = classify(divided(cohort, genes, rows_lost, fold), options=options())
                found = calls_of(calls, "antigen_presentation")
                asked = "low_with_interferon" if what.startswith("with") else DEFECTS
                hits += np.isin(found[rows_lost], asked).tolist()
                intact += (found[rows_lost] == "intact").tolist()
                rest = np.setdiff1d(np.arange(cohort.n_obs), rows_lost)
                false, rest_n = false + int(np.isin(found[rest], DEFECTS).sum()), rest_n + rest.size
            line[name] = np.mean(hits)
            all_hits += hits
        line |= {
            "found": np.mean(all_hits),
            "called intact": np.mean(intact),
            "false calls in the rest": f"{false} of {rest_n}",
        }
        rows.append(line)
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda v: f"{v:.2f}"))
    for name, cohort in four.items():
        found = Counter(calls_of(classify(cohort, options=options()), "antigen_presentation"))
        print(f"untouched {name}: {dict(found)}")


def genes(shared: Path) -> None:
    data = read_expression(shared / "data" / "tcga_skcm" / "log2tpm1.parquet")
    order = np.argsort(np.median(data.log2(), axis=0), kind="stable")
    told = options("tcga_skcm")
    whole = classify(data, reference="tcga_skcm", options=told)
    for gone in (0.10, 0.19, 0.30):
        cut = data.restrict(np.sort(order[int(order.size * gone) :]))
        try:
            part = classify(cut, reference="tcga_skcm", options=told)
        except ResistypeError as error:
            print(f"without the lowest {gone:.0%}: refused: {str(error)[:90]}")
            continue
        shift = (part.quantities["ifng_level"] - whole.quantities["ifng_level"]).median()
        same = {axis: np.mean(calls_of(part, axis) == calls_of(whole, axis)) for axis in AXES}
        lost = sum(
            int(
                np.sum(
                    (calls_of(part, a) == "not_assessable")
                    & (calls_of(whole, a) != "not_assessable")
                )
            )
            for a in AXES
        )
        words = ", ".join(f"{axis} {share:.3f}" for axis, share in same.items())
        print(
            f"without the lowest {gone:.0%}: shift {shift:+.3f} SD; same call {words}; lost {lost}"
        )


def sides(shared: Path, *, draws: int = 50) -> None:
    half, other = halves(shared)
    scores = classify(other, reference=half, options=options("half")).columns["ifng_score"].values
    rng, hot = np.random.default_rng(7), np.flatnonzero(scores >= np.median(scores))
    seen = {"inflamed half": 0, "at random": 0}
    for _ in range(draws):
        for name, pool in (("inflamed half", hot), ("at random", np.arange(other.n_obs))):
            part = other.select([other.samples[row] for row in rng.choice(pool, 40, replace=False)])
            shift = classify(part, reference=half, options=options("half")).reference["shift"]
            seen[name] += shift.get("state") == "one_sided" or bool(shift.get("one_sided"))
    for name, n in seen.items():
        print(f"40 of the {name}: called one-sided in {n} of {draws} draws")


TABLES = {"calls": answers, "alone": alone, "losses": losses, "genes": genes, "sides": sides}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], default=list(TABLES))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in asked.tables:
        print(f"\n== {name}")
        TABLES[name](asked.shared)


if __name__ == "__main__":
    main()
