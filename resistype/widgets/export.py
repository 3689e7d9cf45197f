"""One HTML file that holds a view: bundle, data and a table for where no script runs.

It may load nothing.

The policy of the page is ``default-src 'none'``; what stands in it is escaped so that no name can
end a script.
"""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

from resistype.safe.files import write_file
from resistype.widgets.base import STATIC, PageData

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; max-width: 1400px; background: Canvas; }}</style>
</head>
<body>
<main id="rt"></main>
<noscript>{fallback}</noscript>
<script id="rt-data" type="application/json">{data}</script>
<script>{host}</script>
<script type="module">{widget}</script>
</body>
</html>
"""
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
_EXPORT = "export {\n  main_default as default\n};"
_START = 'resistype.start(main_default, "rt-data", "rt");'


def safe_json(value: Any) -> str:
    """JSON that can stand inside a script element.

    No ``<``, ``>`` or ``&``, no line ends of JavaScript.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def page(drawn: PageData, *, state: dict[str, Any], fallback: str) -> str:
    """The file as text."""
    buffers = [base64.b64encode(one).decode("ascii") for one in drawn.buffers]
    data = {"state": state, "answer": {"spec": drawn.spec}, "buffers": buffers}
    bundle = (STATIC / "main.js").read_text(encoding="utf-8")
    host = (STATIC / "host.js").read_text(encoding="utf-8")
    return _PAGE.format(
        title=html.escape(str(drawn.spec["title"])[:200]),
        policy=_POLICY,
        fallback=fallback,
        data=safe_json(data),
        host=host,
        widget=bundle.replace(_EXPORT, _START),
    )


def write_page(path: str | Path, drawn: PageData, *, state: dict[str, Any], fallback: str) -> Path:
    """Write the file, whole or not at all."""
    text = page(drawn, state=state, fallback=fallback).encode("utf-8")
    return write_file(path, lambda stream: stream.write(text))
