"""Make docs/errors.md, the page of all error codes, from resistype/codes.toml. With --check only
compare.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from resistype.errors import Code, codes

PAGE = Path(__file__).resolve().parents[1] / "docs" / "errors.md"
HEAD = """# Error codes

Every error, warning and finding begins with a code that never changes its meaning.
`resistype doctor --explain E504` prints the same row. In Python the code is `error.code`. This page
is made from `resistype/codes.toml` by `scripts/make_error_page.py`; do not edit it.
"""


def page() -> str:
    """The whole page: one table for each class."""
    rows = sorted(codes().values(), key=lambda row: (row.cls, row.code))
    return HEAD + "".join(
        _section(cls, list(part)) for cls, part in groupby(rows, key=lambda row: row.cls)
    )


def _section(cls: str, rows: list[Code]) -> str:
    lines = [f"| `{row.code}` | {_cell(row.title)} | {_cell(row.remedy)} |" for row in rows]
    return "\n".join(
        ["", f"## {cls}", "", "| code | meaning | what to do |", "|---|---|---|", *lines, ""]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(
            "docs/errors.md is not what resistype/codes.toml says; run scripts/make_error_page.py"
        )
