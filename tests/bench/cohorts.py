"""How calls travel: every public bulk cohort through `classify`, in tables.

    python -m tests.bench.cohorts [--shared FOLDER] [--out FILE] [TABLE …]

calls    share of each answer by cohort and axis, each cohort against itself; panels apart
alone    samples one by one against a frozen reference, beside the same sample in its cohort
losses   planted losses of MHC class I in a tenth of a cohort, and false calls in the rest
genes    TCGA without some of its genes
sides    one-sided and mixed cohorts of 40 from one half of TCGA, judged by the other

Stability is off, because it takes minutes (``--stability`` turns it on for `calls`). Prints;
asserts nothing. Draws have the seed `SEED`.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, field, fields, replace
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype import (
    CallOptions,
    Calls,
    Reference,
    classify,
    fit_reference,
    load_library,
    load_scheme,
)
from resistype.errors import ResistypeError
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.scheme.scheme import ABSTENTIONS

SEED = 7
SCHEME = "acquired_resistance"
LEVELS = ("cross_sectional_high", "cross_sectional_mid", "cross_sectional_low")
# DNA events are given for none of the cohorts, so that axis is not counted.
AXES = tuple(axis.id for axis in load_scheme(SCHEME).axes if axis.id != "ifn_sensing")
QUICK = CallOptions(stability=False, n_jobs=1)
_STATED = "same_as"  # where this tree lets a user state that data were made like a reference

Answer = Mapping[str, NDArray[np.object_]]


@dataclass(frozen=True)
class Cohort:
    """A cohort as its folder gives it: the table (samples × genes), how it is read."""

    name: str
    raw: pd.DataFrame
    read: ReadOptions = field(default_factory=ReadOptions)
    panel: bool = False
    samples: pd.DataFrame | None = None

    @property
    def expression(self) -> Expression:
        """Read as a user's table is."""
        return as_expression(self.raw, self.read)

    def where(self, mask: NDArray[np.bool_], name: str) -> Cohort:
        """Some of its samples."""
        return replace(self, name=name, raw=self.raw.loc[mask])


@cache
def cohorts(shared: Path) -> dict[str, Cohort]:
    """Every bulk cohort of the folder; the patients of one trial stand in several of them."""
    data = shared / "data"
    counts = pd.read_parquet(data / "riaz_pairs/counts.symbols.parquet").T
    table = pd.read_csv(data / "riaz_pairs/samples.tsv", sep="\t", index_col=0)
    riaz = Cohort("riaz_pairs", counts, samples=table)
    when = table.reindex(counts.index)["timepoint"].to_numpy()
    found = [riaz.where(when == word, f"riaz_{word.lower()}") for word in ("Pre", "On")]
    found = [*(replace(one, samples=None) for one in found), riaz]
    tcga = data / "tcga_skcm/log2tpm1.parquet"
    found.append(Cohort("tcga_skcm", pd.read_parquet(tcga).T))
    listed = tomllib.loads((data / "cohorts/cohorts.toml").read_text("utf-8"))["cohort"]
    for one in listed:
        if one["id"] == "riaz_pre":
            continue
        raw = pd.read_parquet(data / "cohorts" / one["expression"]).T
        read = ReadOptions(nan=one.get("nan", "error"))
        name = one["id"].removesuffix("_pre")  # all biopsies, whatever an association keeps
        found.append(Cohort(name, raw, read, panel=one.get("panel", False)))
    panel = pd.read_parquet(data / "iatlas/immune_genes.parquet").T
    studies = pd.read_csv(data / "iatlas/samples.tsv", sep="\t", index_col=0)["Dataset"]
    for study in sorted(studies.unique()):
        part = panel.loc[panel.index.isin(studies.index[studies == study])]
        found.append(Cohort(f"iatlas {study}", part, panel=True))
    return {one.name: one for one in found}


def accepts(what: Any, name: str) -> bool:
    """Whether options or a function of this tree know a name."""
    known = [f.name for f in fields(what)] if isinstance(what, type) else [*parameters(what)]
    return name in known


def parameters(what: Callable[..., Any]) -> Mapping[str, Any]:
    """Parameters of a function."""
    return inspect.signature(what).parameters


def can_state() -> bool:
    """Whether this tree asks the user what the data are like."""
    return accepts(CallOptions, _STATED) or accepts(classify, _STATED)


def run(
    data: Any, *, options: CallOptions = QUICK, stated: str | None = None, **given: Any
) -> Calls:
    """`classify`, quietly; `stated` is the reference that the data are said to be made like."""
    if stated is not None and accepts(CallOptions, _STATED):
        options = replace(options, **{_STATED: stated})
    elif stated is not None and accepts(classify, _STATED):
        given[_STATED] = stated
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        return classify(data, SCHEME, options=options, **given)


def call(data: Expression, **given: Any) -> tuple[Answer, Answer]:
    """Calls and reasons by axis; a refusal is an abstention of every sample, for that reason."""
    try:
        calls = run(data, **given)
    except ResistypeError as error:
        why = f"refused, {error.code}: {error}"
        return (
            {axis: np.full(data.n_obs, "not_assessable", dtype=object) for axis in AXES},
            {axis: np.full(data.n_obs, why, dtype=object) for axis in AXES},
        )
    return calls.verdicts.calls, calls.verdicts.reasons


def is_label(given: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Where something is called."""
    return ~np.isin(given, ABSTENTIONS)


# ---------------------------------------------------------------- each cohort against itself


def table_calls(shared: Path, stability: bool) -> Iterator[str]:
    """Share of each call, of abstentions, and the reason most often given."""
    options = replace(QUICK, stability=stability)
    yield f"## Each cohort against itself (stability {'on' if stability else 'off'})"
    yield "| cohort | n | genes | axis | calls, % | indeterminate, % | not assessable, % | why |"
    yield "|" + "---|" * 8
    levels: dict[bool, list[tuple[str, NDArray[np.object_]]]] = {False: [], True: []}
    for one in sorted(cohorts(shared).values(), key=lambda c: c.panel):
        paired = {} if one.samples is None else {"samples": one.samples, "baseline": "Pre"}
        given, why = call(one.expression, options=options, **paired)
        if not paired:
            levels[one.panel].append((one.name, given["ifng"]))
        for axis in AXES:
            yield _line(one, axis, given[axis], why[axis])
    for panel, kind in ((False, "transcriptome-wide cohorts"), (True, "panels")):
        for name, skip in ((kind, ()), (f"{kind} without tcga_skcm", ("tcga_skcm",))):
            kept = [given for cohort, given in levels[panel] if cohort not in skip]
            if len(kept) == len(levels[panel]) and skip:
                continue
            pooled = np.concatenate(kept)
            called = np.isin(pooled, LEVELS).sum()
            yield (
                f"interferon level called, {len(kept)} {name}: {called} of {len(pooled)}"
                f" ({called / len(pooled):.1%})"
            )
    yield "riaz_pairs (same biopsies, paired) is not pooled; iatlas repeats patients of others."


def _line(one: Cohort, axis: str, given: NDArray[np.object_], why: NDArray[np.object_]) -> str:
    def share(label: str) -> str:
        return f"{np.mean(given == label):.0%}".rstrip("%")

    labels = [label for label in load_scheme(SCHEME).axis(axis).labels if (given == label).any()]
    called = ", ".join(f"{label} {share(label)}" for label in labels) or "–"
    reasons = pd.Series(why)[given == "not_assessable"].value_counts()
    most = f"{reasons.iloc[0]} × {reasons.index[0][:140]}" if len(reasons) else ""
    return (
        f"| {one.name}{' (panel)' if one.panel else ''} | {len(given)} | {one.raw.shape[1]:,} |"
        f" {axis} | {called} | {share('indeterminate')} | {share('not_assessable')} | {most} |"
    )


# ---------------------------------------------------------------- one by one, and together

REFERENCES = ("tcga_skcm", "riaz_pre")
LIKE = {("tcga_skcm", "tcga_skcm"), ("riaz_pre", "riaz_pre"), ("riaz_on", "riaz_pre")}
_MOST = 120  # samples of one cohort that are called one by one


def table_alone(shared: Path) -> Iterator[str]:
    """Labels that a sample gets alone and not in company, against the same reference."""
    yield f"## One by one against together (at most {_MOST} samples a cohort, drawn)"
    if not can_state():
        yield "This tree has no way to state that data were made like a reference."
    yield (
        "| reference | cohort | stated the same | n | labels alone | bolder, samples |"
        f" {' | '.join(f'bolder, {axis}' for axis in AXES)} | agree where both call |"
    )
    yield "|" + "---|" * (7 + len(AXES))
    total: dict[str, list[NDArray[np.int64]]] = {}
    for reference in REFERENCES:
        for one in cohorts(shared).values():
            if one.samples is not None or one.panel:
                continue
            true = (one.name, reference) in LIKE
            for stated in (None, reference) if can_state() else (None,):
                word = "no" if stated is None else "yes" if true else "yes, untruly"
                # in log2, so that the unit does not tell what the statement hides
                data = as_log2(one.expression) if word.endswith("untruly") else one.expression
                counts = _bolder(data, reference, stated)
                total.setdefault(word, []).append(counts)
                yield f"| {reference} | {one.name} | {word} | {_counts(counts)} |"
    for word, many in total.items():
        yield f"| both | all | {word} | {_counts(np.sum(many, axis=0))} |"


def as_log2(data: Expression) -> Expression:
    """In log2(x + 1), whatever it was."""
    return replace(data, values=data.log2(), unit="log2")


def _bolder(data: Expression, reference: str, stated: str | None) -> NDArray[np.int64]:
    """n, labels alone, samples with a bolder label, the same by axis, agreeing, both call."""
    together, _ = call(data, reference=reference, stated=stated)
    rng = np.random.default_rng(SEED)
    rows = np.sort(rng.choice(data.n_obs, min(_MOST, data.n_obs), replace=False))
    alone = [
        call(data.select([data.samples[row]]), reference=reference, stated=stated)[0]
        for row in rows
    ]
    mine = {axis: np.array([one[axis][0] for one in alone], dtype=object) for axis in AXES}
    bold = np.array([is_label(mine[axis]) & (mine[axis] != together[axis][rows]) for axis in AXES])
    both = [is_label(mine[axis]) & is_label(together[axis][rows]) for axis in AXES]
    agree = sum((mine[a] == together[a][rows])[b].sum() for a, b in zip(AXES, both, strict=True))
    labels = sum(is_label(one).sum() for one in mine.values())
    counts = [len(rows), labels, bold.any(axis=0).sum(), *bold.sum(axis=1), agree, np.sum(both)]
    return np.array(counts, dtype=np.int64)


def _counts(counts: NDArray[np.int64]) -> str:
    *shown, agree, both = counts.tolist()
    last = f"{agree} of {both}" + (f" ({agree / both:.1%})" if both else "")
    return " | ".join([*map(str, shown), last])


# ---------------------------------------------------------------- planted losses

MHC1 = tuple(load_library()["mhc1_core"].genes)
IFNG = tuple(load_library()["hallmark_ifng_without_ap"].genes)
CLASSICAL = ("HLA-A", "HLA-B", "HLA-C")
SILENT = float("inf")
PLANTED = {
    "eight genes ÷8": (MHC1, 8.0),
    "eight genes ÷16": (MHC1, 16.0),
    "B2M ÷8": (("B2M",), 8.0),
    "B2M ÷16": (("B2M",), 16.0),
    "B2M silent": (("B2M",), SILENT),
    "TAP1 ÷16": (("TAP1",), 16.0),
    "TAP1 silent": (("TAP1",), SILENT),
    "TAP1 and TAP2 ÷16": (("TAP1", "TAP2"), 16.0),
    "HLA-A/B/C ÷16": (CLASSICAL, 16.0),
    "eight genes and interferon ÷16": ((*MHC1, *IFNG), 16.0),
}
DRAWS = {"riaz_pre": 10, "gide": 10, "hugo": 10, "tcga_skcm": 3}
LOSS = ("defect_expression", "defect_one_gene", "low_with_interferon")


def plant(one: Cohort, rows: NDArray[np.intp], genes: tuple[str, ...], fold: float) -> pd.DataFrame:
    """The table with the linear values of some genes divided in some samples, on its own scale."""
    columns = one.expression.index.match(genes).columns
    place = np.ix_(rows, columns[columns >= 0])
    values = one.raw.to_numpy(dtype=np.float64).copy()
    if one.name.startswith("riaz"):
        values[place] = np.floor(values[place] / fold + 0.5)
    else:
        offset = 1.0 if one.name.startswith("tcga") else 0.001
        values[place] = np.log2(np.maximum(2.0 ** values[place] - offset, 0.0) / fold + offset)
    return pd.DataFrame(values, index=one.raw.index, columns=one.raw.columns)


def table_losses(shared: Path) -> Iterator[str]:
    """Losses planted in a tenth of a cohort that is its own reference."""
    yield f"## Planted losses in a tenth of the samples (seed {SEED})"
    yield (
        "| cohort | planted | draws | n | found, % | intact, % | indeterminate, % | not assessable,"
        " % | untouched | called a loss | of them new |"
    )
    yield "|" + "---|" * 11
    whole: dict[str, list[NDArray[np.int64]]] = {}
    for name, draws in DRAWS.items():
        one = cohorts(shared)[name]
        before = call(one.expression)[0]["antigen_presentation"]
        for what, (genes, fold) in PLANTED.items():
            # each kind of loss in the same samples
            rng = np.random.default_rng(SEED)
            counts = np.sum([_planted(one, before, genes, fold, rng) for _ in range(draws)], axis=0)
            whole.setdefault(what, []).append(counts)
            yield f"| {name} | {what} | {draws} | {_found(counts)} |"
    for what, many in whole.items():
        yield f"| all four | {what} | {sum(DRAWS.values())} | {_found(np.sum(many, axis=0))} |"


def _planted(
    one: Cohort,
    before: NDArray[np.object_],
    genes: tuple[str, ...],
    fold: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    n = len(one.raw)
    rows = np.sort(rng.choice(n, max(2, n // 10), replace=False))
    given = call(as_expression(plant(one, rows, genes, fold), one.read))[0]["antigen_presentation"]
    rest = np.setdiff1d(np.arange(n), rows)
    loss = np.isin(given[rest], LOSS)
    mine = given[rows]
    words = [(mine == word).sum() for word in ("intact", "indeterminate", "not_assessable")]
    new = (loss & (given[rest] != before[rest])).sum()
    return np.array([len(rows), np.isin(mine, LOSS).sum(), *words, len(rest), loss.sum(), new])


def _found(counts: NDArray[np.int64]) -> str:
    n, *parts, rest, loss, new = counts.tolist()
    shares = " | ".join(f"{part / n:.0%}".rstrip("%") for part in parts)
    return f"{n} | {shares} | {rest} | {loss} ({loss / rest:.1%}) | {new}"


# ---------------------------------------------------------------- fewer genes, one-sided cohorts


def table_genes(shared: Path) -> Iterator[str]:
    """TCGA without some of its genes, against the shipped reference and against itself."""
    yield f"## TCGA without some of its genes (random ones: seed {SEED})"
    heads = ["without", "left", "against", "shift, SD", *(f"{axis}: lost; same" for axis in AXES)]
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * (4 + len(AXES))
    tcga = cohorts(shared)["tcga_skcm"]
    ordered = tcga.raw.median().sort_values(kind="stable").index
    random = pd.Index(np.random.default_rng(SEED).permutation(ordered))
    for reference in ("tcga_skcm", None):
        known = {"reference": reference, "stated": reference}
        whole, full = measured(tcga.expression, **known)
        for words, order, share in (
            *(("the lowest", ordered, share) for share in (0.10, 0.19, 0.30)),
            ("a random", random, 0.19),
        ):
            kept = tcga.raw.columns[tcga.raw.columns.isin(order[int(len(order) * share) :])]
            part, less = measured(as_expression(tcga.raw[kept]), **known)
            answers = " | ".join(
                f"{(is_label(full[axis]) & (less[axis] == 'not_assessable')).sum()};"
                f" {np.mean(full[axis] == less[axis]):.1%}"
                for axis in AXES
            )
            yield (
                f"| {words} {share:.0%} | {len(kept):,} | {reference or 'itself'} |"
                f" {np.median(part - whole):+.3f} | {answers} |"
            )


def measured(data: Expression, **given: Any) -> tuple[NDArray[np.float64], Answer]:
    """The interferon level and the calls."""
    calls = run(data, **given)
    return calls.quantities["ifng_level"].to_numpy(), calls.verdicts.calls


def table_sides(shared: Path) -> Iterator[str]:
    """Cohorts of 40 from one half of TCGA, judged by the other."""
    yield f"## Cohorts that lie to one side (50 draws of 40, seed {SEED})"
    yield from _one_sided(cohorts(shared)["tcga_skcm"])


def _one_sided(tcga: Cohort) -> Iterator[str]:
    rng = np.random.default_rng(SEED)
    data = tcga.expression
    order = rng.permutation(data.n_obs)
    names = np.array(data.samples, dtype=object)
    about = dict(Reference.load(_shipped("tcga_skcm")).about)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "half.json"
        fit_reference(data.select(names[order[:236]]), name="half", about=about).save(path)
        other = data.select(names[order[236:]])
        with redirect_stderr(StringIO()):
            score = classify(other, SCHEME, options=QUICK).quantities["ifng_score"].to_numpy()
        pools = {"the inflamed half": np.flatnonzero(score >= np.median(score))}
        pools["all, at random"] = np.arange(other.n_obs)
        options = replace(QUICK, anchor=str(path))
        for words, pool in pools.items():
            caught = 0
            for _ in range(50):
                drawn = [other.samples[row] for row in rng.choice(pool, 40, replace=False)]
                given, _ = call(other.select(drawn), options=options, stated=str(path))
                caught += int(not np.isin(given["ifng"], LEVELS).any())
            yield (
                f"40 of the other half of TCGA, {words}, half of TCGA as the anchor: taken for"
                f" one-sided {caught} of 50 ({caught / 50:.0%})"
            )


def _shipped(name: str) -> Path:
    return Path(__file__).parents[2] / "signatures" / "references" / f"{name}.json"


TABLES = ("calls", "alone", "losses", "genes", "sides")


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=" ".join(TABLES))
    parser.add_argument("--shared", type=Path, default=Path("shared"))
    parser.add_argument("--out", type=Path, help="a file for the tables as well")
    parser.add_argument("--stability", action="store_true", help="for the table 'calls'")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.tables) - set(TABLES))
    if unknown:
        parser.error(f"no table {', '.join(unknown)}; there are {', '.join(TABLES)}")
    made = {
        "calls": lambda: table_calls(chosen.shared, chosen.stability),
        "alone": lambda: table_alone(chosen.shared),
        "losses": lambda: table_losses(chosen.shared),
        "genes": lambda: table_genes(chosen.shared),
        "sides": lambda: table_sides(chosen.shared),
    }
    lines = []
    for name in chosen.tables or TABLES:
        for line in made[name]():
            print(line, flush=True)
            lines.append(line)
    if chosen.out is not None:
        chosen.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
