"""Where clones come from: there before infusion, new, from the infusion product, both, or not to be told.

A clone is called new only when both the earlier sample and the product were looked at and it was in neither; and even
then it may have been too small to be found, so the size that would have been found stands beside the table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from resistype.stats import wilson

__all__ = ["ORIGINS", "origin"]

ORIGINS = ("pre-existing", "novel", "infusion product", "both", "untracked")


def origin(clone: pd.Series, *, before: pd.Series | None, product: pd.Series | None) -> pd.DataFrame:
    """Where the clones of some cells were seen before.

    Parameters
    ----------
    clone
        Clone of each cell asked about (for example the early cells after infusion); None where it is untracked.
    before
        Clones of the cells of the same patient before infusion; None when there is no such sample.
    product
        Clones of the cells of the infusion product; None when its receptors were not sequenced.

    Returns
    -------
    DataFrame
        One row an origin: n_cells, share_cells, n_clones, share_clones, then low and high of share_cells (Wilson).
        A clone is ``novel`` only when both the earlier sample and the product were looked at and it was in neither;
        when one of them is missing, clones not found in the other are ``untracked``. The smallest clone that would
        have been found with 95 % probability is in ``attrs["detectable"]``.

    Examples
    --------
    >>> cells = pd.Series(["a", "a", "b", "c", None])
    >>> origin(cells, before=pd.Series(["a"]), product=pd.Series(["b"]))["n_cells"].to_dict()
    {'pre-existing': 2, 'novel': 1, 'infusion product': 1, 'both': 0, 'untracked': 1}
    """
    tracked = clone.dropna()
    seen = tracked.isin(set(before.dropna())) if before is not None else pd.Series(data=False, index=tracked.index)
    given = tracked.isin(set(product.dropna())) if product is not None else pd.Series(data=False, index=tracked.index)
    unknown = "novel" if before is not None and product is not None else "untracked"
    kind = np.select([seen & given, seen, given], ["both", "pre-existing", "infusion product"], unknown)
    cells = pd.Series(kind).value_counts().reindex(ORIGINS, fill_value=0)
    clones = pd.Series(kind)[~tracked.duplicated().to_numpy()].value_counts().reindex(ORIGINS, fill_value=0)
    cells["untracked"] += int(clone.isna().sum())
    low, high = wilson(cells, len(clone))
    out = pd.DataFrame(
        {
            "n_cells": cells,
            "share_cells": cells / max(len(clone), 1),
            "n_clones": clones,
            "share_clones": clones / max(int(clones.sum()), 1),
            "low": low,
            "high": high,
        }
    ).rename_axis("origin")
    out.attrs["detectable"] = _detectable(before), _detectable(product)
    return out


def _detectable(clones: pd.Series | None) -> float:
    """Smallest frequency of a clone that is found with 95 % probability among the tracked cells."""
    n = 0 if clones is None else int(clones.notna().sum())
    return 1 - 0.05 ** (1 / n) if n else float("nan")
