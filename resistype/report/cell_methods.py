"""The methods paragraph of a cell scheme and its citations, filled from what was done."""

from __future__ import annotations

from resistype.cohort.cells import CellCalls
from resistype.report.methods import METHOD_PAPERS, PAPERS, signature_papers
from resistype.report.versions import package_versions
from resistype.text import one_line

__all__ = ["cell_methods", "cell_references"]


def cell_methods(calls: CellCalls) -> tuple[str, ...]:
    """Paragraphs for the methods section of a paper."""
    scheme, run = calls.scheme, calls.run
    cells = f"{int(run['n_cells']):,} cells" if run.get("n_cells") else "Cells"
    cited = METHOD_PAPERS.get(scheme.method, "")
    first = (
        f"{cells} were classified with resistype {package_versions()['resistype']} by the scheme {scheme.ref} "
        f"({scheme.title}; after {one_line(scheme.citation)}, doi:{scheme.doi})."
    )
    scored = f" Cells were scored by {scheme.method} ({cited})." if run.get("signatures") and cited else ""
    rows = scheme.threshold_rows()
    published = sum(row["source"] == "published" for row in rows)
    last = (
        "Shares have Wilson's intervals (95 %). Patients, not cells, are the unit of every comparison. Of "
        f"{len(rows)} thresholds, {published} are published and {len(rows) - published} defaults of the package. "
        "Research use only; the calls have not been validated against an independent labelled cohort."
    )
    return (first + scored, last)


def cell_references(calls: CellCalls) -> tuple[str, ...]:
    """Papers behind a run on cells, each once."""
    scheme = calls.scheme
    found = [f"{one_line(scheme.citation)}, doi:{scheme.doi}" if scheme.doi else one_line(scheme.citation)]
    found += [METHOD_PAPERS[scheme.method]] if calls.run.get("signatures") and scheme.method in METHOD_PAPERS else []
    for row in scheme.threshold_rows():
        if row["source"] == "published":
            cited = [row["citation"], f"doi:{row['doi']}" if row["doi"] else ""]
            found.append(", ".join(one for one in cited if one))
    found += signature_papers(list(calls.run.get("signatures", {}).values()))
    return tuple(dict.fromkeys([*found, PAPERS["wilson"], PAPERS["zimmerman"]]))
