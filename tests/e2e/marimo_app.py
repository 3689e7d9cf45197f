"""The Explorer in marimo: it sits in a shadow root there, and a cell that names it runs again
when it changes.
"""

import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import os
    import sys

    sys.path.insert(0, os.environ["RESISTYPE_ROOT"])
    import marimo as mo

    from resistype.widgets import Explorer
    from tests.widgets.conftest import hostile_material
    from tests.widgets.hostile import HOSTILE

    found, matrix = hostile_material()
    explorer = Explorer(found, expression=matrix, title=HOSTILE[1])
    w = mo.ui.anywidget(explorer)
    w  # noqa: B018
    return explorer, mo, w


@app.cell
def _(explorer, mo, w):
    w.value  # noqa: B018  what makes this cell run again
    said = " ".join(f"{name}={n}" for name, n in explorer.counts("ifng").items())
    mo.plain_text(
        f"PYTHON {w.value['thresholds']['ifng']['change']!r} {int(explorer.selection.sum())} {said}"
    )
    return


if __name__ == "__main__":
    app.run()
