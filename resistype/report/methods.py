"""The methods paragraph of a paper, with its citations, and the lines that repeat the run.

Every sentence is filled from what was done: the reference that was used, the methods that scored,
the repeats that were made, how many thresholds are published and how many are ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from resistype.library import load_library
from resistype.report.units import has_baseline, visible_thresholds
from resistype.scheme import Calls
from resistype.text import mode_words, one_line, percent, word

METHOD_PAPERS = {
    "ssgsea": "Barbie DA et al. Nature 2009;462:108-112, doi:10.1038/nature08460",
    "singscore": "Foroutan M et al. BMC Bioinformatics 2018;19:404, doi:10.1186/s12859-018-2435-4",
    "zscore": "Lee E et al. PLoS Comput Biol 2008;4:e1000217, doi:10.1371/journal.pcbi.1000217",
    "ucell": (
        "Andreatta M, Carmona SJ. Comput Struct Biotechnol J 2021;19:3796-3798,"
        " doi:10.1016/j.csbj.2021.06.043"
    ),
    "aucell": "Aibar S et al. Nat Methods 2017;14:1083-1086, doi:10.1038/nmeth.4463",
    "weighted": "Ayers M et al. J Clin Invest 2017;127:2930-2940, doi:10.1172/JCI91190",
    "gsva": "Hänzelmann S et al. BMC Bioinformatics 2013;14:7, doi:10.1186/1471-2105-14-7",
    "plage": "Tomfohr J et al. BMC Bioinformatics 2005;6:225, doi:10.1186/1471-2105-6-225",
    "score_genes": "Tirosh I et al. Science 2016;352:189-196, doi:10.1126/science.aad0501",
    "gene_pairs": "Auslander N et al. Nat Med 2018;24:1545-1549, doi:10.1038/s41591-018-0157-9",
}
PAPERS = {
    "wilson": "Wilson EB. J Am Stat Assoc 1927;22:209-212, doi:10.1080/01621459.1927.10502953",
    "wilcoxon": "Wilcoxon F. Biometrics Bulletin 1945;1:80-83, doi:10.2307/3001968",
    "bh": (
        "Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300,"
        " doi:10.1111/j.2517-6161.1995.tb02031.x"
    ),
    "zimmerman": "Zimmerman KD et al. Nat Commun 2021;12:738, doi:10.1038/s41467-021-21038-1",
}
_UNITS = {
    "counts": "raw counts",
    "log2": "log2(x + 1)",
    "tpm": "transcripts per million",
    "cpm": "counts per million",
    "ln": "natural logarithms",
    "log2_small_offset": "log2 with a small offset",
}


def methods_text(calls: Calls) -> tuple[str, ...]:
    """Paragraphs for the methods section of a paper."""
    if calls.scheme.system != "bulk":
        return (_of_system(calls), _limits(calls))
    return (_what(calls), _how(calls), _limits(calls))


def _of_system(calls: Calls) -> str:
    """What was measured on what, and how often the same calls come by chance and again."""
    scheme, given = calls.scheme, calls.run["input"]
    cited = METHOD_PAPERS.get(scheme.method, "")
    scored = (
        f" Signatures were scored by {scheme.method} ({cited})."
        if scheme.signature_choices and cited
        else ""
    )
    chance = str(calls.base_rates["basis"].iloc[0]) if len(calls.base_rates) else ""
    rates = f" Base rates are those of the same rules on {chance}." if chance else ""
    kinds = ", ".join(calls.stability.shares) if calls.stability is not None else ""
    plan = scheme.stability
    least = (
        f"; a call given again in fewer than {percent(plan.minimum.value)} was set to indeterminate"
        if plan
        else ""
    )
    again = (
        f" Stability is the fraction of repeats ({kinds} drawn anew) with the same call{least}."
        if kinds
        else ""
    )
    return (
        f"{given['n_obs']:,} observations of {len(calls.samples)} {calls.unit}s were classified"
        f" with resistype {calls.run['versions']['resistype']} by the scheme {scheme.ref}"
        f" ({scheme.title}; after {_cited(scheme.citation, scheme.doi)}).{scored}{rates}{again}"
    )


def _what(calls: Calls) -> str:
    scheme, given = calls.scheme, calls.run["input"]
    n = int((calls.design["baseline_sample"] != "").sum())
    about = calls.reference
    text = (
        f"Gene expression of {given['n_obs']} samples ({given['n_genes']:,} genes,"
        f" {_UNITS.get(str(given['unit']), str(given['unit']))}) was classified with resistype"
        f" {calls.run['versions']['resistype']} by the scheme {scheme.id} {scheme.version}"
        f" ({scheme.title}; axes after {_cited(scheme.citation, scheme.doi)}). Samples were"
        f" compared with {about['name']} ({mode_words(about['mode'])}, n = {about['n']})."
    )
    paired = calls.design[calls.design["baseline_sample"] != ""]
    kinds = Counter(paired.get("timepoint_kind", ()))
    taken = ", ".join(f"{word(str(kind))} {count}" for kind, count in kinds.items())
    later = (
        f" {n} later samples{f' ({taken})' if taken else ''} were each compared with the baseline"
        " biopsy of the same patient."
    )
    return text + (later if n else "")


def _how(calls: Calls) -> str:
    scheme = calls.scheme
    scored = sorted({q.method for q in scheme.quantities.values() if q.kind == "score"})
    cited = " and ".join(f"{name} ({METHOD_PAPERS.get(name, 'see the scheme')})" for name in scored)
    words = []
    if scored:
        words.append(
            f"Signatures were scored by {cited}; scores are not normalised over samples, so a score"
            " does not depend on the other samples, and enrichment scores are divided by the"
            " number of ranked genes."
        )
    if any(q.kind == "random_p" for q in scheme.quantities.values()) and has_baseline(calls):
        words.append(
            f"A change was compared with that of {scheme.random_sets} random gene sets of the same"
            f" size and like expression (seed {scheme.seed})."
        )
    if any(q.kind in ("residual", "residual_sd") for q in scheme.quantities.values()):
        words.append("Relative axes are residuals from robust lines fitted in the reference.")
    return " ".join([*words, _stability(calls)]).strip()


def _stability(calls: Calls) -> str:
    plan = calls.scheme.stability
    if calls.stability is None or plan is None:
        return "The stability of the calls was not measured."
    others = f", and with the scores of {' and '.join(plan.methods)}" if plan.methods else ""
    return (
        f"Each call was repeated with {percent(plan.leave_out)} of the genes of every signature"
        f" left out ({plan.repeats} times), with the reference samples drawn anew where the cohort"
        f" is its own reference ({plan.repeats} times){others}; a call given again in fewer than"
        f" {percent(plan.minimum.value)} of the repeats, each kind counted equally, was set to"
        " indeterminate."
    )


def _limits(calls: Calls) -> str:
    rows = visible_thresholds(calls)
    published = sum(row["source"] == "published" for row in rows)
    tested = (
        " Changes over patients: Wilcoxon signed rank, adjusted by Benjamini and Hochberg."
        * has_baseline(calls)
    )
    return (
        f"Of {len(rows)} comparisons with a threshold, {published} use a published threshold and"
        f" {len(rows) - published} a default of the package. Intervals of shares are Wilson's (95"
        f" %).{tested} Research use only; the calls have not been validated against an independent"
        " labelled cohort."
    )


def _cited(citation: str, doi: str) -> str:
    text = one_line(citation).rstrip(".")
    return f"{text}, doi:{doi}" if doi and doi not in text else text


def references(calls: Calls, opinions: Sequence[str] = ()) -> tuple[str, ...]:
    """Papers behind the run: scheme, scores, signatures, statistics, each once."""
    scheme = calls.scheme
    methods = (
        [scheme.method]
        if scheme.signature_choices
        else sorted({q.method for q in scheme.quantities.values() if q.kind == "score"})
    )
    if calls.stability is not None and scheme.stability is not None:
        methods += [name for name in scheme.stability.methods if name not in methods]
    found = [_cited(scheme.citation, scheme.doi)]
    found += [METHOD_PAPERS[name] for name in methods if name in METHOD_PAPERS]
    found += [_cited(row["citation"], "") for row in visible_thresholds(calls) if row["citation"]]
    if scheme.system != "bulk":
        whole = calls.whole_scheme().threshold_rows()
        found += [
            _cited(row["citation"], row["doi"]) if row["citation"] else f"doi:{row['doi']}"
            for row in whole
            if row["doi"]
        ]
    found += signature_papers(scheme.signatures)
    found += [f"doi:{doi}" for doi in opinions if doi]
    found += [
        PAPERS["wilson"],
        *((PAPERS["wilcoxon"], PAPERS["bh"]) if has_baseline(calls) else ()),
    ]
    return tuple(dict.fromkeys(found))


def signature_papers(names: Sequence[str]) -> list[str]:
    """Where the signatures come from; those of common knowledge have no paper."""
    library = load_library()
    sources = [library[name].source for name in names if name in library]
    return [_cited(source.citation, source.doi) for source in sources if source.citation]


def script(run: Mapping[str, Any]) -> str:
    """Python that repeats a run; what was given from memory is named as such."""
    given, columns = run.get("arguments"), run.get("columns") or {}
    if not given:
        return ""
    source = str(run["input"]["source"])
    data = repr(source) if "/" in source or "." in source else "data"
    words = [data, f"scheme={_named(given['scheme'])}"]
    words += [f"samples={_named(given['samples'])}"] if given["samples"] is not None else []
    plain = {"patient": "patient", "timepoint": "timepoint"}
    shown = {
        name: value
        for name, value in columns.items()
        if value is not None and plain.get(name) != value
    }
    asked = ("sample", "batch", "same_as", "timepoint_kinds", "clinical", "keep", "mutations")
    options = {name: shown.pop(name) for name in asked if name in shown}
    words += [f"{name}={value!r}" for name, value in shown.items()]
    words += [f"reference={_named(given['reference'])}"] if given["reference"] is not None else []
    named = ", ".join(f"{name}={value!r}" for name, value in options.items())
    words += [f"options=rt.CallOptions({named})"] if named else []
    return f"import resistype as rt\ncalls = rt.classify({', '.join(words)})"


def _named(word: str) -> str:
    return word.removesuffix(" in memory").lower() if word.endswith(" in memory") else repr(word)
