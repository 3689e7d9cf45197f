"""Case against controls, gene by gene: effects, adjusted p-values and detection.

Several controls are several comparisons, and a gene must pass each of them: against memory and against effector cells,
what only marks activation falls out. The smallest effect and the largest p-value of a gene are what count.

Cells of one patient are not independent. With a `replicate` column they are summed to one pseudobulk sample a patient
and group before anything is tested (Zimmerman 2021, doi 10.1038/s41467-021-21038-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.extras import needs
from resistype.library.names import near
from resistype.stats import adjusted

__all__ = ["Contrast", "Groups", "compare", "groups_of", "house_rows"]

Method = Literal["t-test", "wilcoxon", "t-test_overestim_var"]
METHODS = ("t-test", "wilcoxon", "t-test_overestim_var")
BLOCK = 2000
FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """What is compared with what.

    Parameters
    ----------
    case
        Samples of the case, ``"column=value"`` or ``"column=value,value"``.
    controls
        The same for each control; a gene must pass against each.
    replicate
        Column of the patient or animal: cells are summed to pseudobulk a replicate and group. Empty: rows are samples.
    method
        ``"t-test"`` (Welch), or ``"wilcoxon"`` or ``"t-test_overestim_var"`` through scanpy's rank_genes_groups.
    """

    case: str
    controls: tuple[str, ...]
    replicate: str = ""
    method: Method = "t-test"

    def __str__(self) -> str:
        unit = f", pseudobulk by {self.replicate}" if self.replicate else ""
        return f"{self.case} against {' and against '.join(self.controls)} ({self.method}{unit})"


@dataclass(frozen=True)
class Groups:
    """Rows of each group in the house scale log2(x + 1): case first, then the controls.

    Parameters
    ----------
    names
        The selections.
    values
        A matrix (n_rows, n_genes) a group.
    """

    names: tuple[str, ...]
    values: tuple[NDArray[np.float64], ...]


def _chosen(selection: str, table: pd.DataFrame) -> NDArray[np.bool_]:
    column, equals, words = (part.strip() for part in selection.partition("="))
    if not equals or column not in table.columns:
        message = f"'{selection}' names no column of the samples table. {near(column, map(str, table.columns))}"
        raise SamplesError(f"{message} Write column=value,value.", code="E920")
    wanted = [word.strip() for word in words.split(",")]
    texts = table[column].astype(str)
    absent = [word for word in wanted if not (texts == word).any()]
    if absent:
        message = f"Column '{column}' has no sample with {', '.join(absent)}. {near(absent[0], texts.unique())}"
        raise SamplesError(message, code="E920")
    return texts.isin(wanted).to_numpy()


def groups_of(data: Expression, table: pd.DataFrame, contrast: Contrast) -> Groups:
    """Rows of case and controls, summed to pseudobulk where a replicate is named.

    Parameters
    ----------
    data
        The matrix (n_obs, n_genes).
    table
        Samples table, indexed by sample.
    contrast
        What is compared.

    Raises
    ------
    SamplesError
        When a selection names nothing, the groups share samples or have fewer than two rows (E920, E925).
    """
    rows = table.reindex([str(sample) for sample in data.samples])
    names = (contrast.case, *contrast.controls)
    masks = [_chosen(name, rows) for name in names]
    for name, mask in zip(names[1:], masks[1:], strict=True):
        if (mask & masks[0]).any():
            message = f"{int((mask & masks[0]).sum())} samples are in the case and in '{name}'. Make them differ."
            raise SamplesError(message, code="E920")
    if contrast.replicate and contrast.replicate not in rows.columns:
        message = f"There is no column '{contrast.replicate}'. {near(contrast.replicate, map(str, rows.columns))}"
        raise SamplesError(message, code="E903")
    units = rows[contrast.replicate].astype(str).to_numpy() if contrast.replicate else None
    values = tuple(house_rows(data, mask, units) for mask in masks)
    few = [f"'{name}' has {len(v)}" for name, v in zip(names, values, strict=True) if len(v) < FEWEST]
    if few:
        what = "replicates" if contrast.replicate else "samples"
        message = f"{' and '.join(few)} {what}; at least {FEWEST} are needed on each side to test anything."
        raise SamplesError(message, code="E925")
    return Groups(names, values)


def house_rows(data: Expression, mask: NDArray[np.bool_], units: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Rows of a selection in log2(x + 1); with `units`, one row a unit: counts are summed, other values averaged."""
    chosen = np.flatnonzero(mask)
    if units is None:
        return _part(data, chosen).log2()
    names = np.unique(units[chosen])
    place = np.searchsorted(names, units[chosen])
    total = np.zeros((names.size, data.n_genes))
    counts = data.unit == "counts"
    for start in range(0, chosen.size, BLOCK):
        part = _part(data, chosen[start : start + BLOCK])
        spot = place[start : start + BLOCK]
        gather = sparse.csr_matrix((np.ones(spot.size), (spot, np.arange(spot.size))), (names.size, spot.size))
        rows: Any = part.values if counts else part.log2()  # a selection is an array or CSR, never backed
        total += _dense(gather @ rows)
    if not counts:
        return np.asarray(total / np.bincount(place, minlength=names.size)[:, None])
    return np.asarray(np.log2(total / total.sum(axis=1, keepdims=True) * 1e6 + 1.0))


def _dense(values: Any) -> NDArray[np.float64]:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def _part(data: Expression, rows: NDArray[np.intp]) -> Expression:
    return data.select([data.samples[row] for row in rows])


def compare(groups: Groups, genes: Sequence[str], contrast: Contrast, *, expressed: float) -> pd.DataFrame:
    """Effect, adjusted p-value and detection of every gene, over all controls.

    Parameters
    ----------
    groups
        Rows of case and controls.
    genes
        Names of the columns.
    contrast
        Which test.
    expressed
        Expression from which a gene counts as expressed.

    Returns
    -------
    DataFrame
        Indexed by gene: effect (the smallest in size over the controls; 0 where they disagree in sign), fdr (the
        largest), detection (share of the case's rows), and the effect against each control.
    """
    case, *controls = groups.values
    effects = np.array([case.mean(axis=0) - control.mean(axis=0) for control in controls])
    test = _welch if contrast.method == "t-test" else _scanpy
    fdr = np.array([adjusted(np.nan_to_num(test(case, control, contrast.method), nan=1.0)) for control in controls])
    agree = (np.sign(effects) == np.sign(effects[0])).all(axis=0)
    smallest = np.where(agree, np.sign(effects[0]) * np.abs(effects).min(axis=0), 0.0)
    frame = pd.DataFrame({"effect": smallest, "fdr": fdr.max(axis=0)}, index=pd.Index(list(genes), name="gene"))
    frame["detection"] = (case > expressed).mean(axis=0)
    frame["mean_case"] = case.mean(axis=0)
    for name, effect in zip(groups.names[1:], effects, strict=True):
        frame[f"effect against {name}"] = effect
    return frame


def _welch(case: NDArray[np.float64], control: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    """p-values of Welch's t-test, one a gene; 1 where neither side varies."""
    from scipy import stats  # noqa: PLC0415  costs a second, and only derivation needs it

    del method
    n, m = len(case), len(control)
    var_a, var_b = case.var(axis=0, ddof=1) / n, control.var(axis=0, ddof=1) / m
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (case.mean(axis=0) - control.mean(axis=0)) / np.sqrt(var_a + var_b)
        freedom = (var_a + var_b) ** 2 / (var_a**2 / (n - 1) + var_b**2 / (m - 1))
    p = 2 * stats.t.sf(np.abs(t), freedom)
    return np.asarray(np.where(var_a + var_b > 0, p, 1.0))


def _scanpy(case: NDArray[np.float64], control: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    """p-values of scanpy's rank_genes_groups, one a gene."""
    other = "Or take method=t-test."
    with needs("scanpy", extra="single-cell", what=f"The method '{method}'", hint=other):
        import scanpy  # noqa: PLC0415  heavy, and optional
    groups = pd.Categorical(["case"] * len(case) + ["control"] * len(control))
    names = pd.Index([str(number) for number in range(case.shape[1])])
    obs = pd.DataFrame({"group": groups}, index=[str(number) for number in range(len(groups))])
    data = scanpy.AnnData(np.vstack([case, control]), obs=obs, var=pd.DataFrame(index=names))
    data.uns["log1p"] = {"base": 2}
    scanpy.tl.rank_genes_groups(data, "group", groups=["case"], reference="control", method=method)
    told = data.uns["rank_genes_groups"]  # scanpy.get makes a table of it in a way that pandas 3 warns of
    found = pd.Series(told["pvals"]["case"], index=told["names"]["case"])
    return np.asarray(found.reindex(names).to_numpy(dtype=float))
