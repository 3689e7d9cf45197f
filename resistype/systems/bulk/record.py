"""What is printed beside the calls: caveats of the run, coverage of signatures, single genes,
the record of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from resistype.scheme.apply import Verdicts
from resistype.scheme.caveats import FIRST, caveat_text
from resistype.scheme.record import versions
from resistype.scheme.reference import SMALL_COHORT
from resistype.scheme.scheme import Scheme
from resistype.systems.bulk.context import Context, Rows
from resistype.systems.bulk.quantities import mark_column
from resistype.text import listed

_LOW_COVERAGE = 0.8
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
        if context.design is not None and "same_batch" not in context.design.columns:
            values["BATCH_UNKNOWN"] = {}
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
    first = [code for code in FIRST if code in values]
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


_OF_PAIR = {
    "same_batch": {"no": "OTHER_BATCH", "unknown": "BATCH_UNKNOWN"},
    "same_site": {"no": "LESION"},
}


def sample_caveats(
    scheme: Scheme, verdicts: Verdicts, design: pd.DataFrame
) -> tuple[tuple[str, ...], ...]:
    """Caveats of each sample: those of the rules, those of its pair and of the kind of its time
    point, and whether other biopsies of the same time point agree.
    """
    found = [list(codes) for codes in verdicts.caveats]
    if "n_baseline" in design.columns:
        several = ((design["n_baseline"] > 1) | (design["n_at_timepoint"] > 1)).to_numpy()
        for codes in (codes for codes, here in zip(found, several, strict=True) if here):
            codes.append("SEVERAL_BIOPSIES")
    for _, _, rows, differ in same_timepoint(verdicts, design):
        for row in rows if differ else ():
            found[row].append("BIOPSIES_DIFFER")
    for column, words in _OF_PAIR.items():
        for row, value in enumerate(design[column] if column in design.columns else ()):
            found[row] += [words[value]] if value in words else []
    of_kind = {str(kind): one.caveat for kind, one in scheme.timepoint_kinds.items()}
    kinds = design["timepoint_kind"] if "timepoint_kind" in design.columns else ()
    for row, (kind, before) in enumerate(zip(kinds, design["baseline_sample"], strict=False)):
        found[row] += [of_kind[kind]] if before and of_kind.get(kind) else []
    return tuple(tuple(codes) for codes in found)


def same_timepoint(
    verdicts: Verdicts, design: pd.DataFrame
) -> Iterator[tuple[str, str, list[int], list[str]]]:
    """Patients with several biopsies at a time point: patient, time point, rows, and the axes whose
    calls differ.
    """
    if not {"patient", "timepoint", "n_baseline"} <= set(design.columns):
        return
    places = design.assign(row=np.arange(len(design)))
    for (patient, time), part in places.groupby(["patient", "timepoint"], sort=False):
        rows = part["row"].tolist()
        if len(rows) > 1:
            axes = [axis for axis, calls in verdicts.calls.items() if len(set(calls[rows])) > 1]
            yield str(patient), str(time), rows, axes


def agreement_notes(scheme: Scheme, verdicts: Verdicts, design: pd.DataFrame) -> tuple[str, ...]:
    """Whether the biopsies of one patient at one time point get the same calls, in a sentence."""
    several = [*same_timepoint(verdicts, design)]
    if not several:
        return ()
    apart = [
        f"{patient} at {time}: {', '.join(scheme.axis(axis).title for axis in axes)}"
        for patient, time, _, axes in several
        if axes
    ]
    same = f"{len(several) - len(apart)} of {len(several)}"
    differ = f"; they differ in {listed(apart)}" if apart else ""
    text = "Several biopsies of one patient at one time point: the calls are the same on every axis"
    return (f"{text} in {same}{differ}.",)


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
            "read_as": expression.read_as,
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
