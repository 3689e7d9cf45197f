"""What was looked at before the calls: genes, floors, reference, pairs, purity. Each with its finding in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from resistype.report.model import Check
from resistype.scheme import Calls
from resistype.text import number

__all__ = ["build_checks"]

_ENOUGH, _SMALL = 0.8, 30


def build_checks(calls: Calls) -> tuple[Check, ...]:
    """The checks of a run, in the order in which one would make them."""
    if calls.scheme.system != "bulk":
        return tuple(_genes(calls))
    return (*_genes(calls), *_reference(calls), *_pairs(calls), *_rest(calls))


def _genes(calls: Calls) -> Iterator[Check]:
    thin = [f"{name} {share:.0%}" for name, share in calls.coverage["share"].items() if share < _ENOUGH]
    n = len(calls.coverage)
    whole = f"all {n} signatures have at least 80 % of their genes"
    few = f"{len(thin)} of {n} signatures have fewer than 80 % of their genes: {', '.join(thin)}"
    yield Check(name="Genes of the signatures", state="look" if thin else "ok", text=few if thin else whole)
    floor = {name: genes for name, genes in calls.coverage["at_floor"].items() if genes}
    words = "; ".join(f"{genes} ({name})" for name, genes in floor.items())
    text = f"at the floor in the whole cohort or in a batch of it: {words}" if floor else "none"
    yield Check(name="Genes at the floor", state="look" if floor else "ok", text=text)


def _reference(calls: Calls) -> Iterator[Check]:
    about = calls.reference
    n = int(about["n"])
    state = "ok" if n >= _SMALL else "look"
    yield Check(name="Size of the reference", state=state, text=f"{n} samples; 30 or more are wanted, 10 are needed")
    shift = about.get("shift")
    if not shift:
        yield Check(name="Cohort beside another", state="none", text="not measured")
    else:
        text = (
            f"median {shift['quantity']} of {shift['n']} samples lies {number(shift['median'])} SD from that of "
            f"{shift['anchor']}"
        )
        text += "; it lies to one side" if shift["one_sided"] else "; not to one side"
        yield Check(name="Cohort beside another", state="look" if shift["one_sided"] else "ok", text=text)
    for line, distance in (about.get("off_line") or {}).items():
        text = f"the cohort lies {number(distance)} robust SD off the line {line} of the reference"
        yield Check(name="Line of the reference", state="look", text=text)
    if about.get("universe"):
        yield Check(name="Gene universe", state="ok", text=str(about["universe"]))


def _pairs(calls: Calls) -> Iterator[Check]:
    design = calls.design
    later = design[design["baseline_sample"] != ""]
    if later.empty:
        yield Check(name="Pairs", state="none", text="no baseline biopsy was given; nothing is compared in time")
        return
    patients = later["patient"].nunique()
    text = f"{len(later)} later samples of {patients} patients, each against the patient's own baseline"
    alone = len(design) - len(later) - later["baseline_sample"].nunique()
    several = int((~later["used_first"].astype(bool)).sum()) if "used_first" in later else 0
    text += f"; {alone} samples are in no pair" if alone else ""
    text += f"; {several} further biopsies of a time point are called but not counted twice" if several else ""
    yield Check(name="Pairs", state="look" if alone or several else "ok", text=text)


def _rest(calls: Calls) -> Iterator[Check]:
    lacking = "PURITY" in calls.run_caveats
    yield Check(name="Tumour purity", state="look" if lacking else "ok", text="not given" if lacking else "given")
    if calls.stability is None:
        yield Check(name="Stability", state="none", text="not measured in this run; no call says how firm it is")
