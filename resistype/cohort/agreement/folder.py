"""A folder written by ``resistype classify``, read back: labels, numbers, and the rules where they can be had again.

The folder names its scheme and does not hold it. The rules are taken from the shipped scheme of that name, or from the
file that the run was given, and only when every threshold that the evidence shows is a threshold of theirs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import ResistypeError, SamplesError
from resistype.scheme import Scheme, load_scheme
from resistype.scheme.variant import by_method
from resistype.text import restored

__all__ = ["read_folder", "read_opinion"]

FILES = ("calls.tsv", "evidence.tsv", "scores.tsv", "run.json")


def read_folder(folder: Path) -> dict[str, Any]:
    """Parts of a Labelling from a folder.

    Raises
    ------
    SamplesError
        E993 with everything that is missing or cannot be read.
    """
    absent = [name for name in FILES if not (folder / name).is_file()]
    if absent:
        message = f"{str(folder)!r} is no folder written by resistype classify: {', '.join(absent)} missing."
        raise SamplesError(message, code="E993")
    try:
        calls, evidence, scores = (_table(folder / name) for name in FILES[:3])
        run = json.loads((folder / FILES[3]).read_text(encoding="utf-8"))
        calls, scores = (table.set_index(str(table.columns[0])).rename_axis("sample") for table in (calls, scores))
        axes = [str(name).removesuffix("_base_rate") for name in calls.columns if str(name).endswith("_base_rate")]
        if not axes or run.get("format") != "resistype-run":
            message = (
                f"{str(folder)!r} holds no calls of resistype classify."
            )
            raise SamplesError(message, code="E993")
        reasons = _reasons(evidence, calls.index, axes)
        scheme = _scheme(folder, run, evidence)
        if scheme is not None:  # a run may call two units; the folder's first table is of one
            scheme = scheme.model_copy(update={"axes": tuple(one for one in scheme.axes if one.id in axes)})
        firm = {axis: _numbers(calls[f"{axis}_stability"]) for axis in axes if f"{axis}_stability" in calls}
        values = scores.apply(_numbers) if scheme is not None else pd.DataFrame(index=calls.index)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, ResistypeError):
            raise
        message = f"{str(folder)!r} cannot be read as written by resistype classify: {error}"
        raise SamplesError(message, code="E993") from None
    baseline = calls["baseline_sample"] if "baseline_sample" in calls else pd.Series("", index=calls.index)
    return {
        "labels": calls[axes],
        "scheme": scheme,
        "values": values,
        "firm": pd.DataFrame(firm, index=calls.index, dtype=np.float64),
        "reasons": reasons,
        "baseline": baseline,
        "run": run,
    }


def read_opinion(folder: Path) -> pd.DataFrame:
    """What ``resistype opinion`` wrote, with the name of its label column and its method in ``attrs``; E993."""
    try:
        record = json.loads((folder / "opinion.json").read_text(encoding="utf-8"))
        table = _table(folder / "opinion.tsv").set_index("sample")
        if record["format"] != "resistype-opinion" or record["opinion"] not in table:
            raise KeyError("opinion")
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{str(folder)!r} cannot be read as written by resistype opinion: {error}"
        raise SamplesError(message, code="E993") from None
    table.attrs.update(record)
    return table


def _table(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    return frame.map(restored).rename(columns=restored)


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.where(column != "", None)).astype(np.float64)


def _reasons(evidence: pd.DataFrame, samples: pd.Index, axes: list[str]) -> pd.DataFrame:
    """The reason of each call; that of a measured number, because others say why a number is missing."""
    said = evidence[evidence["reason"] != ""]
    said = said.assign(late=said["value"] == "").sort_values("late", kind="stable")
    first = said.drop_duplicates(["sample", "axis"]).pivot(index="sample", columns="axis", values="reason")  # noqa: PD010
    return first.reindex(index=samples, columns=axes).fillna("")


def _scheme(folder: Path, run: dict[str, Any], evidence: pd.DataFrame) -> Scheme | None:
    """The scheme of the run: the one beside it, or one that can be had again with the thresholds of the evidence."""
    if (folder / "scheme.toml").is_file():
        beside = load_scheme(folder / "scheme.toml")
        return beside if _shown(evidence) <= _limits(beside) else None
    given = (run.get("arguments") or {}).get("scheme")
    base, _, method = str(run["scheme"]["version"]).partition("+")
    for source in dict.fromkeys((given, run["scheme"]["id"])):
        try:
            scheme = load_scheme(source) if source else None
        except ResistypeError:
            continue
        if scheme is not None and (scheme.id, scheme.version) == (run["scheme"]["id"], base):
            scheme = by_method(scheme, method or None)
            if _shown(evidence) <= _limits(scheme):
                return scheme
    return None


def _shown(evidence: pd.DataFrame) -> set[tuple[str, str, str]]:
    rows = evidence[evidence["threshold"] != ""]
    return set(zip(rows["axis"], rows["quantity"], rows["threshold"], strict=True))


def _limits(scheme: Scheme) -> set[tuple[str, str, str]]:
    return {
        (axis.id, line.subject, f"{line.op} {line.sign * scheme.thresholds_of(axis.id)[line.target]:g}")
        for axis in scheme.axes
        for rule in axis.rules
        for line in rule.conditions
        if line.kind == "compare"
    }
