"""What samples are compared with: the values of a set of reference samples and the lines fitted to
them.

Three modes, printed on every output. `own cohort`: the samples themselves, or their baseline
biopsies (refused below 10, warned below 30). `frozen`: a reference fitted once on another cohort
and kept as figures. `own baseline`: no reference at all, only each patient's earlier biopsy.

A saved reference is a JSON file that a person can read, and beside it an .npz with the reference
values, the usual profile and, unless only figures were wanted, ranks and values of the signature
genes; no pickle, no sample names. Its hash covers both, and a changed file is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import OutputError, ReferenceDataError
from resistype.resources import signatures_dir
from resistype.safe.arrays import array_files, read_arrays, write_pair
from resistype.safe.toml import RefusedError, read_json
from resistype.scheme.profile import Profile, Tumours

# Robust linear regression for relative axes: what a score should be, given others.

_HUBER = 1.345
_BISQUARE = 4.685
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Regression:
    """A fitted line: intercept, one slope a term, and the robust SD of what it leaves over."""

    terms: tuple[str, ...]
    intercept: float
    slopes: tuple[float, ...]
    robust_sd: float

    def residual(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the line leaves over, for y of shape (n_obs,) and x of shape (n_obs, n_terms)."""
        left: NDArray[np.float64] = y - self.intercept
        for column, slope in enumerate(self.slopes):
            left = left - slope * x[:, column]
        return left


def robust_sd(values: NDArray[np.float64]) -> float:
    """Median absolute deviation from the median, scaled to the SD of a normal distribution."""
    return float(_MAD_TO_SD * _median(np.abs(values - _median(values))))


def _median(values: NDArray[np.float64]) -> float:
    """The same bits as `numpy.median` for values without NaN, in a fifth of the time for some
    tens of them.
    """
    half = values.size // 2
    middle = np.sort(values)
    return float(middle[half] if values.size % 2 else (middle[half - 1] + middle[half]) / 2.0)


def fit_robust(
    y: NDArray[np.float64], x: NDArray[np.float64], terms: tuple[str, ...]
) -> Regression:
    """Fit y on x robustly.

    Examples
    --------
    >>> x = np.arange(20.0)[:, None]
    >>> y = 2 * x[:, 0] + 1
    >>> y[3] = -50.0
    >>> line = fit_robust(y, x, ("x",))
    >>> round(line.slopes[0], 6), round(line.intercept, 6)
    (2.0, 1.0)
    """
    centre, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(y)), (x - centre) / spread])
    beta = _least_squares(design, y, np.ones(len(y)))
    beta = _reweighted(design, y, beta, _huber_weights)
    beta = _reweighted(design, y, beta, _bisquare_weights)
    slopes = beta[1:] / spread
    intercept = beta[0] - float(np.sum(slopes * centre))
    return Regression(
        terms, float(intercept), tuple(float(s) for s in slopes), robust_sd(y - design @ beta)
    )


def _huber_weights(u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(1.0, _HUBER / np.maximum(np.abs(u), 1e-12))


def _bisquare_weights(u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(u) < _BISQUARE, (1.0 - (u / _BISQUARE) ** 2) ** 2, 0.0)


def _least_squares(
    design: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    root = np.sqrt(weights)
    return np.asarray(
        np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0], dtype=np.float64
    )


def _reweighted(
    design: NDArray[np.float64],
    y: NDArray[np.float64],
    beta: NDArray[np.float64],
    weigh: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    for _ in range(200):
        left = y - design @ beta
        spread = robust_sd(left)
        if spread <= 1e-12:
            return beta
        new = _least_squares(design, y, weigh((left - _median(left)) / spread))
        if np.max(np.abs(new - beta)) <= 1e-10 * max(1.0, float(np.max(np.abs(beta)))):
            return new
        beta = new
    return beta


MIN_COHORT = 10
SMALL_COHORT = 30
_FORMAT = "resistype-reference"
_VERSION = 2
_READ = (1, 2)  # files of version 1 keep no profile: nothing can be compared with them but a change
_FENCE = 1.5  # Tukey's: quartiles ± 1.5 times their distance
_MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class GeneFigures:
    """The usual tumour of a reference: genes of a signature, their mean log2 expression and mean
    rank (0 to 1).
    """

    genes: tuple[str, ...]
    log2: NDArray[np.float64]
    rank: NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """Values of reference samples, the robust lines between them, and what the scheme calls among
    them.

    Attributes
    ----------
    name
        Name printed on every output.
    mode
        ``"own cohort"`` or ``"frozen"``.
    scheme
        ``id@version`` of the scheme it was fitted for.
    genes
        Gene universe in which the scores were computed.
    values
        For each basic quantity the values of the n reference samples, shape (n,).
    regressions
        For each relative quantity its fitted line.
    base_rates
        Columns axis, label, proportion, n, basis: how often the same rules give a label in the
        reference itself.
    about
        Tumour type, platform, unit and other words about where it comes from.
    genes_of
        For each signature its genes in the usual tumour of the reference.
    profile
        The usual tumour over all genes, which says whether a sample can be compared; None in files
        of format 1.
    tumours
        Ranks and values of the signature genes, for scores in other gene universes; None where only
        figures were tumours.
    format_version
        Of the file it came from.

    Examples
    --------
    >>> from resistype.scheme.reference import find_reference
    >>> find_reference("tcga_skcm").n
    472
    """

    name: str
    mode: str
    scheme: str
    genes: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]
    regressions: Mapping[str, Regression]
    base_rates: pd.DataFrame = field(default_factory=pd.DataFrame)
    about: Mapping[str, str] = field(default_factory=dict)
    genes_of: Mapping[str, GeneFigures] = field(default_factory=dict)
    profile: Profile | None = None
    tumours: Tumours | None = None
    format_version: int = _VERSION

    @property
    def universe(self) -> tuple[str, ...]:
        """Genes in which its scores were computed."""
        if self.profile is None:
            return self.genes
        return tuple(g for g, here in zip(self.genes, self.profile.expressed, strict=True) if here)

    @property
    def is_own(self) -> bool:
        """Whether the cohort that is called is its own reference."""
        return self.mode == "own cohort"

    @property
    def n(self) -> int:
        """Number of reference samples."""
        return len(next(iter(self.values.values()), ()))

    @property
    def digest(self) -> str:
        """SHA-256 over everything that decides a call."""
        body = json.dumps(_body(self), sort_keys=True, ensure_ascii=False).encode()
        seal = hashlib.sha256(body)
        seal.update("\n".join(self.genes).encode())
        for name in sorted(self.values):
            seal.update(np.ascontiguousarray(self.values[name], dtype="<f8").tobytes())
        for name in sorted(self.genes_of):
            figures = self.genes_of[name]
            seal.update("\n".join((name, *figures.genes)).encode())
            seal.update(np.ascontiguousarray([figures.log2, figures.rank], dtype="<f8").tobytes())
        for name, array in sorted(_arrays(self.profile, self.tumours).items()):
            seal.update(name.encode())
            seal.update(np.ascontiguousarray(array).tobytes())
        return seal.hexdigest()

    def _known(self, quantity: str) -> NDArray[np.float64]:
        values = self.values.get(quantity, np.empty(0))
        return values[~np.isnan(values)]

    def location(self, quantity: str) -> float:
        """Mean of a quantity over the reference."""
        values = self._known(quantity)
        return float(np.mean(values)) if len(values) else float("nan")

    def scale(self, quantity: str) -> float:
        """SD (n − 1) of a quantity over the reference; NaN when it does not vary."""
        values = self._known(quantity)
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        return spread if spread > 1e-12 else float("nan")

    def median(self, quantity: str) -> float:
        """Median over the reference.

        Parameters
        ----------
        quantity
            Name of a quantity of the scheme.
        """
        values = self._known(quantity)
        return float(np.median(values)) if len(values) else float("nan")

    def fences(self, quantity: str) -> tuple[float, float]:
        """Tukey's fences, beyond which the reference has next to no samples.

        Parameters
        ----------
        quantity
            Name of a quantity of the scheme.
        """
        values = self._known(quantity)
        if not len(values):
            return float("nan"), float("nan")
        first, third = np.quantile(values, [0.25, 0.75])
        reach = _FENCE * (third - first)
        return float(first - reach), float(third + reach)

    def percentile(self, quantity: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Percentage of the reference at or below each value; NaN stays NaN."""
        known = np.sort(self._known(quantity))
        at_or_below = np.searchsorted(known, values, side="right").astype(np.float64)
        share = 100.0 * at_or_below / max(len(known), 1)
        return np.where(np.isnan(values) | (len(known) == 0), np.nan, share)

    def save(self, path: str | Path) -> None:
        """Write ``path`` (JSON) and the ``.npz`` beside it; each appears whole or not at all.

        Raises
        ------
        OutputError
            O101 when the files cannot be written.
        """
        target = Path(path)
        head = _body(self) | {"sha256": self.digest, "arrays": target.with_suffix(".npz").name}
        arrays: dict[str, Any] = {
            f"value_{name}": self.values[name] for name in sorted(self.values)
        }
        arrays["genes"] = (
            _bytes(self.genes) if self.format_version > 1 else np.array(self.genes, dtype=np.str_)
        )
        arrays |= _arrays(self.profile, self.tumours)
        for name, figures in self.genes_of.items():
            arrays[f"names_{name}"] = np.array(figures.genes, dtype=np.str_)
            arrays[f"usual_{name}"] = np.array([figures.log2, figures.rank])
        try:
            write_pair(
                target,
                json.dumps(head, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
                arrays,
            )
        except OSError as error:
            message = (
                f"The reference could not be written to {str(target)!r}: {error.strerror or error}."
            )
            raise OutputError(message, code="O101") from None

    @staticmethod
    def load(path: str | Path) -> Reference:
        """Read a saved reference and verify its hash.

        Raises
        ------
        ReferenceDataError
            R103 when it is not a reference, is of a newer format, or was changed after it was
            written.
        """
        source = Path(path)
        try:
            if source.stat().st_size > _MAX_BYTES:
                raise ValueError(f"it is larger than {_MAX_BYTES // 2**20} MB")
            head = read_json(source.read_bytes())
            first, *waiting = array_files(source)
            try:
                return _from_parts(source, head, read_arrays(first))
            except (ReferenceDataError, RefusedError):
                if not waiting:
                    raise
                return _from_parts(source, head, read_arrays(waiting[0]))
        except ReferenceDataError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
            message = (
                f"{str(source)!r} is not a readable reference (a .json and its .npz): {why}. Fit it"
                " again."
            )
            raise ReferenceDataError(message, code="R103") from None


def _body(reference: Reference) -> dict[str, Any]:
    rates = reference.base_rates.rename(columns={"proportion": "share"})  # as in 0.1: hashed
    return {
        "format": _FORMAT,
        "format_version": reference.format_version,
        "name": reference.name,
        "scheme": reference.scheme,
        "n": reference.n,
        "n_genes": len(reference.genes),
        "about": dict(sorted(reference.about.items())),
        "summary": {
            name: {"mean": reference.location(name), "sd": _or_none(reference.scale(name))}
            for name in sorted(reference.values)
            if not np.isnan(reference.values[name]).all()
        },
        "regressions": {name: asdict(line) for name, line in sorted(reference.regressions.items())},
        "base_rates": (
            json.loads(rates.to_json(orient="records", double_precision=12)) if len(rates) else []
        ),
    } | ({} if reference.profile is None else {"limits": _limits(reference.profile)})


def _limits(profile: Profile) -> dict[str, Any]:
    """Within what a sample counts as measured like the reference."""
    return {
        "max_distance": _or_none(profile.max_distance),
        "min_likeness": _or_none(profile.min_likeness),
        "n_steady": int(profile.steady.sum()),
        "n_varying": int(profile.varying.sum()),
        "n_universe": int(profile.expressed.sum()),
    }


def _bytes(names: tuple[str, ...]) -> NDArray[np.uint8]:
    """Names as one text: a quarter of the room that an array of words takes."""
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def _names(stored: NDArray[Any]) -> tuple[str, ...]:
    if stored.dtype != np.uint8:
        return tuple(str(name) for name in stored)
    text = stored.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


_ROLES = ("steady", "varying", "expressed")


def _arrays(profile: Profile | None, tumours: Tumours | None) -> dict[str, NDArray[Any]]:
    """Profile and ranks as the plain arrays of the file."""
    found: dict[str, NDArray[Any]] = {}
    if profile is not None:
        roles = [getattr(profile, role).astype(np.uint8) << bit for bit, role in enumerate(_ROLES)]
        found["profile_mean"] = profile.mean.astype("<f2")
        found["profile_roles"] = np.bitwise_or.reduce(roles)
    if tumours is not None:
        found |= {
            "tumours_quantiles": tumours.quantiles,
            "tumours_genes": _bytes(tumours.genes),
            "tumours_places": tumours.places.astype("<u4"),
            "tumours_ranks": tumours.ranks.astype("<u2"),
            "tumours_log2": tumours.log2.astype("<i2"),
            "tumours_moments": tumours.moments.astype("<f4"),
            "tumours_usual": tumours.usual.astype("<f2"),
        }
    return found


def _profile(head: dict[str, Any], data: dict[str, NDArray[Any]]) -> Profile | None:
    if "profile_mean" not in data:
        return None
    roles = data["profile_roles"]
    steady, varying, expressed = ((roles >> bit & 1).astype(bool) for bit in range(len(_ROLES)))
    limits = (head["limits"][name] for name in ("max_distance", "min_likeness"))
    distance, like = (float("nan") if one is None else float(one) for one in limits)
    mean = data["profile_mean"].astype(np.float32)
    return Profile(mean, steady, varying, expressed, distance, like)


def _tumours(data: dict[str, NDArray[Any]]) -> Tumours | None:
    if "tumours_ranks" not in data:
        return None
    return Tumours(
        data["tumours_quantiles"],
        _names(data["tumours_genes"]),
        data["tumours_places"].astype(np.intp),
        data["tumours_ranks"],
        data["tumours_log2"],
        data["tumours_moments"],
        data["tumours_usual"].astype(np.float32),
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def _from_parts(source: Path, head: Any, data: dict[str, NDArray[Any]]) -> Reference:
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        message = f"{str(source)!r} is not a resistype reference."
        raise ReferenceDataError(message, code="R103")
    if head.get("format_version") not in _READ:
        message = (
            f"{str(source)!r} has format version {head.get('format_version')}; this version of"
            f" resistype reads {_VERSION}. Install a newer resistype."
        )
        raise ReferenceDataError(message, code="R103")
    lines = {
        name: Regression(tuple(d["terms"]), d["intercept"], tuple(d["slopes"]), d["robust_sd"])
        for name, d in head["regressions"].items()
    }
    reference = Reference(
        name=head["name"],
        mode="frozen",
        scheme=head["scheme"],
        genes=_names(data["genes"]),
        values={k.removeprefix("value_"): v for k, v in data.items() if k.startswith("value_")},
        regressions=lines,
        base_rates=pd.DataFrame(head["base_rates"]).rename(columns={"share": "proportion"}),
        about=head["about"],
        genes_of={
            k.removeprefix("names_"): GeneFigures(
                tuple(str(g) for g in v), *data[f"usual_{k.removeprefix('names_')}"]
            )
            for k, v in data.items()
            if k.startswith("names_")
        },
        profile=_profile(head, data),
        tumours=_tumours(data),
        format_version=int(head["format_version"]),
    )
    if reference.digest != head.get("sha256"):
        message = (
            f"{str(source)!r} was changed after it was written (its hash does not match). Fit it"
            " again."
        )
        raise ReferenceDataError(message, code="R103")
    return reference


def list_references() -> dict[str, Path]:
    """Shipped references by name."""
    folder = signatures_dir() / "references"
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def find_reference(reference: str | Path | Reference) -> Reference:
    """A reference given as it is, by shipped name, or by path of its JSON file."""
    if isinstance(reference, Reference):
        return reference
    shipped = list_references()
    if str(reference) in shipped:
        return Reference.load(shipped[str(reference)])
    if Path(reference).suffix == ".json":
        return Reference.load(reference)
    names = ", ".join(shipped) or "none yet"
    message = (
        f"There is no reference {str(reference)!r}. Shipped: {names}. Or give the path of a .json"
        " file."
    )
    raise ReferenceDataError(message, code="R102")
