"""What resampling says of a tree: how often each covariate stands at the root and below it, how far the cut wanders.

One tree is not a hierarchy of covariates: where two of them carry the same news, a few observations decide which one
comes first. The shares printed here show it. They measure steadiness, not evidence: a sample drawn with replacement
holds observations several times, which makes every p smaller than it should be (Strobl et al. 2007,
doi:10.1186/1471-2105-8-25).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from resistype.cohort.tree.cut import Cut

__all__ = ["NO_SPLIT", "Resampled", "ShuffledRoots", "TreeBootstrap"]

NO_SPLIT = "(no split)"
_ENOUGH = 10  # resamples before the range of a cut is worth printing
_POINTS = np.array([0.05, 0.5, 0.95])


@dataclass(frozen=True)
class Resampled:
    """One tree of a resample: the cut of its root (None without one), the covariates cut right below it."""

    root: Cut | None
    second: tuple[str, ...] = ()


@dataclass(frozen=True)
class TreeBootstrap:
    """Trees of bootstrap samples of one cohort.

    Examples
    --------
    >>> from resistype.cohort.tree.cut import Column
    >>> cuts = [Cut(Column("nlr", "numeric"), 9.0, low=low, high=low + 0.1) for low in (2.9, 3.0, 3.1)]
    >>> trees = [Resampled(cuts[0], ("albi",)), Resampled(cuts[1]), Resampled(cuts[2]), Resampled(None)]
    >>> boot = TreeBootstrap(tuple(trees), seed=0)
    >>> boot.roots()
    {'nlr': 0.75, '(no split)': 0.25}
    >>> boot.second(), [round(cut, 2) for cut in boot.cut_range("nlr")]
    ({'albi': 0.25}, [2.91, 3.0, 3.09])
    """

    trees: tuple[Resampled, ...]
    seed: int

    @property
    def n(self) -> int:
        """Number of resamples."""
        return len(self.trees)

    def roots(self) -> dict[str, float]:
        """Share of the resamples with each covariate at the root, the largest first; "(no split)" counts too."""
        return self._shares([(one.root.column.name if one.root else NO_SPLIT,) for one in self.trees])

    def second(self) -> dict[str, float]:
        """Share of the resamples with each covariate right below the root; two may stand there, on either side."""
        return self._shares([one.second for one in self.trees])

    def cut_range(self, name: str) -> tuple[float, float, float] | None:
        """5 %, 50 % and 95 % points of the root cut, as printed (`<= cut`), where `name` is at the root.

        Positions of levels for an ordered covariate; None for a categorical one and one that is never at the root.
        """
        cuts = [one.root for one in self.trees if one.root and one.root.column.name == name]
        if not cuts or cuts[0].column.kind == "categorical":
            return None
        lows = [cut.low for cut in cuts]
        numeric = cuts[0].column.kind == "numeric"
        points = np.quantile(lows, _POINTS) if numeric else np.quantile(lows, _POINTS, method="inverted_cdf")
        return float(points[0]), float(points[1]), float(points[2])

    def usual_rule(self, name: str) -> tuple[str, float]:
        """The commonest left side of the root where `name` is there, and its share of those resamples."""
        rules = [one.root.rule(0) for one in self.trees if one.root and one.root.column.name == name]
        rule, times = Counter(sorted(rules)).most_common(1)[0]
        return rule, times / len(rules)

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate: its shares at the root and below, and the range of its cut at the root."""
        roots, second = self.roots(), self.second()
        rows = [
            {"covariate": name, "root": roots.get(name, 0.0), "second": second.get(name, 0.0), **self._range(name)}
            for name in dict.fromkeys([*roots, *second])
        ]
        return pd.DataFrame(rows, columns=["covariate", "root", "second", "cut_05", "cut_50", "cut_95"])

    def to_text(self) -> str:
        """The same in words."""
        roots = "; ".join(self._root_words(name, share) for name, share in self.roots().items())
        second = ", ".join(f"{name} {_percent(share)}" for name, share in self.second().items()) or "none"
        lines = [
            f"Bootstrap of {self.n} samples of the same cohort (seed {self.seed}):",
            f"  at the root: {roots}",
            f"  right below it (on either side): {second}",
            "  These shares measure how steady the order is; they are no p and no importance. A resample holds",
            "  observations several times, so its splits look better supported than they are.",
        ]
        return "\n".join(lines)

    def _shares(self, names: list[tuple[str, ...]]) -> dict[str, float]:
        counts = Counter(name for one in names for name in one)
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return {name: times / self.n for name, times in ordered}

    def _range(self, name: str) -> dict[str, str]:
        found = self.cut_range(name)
        column = next((one.root.column for one in self.trees if one.root and one.root.column.name == name), None)
        words = [column.words(value) for value in found] if found and column else [""] * 3
        return dict(zip(("cut_05", "cut_50", "cut_95"), words, strict=True))

    def _root_words(self, name: str, share: float) -> str:
        if name == NO_SPLIT:
            return f"no split {_percent(share)}"
        if share * self.n < _ENOUGH:
            return f"{name} {_percent(share)}"
        words = self._range(name)
        if words["cut_50"]:
            ends = f"5–95 % range {words['cut_05']} to {words['cut_95']}"
            return f"{name} {_percent(share)} (cut {words['cut_50']}, {ends})"
        rule, usual = self.usual_rule(name)
        return f"{name} {_percent(share)} ({rule} in {usual:.0%} of them)"


def _percent(share: float) -> str:
    return "< 1%" if share < 0.005 else f"{share:.0%}"


@dataclass(frozen=True)
class ShuffledRoots:
    """How often labels that were shuffled, and so mean nothing, still split the root.

    Examples
    --------
    >>> found = ShuffledRoots(n=200, splits=9, alpha=0.05, seed=0)
    >>> found.rate, found.bounds(), found.within()
    (0.045, (3, 19), True)
    """

    n: int
    splits: int
    alpha: float
    seed: int

    @property
    def rate(self) -> float:
        """Share of the shuffles that split."""
        return self.splits / self.n

    def bounds(self, level: float = 0.99) -> tuple[int, int]:
        """Smallest and largest number of splits that chance explains, if each shuffle splits with chance alpha."""
        tail = (1.0 - level) / 2.0
        return int(binom.ppf(tail, self.n, self.alpha)), int(binom.ppf(1.0 - tail, self.n, self.alpha))

    def within(self, level: float = 0.99) -> bool:
        """Whether the number of splits lies within these bounds."""
        low, high = self.bounds(level)
        return low <= self.splits <= high
