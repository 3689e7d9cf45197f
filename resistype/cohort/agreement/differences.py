"""What differs between two runs, from their records: matrix, scheme, method, thresholds, lists, reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from resistype.cohort.agreement.sides import Labelling
from resistype.scheme.scheme import Scheme

__all__ = ["differences"]


def differences(first: Labelling, second: Labelling) -> pd.DataFrame:
    """One row for each thing that differs: what, first, second.

    Parameters
    ----------
    first, second
        The two sides. Of plain labels nothing is known and nothing is listed.
    """
    rows = [(what, a, b) for what, a, b in _pairs(first, second) if a != b]
    return pd.DataFrame(rows, columns=["what", "first", "second"])


def _pairs(first: Labelling, second: Labelling) -> Iterator[tuple[str, str, str]]:
    if not first.run or not second.run:
        return
    one, two = _facts(first.run), _facts(second.run)
    for what in dict.fromkeys((*one, *two)):
        yield what, one.get(what, "–"), two.get(what, "–")
    if first.scheme is not None and second.scheme is not None:
        limits = _limits(first.scheme), _limits(second.scheme)
        for what in dict.fromkeys((*limits[0], *limits[1])):
            yield what, limits[0].get(what, "–"), limits[1].get(what, "–")
        yield "scores by", _methods(first.scheme), _methods(second.scheme)
    elif (first.scheme is None) != (second.scheme is None):
        known = ["not to be had again" if side.scheme is None else "known" for side in (first, second)]
        yield "rules", known[0], known[1]


def _facts(run: Mapping[str, Any]) -> dict[str, str]:
    given, about, scheme = run.get("input", {}), run.get("reference", {}), run.get("scheme", {})
    facts = {
        "matrix": f"{given.get('n_obs')} samples × {given.get('n_genes')} genes, {given.get('unit')}, "
        f"sha256 {str(given.get('sha256'))[:12]}",
        "scheme": f"{scheme.get('id')}@{scheme.get('version')}",
        "reference": f"{about.get('name')} ({about.get('mode')}, n = {about.get('n')}, "
        f"sha256 {str(about.get('sha256', '–'))[:12]})",
    }
    lists = {
        f"list {name}": f"{one.get('ref')}, sha256 {str(one.get('sha256'))[:12]}"
        for name, one in run.get("signatures", {}).items()
    }
    return facts | lists


def _limits(scheme: Scheme) -> dict[str, str]:
    shared = {f"threshold {name}": f"{one.value:g}" for name, one in scheme.parameters.items()}
    own = {f"threshold {axis.id}.{n}": f"{t.value:g}" for axis in scheme.axes for n, t in axis.thresholds.items()}
    return shared | own


def _methods(scheme: Scheme) -> str:
    return ", ".join(sorted({q.method for q in scheme.quantities.values() if q.kind == "score"})) or "no scores"
