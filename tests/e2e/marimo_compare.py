"""Compare in marimo, every name hostile: it sits in a shadow root; a cell that names it runs
again when it changes.
"""

import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import os
    import sys

    sys.path.insert(0, os.environ["RESISTYPE_ROOT"])
    import marimo as mo

    from resistype.widgets import Compare
    from tests.widgets.hostile import HOSTILE
    from tests.widgets.test_compare import hostile_pair

    compare = Compare(*hostile_pair(), names=(HOSTILE[2], HOSTILE[3]), title=HOSTILE[1])
    w = mo.ui.anywidget(compare)
    w  # noqa: B018
    return compare, mo, w


@app.cell
def _(compare, mo, w):
    w.value  # noqa: B018  what makes this cell run again
    at = [one.axis for one in compare.agreement.axes].index(compare.axis)
    mo.plain_text(
        f"PYTHON axis {at} of {len(compare.agreement.axes)}, {len(compare.agreement.changes)}"
        " changes"
    )
    return


if __name__ == "__main__":
    app.run()
