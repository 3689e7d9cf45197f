"""What is planted in the simulated cohort: who gets which effect, the tables of samples and courses, and the truth."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

__all__ = ["DESCRIPTION", "clinical_table", "patients", "samples_table", "truth_table"]

N_PATIENTS: Final = 32
N_GENES: Final = 5000
TIMEPOINTS: Final = ("Pre", "Post")
AXES: Final = ("ifng", "antigen_presentation", "dysfunction")
FIRST_DAY: Final = date(2021, 1, 4)

# numbers of the patients with each effect
IFNG_UP: Final = (2, 5, 9, 13, 20, 27)
IFNG_DOWN: Final = (7, 16, 24)
MHC1_LOSS: Final = (5, 11, 22)
DYSFUNCTION: Final = (2, 9, 14, 29)
COLD: Final = (18, 31)
DNA: Final = {13: "B2M:frameshift"}

# best response, day of the last dose and of the progression, and what else is known, where it is not the usual course
COURSES: Final[dict[int, tuple[str, int, int, str, str]]] = {
    4: ("SD", 276, 273, "yes", ""),
    8: ("PD", 50, 54, "yes", ""),
    12: ("PR", 155, 151, "yes", ""),
    15: ("PR", 243, 516, "yes", "completion"),
    19: ("PR", 402, 402, "unknown", ""),
}

DESCRIPTION: Final = f"""\
SIMULATED DATA. Nothing here was measured; no patient exists.
{N_PATIENTS} patients, each with a biopsy before treatment (Pre) and one at progression (Post).
Counts of {N_GENES} genes. Planted at Post, in so many patients:
  {len(IFNG_UP)}  interferon-γ response up
  {len(IFNG_DOWN)}  interferon-γ response down (in all others it is stable)
  {len(MHC1_LOSS)}  MHC class I genes divided by 12
  {len(DNA)}  a DNA event in B2M, expression as before
  {len(DYSFUNCTION)}  dysfunction genes raised
  {len(COLD)}  too few T cells to judge dysfunction, at both biopsies
"""


def patients() -> list[str]:
    """Names of the patients, in order."""
    return [f"SIM-P{number:02}" for number in range(1, N_PATIENTS + 1)]


def samples_table() -> pd.DataFrame:
    """One row a biopsy, by sample id: patient, timepoint, genomic, simulated."""
    rows = []
    for number, patient in enumerate(patients(), start=1):
        known = "none" if number in DNA else ""
        for timepoint, genomic in zip(TIMEPOINTS, (known, DNA.get(number, "")), strict=True):
            rows.append((f"{patient}-{timepoint}", patient, timepoint, genomic, True))
    return pd.DataFrame(rows, columns=["sample", "patient", "timepoint", "genomic", "simulated"]).set_index("sample")


def truth_table() -> pd.DataFrame:
    """One row for each biopsy and axis on which something is planted: sample, axis, label, simulated."""
    planted = [
        (f"{patient}-{timepoint}", _planted(number, after=timepoint == "Post"))
        for number, patient in enumerate(patients(), start=1)
        for timepoint in TIMEPOINTS
    ]
    rows = [(sample, axis, labels[axis], True) for axis in AXES for sample, labels in planted if axis in labels]
    return pd.DataFrame(rows, columns=["sample", "axis", "label", "simulated"])


def _planted(number: int, *, after: bool) -> dict[str, str]:
    """Label planted on each axis in one biopsy; before treatment only what both biopsies share."""
    labels = {"antigen_presentation": "intact"}
    if number in COLD:
        labels["dysfunction"] = "not_assessable"
    if not after:
        return labels
    labels["ifng"] = "up" if number in IFNG_UP else "down" if number in IFNG_DOWN else "stable"
    if number in MHC1_LOSS:
        labels["antigen_presentation"] = "defect_expression"
    if number in DNA:
        labels["antigen_presentation"] = "defect_genomic"
    if number in DYSFUNCTION:
        labels["dysfunction"] = "present"
    return labels


def clinical_table(seed: int) -> pd.DataFrame:
    """Course of every patient: a response, then progression on treatment, unless `COURSES` says otherwise."""
    rng = np.random.default_rng([seed, 1])
    rows = []
    for number, patient in enumerate(patients(), start=1):
        day = int(rng.integers(250, 800))
        response, dose, progression, confirmed, stopped = COURSES.get(number, ("PR", day - 7, day, "yes", ""))
        start = FIRST_DAY + timedelta(days=9 * number)
        days = [start + timedelta(days=days) for days in (0, dose, progression, max(dose, progression) + 120)]
        dates = [day.isoformat() for day in days]
        rows.append((patient, dates[0], response, *dates[1:], "ici_mono", confirmed, stopped, True))
    columns = ["patient", "start", "best_response", "last_dose", "progression", "last_followup"]
    return pd.DataFrame(rows, columns=[*columns, "regimen", "confirmed", "stopped_for", "simulated"])
