"""How the kept models of format 1 were made (scikit-learn 1.9.1, numpy 2.4.6). They must always
load: keep them.

python -m tests.data.models.recipe FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from resistype.opinions import FitOptions, fit_model
from tests.opinions.test_fit import cohort

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    scores, states, patients = cohort(90)
    new = cohort(12, seed=5)[0]
    new.to_csv(folder / "scores.csv")
    for kind in ("logistic", "knn"):
        options = FitOptions(n_perm=19, folds=2, n_jobs=1)
        model = fit_model(scores, states, groups=patients, kind=kind, options=options)
        model.save(folder / f"{kind}-1.json")
        model.apply(new).to_csv(folder / f"{kind}-1.expected.csv")
