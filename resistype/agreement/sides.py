"""What is compared: calls of `classify`, columns of labels, or folders that `resistype classify`
wrote.

All become a `CallSet`: the labels of every axis and, where they are known, the rules and numbers
behind them. Of plain labels only agreement can be said; of calls also why each changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype._renamed import renamed
from resistype.errors import ResistypeError, SamplesError
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme.known import OLD_QUANTITIES
from resistype.scheme.scheme import ABSTENTIONS
from resistype.scheme.variant import by_method
from resistype.text import restored

# A folder written by ``resistype classify``, read back: labels, numbers, and the rules where they
# can be had again.

FILES = ("calls.tsv", "evidence.tsv", "scores.tsv", "run.json")
FORMATS = (1, 2)


def read_folder(folder: Path) -> dict[str, Any]:
    """Parts of a CallSet from a folder."""
    absent = [name for name in FILES if not (folder / name).is_file()]
    if absent:
        message = (
            f"{str(folder)!r} is no folder written by resistype classify: {', '.join(absent)}"
            " missing."
        )
        raise SamplesError(message, code="E993")
    try:
        calls, evidence, scores = (_table(folder / name) for name in FILES[:3])
        run = json.loads((folder / FILES[3]).read_text(encoding="utf-8"))
        calls, scores = (
            table.set_index(str(table.columns[0])).rename_axis("sample")
            for table in (calls, scores)
        )
        axes = [
            str(name).removesuffix("_base_rate")
            for name in calls.columns
            if str(name).endswith("_base_rate")
        ]
        if not axes or run.get("format") != "resistype-run":
            message = f"{str(folder)!r} holds no calls of resistype classify."
            raise SamplesError(message, code="E993")
        if run.get("format_version") not in FORMATS:
            message = (
                f"{str(folder)!r} has format {run.get('format_version')!r}; this version reads"
                f" {FORMATS[0]} and {FORMATS[1]}. Update resistype."
            )
            raise SamplesError(message, code="E993")
        scores = scores.rename(columns=OLD_QUANTITIES)
        evidence["quantity"] = evidence["quantity"].replace(OLD_QUANTITIES)
        reasons = _reasons(evidence, calls.index, axes)
        scheme = _scheme(folder, run, evidence)
        if scheme is not None:  # a run may call two units; the folder's first table is of one
            scheme = scheme.model_copy(
                update={"axes": tuple(one for one in scheme.axes if one.id in axes)}
            )
        stability = {
            axis: _numbers(calls[f"{axis}_stability"])
            for axis in axes
            if f"{axis}_stability" in calls
        }
        values = scores.apply(_numbers) if scheme is not None else pd.DataFrame(index=calls.index)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, ResistypeError):
            raise
        message = f"{str(folder)!r} cannot be read as written by resistype classify: {error}"
        raise SamplesError(message, code="E993") from None
    baseline = (
        calls["baseline_sample"] if "baseline_sample" in calls else pd.Series("", index=calls.index)
    )
    return {
        "labels": calls[axes],
        "scheme": scheme,
        "values": values,
        "stability": pd.DataFrame(stability, index=calls.index, dtype=np.float64),
        "reasons": reasons,
        "baseline": baseline,
        "run": run,
    }


def read_opinion(folder: Path) -> pd.DataFrame:
    """What ``resistype opinion`` wrote, with the name of its label column and its method in
    ``attrs``; E993.
    """
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
    """The reason of each call; that of a measured number, because others say why a number is
    missing.
    """
    said = evidence[evidence["reason"] != ""]
    said = said.assign(late=said["value"] == "").sort_values("late", kind="stable")
    first = said.drop_duplicates(["sample", "axis"]).pivot(  # noqa: PD010
        index="sample", columns="axis", values="reason"
    )
    return first.reindex(index=samples, columns=axes).astype(object).fillna("")


def _scheme(folder: Path, run: dict[str, Any], evidence: pd.DataFrame) -> Scheme | None:
    """The scheme of the run: the one beside it, or one that can be had again with the thresholds
    of the evidence.
    """
    if (folder / "scheme.toml").is_file():
        beside = load_scheme(folder / "scheme.toml")
        same = (beside.id, beside.version) == (run["scheme"]["id"], run["scheme"]["version"])
        return beside if same and _shown(evidence) <= _limits(beside) else None
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
        (
            axis.id,
            line.subject,
            f"{line.op} {line.sign * scheme.thresholds_of(axis.id)[line.target]:g}",
        )
        for axis in scheme.axes
        for rule in axis.rules
        for line in rule.conditions
        if line.kind == "compare"
    }


@renamed({"firm": "stability"})
@dataclass(frozen=True, eq=False)
class CallSet:
    """Labels of samples on one axis or several, and what stands behind them.

    Attributes
    ----------
    name
        Name of this side in every output.
    labels
        One row per sample, one column per axis; NaN where a sample has no label.
    scheme
        The rules; None for plain labels.
    values
        Quantities, one row per sample; no columns for plain labels.
    stability
        Fraction of the repeats that gave the call again, one column per axis; NaN where it was not
        asked.
    reasons
        Why nothing was called, one column per axis; empty where a call stands.
    baseline
        Baseline sample of each sample; empty where there is none.
    run
        The record of the run.
    """

    name: str
    labels: pd.DataFrame = field(repr=False)
    scheme: Scheme | None = field(repr=False, default=None)
    values: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    stability: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    reasons: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    baseline: pd.Series = field(repr=False, default_factory=lambda: pd.Series(dtype=object))
    run: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def axes(self) -> tuple[str, ...]:
        """Axes that have labels."""
        return tuple(str(name) for name in self.labels.columns)

    def title(self, axis: str) -> str:
        """Title of an axis."""
        known = self.scheme is not None and any(one.id == axis for one in self.scheme.axes)
        return self.scheme.axis(axis).title if self.scheme is not None and known else axis

    def vocabulary(self, axis: str) -> set[str]:
        """Labels that an axis can have: those of the scheme and those found, without
        abstentions.
        """
        named = self.scheme.axis(axis).labels if self.scheme is not None else {}
        return {*named, *(str(one) for one in self.labels[axis].dropna())} - set(ABSTENTIONS)

    def order(self, axis: str) -> tuple[str, ...]:
        """Labels of an axis: those of the scheme in its order, else those found, sorted;
        abstentions last.
        """
        found = {str(one) for one in self.labels[axis].dropna()}
        named = self.scheme.axis(axis).labels if self.scheme is not None else {}
        first = [*named, *sorted(found - set(named) - set(ABSTENTIONS))]
        return tuple(one for one in (*first, *ABSTENTIONS) if one in found)


def as_call_set(source: Any, name: str) -> CallSet:
    """A CallSet from whatever holds labels.

    Parameters
    ----------
    source
        `Calls`, a folder written by ``resistype classify``, a Series of labels or a DataFrame of
        label columns (index: sample ids), the table or folder of an external classifier
        (`resistype.opinions`), or a `CallSet`.
    name
        Name of this side.

    Raises
    ------
    SamplesError
        E993 when it is none of these or cannot be read; E994 when a sample occurs twice.

    Examples
    --------
    >>> as_call_set(
    ...     pd.Series(["hot", "cold"], index=["P1", "P2"], name="phenotype"), "pathologist"
    ... ).axes
    ('phenotype',)
    """
    if isinstance(source, CallSet):
        found = source
    elif isinstance(source, Calls):
        found = _from_calls(source, name)
    elif isinstance(source, str | Path) and (Path(source) / "opinion.json").is_file():
        found = _from_table(_labels_of(read_opinion(Path(source))), name)
    elif isinstance(source, str | Path):
        parts = read_folder(Path(source))
        found = CallSet(name=name, **parts)
    elif isinstance(source, pd.Series):
        found = _from_table(
            source.to_frame(name="label" if source.name is None else str(source.name)), name
        )
    elif isinstance(source, pd.DataFrame):
        found = _from_table(_labels_of(source) if "opinion" in source.attrs else source, name)
    else:
        message = (
            f"Got {type(source).__name__}; wanted Calls, a folder written by classify, or a column"
            " of labels."
        )
        raise SamplesError(message, code="E993")
    twice = found.labels.index[found.labels.index.duplicated()]
    if len(twice):
        message = (
            f"Sample {str(twice[0])!r} occurs twice in {name!r} ({len(twice)} such rows). Keep one"
            " row per sample."
        )
        raise SamplesError(message, code="E994")
    return found


def _from_calls(calls: Calls, name: str) -> CallSet:
    index = pd.Index(calls.samples)
    stability = (
        {axis.id: calls.stability.overall(axis.id) for axis in calls.scheme.axes}
        if calls.stability
        else {}
    )
    return CallSet(
        name=name,
        labels=pd.DataFrame(dict(calls.verdicts.calls), index=index),
        scheme=calls.scheme,
        values=calls.quantities,
        stability=pd.DataFrame(stability, index=index, dtype=np.float64),
        reasons=pd.DataFrame(dict(calls.verdicts.reasons), index=index),
        baseline=pd.Series(calls.design["baseline_sample"].to_numpy(), index=index),
        run={**calls.run, "caveats": dict(calls.run_caveats)},
    )


def _labels_of(table: pd.DataFrame) -> pd.DataFrame:
    """The labels of an external classifier: one column, named after its method.

    "unassigned", "ambiguous" and "none" say nothing, so they count as abstentions and neither agree
    nor disagree.
    """
    labels = table[table.attrs["opinion"]].astype(object)
    told: pd.Series = labels.where(
        ~labels.isin(("unassigned", "ambiguous", "none", "")), ABSTENTIONS[0]
    )
    return told.to_frame(name=str(table.attrs["method"]))


def _from_table(table: pd.DataFrame, name: str) -> CallSet:
    if table.empty:
        raise SamplesError(
            f"{name!r} has no labels. Give one row per sample and one column per axis.", code="E993"
        )
    text = table.astype(object).where(table.notna(), None)
    labels = text.map(lambda one: None if one is None else str(one))
    labels.index = pd.Index([str(one) for one in table.index])
    labels.columns = pd.Index([str(one) for one in table.columns])
    return CallSet(name=name, labels=labels)
