"""Options of training a model, and the figures that stand in for a model where none may be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resistype.errors import ModelError, complain

__all__ = ["CAVEAT", "Association", "FitOptions"]

CAVEAT = (
    "This describes how scores went with labels in this cohort. It is no model and predicts nothing: resistype never "
    "predicts treatment response. Research use only."
)


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """How a model is trained and tested.

    Parameters
    ----------
    seed
        Seed of splits, permutations and the choice of kept samples.
    n_perm
        Permutations of the labels between patients.
    folds
        Outer folds of cross-validation; fewer when a class has fewer patients.
    kept
        One patient in this many is kept aside for the prediction sets.
    n_jobs
        Processes for the permutations; the result does not depend on it.

    Raises
    ------
    ModelError
        T101 for a value out of range.
    """

    seed: int = 0
    n_perm: int = 200
    folds: int = 5
    kept: int = 3
    n_jobs: int = -1

    def __post_init__(self) -> None:
        least = {"n_perm": 19, "folds": 2, "kept": 2, "seed": 0}
        wrong = [f"{name}={getattr(self, name)}: at least {n}" for name, n in least.items() if getattr(self, name) < n]
        complain(wrong, ModelError, code="T101", subject="Options of a model")


@dataclass(frozen=True)
class Association:
    """How scores go with labels in one cohort, out of fold. Figures; nothing can be applied to another sample.

    Parameters
    ----------
    auc
        Mean over the labels of the AUC of one against all others, cross-validated with patients kept together.
    auc_by_label
        The AUC of each label.
    p
        Share of permutations of the labels between patients that reach `auc`, the data counted in.
    n_perm, n_samples, n_patients
        Numbers.
    caveat
        Must be printed beside the figures.
    """

    auc: float
    auc_by_label: Mapping[str, float]
    p: float
    n_perm: int
    n_samples: int
    n_patients: int
    caveat: str = CAVEAT

    def __str__(self) -> str:
        return (
            f"Cross-validated AUC {self.auc:.2f} (p = {self.p:.3g} by {self.n_perm} permutations between patients; "
            f"{self.n_samples} samples of {self.n_patients} patients). {self.caveat}"
        )
