"""The Curator in marimo: it sits in a shadow root there; hostile words stand on the sheet."""

import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import os
    import sys

    sys.path.insert(0, os.environ["RESISTYPE_ROOT"])
    import marimo as mo
    import numpy as np
    import pandas as pd

    from resistype.curation.cohort import CohortData
    from resistype.widgets import SignatureCurator
    from tests.widgets.hostile import HOSTILE

    names = [f"S{i}" for i in range(24)]
    genes = ["STAT1", "IRF1", "CXCL9", "B2M", "TAP1", "WARS1", *(f"GENE{i}" for i in range(60))]
    x = pd.DataFrame(np.random.default_rng(0).uniform(0.5, 9, (24, 66)), index=names, columns=genes)
    t = pd.DataFrame({"response": [HOSTILE[i % 3] for i in range(24)]}, index=names)
    curator = SignatureCurator(
        "mine", os.environ["RESISTYPE_FOLDER"], "STAT1 IRF1 WARS B2M", data=CohortData(x, t)
    )
    w = mo.ui.anywidget(curator)
    w  # noqa: B018
    return curator, mo, w


@app.cell
def _(curator, mo, w):
    w.value  # noqa: B018  what makes this cell run again
    mo.plain_text("PYTHON " + " ".join(row.name for row in curator.editor.sheet.rows))
    return


if __name__ == "__main__":
    app.run()
