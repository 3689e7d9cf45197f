"""The examples in the docstrings of the plugin run; those of the panel, which need Qt, are run
with a window.
"""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import resistype.napari_plugin

PLUGIN = Path(resistype.napari_plugin.__file__).parent
MODULES = sorted(
    path.stem for path in PLUGIN.glob("*.py") if not path.stem.startswith(("dock", "__"))
)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_run(module: str) -> None:
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testmod(
        importlib.import_module(f"resistype.napari_plugin.{module}"), optionflags=options
    )

    assert result.failed == 0


def test_every_module_explains_itself() -> None:
    for path in PLUGIN.glob("*.py"):
        assert path.read_text(encoding="utf-8").startswith('"""')
