"""What is printed beside the calls: caveats of the run, coverage of signatures, single genes,
the record of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from resistype.samples.table import as_key
from resistype.scheme.apply import Verdicts
from resistype.scheme.caveats import caveat_text
from resistype.scheme.record import versions
from resistype.scheme.reference import SMALL_COHORT
from resistype.scheme.scheme import Scheme
from resistype.systems.bulk.context import Context, Rows
from resistype.systems.bulk.quantities import mark_column

_LOW_COVERAGE = 0.8
_LESION_COLUMNS = ("lesion", "site")
# What could not be checked stands in the first line.
_FIRST = ("NOT_COMPARABLE", "ONE_SIDED_COHORT", "SIDE_UNKNOWN", "NO_ABSOLUTE_SCALE")
# Share of ±0.5 SD calls that move at a cohort size, measured on 442 melanomas.
_FLIPS = ((100, "4 %"), (50, "7 %"), (30, "10 %"), (20, "12 %"), (12, "17 %"), (0, "20 %"))


def run_caveats(
    context: Context, about: Mapping[str, Any], table: pd.DataFrame | None
) -> dict[str, str]:
    """Caveats of the whole run: code and filled text."""
    values: dict[str, dict[str, object]] = {}
    n = int(about["n"])
    if str(about["mode"]).startswith("own cohort"):
        values["COHORT_RELATIVE"] = {
            "n": n,
            "flip": next(flip for size, flip in _FLIPS if n >= size),
        }
    values |= _compared(context, about)
    if n < SMALL_COHORT:
        values["SMALL_COHORT"] = {"n": n}
    if "paired" in str(about["mode"]) or about["mode"] == "own baseline":
        values["PAIR_NOISE"] = {}
    if table is None or "purity" not in table.columns:
        values["PURITY"] = {}
    thin = [s for s in _scored(context.scheme) if context.panel.coverage(s) < _LOW_COVERAGE]
    if thin:
        values["LOW_COVERAGE"] = {
            "sets": ", ".join(f"{s} {context.panel.coverage(s):.0%}" for s in thin)
        }
    if table is not None and "simulated" in table.columns and mark_column(table, "simulated").any():
        values["SIMULATED"] = {}
    values |= {
        "THRESHOLD_OURS": {},
        "NO_VALIDATION": {},
        "CONTEXT": {"context": context.scheme.context},
    }
    first = [code for code in _FIRST if code in values]
    order = [*first, *(code for code in values if code not in first)]
    return {code: caveat_text(code, values[code]) for code in order}


def _compared(context: Context, about: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """What was and what could not be checked before the samples were compared with others."""
    values: dict[str, dict[str, object]] = {}
    words = [str(about[k]) for k in ("tumour_type", "quantification", "unit") if about.get(k)]
    reference = f"{about['name']} ({', '.join(words) or 'nothing known'})"
    compared = about.get("comparable")
    if compared and compared["n"] < compared["of"]:
        lost = compared["of"] - compared["n"]
        values["NOT_COMPARABLE"] = {"lost": lost, "of": compared["of"], "reference": reference}
    elif compared:
        values["STATED_COMPARABLE"] = {"reference": reference}
    shift = about.get("shift")
    if shift and shift["state"] == "one_sided":
        side = max(shift["above"], 1.0 - shift["above"])
        where = "above" if shift["above"] > 0.5 else "below"
        values["ONE_SIDED_COHORT"] = {"side": side, "where": where, **shift}
    if shift and shift["state"] == "cannot_tell" and str(about["mode"]).startswith("own cohort"):
        values["SIDE_UNKNOWN"] = {"reason": shift["reason"]}
    gates = {"silent", "detected"}
    if not context.panel.absolute and gates & {q.kind for q in context.scheme.quantities.values()}:
        values["NO_ABSOLUTE_SCALE"] = {"unit": context.panel.expression.unit}
    return values


def sample_caveats(
    verdicts: Verdicts, design: pd.DataFrame, table: pd.DataFrame | None
) -> tuple[tuple[str, ...], ...]:
    """Caveats of each sample: those of the rules, and those of its pair."""
    several = np.zeros(len(design), dtype=bool)
    if "n_baseline" in design.columns:
        several = ((design["n_baseline"] > 1) | (design["n_at_timepoint"] > 1)).to_numpy()
    moved = _other_lesion(design, table)
    return tuple(
        (
            *codes,
            *(("SEVERAL_BIOPSIES",) if several[row] else ()),
            *(("LESION",) if moved[row] else ()),
        )
        for row, codes in enumerate(verdicts.caveats)
    )


def _other_lesion(design: pd.DataFrame, table: pd.DataFrame | None) -> list[bool]:
    column = next(
        (name for name in _LESION_COLUMNS if table is not None and name in table.columns), None
    )
    if column is None or table is None:
        return [False] * len(design)
    site = {name: as_key(cell) for name, cell in table[column].items()} | {"": None}
    return [
        None not in (site[now], site[before]) and site[now] != site[before]
        for now, before in design["baseline_sample"].items()
    ]


def _scored(scheme: Scheme) -> list[str]:
    """Signatures whose genes must be in the matrix; those only looked up among DNA events need
    not be.
    """
    return list(
        dict.fromkeys(
            q.signature
            for q in scheme.quantities.values()
            if q.signature and q.kind != "dna_events"
        )
    )


def coverage_frame(context: Context) -> pd.DataFrame:
    """One row a signature: asked, found, fraction, missing genes, genes at the floor, genes shared
    with the others.
    """
    panel, rows = context.panel, {}
    members = {name: set(context.library[name].genes) for name in _scored(context.scheme)}
    for name, genes in members.items():
        measured = panel.measured(name)
        overlap = {other: len(genes & theirs) for other, theirs in members.items() if other != name}
        shared = sorted(((n, other) for other, n in overlap.items() if n), reverse=True)
        rows[name] = {
            "asked": len(panel.matches[name].wanted),
            "found": len(measured),
            "fraction": panel.coverage(name),
            "missing": ", ".join(panel.absent(name)),
            "at_floor": ", ".join(panel.floor[name]),
            "shared": "; ".join(f"{n} in {other}" for n, other in shared),
            "version": context.library[name].ref,
            "status": context.library[name].status,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("signature")


def gene_frame(context: Context, rows: Rows) -> pd.DataFrame:
    """Single genes of the signatures whose genes are counted: log2 now, at baseline, at the floor.

    MHC class I for every sample; sets of which the share that moved is asked, for samples with a
    baseline.
    """
    pairs = Rows(rows.index[rows.paired], rows.baseline[rows.paired])
    asked_of = {"fraction_up": pairs, "fraction_down": pairs, "measured": rows}
    quantities = sorted(context.scheme.quantities.values(), key=lambda q: q.kind == "measured")
    counted = {q.signature: asked_of[q.kind] for q in quantities if q.kind in asked_of}
    parts = []
    for signature, asked in counted.items():
        samples = np.array(context.panel.expression.samples, dtype=object)[asked.index]
        log2 = context.panel.log2[signature]
        for column, gene in enumerate(context.panel.measured(signature)):
            before = np.where(asked.paired, log2[asked.baseline, column], np.nan)
            parts.append(
                pd.DataFrame(
                    {
                        "sample": samples,
                        "signature": signature,
                        "gene": gene,
                        "log2": log2[asked.index, column],
                        "log2_baseline": before,
                        "at_floor_everywhere": gene in context.panel.floor[signature],
                    }
                )
            )
    columns = ["sample", "signature", "gene", "log2", "log2_baseline", "at_floor_everywhere"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).sort_values(
        ["sample", "signature"], kind="stable", ignore_index=True
    )


def run_record(
    context: Context, about: Mapping[str, Any], notes: tuple[str, ...]
) -> dict[str, Any]:
    """What it takes to repeat the run, as plain JSON values."""
    expression, scheme = context.panel.expression, context.scheme
    signatures = {name: context.library[name] for name in scheme.signatures}
    return {
        "format": "resistype-run",
        "format_version": 2,
        "versions": versions(),
        "input": {
            "source": expression.source,
            "sha256": expression.digest,
            "n_obs": expression.n_obs,
            "n_genes": expression.n_genes,
            "unit": expression.unit,
            "notes": list(notes),
        },
        "scheme": {
            "id": scheme.id,
            "version": scheme.version,
            "sha256": scheme.content_hash,
            "seed": scheme.seed,
            "random_sets": scheme.random_sets,
        },
        "signatures": {
            name: {"ref": s.ref, "sha256": s.content_hash} for name, s in signatures.items()
        },
        "reference": dict(about),
    }
