"""Sphinx without a network: Markdown, API from docstrings, pages made at build time."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "resistype"
author = "The resistype developers"
copyright = "The resistype developers. BSD-3-Clause. Research use only"  # noqa: A001  Sphinx asks for this name
version = release = installed("resistype")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "made_pages",
]
exclude_patterns = ["_build", "_extensions"]
suppress_warnings = [
    "mystnb.unknown_mime_type",  # a widget has no form in a page; its table stands beside it
    "ref.python",  # `n_obs` names several attributes, and none needs a link
]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # scripts/docs --check turns this off
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_typehints = "none"  # types stand in the docstrings, in words
autodoc_member_order = "groupwise"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "sphinx_book_theme"
html_title = "resistype"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
}
html_show_sourcelink = False
mathjax_path = (
    "mathjax.js"  # the default is another server's; no page has a formula, so none loads it
)
